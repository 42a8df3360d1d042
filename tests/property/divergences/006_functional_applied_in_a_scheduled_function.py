"""`pydron.functional(f)` inside a scheduled function is given the function itself."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    n = f_int(1, 0, 1)

    def inner(q):
        trip(4, q)
        return q + n

    inner = pydron.functional(inner)
    n = inner((n := 2))
    return n


def drive(*args):
    return main(*args)
