"""StopIteration inside a generator that a comprehension reads is a RuntimeError."""

import pydron

FAIL.update({(5, (0, 1)): 'stop'})


def arguments():
    return ()


@pydron.schedule
def main():
    {0 for e in walk(5, 0, 5)}


def drive(*args):
    return main(*args)
