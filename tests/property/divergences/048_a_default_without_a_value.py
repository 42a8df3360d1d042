"""What `max` returns of nothing has no value: Python complains although there is something."""

import pydron


def arguments():
    return ([4],)


@pydron.schedule
def main(xs):
    f_arr(1, 0, blended())
    if 0:
        (n3,) = 0
    return max((0 for q in xs), default=n3)


def drive(xs):
    return main(xs)
