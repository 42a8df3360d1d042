"""A call of a scheduled function may end by reading what a branch did not bind."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main(n):
    if f_int(1, n, n) > n:
        x = f_int(2, n, n)
    y = 2
    del y
    if n == 3:
        return y
    return x


def drive():
    seen = []
    for n in (-50, 0, 3, 50):
        try:
            seen.append(main(n))
        except Exception as error:
            seen += [type(error).__name__, str(error)]
    return seen
