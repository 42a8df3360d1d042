"""A lambda's default inside a comprehension reads the comprehension's variable."""

import pydron


def arguments():
    return [], [4, 1]


@pydron.schedule
def main(xs, ys):
    for i in xs:
        pass
    else:
        fs = [lambda q, r=e: q + r for e in ys]
    return [f(1) for f in fs]


def drive(*args):
    return main(*args)
