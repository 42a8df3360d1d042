"""A return from a loop in a finally clause drops the error that the clause was run for."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    try:
        f_int(1, 0) + STATE
    finally:
        for n in range(3):
            if f_int(2, n, n) > -99:
                return n


@pydron.schedule
def repeated():
    try:
        f_int(3, 0) + STATE
    finally:
        while True:
            while True:
                return 1


def drive():
    return main(), repeated()
