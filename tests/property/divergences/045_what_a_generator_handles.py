"""A generator goes on handling what was thrown into it while its caller handled the same, and nothing else."""

import sys

import pydron


def arguments():
    return ()


@pydron.schedule
def handling():
    try:
        yield f_int(1, 0)
    except ValueError:
        yield sys.exception()
        yield sys.exception()
        raise


@pydron.schedule
def done():
    try:
        raise KeyError
    except KeyError:
        yield f_int(2, 0)
    yield sys.exception()


def drive():
    made = handling()
    next(made)
    try:
        raise ValueError("thrown")
    except ValueError as error:
        print(repr(made.throw(error)))
    print(repr(next(made)))
    made, other = done(), made
    try:
        raise TypeError
    except TypeError:
        next(made)
    print(next(made))
    next(other)
