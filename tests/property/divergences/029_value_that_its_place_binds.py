"""A value is read before the place that it is stored in, which may bind its variable."""

import pydron


def arguments():
    return [0], {}


@pydron.schedule
def main(xs, table):
    xs[(n := 2) % 1] = n
    table[f_int(1, 0, 1)] = xs


def drive(xs, table):
    try:
        return main(xs, table)
    except Exception:
        return main(xs, table)
