"""A variable without a value is complained of where it is read, which is inside the comprehension."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    while 0:
        w1 = 1
    return {w1: 1 for e in reversed([f_int(1, 0)])}


def drive():
    return main()
