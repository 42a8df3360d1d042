"""Search for divergences for as long as wanted: ``python -m tests.property.run --seconds 600 --jobs 2``."""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import signal
import sys
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from tests.property.campaign import Summary, campaign, save
from tests.property.expressions import KINDS
from tests.property.statements import COMPOUND, SIMPLE, WIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.property.harness import Divergence

CHUNK = 100
Part = tuple[int, int, float, int, int]
"""The seed of the first program, how many programs; when to end, how many divergences to minimise, how many orders."""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=0, help="how many programs; 0: until the time is up")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first program")
    parser.add_argument("--runs", type=int, default=0, help="how many runs at least; 0: until the time is up")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=1, help="processes; 0: this one, for tools that measure it")
    parser.add_argument("--orders", type=int, default=1, help="orders of completion for each failure of a program")
    parser.add_argument(
        "--small", type=int, default=2, help="how many divergences to minimise in each hundred programs"
    )
    parser.add_argument("--show", type=int, default=12, help="how many divergences to print")
    parser.add_argument("--save", type=Path, help="directory to save the small programs in")
    return parser.parse_args()


def chunk(task: Part) -> Summary:
    """Run a part of the campaign in a process of its own."""
    start, number, end, most_small, orders = task
    return campaign(range(start, start + number), end, most_small, orders)


def main() -> int:
    given = options()
    begun = time.monotonic()
    end = begun + given.seconds
    starts = count(given.seed, CHUNK) if not given.programs else range(given.seed, given.seed + given.programs, CHUNK)
    last = given.seed + given.programs if given.programs else None
    total = Summary()
    tasks = (
        (start, CHUNK if last is None else min(CHUNK, last - start), end, given.small, given.orders) for start in starts
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):  # what was found so far is worth knowing
        for summary in map(chunk, tasks) if not given.jobs else side_by_side(tasks, given.jobs):
            total.add(summary)
            for _, divergence in summary.found:
                print(str(divergence).partition("\n")[0], file=sys.stderr, flush=True)
            tell(total, time.monotonic() - begun)
            if time.monotonic() > end or (given.runs and total.tally.runs >= given.runs):
                break
    report(total, time.monotonic() - begun, given.jobs or 1, given.show)
    if given.save:
        given.save.mkdir(parents=True, exist_ok=True)
        for _, divergence, _ in groups(total):
            save(divergence, divergence.part, f"Diverges in {divergence.part}.", given.save)
    return 1 if total.found else 0


def side_by_side(tasks: Iterable[Part], jobs: int) -> Iterator[Summary]:
    """Run the parts in several processes; give what each has found."""
    with multiprocessing.get_context("forkserver").Pool(jobs, maxtasksperchild=20) as pool:
        running: list[multiprocessing.pool.AsyncResult[Summary]] = []
        for task in tasks:
            running.append(pool.apply_async(chunk, (task,)))
            if len(running) > jobs + 1:
                yield running.pop(0).get()
        for result in running:
            yield result.get()


def tell(total: Summary, seconds: float) -> None:
    """Say on stderr how far it has come."""
    print(f"{seconds:.0f} s: {total.tally.runs} runs, {len(total.found)} divergences", file=sys.stderr, flush=True)


def report(total: Summary, seconds: float, jobs: int, show: int) -> None:
    """Print what was done, what was found and what the programs were made of."""
    for sign, divergence, number in groups(total)[:show]:
        print("-" * 100)
        print(f"{number} like this: {sign}")
        print(divergence)
    print("-" * 100)
    tally = total.tally
    print(
        f"{tally.programs} programs, {tally.runs} runs against the undecorated one ({tally.failures} with injected "
        f"failures), {tally.useless} useless programs, {seconds:.0f} s, {tally.programs / seconds / jobs:.0f} programs "
        f"and {tally.runs / seconds / jobs:.0f} runs per second and process"
    )
    wanted = {template.text for table in (*KINDS.values(), SIMPLE) for template in table}
    wanted |= {write.__name__ for _, write in [*COMPOUND, *WIDE]}
    missing = sorted(wanted - set(total.features))
    print(f"grammar: {len(wanted) - len(missing)} of {len(wanted)} productions used; missing: {missing[:20]}")
    print(f"{len(total.found)} divergences of {len(groups(total))} kinds")


def groups(total: Summary) -> list[tuple[str, Divergence, int]]:
    """Return the smallest divergence of each signature and how often it was met, frequent ones first."""
    found: dict[str, list[Divergence]] = {}
    for sign, divergence in total.found:
        found.setdefault(sign, []).append(divergence)
    rows = [(sign, min(each, key=lambda one: len(one.program.source)), len(each)) for sign, each in found.items()]
    return sorted(rows, key=lambda row: -row[2])


if __name__ == "__main__":
    raise SystemExit(main())
