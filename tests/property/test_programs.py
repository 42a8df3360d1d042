"""Scheduled programs mean what they meant: generated ones, and those that once did not."""

from __future__ import annotations

import time
from itertools import product
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.property.asynchronous import asynchronous
from tests.property.campaign import DIVERGENCES, campaign
from tests.property.harness import (
    ORDERS,
    PLAIN,
    SEQUENTIAL,
    Endless,
    Failures,
    Tally,
    check,
    loaded,
    run_caught,
    simulated,
    some_ways,
)
from tests.property.programs import Program, generate

if TYPE_CHECKING:
    from pathlib import Path

FIXED, FIXED_CHUNK = 80, 20
SECONDS = 15.0
"""How long to look at programs that nobody has seen before."""
WAYS_REPLAYED = 40


def no_divergence(seeds: range, seconds: float) -> None:
    summary = campaign(seeds, time.monotonic() + seconds, most_small=1)
    assert not summary.found, "\n".join(str(divergence) for _, divergence in summary.found[:2])
    assert summary.tally.runs > summary.tally.programs - summary.tally.useless > 0


@pytest.mark.parametrize("start", range(0, FIXED, FIXED_CHUNK))
def test_known_programs(start: int) -> None:
    no_divergence(range(start, start + FIXED_CHUNK), 120)


def test_new_programs(seed: int) -> None:
    no_divergence(range(seed, seed + 1_000_000), SECONDS)


def test_programs_as_coroutines(seed: int) -> None:
    end, tally = time.monotonic() + SECONDS, Tally()
    for number in range(seed, seed + 1_000_000):
        if time.monotonic() > end:
            break
        program = asynchronous(generate(number), number)
        divergence = check(program, Random(number), tally) if program is not None else None
        assert divergence is None, str(divergence)
    assert tally.runs > tally.programs - tally.useless > 0


@pytest.mark.parametrize("path", sorted(DIVERGENCES.glob("*.py")), ids=lambda path: path.stem)
def test_found_divergences_stay_mended(path: Path, seed: int) -> None:
    rng = Random(seed)
    program = Program(path.stem, path.read_text(encoding="utf-8"))
    with loaded(program) as it:
        expected = it.run(PLAIN, {})
        for way in [SEQUENTIAL, *some_ways(rng, WAYS_REPLAYED, program, it.calls)]:
            actual = run_caught(it, way, {})
            part = expected.difference(actual)
            assert not part, (
                f"{part} differs, {way.name}:\n{getattr(expected, part)}\n{getattr(actual, part)}\n{actual.error}"
            )


BEFORE_ENDLESS_CALLS: dict[str, tuple[str, Failures]] = {
    "an operand that is late": ("f_int(2, 0, a)", {(2, 0): "key"}),
    "a scheduled function": ("helper(0, a)", {(3, 0): "key"}),
    "an ordinary function": ("ordinary(0, a)", {(3, 0): "key"}),
}
ENDLESS = """
import pydron

def arguments():
    return ()

@pydron.schedule
def helper(k, a):
    b = f_int(3, k, a)
    return f_int(4, k, b)

def ordinary(k, a):
    return helper(k, a)

@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    b = {call}
    return b, [f_int(5, i, i) for i in range(3)]

def drive():
    return main()
"""


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("name", BEFORE_ENDLESS_CALLS)
def test_endless_calls_that_are_never_made_delay_nothing(name: str, workers: int) -> None:
    call, failures = BEFORE_ENDLESS_CALLS[name]
    with loaded(Program("endless", ENDLESS.replace("{call}", call))) as it:
        expected = it.run(PLAIN, failures)
        endless = Endless(it.calls)
        for order, eager, seed in product(ORDERS, (0.0, 0.5, 0.9), range(2)):
            way = simulated(seed, order, workers, durations=endless, eager=eager)
            actual = run_caught(it, way, failures, seconds=5.0)
            part = expected.difference(actual)
            assert not part, f"{part} differs, {way.name}: {getattr(expected, part)} {getattr(actual, part)}"


def test_equal_programs_in_two_files_are_kept_apart() -> None:
    failures: Failures = {(2, 0): "key"}
    program = Program("twin", ENDLESS.replace("{call}", "f_int(2, 0, a)"))
    way = simulated(0, "program", 2)
    with loaded(program) as one, loaded(program) as two:
        for it in (one, two):
            assert it.run(PLAIN, failures).trace == run_caught(it, way, failures).trace, it.filename
