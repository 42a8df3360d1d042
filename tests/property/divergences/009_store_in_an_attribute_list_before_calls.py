"""A list reached through an attribute grows before the calls that depend on nothing else."""

import pydron


def arguments():
    xs = [7, 0, 1]
    return xs, {1: 2}, Box(2, xs)


@pydron.schedule
def main(ys, m0, b0):
    w4 = 0
    h5 = f_int(13, 0, b0)
    while h5 > 1:
        h5 = f_less(14, w4, h5)
        b0.items += [first(b0.items)]
        m0[f_int(15, w4, ([ys[:].__len__()])[-1])] = f_int(16, w4, f_int(17, w4, f_none(18, w4)))


def drive(*args):
    return main(*args)
