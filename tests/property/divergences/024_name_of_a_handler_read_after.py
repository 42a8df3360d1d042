"""The name of a handler is unbound after it, though every other variable is bound."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    e = 1
    try:
        a = f_int(1, 0, {}["key"])
    except KeyError as e:
        a = 1
    return e


def drive(*args):
    return main(*args)
