"""A failing call inside a called scheduled function shows the line of both, once."""

import pydron

FAIL.update({(3, 0): 'key'})


def arguments():
    return ()


@pydron.schedule
def helper(k, a):
    return f_int(3, k, a) + f_int(4, k, a)


@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    b = helper(0, a)
    return b


def drive(*args):
    return main(*args)
