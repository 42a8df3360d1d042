"""A scheduled function may raise StopIteration."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    if f_int(1, 0, 1) > -50:
        raise StopIteration(f_less(7, 0, 1)) from KeyError(1)


def drive(*args):
    return main(*args)
