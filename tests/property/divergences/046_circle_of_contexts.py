"""A circle of contexts that a handler closes stays closed when the error goes on to the next statement."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    f_int(1, 0)
    try:
        try:
            raise ValueError
        except ValueError as first:
            try:
                raise KeyError
            except KeyError:
                try:
                    raise TypeError
                except TypeError as last:
                    first.__context__ = last
                    raise last
    except TypeError as last:
        print(repr(last.__context__), repr(last.__context__.__context__))
        print(last.__context__.__context__.__context__ is last)


def drive():
    return main()
