"""A functional callable sees the list that it captures as of the call."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    seen = []
    size = pydron.functional(lambda k: (trip(1, k), len(seen))[1])
    out = []
    for i in range(3):
        out.append(size(i))
        seen.append(i)
    return out


def drive(*args):
    return main(*args)
