"""A scheduled method that is known only at its turn may have calls to wait for then."""

import pydron


def arguments():
    return (Box(2),)


@pydron.schedule
def main(box):
    found = []
    for i in range(3):
        box.__dict__["limit"] = f_int(1, i, i)
        if f_flag(2, i, i):
            box.__dict__["spare"] = i
        n = box.update(5, i, i)
        found.append(f_int(6, i, n))
    return found, f_int(7, 0, n)


def drive(box):
    return main(box)
