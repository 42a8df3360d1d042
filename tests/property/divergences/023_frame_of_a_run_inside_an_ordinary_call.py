"""A scheduled function called by an ordinary one is in the traceback of what fails in it."""

import pydron

FAIL.update({(3, 0): 'key'})


def arguments():
    return ()


@pydron.schedule
def helper(k, a):
    b = f_int(3, k, a)
    return f_int(4, k, b)


def ordinary(k, a):
    return helper(k, a)


@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    return ordinary(0, a), [f_int(5, i, i) for i in range(3)]


def drive(*args):
    return main(*args)
