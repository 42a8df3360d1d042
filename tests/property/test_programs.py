"""Scheduled programs mean what they meant: generated ones, and those that once did not."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.property.campaign import DIVERGENCES, campaign
from tests.property.harness import PLAIN, SEQUENTIAL, loaded, run_caught, some_ways
from tests.property.programs import Program

if TYPE_CHECKING:
    from pathlib import Path

FIXED, FIXED_CHUNK = 400, 50
SECONDS = 20.0
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
