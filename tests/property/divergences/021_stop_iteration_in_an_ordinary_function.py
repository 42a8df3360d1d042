"""StopIteration crosses an ordinary function that is called in a scheduled one."""

import pydron

FAIL.update({(4, (4, 0)): 'stop'})


def arguments():
    return [2], Box(4)


@pydron.schedule
def main(ys, b0):
    def inner(q, r={3: 1}[3]):
        for i, v in enumerate(ys):
            b0.grow(4, (q, i))

    inner(b0.v)


def drive(*args):
    return main(*args)
