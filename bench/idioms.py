"""How close ordinary loops come to their critical path: sleeping calls, 8 workers, time over the least possible.

``python -m bench.idioms [--runs N]``
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

import pydron

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEP = 0.05
"""Seconds of one call."""
ITEMS = 16
WORKERS = 8


@pydron.functional
def f(x: float) -> float:
    time.sleep(STEP)
    return x


@pydron.functional
def uneven(x: int) -> int:
    time.sleep(STEP * (1 + x % 3) / 2)
    return x


@pydron.functional
def improve(x: float) -> float:
    time.sleep(STEP)
    return x / 2


@pydron.schedule
def rebind(xs: list[int]) -> object:
    out: list[object] = []
    for x in xs:
        out = out + [f(x)]
    return out


@pydron.schedule
def extend(xs: list[int]) -> object:
    out: list[object] = []
    for x in xs:
        out += [f(x)]
    return out


@pydron.schedule
def append(xs: list[int]) -> object:
    out: list[object] = []
    for x in xs:
        out.append(f(x))
    return out


@pydron.schedule
def store_list(xs: list[int]) -> object:
    out: list[object] = [None] * len(xs)
    for i, x in enumerate(xs):
        out[i] = f(x)
    return out


@pydron.schedule
def store_array(xs: list[int]) -> object:
    out = np.zeros(len(xs))
    for i in range(len(xs)):
        out[i] = f(xs[i])
    return out


@pydron.schedule
def store_dict(xs: list[int]) -> object:
    out: dict[object, object] = {}
    for x in xs:
        out[x] = f(x)
    return out


@pydron.schedule
def comprehension(xs: list[int]) -> object:
    return [f(x) for x in xs]


@pydron.schedule
def printing(xs: list[int]) -> object:
    for x in xs:
        print(f(x), end=" ")
    return None


@pydron.schedule
def branch(xs: list[int]) -> object:
    out: list[object] = []
    for x in xs[:8]:
        result = f(x)
        if result > -1:
            out.append(f(result))
    return out


@pydron.schedule
def skipping(xs: list[int]) -> object:
    out: list[object] = []
    for x in xs:
        result = f(x)
        if result < 0:
            continue
        out.append(result)
    return out


@pydron.schedule
def two_loops(xs: list[int]) -> object:
    a = 8.0
    while a > 1:
        a = improve(a)
    b = 8.0
    while b > 1:
        b = improve(b)
    return a, b


@pydron.schedule
def pipeline(xs: list[int]) -> object:
    out: list[object] = []
    for x in xs[:8]:
        out.append(uneven(uneven(uneven(x))))
    return out


@pydron.schedule
def nested(xs: list[int]) -> object:
    total: list[object] = []
    for x in xs[:4]:
        row: list[object] = []
        for y in range(4):
            row.append(f(x + y))
        total.append(row)
    return total


@pydron.schedule
def running_total(xs: list[int]) -> object:
    total = 0.0
    for x in xs[:4]:
        total = f(total + x)
    return total


@pydron.functional
def fussy(x: int) -> int:
    time.sleep(STEP)
    if x % 4 == 0:
        raise ValueError(x)
    return x


@pydron.schedule
def attempts(xs: list[int]) -> object:
    out: list[object] = []
    for x in xs[:8]:
        try:
            y: object = fussy(x)
        except ValueError:
            y = f(-x)
        out.append(y)
    return out


@pydron.schedule
def values(xs: list[int]) -> Iterator[object]:
    for x in xs:
        yield f(x)


def generator(xs: list[int]) -> object:
    return list(values(xs))


@pydron.schedule
def second_loop(xs: list[int]) -> object:
    first = [uneven(x) for x in xs[:8]]
    second: list[object] = []
    for place, y in enumerate(first):
        second.append(f(y + place))
    return second


@pydron.schedule
def matching(xs: list[int]) -> object:
    out: list[object] = []
    for x in xs[:8]:
        match f(x):
            case 0 | 1:
                out.append(x)
            case y:
                out.append(f(y))
    return out


seen: list[object] = []


def look_at(y: object) -> None:
    seen.append(y)


@pydron.schedule
def undecorated(xs: list[int]) -> object:
    for x in xs:
        y = f(x)
        look_at(y)
    return None


def scale(y: float) -> float:
    return y * 2 + 1


@pydron.schedule
def helper(xs: list[int]) -> object:
    out: list[object] = []
    for x in xs[:8]:
        y = f(x)
        z = scale(y)
        out.append(f(z))
    return out


class Reading:
    """A measured value."""

    def __init__(self, value: float) -> None:
        self.value = value

    @property
    def strength(self) -> float:
        return self.value * self.value

    def __add__(self, other: Reading) -> Reading:
        return Reading(self.value + other.value)

    def __lt__(self, other: Reading) -> bool:
        return self.value < other.value


@pydron.functional
def measure(x: float) -> Reading:
    time.sleep(STEP)
    return Reading(x)


@pydron.schedule
def properties(xs: list[int]) -> object:
    out: list[object] = []
    for x in xs[:8]:
        reading = measure(x)
        if reading.strength > -1:
            out.append(f(reading.strength))
    return out


@pydron.schedule
def operators(xs: list[int]) -> object:
    total = Reading(0)
    out: list[object] = []
    for x in xs[:8]:
        reading = measure(x)
        total = total + reading
        if not reading < Reading(-1):
            out.append(f(reading.value))
    return out, total.value


@dataclass
class Row:
    """A value with what was said about it."""

    x: float
    tags: list[str] = field(default_factory=list)


@pydron.schedule
def constructors(xs: list[int]) -> object:
    out: list[object] = []
    for x in xs[:8]:
        row = Row(f(x))
        out.append(f(row.x))
        out.append(row)
    return out


IDIOMS: tuple[tuple[Callable[..., object], float], ...] = (
    (rebind, 2 * STEP),
    (extend, 2 * STEP),
    (append, 2 * STEP),
    (store_list, 2 * STEP),
    (store_array, 2 * STEP),
    (store_dict, 2 * STEP),
    (comprehension, 2 * STEP),
    (printing, 2 * STEP),
    (branch, 2 * STEP),
    (skipping, 2 * STEP),
    (two_loops, 3 * STEP),
    (pipeline, 3 * STEP * 1.5),
    (nested, 2 * STEP),
    (running_total, 4 * STEP),
    (attempts, 2 * STEP),
    (generator, 2 * STEP),
    (second_loop, 2.5 * STEP),
    (matching, 2 * STEP),
    (undecorated, 2 * STEP),
    (helper, 2 * STEP),
    (properties, 2 * STEP),
    (operators, 2 * STEP),
    (constructors, 2 * STEP),
)
"""Each idiom with its critical path in seconds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    xs = list(range(ITEMS))
    with pydron.session({"workers": [{"type": "multicore", "cores": WORKERS}]}, ship=True):
        append(xs)  # starts the workers
        print(f"\n{'idiom':16} {'least s':>8} {'median s':>9} {'over least':>10}")
        for idiom, least in IDIOMS:
            times = []
            for _ in range(runs):
                begun = time.perf_counter()
                idiom(xs)
                times.append(time.perf_counter() - begun)
            median = statistics.median(times)
            print(f"\r{idiom.__name__:16} {least:8.3f} {median:9.3f} {median / least:10.2f}")


if __name__ == "__main__":
    main()
