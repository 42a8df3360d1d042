"""What a generator expression binds outside is bound when its elements are taken, not when it is made."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    a = f_int(1, 0)
    if all((b := a - e) for e in (a, 1)):
        raise b
    return b, any((c := e) for e in [0, a, 7]), c


def drive():
    return main()
