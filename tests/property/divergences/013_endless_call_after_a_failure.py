"""A call that a sequential run never makes delays nothing."""

import pydron

FAIL.update({(17, 0): 'group'})


@pydron.schedule
def main(b0, ys):
    for i8, v9 in enumerate(list(map(first, [f_ints(15, 0, b0), ys]))[:4]):
        keep(16, i8, b0)
    else:
        n2 = f_int(17, 0, b0, 6)
        n2 = f_int(18, 0, f_none(19, 0), ys, ys)
    return n2


def arguments():
    xs = [5, 8]
    return Box(2, xs), xs


def drive(*args):
    return main(*args)
