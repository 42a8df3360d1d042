"""Of two variables without a value the first to be read is complained of, be it of the module or of the function."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    try:
        pass
    except ValueError:
        n1 = f_int(1, 0)
    missing + n1


def drive():
    return main()
