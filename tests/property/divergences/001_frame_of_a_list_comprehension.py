"""A failure inside a comprehension shows the comprehension's frame where Python has one."""

import pydron

FAIL.update({(10, (1, 1)): 'odd'})


def arguments():
    return ([1],)


@pydron.schedule
def main(xs):
    for i in Num(5):
        [f_int(10, (i, e)) for e in xs]


def drive(*args):
    return main(*args)
