"""A comprehension's variable keeps its value, whatever the place of its loop: ``count``, ``key``, ``source``."""

import pydron


def arguments():
    return ({1: (2, 3), 4: (5, 6)},)


@pydron.schedule
def main(d):
    done = [sum([count for count, _ in d.values()])]
    done += [sum([count for _, count in d.values()]), sum([key for key, _ in d.items()])]
    for k in range(4):
        done.append([count for count in range(f_int(1, (k,), k))])
        done.append([key for key, count in d.items() if f_int(2, (k, key, count), key)])
        done.append([source for source in d if f_int(3, (k, source), source)])
        done.append([f_int(4, (count, key), count) for key, (count, source) in d.items() if source])
    return done


def drive(d):
    return main(d)
