"""A list of an object is passed on while a statement that catches errors may yet undo what was appended to it."""

import pydron

FAIL.update({(14, 0): "type"})


def arguments():
    return Box(4), 7


@pydron.schedule
def main(b0, n0):
    try:
        n0 += f_named(14, 0, b=0)
        b0.items.append(n0)
    except BaseException:
        pass
    return first(b0.items), len(b0.items), [f_int(2, n) for n in b0.items]


def drive(b0, n0):
    return main(b0, n0)
