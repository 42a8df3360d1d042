"""A loop over a dictionary that may take items out of it sees the stores before it done: it has no second iterator."""

import pydron


def arguments():
    return ({1: 2},)


@pydron.schedule
def main(m):
    m[0] = f_int(1, 0)
    for key, value in m.items():
        print(key, value)
        m.pop
    return m


def drive(m):
    return main(m)
