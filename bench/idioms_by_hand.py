"""What `bench.idioms` does, made parallel by hand with `concurrent.futures`: the effort that the decorators save.

Each function has the name of its counterpart and takes the pool besides. The functions that are called are the same:
outside of scheduled code they run where they are called.
"""

from __future__ import annotations

import itertools
import operator
from collections import defaultdict
from concurrent.futures import wait
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from bench import idioms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor


def _later(pool: Executor, function: Callable[[int], object], xs: list[int]) -> list[object]:
    return list(pool.map(function, xs))


def comprehension(xs: list[int], pool: Executor) -> object:
    return _later(pool, idioms.f, xs)


rebind = extend = append = store_list = skipping = mapped = extending = comprehension


def store_array(xs: list[int], pool: Executor) -> object:
    out = np.zeros(len(xs))
    for i, y in enumerate(pool.map(idioms.f, xs)):
        out[i] = y
    return out


def store_dict(xs: list[int], pool: Executor) -> object:
    return dict(zip(xs, pool.map(idioms.f, xs), strict=True))


def printing(xs: list[int], pool: Executor) -> object:
    for y in pool.map(idioms.f, xs):
        print(y, end=" ")
    return None


def branch(xs: list[int], pool: Executor) -> object:
    def one(x: int) -> list[object]:
        result = idioms.f(x)
        return [idioms.f(result)] if result > -1 else []

    return [y for part in pool.map(one, xs[:8]) for y in part]


def two_loops(_xs: list[int], pool: Executor) -> object:
    def converge() -> float:
        a = 8.0
        while a > 1:
            a = idioms.improve(a)
        return a

    a, b = pool.submit(converge), pool.submit(converge)
    return a.result(), b.result()


def pipeline(xs: list[int], pool: Executor) -> object:
    return list(pool.map(lambda x: idioms.uneven(idioms.uneven(idioms.uneven(x))), xs[:8]))


def nested(xs: list[int], pool: Executor) -> object:
    made = [[pool.submit(idioms.f, x + y) for y in range(4)] for x in xs[:4]]
    return [[future.result() for future in row] for row in made]


def running_total(xs: list[int], _pool: Executor) -> object:
    total = 0.0
    for x in xs[:4]:
        total = idioms.f(total + x)
    return total


def attempts(xs: list[int], pool: Executor) -> object:
    def one(x: int) -> object:
        try:
            return idioms.fussy(x)
        except ValueError:
            return idioms.f(-x)

    return list(pool.map(one, xs[:8]))


def generator(xs: list[int], pool: Executor) -> object:
    def values() -> Iterator[object]:
        yield from pool.map(idioms.f, xs)

    return list(values())


def second_loop(xs: list[int], pool: Executor) -> object:
    return list(pool.map(lambda pair: idioms.f(idioms.uneven(pair[1]) + pair[0]), enumerate(xs[:8])))


def matching(xs: list[int], pool: Executor) -> object:
    def one(x: int) -> object:
        match idioms.f(x):
            case 0 | 1:
                return x
            case y:
                return idioms.f(y)

    return list(pool.map(one, xs[:8]))


def undecorated(xs: list[int], pool: Executor) -> object:
    for y in pool.map(idioms.f, xs):
        idioms.look_at(y)
    return None


def helper(xs: list[int], pool: Executor) -> object:
    return list(pool.map(lambda x: idioms.f(idioms.scale(idioms.f(x))), xs[:8]))


def properties(xs: list[int], pool: Executor) -> object:
    return list(pool.map(lambda x: idioms.f(idioms.measure(x).strength), xs[:8]))


def operators(xs: list[int], pool: Executor) -> object:
    def one(x: int) -> tuple[idioms.Reading, object]:
        reading = idioms.measure(x)
        return reading, idioms.f(reading.value)

    pairs = list(pool.map(one, xs[:8]))
    total = reduce(operator.add, [reading for reading, _ in pairs], idioms.Reading(0))
    return [y for _, y in pairs], total.value


