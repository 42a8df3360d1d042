"""A branch that is not taken may name what is not bound."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    if f_int(5, 0) == 0:
        return out


def drive(*args):
    return main(*args)
