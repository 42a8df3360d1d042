"""Ctrl-C in a call that the driver makes comes through the frames of the functions around its handler."""

import pydron

FAIL[1, 0] = "interrupt"


def arguments():
    return ()


@pydron.schedule
def inner(k):
    try:
        return {0: each for each in f_ints(1, k, 0)}
    except BaseException as error:
        return describe(error)


@pydron.schedule
def main():
    return [inner(k) for k in range(2)]


def drive():
    return main()
