"""What the compiler warned about is not warned about again."""

import pydron


@pydron.schedule
def main(xs):
    n = f_int(1, 0, 1)
    print(n)
    return n if xs is not 5 else (0)


def arguments():
    return ([1],)


def drive(*args):
    return main(*args)
