"""What calls that do nothing cost: one by one in a loop, one after the other, in a tree; and beside it what pools cost.

``python -m bench.small_calls [--rounds N] [--million] [SYSTEM ...]``

Each system runs all cases in an interpreter of its own, two workers each. The systems take turns, so that a busy moment
of the machine hits all of them. ``ship`` is Pydron told to ship every call; ``chosen`` leaves that to the cost model.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import subprocess
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, TypeVar

import pydron
from bench import machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor, Future
    from multiprocessing.pool import AsyncResult

F = TypeVar("F")
WORKERS = 2
CALLS = 10_000
MANY = 100_000
STEPS = 1_000
LEAVES = 4_096
TRIPS = 300

CASES = {
    "calls": f"{CALLS:,} calls in a loop, per s",
    "overhead": "per call over the plain loop, µs",
    "trip": "round trip, median, µs",
    "trip99": "round trip, 99 %, µs",
    "chain": f"chain of {STEPS:,}, s",
    "tree": f"tree of {LEAVES:,} leaves, s",
    "many": f"{MANY:,} calls, s",
    "peak": f"{MANY:,} calls, peak of driver, MB",
    "million": "1,000,000 calls, s",
    "million peak": "1,000,000 calls, peak of driver, MB",
}
SYSTEMS = {"ship": "pydron, `ship`", "chosen": "pydron", "mppool": "multiprocessing.Pool", "loky": "loky"}


def same(x: object) -> object:
    """Do nothing."""
    return x


def add(x: int, y: int) -> int:
    """Do next to nothing."""
    return x + y


def plain(count: int) -> list[object]:
    """Call a function in a loop."""
    out = []
    for number in range(count):
        out.append(same(number))  # noqa: PERF401 - a loop, as people write it
    return out


def plain_chain(steps: int) -> object:
    """Call a function on its own result."""
    x: object = 0
    for _ in range(steps):
        x = same(x)
    return x


def plain_tree(leaves: int) -> object:
    """Reduce numbers in pairs."""
    level = list(range(leaves))
    while len(level) > 1:
        after = []
        for place in range(0, len(level), 2):
            after.append(add(level[place], level[place + 1]))  # noqa: PERF401
        level = after
    return level[0]


def plain_one(x: object) -> object:
    """Call a function once."""
    return same(x)


def seconds(function: Callable[[int], object], argument: int) -> float:
    """Return how long a call takes."""
    gc.collect()
    start = time.perf_counter()
    function(argument)
    return time.perf_counter() - start


def peak() -> float:
    """Return the largest size that this process ever had, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1000
    return 0.0


def trips(one: Callable[[object], object], figures: dict[str, float]) -> None:
    """Measure single calls."""
    times = [0.0] * TRIPS
    for number in range(TRIPS):
        start = time.perf_counter()
        one(number)
        times[number] = time.perf_counter() - start
    figures["trip"] = median(times) * 1e6
    figures["trip99"] = quantiles(times, n=100)[-1] * 1e6


def take(
    one: Callable[[object], object],
    loop: Callable[[int], object],
    chain: Callable[[int], object],
    tree: Callable[[int], object],
    *,
    million: bool,
) -> dict[str, float]:
    """Run all cases."""
    figures: dict[str, float] = {}
    loop(CALLS)
    figures["calls"] = CALLS / seconds(loop, CALLS)
    trips(one, figures)
    figures["chain"] = seconds(chain, STEPS)
    figures["tree"] = seconds(tree, LEAVES)
    figures["many"] = seconds(loop, MANY)
    figures["overhead"] = (figures["many"] - seconds(plain, MANY)) / MANY * 1e6
    figures["peak"] = peak()
    if million:
        figures["million"] = seconds(loop, 1_000_000)
        figures["million peak"] = peak()
    return figures


def with_pydron(*, ship: bool, million: bool) -> dict[str, float]:
    """Measure Pydron: the plain functions, decorated."""
    pydron.functional(same)
    pydron.functional(add)
    one, loop, chain, tree = map(pydron.schedule, (plain_one, plain, plain_chain, plain_tree))
    with pydron.session({"workers": [{"type": "multicore", "cores": WORKERS}]}, ship=ship):
        return take(one, loop, chain, tree, million=million)  # type: ignore[arg-type]


def with_pool(*, million: bool) -> dict[str, float]:
    """Measure the pool of the standard library."""
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:

        def submit(function: Callable[..., object], *args: object) -> AsyncResult[object]:
            return pool.apply_async(function, args)

        return _with_futures(submit, lambda result: result.get(), million=million)


def with_loky(*, million: bool) -> dict[str, float]:
    """Measure loky."""
    executor: Executor
    with import_module("loky").get_reusable_executor(max_workers=WORKERS) as executor:

        def result(future: Future[object]) -> object:
            return future.result()

        return _with_futures(executor.submit, result, million=million)


def _with_futures(submit: Callable[..., F], result: Callable[[F], object], *, million: bool) -> dict[str, float]:
    def one(x: object) -> object:
        return result(submit(same, x))

    def loop(count: int) -> object:
        return [result(future) for future in [submit(same, number) for number in range(count)]]

    def chain(steps: int) -> object:
        x: object = 0
        for _ in range(steps):
            x = result(submit(same, x))
        return x

    def tree(leaves: int) -> object:
        level: list[object] = list(range(leaves))
        while len(level) > 1:
            pairs = [submit(add, level[place], level[place + 1]) for place in range(0, len(level), 2)]
            level = [result(future) for future in pairs]
        return level[0]

    return take(one, loop, chain, tree, million=million)


def measure(system: str, *, million: bool) -> dict[str, float]:
    """Run all cases on one system, in this process."""
    match system:
        case "mppool":
            return with_pool(million=million)
        case "loky":
            return with_loky(million=million)
        case _:
            return with_pydron(ship=system == "ship", million=million)


def _apart(system: str, *, million: bool) -> dict[str, float]:
    """Run all cases on one system in a process of its own."""
    command = [sys.executable, "-m", "bench.small_calls", "--here", system, *(["--million"] if million else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=", ".join(SYSTEMS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--million", action="store_true", help="a million calls as well")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        print(json.dumps(measure(given.here, million=given.million)))
        return
    print(machine.heading())
    chosen = given.systems or [system for system in SYSTEMS if system != "loky" or find_spec("loky")]
    rounds = [{system: _apart(system, million=given.million) for system in chosen} for _ in range(given.rounds)]
    print()
    print("| |", " | ".join(SYSTEMS[system] for system in chosen), "|")
    print("|---" + "|---:" * len(chosen) + "|")
    for case, title in CASES.items():
        found = [[each[system][case] for each in rounds] for system in chosen if case in rounds[0][system]]
        if found:
            print(f"| {title} |", " | ".join(map(_figure, found)), "|")


def _figure(values: list[float]) -> str:
    middle, digits = median(values), 0 if median(values) >= 100 else 3 if median(values) < 10 else 1
    return f"{middle:,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


if __name__ == "__main__":
    main()
