"""A comprehension's variable keeps its value, whatever it is called, where values are looked at one by one."""

import pydron


def arguments():
    return ([1],)


@pydron.schedule
def main(xs):
    done = []
    for k in range(2):
        done.append([f_int(1, (k, e), e) for e in xs[:2] if xs is xs for x in range(2)])
        done.append([f_int(2, (k, e), e) for e in f_ints(3, k, e)[:2] if xs is xs and e > -1] if (e := k) < 9 else 0)
        done.append([f_int(4, (k, e1, e2), e1) for e1 in f_ints(5, k, k)[:2] if (xs is xs) for e2 in range(2)])
        done.append([f_int(6, (k, e), e) for e in f_ints(7, k, k)[:2] if (xs is xs) for e2 in range(2)])
        done.append([f_int(8, (k, e2), e2) for e2 in f_ints(9, k, k)[:2] if (xs is xs) for e3 in range(2)])
        done.append([f_int(10, (k, e2), e2) for e2 in f_ints(11, k, k)[:2] if (xs is xs) for e in range(2)])
        done.append([f_int(12, (k, e3), e3) for e3 in f_ints(13, k, k)[:2] if (xs is xs) for e1 in range(2)])
    return done


def drive(xs):
    return main(xs)
