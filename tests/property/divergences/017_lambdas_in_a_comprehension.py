"""Lambdas that a comprehension makes capture the variables of the function."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    x = f_int(3, 0, 1)
    fs = [lambda q, i=i: q + i + x for i in range(3)]
    late = [lambda: i for i in range(3)]
    x = 100
    return [f(f_int(4, 0, 1)) for f in fs], [f() for f in late]


def drive(*args):
    return main(*args)
