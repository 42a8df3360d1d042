"""A loop backwards begins at the item that is last then, and goes on from there whatever is put behind it."""

import pydron


def arguments():
    return ([1, 2],)


@pydron.schedule
def main(xs):
    for x in reversed(xs):
        xs.append(f_int(1, x))
        say(2, x, xs[0])
    return xs


def drive(xs):
    return main(xs)
