import random

import pydron


def noise():
    return random.gauss(0, 1)


@pydron.functional
def blur(x):
    return x + noise()


@pydron.schedule
def main(xs):
    for x in xs:
        blur(x)


main([1, 2])
