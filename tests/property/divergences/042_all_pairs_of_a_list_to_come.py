"""What takes all items at its beginning takes those that are still to be stored as well."""

import pydron


def arguments():
    return ([],)


@pydron.schedule
def main(xs):
    xs.append(f_int(1, 0))
    out = []
    for a, b in itertools.product(xs, range(2)):
        out.append(a + b)
    return out


def drive(xs):
    return main(xs)
