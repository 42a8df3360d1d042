"""A failing truth test inside a dict comprehension shows the comprehension's frame."""

import pydron

FAIL.update({('bool', 4): 'odd'})


def arguments():
    return ({2: 4}, Num(4))


@pydron.schedule
def main(m0, u0):
    return {e1: 0 for e1 in m0.values() if u0}


def drive(*args):
    return main(*args)
