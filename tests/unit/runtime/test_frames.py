"""Loops over what pandas hands out, and looks into it, run ahead and mean what they mean without decorators."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

import pydron
from pydron.testing import simulate
from tests.unit.runtime.frame_programs import (
    CHANGED,
    PROGRAMS,
    changed_on_the_way,
    frame,
    once_for_each_group,
    once_for_each_way,
)

if TYPE_CHECKING:
    import pandas as pd

    from tests.unit.runtime.frame_programs import Program


def outcome(program: Program) -> object:
    try:
        return program()
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_mean_the_same(program: Program, seed: int) -> None:
    with simulate(seed=seed, natives=seed % 2 == 0, workers=1 + seed):
        assert outcome(pydron.schedule(program)) == outcome(program)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("over", CHANGED)
def test_what_is_changed_on_the_way_shows_as_it_does(over: str, seed: int) -> None:
    program = changed_on_the_way(over)
    expected = outcome(program)
    with simulate(seed=seed, natives=seed % 2 == 0, workers=1 + seed):
        assert outcome(pydron.schedule(program)) == expected


def rounds(program: Program) -> float:
    with simulate(workers=200, order="time", durations=lambda *_: 1.0) as pool:
        program()
        return pool.clock.now


@pytest.mark.parametrize("program", [once_for_each_way, once_for_each_group], ids=lambda program: program.__name__)
def test_all_calls_run_at_the_same_time(program: Program) -> None:
    assert rounds(program) == 1


@pydron.functional
def napped(x: float) -> float:
    time.sleep(0.01)
    return x


def test_on_workers() -> None:
    @pydron.schedule
    def main(table: pd.DataFrame) -> list[float]:
        return [napped(row.a) + napped(row.b) for row in table.itertuples()]

    with pydron.session({"workers": [{"type": "threads", "cores": 2}]}):
        assert main(frame()) == [1.5, 3.5, 5.5, 7.5]
