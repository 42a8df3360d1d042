"""What an inner function reads may have no value after a variable of the outer function, which may have none either."""

import pydron


def arguments():
    return (1,)


@pydron.schedule
def main(xs):
    @pydron.schedule
    def inner(k):
        f_int(1, k, [xs, ys])
        note("after", k)
        ys += k

    inner(0)


def drive(xs):
    main(xs)
