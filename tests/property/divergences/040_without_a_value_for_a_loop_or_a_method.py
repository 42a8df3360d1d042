"""A variable without a value is complained of where a loop over it begins, and where a method of it is read."""

import pydron


def arguments():
    return ([1, 2],)


@pydron.schedule
def looped(xs):
    f_int(1, 0)
    for _ in enumerate(out):
        out = xs


@pydron.schedule
def appended(xs):
    f_int(2, 0)
    if not xs:
        out = xs
    else:
        out.append(5 * 0)


def drive(xs):
    for function in (looped, appended):
        try:
            function(xs)
        except Exception as error:
            print(*describe(error))
