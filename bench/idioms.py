"""How close ordinary code comes to its critical path and to a version made parallel by hand: 8 workers, sleeping calls.

``python -m bench.idioms [--runs N] [name …]``. The versions by hand (`bench.idioms_by_hand`) use
`concurrent.futures.ThreadPoolExecutor` with 8 threads, in the same process and turn by turn with ours. Runs of either
from which another virtual machine took processor time are done again.
"""

from __future__ import annotations

import argparse
import io
import itertools
import statistics
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import pydron
from bench import idioms_by_hand, machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEP = 0.05
"""Seconds of one call."""
ITEMS = 16
WORKERS = 8
MOST_TIMES = 20
"""How often a run is done again, at most."""


@pydron.functional
def f(x: float) -> float:
    time.sleep(STEP)
    return x


@pydron.functional
def row(x: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    time.sleep(STEP)
    return np.full(3, float(x))


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


@pydron.schedule
def summing(xs: list[int]) -> object:
    return sum(f(x) for x in xs)


@pydron.schedule
def joining(xs: list[int]) -> object:
    return ",".join(str(f(x)) for x in xs)


@pydron.schedule
def any_of(xs: list[int]) -> object:
    return any(f(x) > ITEMS for x in xs)


@pydron.schedule
def first_match(xs: list[int]) -> object:
    return next((x for x in xs if f(x) > 5), None)


@pydron.schedule
def greatest(xs: list[int]) -> object:
    return max((f(x) for x in xs), default=None)


@pydron.schedule
def extending(xs: list[int]) -> object:
    out: list[object] = []
    out.extend(f(x) for x in xs)
    return out


@pydron.schedule
def mapped(xs: list[int]) -> object:
    return list(map(f, xs))


@pydron.schedule
def loop_over_map(xs: list[int]) -> object:
    out: list[object] = []
    for y in map(f, xs[:8]):
        out.append(f(y))
    return out


@pydron.functional
def is_even(x: int) -> bool:
    time.sleep(STEP)
    return x % 2 == 0


@pydron.schedule
def filtered(xs: list[int]) -> object:
    return sum(filter(is_even, xs))


@pydron.schedule
def sorted_by_key(xs: list[int]) -> object:
    return sorted(xs, key=f)


@pydron.schedule
def sums_of_rows(xs: list[int]) -> object:
    return [sum(f(x + y) for y in range(4)) for x in xs[:4]]


@pydron.schedule
def products(xs: list[int]) -> object:
    return [f(x * y) for x, y in itertools.product(xs[:4], repeat=2)]


@pydron.schedule
def zipped(xs: list[int]) -> object:
    first = [uneven(x) for x in xs[:4]]
    second = [uneven(x) for x in xs[4:8]]
    return [f(a + b) for a, b in zip(first, second, strict=True)]


@pydron.schedule
def backwards(xs: list[int]) -> object:
    first = [uneven(x) for x in xs[:8]]
    return [f(y) for y in reversed(first)]


@pydron.schedule
def table(xs: list[int]) -> object:
    first = {x: uneven(x) for x in xs[:8]}
    return {key: f(value) for key, value in first.items()}


@pydron.schedule
def groups(xs: list[int]) -> object:
    grouped: defaultdict[int, list[object]] = defaultdict(list)
    for x in xs:
        grouped[x % 3].append(f(x))
    return dict(grouped)


@pydron.schedule
def rows(xs: list[int]) -> object:
    lines: list[list[object]] = [[] for _ in range(4)]
    for i, x in enumerate(xs):
        lines[i % 4].append(f(x))
    return lines


class Account:
    """Adds up what it is told to."""

    def __init__(self) -> None:
        self.total = 0.0
        self.items: list[object] = []

    @pydron.schedule
    def fill(self, xs: list[int]) -> None:
        for x in xs:
            y = f(x)
            self.total += y
            self.items.append(y)


def account(xs: list[int]) -> object:
    filled = Account()
    filled.fill(xs)
    return filled.total, filled.items


@pydron.schedule
def array_rows(xs: list[int]) -> object:
    out = np.zeros((len(xs), 3))
    for i, x in enumerate(xs):
        out[i, :] = row(x)
    return out


@pydron.schedule
def array_sum(xs: list[int]) -> object:
    total = np.zeros(3)
    for x in xs:
        total += row(x)
    return total


@pydron.schedule
def tree(depth: int) -> float:
    if depth == 0:
        return f(1)
    return tree(depth - 1) + tree(depth - 1)


def recursion(_xs: list[int]) -> object:
    return tree(4)


@pydron.schedule
def best(xs: list[int]) -> object:
    found: float | None = None
    for x in xs:
        y = f(x)
        if found is None or y > found:
            found = y
    return found


IDIOMS: tuple[tuple[Callable[[list[int]], object], float], ...] = (
    (rebind, 2), (extend, 2), (append, 2), (store_list, 2), (store_array, 2), (store_dict, 2), (comprehension, 2),
    (printing, 2), (branch, 2), (skipping, 2), (two_loops, 3), (pipeline, 4.5), (nested, 2), (running_total, 4),
    (attempts, 2), (generator, 2), (second_loop, 2.5), (matching, 2), (undecorated, 2), (helper, 2), (properties, 2),
    (operators, 2), (constructors, 2), (summing, 2), (joining, 2), (any_of, 2), (first_match, 1), (greatest, 2),
    (extending, 2), (mapped, 2), (loop_over_map, 2), (filtered, 2), (sorted_by_key, 2), (sums_of_rows, 2),
    (products, 2), (zipped, 2.5), (backwards, 2.5), (table, 2.5), (groups, 2), (rows, 2), (account, 2), (array_rows, 2),
    (array_sum, 2), (recursion, 2), (best, 2),
)  # fmt: skip
"""Each idiom with its critical path on 8 workers, in calls."""


def seconds(run: Callable[[], object]) -> float:
    """Return how long something takes, what it prints left out."""
    with redirect_stdout(io.StringIO()):
        begun = time.perf_counter()
        run()
        return time.perf_counter() - begun


def undisturbed(idiom: Callable[..., object], xs: list[int], *more: object) -> float:
    """Return how long an idiom takes; do it again if the host of a virtual machine has meanwhile run something else."""
    for _ in range(MOST_TIMES):
        before = machine.stolen()
        taken = seconds(partial(idiom, list(xs), *more))
        if machine.stolen() == before:
            break
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("names", nargs="*", help="only these idioms")
    arguments = parser.parse_args()
    chosen = [each for each in IDIOMS if not arguments.names or each[0].__name__ in arguments.names]
    xs = list(range(ITEMS))
    print(machine.heading(), end="\n\n")
    shares: list[float] = []
    ratios: list[float] = []
    with (
        ThreadPoolExecutor(WORKERS) as pool,
        pydron.session({"workers": [{"type": "multicore", "cores": WORKERS}]}, ship=True),
    ):
        append(xs)  # starts the workers
        list(pool.map(f, xs))
        print("| idiom | least s | median s | least / median | by hand s | ours / by hand |")
        print("|---|---|---|---|---|---|")
        for idiom, calls in chosen:
            by_hand = getattr(idioms_by_hand, idiom.__name__)
            ours, theirs = [], []
            for _ in range(arguments.runs):
                ours.append(undisturbed(idiom, xs))
                theirs.append(undisturbed(by_hand, xs, pool))
            median, hand, least = statistics.median(ours), statistics.median(theirs), calls * STEP
            shares.append(least / median)
            ratios.append(median / hand)
            print(
                f"| {idiom.__name__} | {least:.3f} | {median:.3f} | {shares[-1]:.2f} | {hand:.3f} | {ratios[-1]:.2f} |"
            )
    print(
        f"\n{len(chosen)} idioms: least / median has the geometric mean {statistics.geometric_mean(shares):.2f}, "
        f"the lowest is {min(shares):.2f}; ours / by hand {statistics.geometric_mean(ratios):.2f}, "
        f"the highest {max(ratios):.2f}; {sum(ratio <= 1.1 for ratio in ratios)} of them at most 1.10"
    )


if __name__ == "__main__":
    main()
