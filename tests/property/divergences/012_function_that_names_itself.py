"""A scheduled function may return itself."""

import pydron


def arguments():
    return ()


@pydron.schedule
def called(k):
    return called


def main():
    called(0)


def drive(*args):
    return main(*args)