def constructors(xs: list[int], pool: Executor) -> object:
    def one(x: int) -> list[object]:
        row = idioms.Row(idioms.f(x))
        return [idioms.f(row.x), row]

    return [part for parts in pool.map(one, xs[:8]) for part in parts]


def summing(xs: list[int], pool: Executor) -> object:
    return sum(pool.map(idioms.f, xs))


def joining(xs: list[int], pool: Executor) -> object:
    return ",".join(map(str, pool.map(idioms.f, xs)))


def any_of(xs: list[int], pool: Executor) -> object:
    return any(y > idioms.ITEMS for y in pool.map(idioms.f, xs))


def first_match(xs: list[int], pool: Executor) -> object:
    futures = [pool.submit(idioms.f, x) for x in xs]
    found = next((x for x, future in zip(xs, futures, strict=True) if future.result() > 5), None)
    for future in futures:
        future.cancel()
    wait([future for future in futures if not future.cancelled()])  # or the next function finds the pool busy
    return found


def greatest(xs: list[int], pool: Executor) -> object:
    return max(pool.map(idioms.f, xs), default=None)


best = greatest


def loop_over_map(xs: list[int], pool: Executor) -> object:
    return list(pool.map(lambda x: idioms.f(idioms.f(x)), xs[:8]))


def filtered(xs: list[int], pool: Executor) -> object:
    return sum(x for x, keep in zip(xs, pool.map(idioms.is_even, xs), strict=True) if keep)


def sorted_by_key(xs: list[int], pool: Executor) -> object:
    keys = list(pool.map(idioms.f, xs))
    return [xs[place] for place in sorted(range(len(xs)), key=keys.__getitem__)]


def sums_of_rows(xs: list[int], pool: Executor) -> object:
    made = [[pool.submit(idioms.f, x + y) for y in range(4)] for x in xs[:4]]
    return [sum(future.result() for future in row) for row in made]


def products(xs: list[int], pool: Executor) -> object:
    return list(pool.map(lambda pair: idioms.f(pair[0] * pair[1]), itertools.product(xs[:4], repeat=2)))


def zipped(xs: list[int], pool: Executor) -> object:
    first = [pool.submit(idioms.uneven, x) for x in xs[:4]]
    second = [pool.submit(idioms.uneven, x) for x in xs[4:8]]
    pairs = list(zip(first, second, strict=True))
    futures: list[object] = [None] * len(pairs)
    left = dict(enumerate(pairs))
    while left:  # what is known first goes on first
        for place, (a, b) in list(left.items()):
            if a.done() and b.done():
                futures[place] = pool.submit(idioms.f, a.result() + b.result())
                del left[place]
        wait([future for pair in left.values() for future in pair if not future.done()], return_when="FIRST_COMPLETED")
    return [future.result() for future in futures]  # type: ignore[attr-defined]


def backwards(xs: list[int], pool: Executor) -> object:
    return list(pool.map(lambda x: idioms.f(idioms.uneven(x)), xs[:8]))[::-1]


def table(xs: list[int], pool: Executor) -> object:
    return dict(zip(xs[:8], pool.map(lambda x: idioms.f(idioms.uneven(x)), xs[:8]), strict=True))


def groups(xs: list[int], pool: Executor) -> object:
    grouped: defaultdict[int, list[object]] = defaultdict(list)
    for x, y in zip(xs, pool.map(idioms.f, xs), strict=True):
        grouped[x % 3].append(y)
    return dict(grouped)


def rows(xs: list[int], pool: Executor) -> object:
    lines: list[list[object]] = [[] for _ in range(4)]
    for i, y in enumerate(pool.map(idioms.f, xs)):
        lines[i % 4].append(y)
    return lines


def account(xs: list[int], pool: Executor) -> object:
    items = list(pool.map(idioms.f, xs))
    return sum(items), items


def array_rows(xs: list[int], pool: Executor) -> object:
    return np.array(list(pool.map(idioms.row, xs)))


def array_sum(xs: list[int], pool: Executor) -> object:
    return sum(pool.map(idioms.row, xs), np.zeros(3))


def recursion(_xs: list[int], pool: Executor) -> object:
    return sum(pool.map(idioms.f, [1] * 16))
