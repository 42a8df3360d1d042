"""How long a call must be to be worth a worker: calls of 1 µs to 100 ms, independent and as a chain, two workers.

``python -m bench.granularity [--rounds N] [--seconds S] [GRAIN_IN_US ...]``

The same function runs as it is written and scheduled, in turns, on the same work; the table gives the time of the
scheduled run over the plain one, once the calls are measured (the first run is left out). The smallest grain with a
speed-up of 1.5, three quarters of what two workers can give, is what Task Bench calls METG(75 %).
"""

from __future__ import annotations

import argparse
import gc
import time
from statistics import median
from types import FunctionType
from typing import TYPE_CHECKING

import pydron
from bench import machine

if TYPE_CHECKING:
    from collections.abc import Callable

WORKERS = 2
GRAINS = (1, 3, 10, 30, 50, 100, 200, 500, 1_000, 3_000, 10_000, 30_000, 100_000)
SPEED_UP = 1.5


def work(rounds: int, x: int) -> int:
    """Compute for a while."""
    for _ in range(rounds):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    return x


def independent(function: Callable[[int, int], int], rounds: int, calls: int) -> list[int]:
    """Make calls that have nothing to do with each other."""
    out = []
    for number in range(calls):
        out.append(function(rounds, number))  # noqa: PERF401 - a loop, as people write it
    return out


def chain(function: Callable[[int, int], int], rounds: int, calls: int) -> int:
    """Make calls each of which takes the result of the last."""
    x = 0
    for _ in range(calls):
        x = function(rounds, x)
    return x


def rounds_for(seconds: float) -> int:
    """Return how many rounds take so long."""
    rounds = 1000
    while True:
        start = time.perf_counter()
        work(rounds, 1)
        took = time.perf_counter() - start
        if took > 0.02:
            return max(1, round(rounds * seconds / took))
        rounds *= 2


def copy_of(rounds: int) -> Callable[[int, int], int]:
    """Return a function of its own for each grain, so that each is measured on its own."""
    return FunctionType(work.__code__.replace(co_name=f"work{rounds}"), {"__builtins__": __builtins__, "range": range})


def ratios(shape: Callable[..., object], grain: float, seconds: float, rounds: int) -> list[float]:
    """Return the time of the scheduled run over that of the plain one, several times."""
    function = copy_of(rounds_for(grain))
    scheduled = pydron.schedule(shape)
    pydron.functional(function)
    size = rounds_for(grain)
    calls = max(20, min(50_000, round(seconds / grain)))
    scheduled(function, size, calls)
    found = []
    for _ in range(rounds):
        plain = _time(shape, function, size, calls)
        found.append(_time(scheduled, function, size, calls) / plain)
    return found


def _time(shape: Callable[..., object], *arguments: object) -> float:
    gc.collect()
    start = time.perf_counter()
    shape(*arguments)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("grains", nargs="*", type=float, metavar="GRAIN_IN_US", default=GRAINS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of plain work in one run")
    given = parser.parse_args()
    print(machine.heading())
    print()
    print("| grain, µs | independent, time over plain | speed-up | chain, time over plain |")
    print("|---:|---:|---:|---:|")
    smallest = None
    with pydron.session({"workers": [{"type": "multicore", "cores": WORKERS}]}):
        for grain in given.grains:
            apart = ratios(independent, grain * 1e-6, given.seconds, given.rounds)
            chained = ratios(chain, grain * 1e-6, given.seconds, given.rounds)
            smallest = (smallest or grain) if median(apart) <= 1 / SPEED_UP else None
            print(f"| {grain:,.0f} | {_figure(apart)} | {1 / median(apart):.2f} | {_figure(chained)} |", flush=True)
    print()
    print(f"Smallest grain with a speed-up of {SPEED_UP} from there on: {smallest or 'none'} µs")


def _figure(found: list[float]) -> str:
    return f"{median(found):.3f} ({min(found):.3f} to {max(found):.3f})"


if __name__ == "__main__":
    main()
