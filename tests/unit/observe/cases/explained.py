"""Scheduled functions with what `pydron.explain` is to say of each line: ``#: kind: a part of the reason or advice``."""

import logging
import math
import os
import warnings

import pydron

LOG = []
logger = logging.getLogger(__name__)


@pydron.functional
def f(x):
    return x


@pydron.ordered
def save(x):
    LOG.append(x)


@pydron.ordered(commutes="total")
def add(x):
    LOG.append(x)


@pydron.ordered(reads=("total", "table"))
def total():
    return len(LOG)


@pydron.schedule
def region(x):
    return f(x) + 1


def scale(y):
    return y * 2


def look(y):
    LOG.append(y)


def show(y):
    print(y)


def fill(values):
    values[0] = 1


def fetch(y):
    return f(y)


def slow(y):
    for _ in range(5000):
        y += 1
    return y


def count(y):
    global LOG
    LOG = [*LOG, y]


def careful(y):
    if y > 1:
        LOG.append(y)
    return y


class Plain:
    def __init__(self, x):
        self.x = x

    @property
    def noted(self):
        LOG.append(self.x)
        return self.x

    @property
    def double(self):
        return self.x * 2

    @staticmethod
    def make(x):
        return Plain(x)

    def grow(self):
        self.x += 1


class Loud:
    def __init__(self, x):
        LOG.append(x)


@pydron.functional
def plain(x):
    return Plain(x)


@pydron.schedule
def calls(xs):
    out = []
    for x in xs:
        y = f(x)  #: parallel: functional
        z = region(y)  #: parallel: same run
        out.append(z)  #: ordered: queue
        out.append(scale(y))  #: ordered
        w = scale(y)  #: parallel: tried
        print(y, w)  #: ordered: output
        logger.info("%s", y)  #: ordered: output
        logging.info("%s", y)  #: ordered: output
        v = math.sqrt(y)
        os.getpid()  #: blocking: pydron.functional
        look(v)  #: blocking: return a new value
        show(y)  #: blocking: print it in the scheduled function
        fill([y])  #: blocking: stores into values
        count(y)  #: blocking: assign it in the scheduled function
        save(y)  #: ordered: declared as output
        add(y)  #: ordered: it changes total in its turn
        total()  #: parallel: only for calls that change total and table
        p = Plain(y)  #: parallel: tried
        q = Plain.make(y)  #: parallel: tried
        r = Loud(y)  #: blocking: changes a LOG
        p.x = y  #: ordered: store
        out[0] = q, r  #: ordered: store
    return out


@pydron.schedule
def statements(xs):
    import json  #: native: top of the module

    class Local:  #: native: outside
        pass

    with open(os.devnull) as sink:  #: blocking: wait for their turn
        for x in xs:
            sink.write(str(f(x)))  #: parallel
    match f(1):  #: parallel
        case Plain(x=1):  #: blocking: builtin types
            return 1
        case 1:
            return 2
    del xs[0]  #: native: container
    return json, Local


def fetch_both(x, y):
    return fetch(x), fetch(y)


def fetch_each(xs):
    for x in xs:
        yield fetch(x)


def fetch_loudly(y):
    warnings.warn("fetching", stacklevel=2)
    return fetch(y)


class Climber:
    def __init__(self):
        self.heights = []

    def climb(self, x):
        self.heights.append(f(x))

    @pydron.schedule
    def climb_all(self, xs):
        def highest(pause):
            return max(f(height + pause) for height in self.heights)

        def each(pause):
            yield f(pause)

        def lowest():
            return min(self.heights)

        for x in xs:
            self.climb(x)  #: parallel: part of the same run: it leads to f()
        found = fetch_both(1, 2)  #: parallel: part of the same run: it leads to f()
        found += fetch_each(xs)  #: blocking: it calls f(), which is functional, but is not scheduled itself decorate the
        fetch_loudly(1)  #: blocking: it calls f(), which is functional, but is not scheduled itself decorate the helper
        found += each(1)  #: blocking: a generator function runs as it is written, and it calls f()
        return found, highest(1), lowest()  #: parallel: part of the same run: it leads to f()


@pydron.schedule
def met(xs):
    out = []
    for x in xs:
        p = plain(x)  #: parallel
        a = p.double + 1
        b = p.noted + 1  #: blocking: changes a list
        fetch(a)  #: parallel: part of the same run
        slow(a)  #: blocking: operations
        careful(b)  #: blocking: return a new value
        p.grow()  #: blocking: stores into x
        out.append(b)  #: ordered
    return out


@pydron.schedule
def generator(xs):  #: native: function of its own
    exec("x = 1")
    return [f(x) for x in xs]
