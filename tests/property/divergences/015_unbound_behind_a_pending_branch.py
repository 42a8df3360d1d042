"""A variable that a pending branch did not bind is unbound where it is returned."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    if f_int(1, 0, 1) > 100:
        x = f_int(2, 0, 2)
    return x


def drive(*args):
    return main(*args)
