"""What a handler raises again by its name has two lines of the function in its traceback."""

import pydron

FAIL.update({(1, 0): 'value', (2, 0): 'value', (2, 1): 'value'})


def arguments():
    return ()


@pydron.schedule
def named():
    try:
        f_int(1, 0)
    except ValueError as error:
        raise error


@pydron.schedule
def looped():
    caught = None
    for i in range(2):
        try:
            f_int(2, i)
        except ValueError as error:
            caught = caught or error
    try:
        raise caught
    except ValueError as error:
        raise error


@pydron.schedule
def main(function):
    return function()


def drive():
    for function in (named, looped):
        try:
            main(function)
        except ValueError as error:
            print(*describe(error))
    return main(looped)
