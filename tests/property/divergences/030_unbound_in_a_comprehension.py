"""What a comprehension with a frame of its own says of a variable without a value, it says as a loop too."""

import pydron


def arguments():
    return ()


@pydron.schedule
def main(k):
    if f_int(1, k, 1) > 100:
        v = 1
    return [f_int(2, (k, e), e) + v for e in range(3)], any(f_flag(3, (k, e), v) for e in range(3))


def drive():
    for k in range(3):
        try:
            main(k)
        except NameError as error:
            print(type(error), error)
