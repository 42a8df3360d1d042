"""A variable without a value is not put into a dictionary that is evaluated whole, nor read by a comprehension."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main():
    done = []
    if f_int(1, 0, 1) > 100:
        b = [1]
    c = {"a": f_int(2, 0, 2)}
    try:
        done.append(c and {**c, "k": b})
    except UnboundLocalError as error:
        done.append(str(error))
    try:
        done.append(c and [i for i in c if b])
    except NameError as error:
        done.append(str(error))
    return done


def drive(*args):
    return main(*args)
