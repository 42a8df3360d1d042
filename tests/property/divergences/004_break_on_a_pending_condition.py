"""A break behind a pending condition, in a loop with assignments."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    for i2 in range(4):
        w3 = 0
        w3 += 1
        if f_less(5, (i2, w3), 0) > 3:
            break


def drive(*args):
    return main(*args)
