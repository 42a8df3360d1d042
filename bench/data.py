"""What large values cost: one array to many calls, many arrays, a large result, a chain; beside other pools.

``python -m bench.data [--runs N] [--only pydron,ppe,loky,joblib] [--transport unix|tls]``

Every figure is seconds with two worker processes that are up and have done the same once before. Each run of each
system makes fresh arrays. What is not installed is left out (`pip install '.[bench]'`).
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Protocol

from bench.machine import heading, one_thread

one_thread()

import numpy as np  # noqa: E402 - with one thread

import pydron  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

WORKERS = 2
LARGE = 12_500_000
"""Numbers in an array of 100 MB."""
SMALL = 125_000
"""Numbers in an array of 1 MB."""


def touch(array: Array) -> float:
    return float(array[0] + array[-1])


def total(array: Array) -> float:
    return float(array.sum())


def make(count: int) -> Array:
    return np.ones(count)


def bump(array: Array) -> Array:
    array[0] += 1
    return array


quick = pydron.functional(touch)
whole = pydron.functional(total)
born = pydron.functional(make)
step = pydron.functional(bump)


@pydron.schedule
def same(array: Array, count: int) -> list[float]:
    return [quick(array) for _ in range(count)]


@pydron.schedule
def same_whole(array: Array, count: int) -> list[float]:
    return [whole(array) for _ in range(count)]


@pydron.schedule
def each(arrays: list[Array]) -> list[float]:
    out = []
    for array in arrays:
        out.append(quick(array))  # noqa: PERF401
    return out


@pydron.schedule
def returned(count: int) -> Array:
    return born(count)


@pydron.schedule
def chain(count: int, length: int) -> float:
    array = born(count)
    for _ in range(length):
        array = step(array)
    return quick(array)


class System(Protocol):
    """What is measured."""

    def map(self, function: Callable[[Array], float], arrays: Sequence[Array]) -> list[float]:
        """Call a function with each of some arrays."""

    def make(self, count: int) -> Array:
        """Have an array made."""

    def chain(self, count: int, length: int) -> float:
        """Have an array made and passed on."""

    def close(self) -> None:
        """End the workers."""


class Pydron:
    """Pydron, told to ship every call."""

    def __init__(self, transport: str) -> None:
        workers = [{"type": "multicore", "cores": WORKERS}]
        self._session = pydron.session({"workers": workers, "ship": True, "transport": transport})
        self._session.__enter__()

    def map(self, function: Callable[[Array], float], arrays: Sequence[Array]) -> list[float]:
        first = arrays[0]
        if all(array is first for array in arrays):
            return (same if function is touch else same_whole)(first, len(arrays))
        return each(list(arrays))

    def make(self, count: int) -> Array:
        return returned(count)

    def chain(self, count: int, length: int) -> float:
        return chain(count, length)

    def close(self) -> None:
        self._session.__exit__(None, None, None)


class Executor:
    """Anything with the interface of `concurrent.futures`."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def map(self, function: Callable[[Array], float], arrays: Sequence[Array]) -> list[float]:
        futures = [self._pool.submit(function, array) for array in arrays]
        return [future.result() for future in futures]

    def make(self, count: int) -> Array:
        return self._pool.submit(make, count).result()

    def chain(self, count: int, length: int) -> float:
        array = self.make(count)
        for _ in range(length):
            array = self._pool.submit(bump, array).result()
        return self._pool.submit(touch, array).result()

    def close(self) -> None:
        self._pool.shutdown()


class Joblib:
    """Joblib on its own pool, which maps large arguments read-only."""

    def __init__(self) -> None:
        import joblib

        self._delayed = joblib.delayed
        self._parallel = joblib.Parallel(n_jobs=WORKERS)
        self._parallel.__enter__()

    def map(self, function: Callable[[Array], float], arrays: Sequence[Array]) -> list[float]:
        return list(self._parallel(self._delayed(function)(array) for array in arrays))

    def make(self, count: int) -> Array:
        (array,) = self._parallel([self._delayed(make)(count)])
        return array  # type: ignore[no-any-return]

    def chain(self, count: int, length: int) -> float:
        array = self.make(count)
        for _ in range(length):
            (array,) = self._parallel([self._delayed(_bump_copy)(array)])
        (end,) = self._parallel([self._delayed(touch)(array)])
        return float(end)

    def close(self) -> None:
        self._parallel.__exit__(None, None, None)


def _bump_copy(array: Array) -> Array:
    # What joblib passes is read-only.
    return bump(array.copy())


def _loky() -> System:
    import loky

    return Executor(loky.ProcessPoolExecutor(WORKERS))


def systems(transport: str) -> dict[str, Callable[[], System]]:
    """List what can be measured here."""
    made: dict[str, Callable[[], System]] = {
        "pydron": lambda: Pydron(transport),
        "ppe": lambda: Executor(ProcessPoolExecutor(WORKERS)),
    }
    if importlib.util.find_spec("loky"):
        made["loky"] = _loky
    if importlib.util.find_spec("joblib"):
        made["joblib"] = Joblib
    return made


def timed(act: Callable[[], object], expected: object) -> float:
    """Return the seconds that an act takes, after checking what it returns."""
    start = time.perf_counter()
    found = act()
    seconds = time.perf_counter() - start
    assert found == expected, f"{found} instead of {expected}"
    return seconds


def measure(system: System, runs: int) -> list[float]:
    """Return the median of each figure."""
    figures: list[list[float]] = [[] for _ in range(5)]
    for number in range(runs + 1):
        large = np.full(LARGE, float(number))
        figures[0].append(timed(lambda large=large: system.map(touch, [large] * 20), [2.0 * number] * 20))  # type: ignore[misc]
        figures[1].append(timed(lambda large=large: system.map(total, [large] * 20), [float(number) * LARGE] * 20))  # type: ignore[misc]
        del large
        many = [np.full(SMALL, float(number + each)) for each in range(1000)]
        wanted = [2.0 * (number + each) for each in range(1000)]
        figures[2].append(timed(lambda many=many: system.map(touch, many), wanted))  # type: ignore[misc]
        del many
        figures[3].append(timed(lambda: system.make(LARGE).nbytes, 8 * LARGE))
        figures[4].append(timed(lambda: system.chain(LARGE, 8), 10.0))
    return [statistics.median(each[1:]) for each in figures]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--transport", default="unix")
    options = parser.parse_args()
    print(heading())
    print()
    print(
        "| system | 100 MB to 20 calls | the same, all of it read | 1 000 x 1 MB | return 100 MB | chain of 8, 100 MB |"
    )
    print("|---|---|---|---|---|---|")
    for name, make_system in systems(options.transport).items():
        if options.only and name not in options.only.split(","):
            continue
        system = make_system()
        try:
            row = measure(system, options.runs)
        finally:
            system.close()
        print(f"| {name} | {' | '.join(f'{seconds:.3f}' for seconds in row)} |", flush=True)


if __name__ == "__main__":
    main()
