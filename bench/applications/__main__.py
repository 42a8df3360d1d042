"""Eight realistic applications: sequential, with Pydron, and made parallel by hand with joblib and with Ray.

``python -m bench.applications [name …] [--runs N] [--without joblib,ray]``

The ways take turns, on all cores, and must return and print the same. Workers are up and have loaded the application
before the clock starts. Pydron has a column besides for a session that is opened for the run: its workers start
meanwhile. What is not installed is left out; `pip install '.[bench,demo]'` brings joblib, and `pip install ray` Ray.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import os
import sys
import time
from contextlib import ExitStack, contextmanager, redirect_stdout
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

import pydron
from bench import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bench.applications import Each

APPLICATIONS = (
    "image_pipeline",
    "light_curves",
    "cross_validation",
    "ray_tracer",
    "text_mining",
    "monte_carlo",
    "clustering",
    "slow_answers",
)
WAITING = 64
"""How many calls wait at a time where somebody says by hand that they wait."""


class Application(Protocol):
    """What a module of this package has."""

    __name__: str

    def prepare(self) -> tuple[object, ...]: ...
    def run(self, *arguments: object) -> object: ...
    def by_hand(self, each: Each, *arguments: object) -> object: ...


@dataclasses.dataclass
class Outcome:
    """What a run took, returned and printed."""

    seconds: float
    result: object
    printed: str


def timed(run: Callable[[], object]) -> Outcome:
    """Run an application once."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        begun = time.perf_counter()
        result = run()
        seconds = time.perf_counter() - begun
    return Outcome(seconds, result, printed.getvalue())


def same(a: object, b: object) -> bool:
    """Tell whether two results are equal, to the last bit, and of the same types."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return np.array_equal(a, cast("np.ndarray[Any, Any]", b))
    if isinstance(a, (list, tuple)):
        other = cast("list[object]", b)
        return len(a) == len(other) and all(map(same, a, other))
    if isinstance(a, dict):
        return same(list(a.items()), list(cast("dict[object, object]", b).items()))
    if dataclasses.is_dataclass(a):
        return same(vars(a), vars(b))
    return a == b


def load(_number: int, name: str) -> None:
    """Load an application in a worker."""
    import_module(name)


# The ways to run it.


def sequential(application: Application, arguments: tuple[object, ...]) -> dict[str, Outcome]:
    """Run it undecorated."""
    with pydron.session(mode="sequential"):
        return {"sequential": timed(lambda: application.run(*arguments))}


def with_pydron(application: Application, arguments: tuple[object, ...]) -> dict[str, Outcome]:
    """Run it in a new session, and once more in the same."""
    with ExitStack() as stack:

        def cold() -> object:
            stack.enter_context(pydron.session())
            return application.run(*arguments)

        return {"pydron cold": timed(cold), "pydron": timed(lambda: application.run(*arguments))}


class Joblib:
    """Maps with `joblib.Parallel`, on loky's processes or on threads."""

    def __init__(self) -> None:
        joblib = import_module("joblib")
        self._delayed, self._parallel = joblib.delayed, joblib.Parallel

    def each(
        self, function: Callable[..., Any], items: Iterable[object], *same: object, waiting: bool = False
    ) -> list[Any]:
        """Call the function for each item."""
        parallel = self._parallel(WAITING, "threading") if waiting else self._parallel(machine.cores(), "loky")
        return cast("list[Any]", parallel(self._delayed(function)(item, *same) for item in items))

    def close(self) -> None:
        """End the workers."""
        import_module("joblib.externals.loky").get_reusable_executor().shutdown()


class Ray:
    """Maps with Ray's tasks; calls that wait share an actor with many threads."""

    def __init__(self) -> None:
        self._ray = import_module("ray")
        root = str(Path(__file__).parents[2])
        os.environ["PYTHONPATH"] = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        self._ray.init(num_cpus=machine.cores(), include_dashboard=False, log_to_driver=False, logging_level="error")
        self._remotes: dict[Callable[..., Any], Any] = {}

        class Threads:
            def call(self, function: Callable[..., Any], item: object, *same: object) -> object:
                return function(item, *same)

        self._threads = self._ray.remote(Threads).options(max_concurrency=WAITING, num_cpus=0).remote()

    def each(
        self, function: Callable[..., Any], items: Iterable[object], *same: object, waiting: bool = False
    ) -> list[Any]:
        """Call the function for each item; what is the same for all is put into the store once."""
        put = [self._ray.put(value) for value in same]
        if waiting:
            started = [self._threads.call.remote(function, item, *put) for item in items]
        else:
            if function not in self._remotes:
                self._remotes[function] = self._ray.remote(function)
            started = [self._remotes[function].remote(item, *put) for item in items]
        return cast("list[Any]", self._ray.get(started))

    def close(self) -> None:
        """End the workers."""
        self._ray.shutdown()


@contextmanager
def by_hand(names: Iterable[str]) -> Iterator[dict[str, Joblib | Ray]]:
    """Start what is installed."""
    started: dict[str, Joblib | Ray] = {}
    try:
        for name in names:
            if find_spec(name) is None:
                print(f"{name} is not installed")
                continue
            try:
                started[name] = Joblib() if name == "joblib" else Ray()
            except Exception as error:
                print(f"{name} does not start: {error!r}")
        yield started
    finally:
        for way in started.values():
            way.close()


# The table.


def measure(name: str, ways: dict[str, Joblib | Ray], runs: int) -> dict[str, float]:
    """Return the median of the seconds of each way."""
    application = cast("Application", import_module(f"bench.applications.{name}"))
    arguments = application.prepare()
    for way in ways.values():
        way.each(load, range(4 * machine.cores()), application.__name__)
    outcomes: dict[str, list[Outcome]] = {}
    for _ in range(runs):
        turn = sequential(application, arguments) | with_pydron(application, arguments)
        for other, way in ways.items():
            turn[other] = timed(partial(application.by_hand, way.each, *arguments))
        for key, outcome in turn.items():
            outcomes.setdefault(key, []).append(outcome)
            if not same(outcome.result, turn["sequential"].result):
                raise SystemExit(f"{name}: {key} returned something else")
            if outcome.printed != turn["sequential"].printed:
                raise SystemExit(f"{name}: {key} printed something else")
    return {key: median(outcome.seconds for outcome in each) for key, each in outcomes.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"only these of {', '.join(APPLICATIONS)}")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--without", default="", help="what is left out: joblib, ray or both, with a comma")
    given = parser.parse_args()
    if unknown := set(given.names).difference(APPLICATIONS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    print(machine.heading(), end="\n\n")
    with by_hand([name for name in ("joblib", "ray") if name not in given.without.split(",")]) as ways:
        others = "".join(f" {name} s |" for name in ways)
        over = " pydron / best by hand |" if ways else ""
        print(f"\n| application | sequential s | pydron s | speed-up |{others}{over} pydron cold s |")
        print("|---|" + "---|" * (4 + len(ways) + bool(ways)))
        for name in given.names or APPLICATIONS:
            seconds = measure(name, ways, given.runs)
            ours, plain = seconds["pydron"], seconds["sequential"]
            theirs = [seconds[other] for other in ways]
            row = [f"{plain:.2f}", f"{ours:.2f}", f"{plain / ours:.2f}", *(f"{each:.2f}" for each in theirs)]
            row += [f"{ours / min(theirs):.2f}"] if theirs else []
            print(f"| {name.replace('_', ' ')} | {' | '.join(row)} | {seconds['pydron cold']:.2f} |")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
