"""A scheduled function that runs as it stands gets values, also those that came in late."""

import pydron


def arguments():
    return ()


class Stepping:
    def __init__(self, start):
        pass

    @pydron.schedule
    def step(self, a):
        def inner(q, r=0 + a):
            f_pair(1, q)
            return r

        return inner(Vec(3, 1).norm)


@pydron.schedule
def main(k):
    v = Vec(3, k).moved(0)
    f_none(2, k)
    return Stepping(0).step(v.hits)


def drive():
    return main(0), main(1), main(2)
