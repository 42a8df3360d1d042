"""Functions made inside keep their qualified names."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    return lambda q: 0


def drive(*args):
    return main(*args)
