"""Calls that are made in the driver because shipping them costs more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pydron
from pydron.runtime import conflicts
from pydron.runtime.effects import reaches
from pydron.testing import simulate

if TYPE_CHECKING:
    from collections.abc import Container

    import pytest


@pydron.functional
def total(row: list[float], x: float) -> float:
    return math.fsum(row) + x


@pydron.schedule
def totals(rows: list[list[float]], xs: list[float]) -> dict[float, float]:
    found = {}
    for x in xs:
        found[x] = total(rows[0], x)
    return found


def test_what_waits_for_its_turn_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []

    def look(value: object, keys: Container[int]) -> bool:
        looked.append(value)
        return reaches(value, keys)

    monkeypatch.setattr(conflicts, "reaches", look)
    xs = [float(x) for x in range(100)]
    with simulate(inline=0.9, seed=3, workers=4) as pool:
        assert totals([[1.0, 2.0]], xs) == {x: 3.0 + x for x in xs}
        shipped = pool.new_task_id() - 1
    assert 10 < shipped < 40
    assert 10 < sum(type(value) is list for value in looked) < shipped + 10
