"""A generator that a builtin takes at once comes to a variable that has no value: an error, whoever made the frame."""

import pydron


def arguments():
    return (Box(4),)


@pydron.schedule
def main(b0):
    try:
        if b0.v > 9:
            n1 = 0
    finally:
        n3 = f_int(1, 0, b0.v)
    return max((n1 for q in [n3, 2]), default=n3)


def drive(b0):
    return main(b0)
