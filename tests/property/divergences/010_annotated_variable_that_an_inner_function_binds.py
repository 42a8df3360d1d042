"""An annotated local may be captured."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    n: int = f_int(1, 0, 1)

    def inner():
        nonlocal n
        n += 1
        return n

    return inner(), n


def drive(*args):
    return main(*args)
