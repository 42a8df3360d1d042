"""What `raise` raises again in `except*` has no line of the function that it leaves; that of the caller is shown."""

import pydron


def arguments():
    return ()


@pydron.schedule
def inner(k):
    try:
        return f_int(1, k) // 0
    except* ZeroDivisionError:
        raise


@pydron.schedule
def main():
    a = f_int(2, 0)
    return a, inner(a)


def drive():
    return main()
