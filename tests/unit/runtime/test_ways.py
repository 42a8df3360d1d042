"""Branches that store into parts of what they are given: they are announced, and hold up nothing but those."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

import pydron
from pydron.testing import simulate
from pydron.testing.simulation import ORDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.testing.simulation import Order


@pydron.functional
def f(x: int) -> int:
    return x * 7 % 5


class Log:
    def __init__(self) -> None:
        self.lines: list[int] = []
        self.best = 0
        self.inner: dict[str, list[int]] = {"a": [], "b": []}

    @pydron.functional
    def score(self, x: int) -> int:
        return f(x) + self.offset

    offset = 0

    @pydron.schedule
    def note(self) -> list[int]:
        for x in range(8):
            y = self.score(x)
            if y > 2:
                self.lines.append(y)
        return self.lines

    @pydron.schedule
    def improve(self) -> tuple[int, list[int]]:
        for x in range(8):
            y = self.score(x)
            if y > self.best:
                self.best = y
                self.lines.append(x)
        return self.best, self.lines

    @pydron.schedule
    def sort(self) -> dict[str, list[int]]:
        for x in range(8):
            y = self.score(x)
            if y > 2:
                self.inner["a"].append(y)
            elif y > 1:
                self.inner["b"].append(y)
        return self.inner


@pydron.schedule
def grouped() -> dict[int, list[int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    groups[0], groups[1] = [], []
    for x in range(8):
        y, key = f(x), x % 2
        if y > 2:
            groups[key].append(y)
    return dict(groups)


@pydron.schedule
def in_rows() -> list[list[list[int]]]:
    rows: list[list[list[int]]] = [[[], []] for _ in range(2)]
    for x in range(8):
        y, key = f(x), x % 2
        if y > 2:
            rows[-1][key].append(y)
            rows[key][0].append(x)
    return rows


@pydron.schedule
def by_name() -> list[int]:
    log = Log()
    for x in range(8):
        y = f(x)
        if y > 2:
            lines = log.lines
            lines.append(y)
    return log.lines


PROGRAMS: list[Callable[[], object]] = [
    lambda: Log().note(),
    lambda: Log().improve(),
    lambda: Log().sort(),
    grouped,
    in_rows,
    by_name,
]


@pytest.mark.parametrize("program", range(len(PROGRAMS)))
@pytest.mark.parametrize("order", ORDERS)
def test_what_they_may_store_into_holds_nothing_up(program: int, order: Order) -> None:
    with simulate(workers=8, order=order, durations=lambda *_: 1.0) as pool:
        found = PROGRAMS[program]()
    with pydron.session(mode="sequential"):
        assert found == PROGRAMS[program]()
    assert order != "time" or pool.clock.now == 1


@pydron.schedule
def read_meanwhile() -> list[int]:
    log, seen = Log(), []
    for x in range(4):
        y = f(x)
        if y > 1:
            log.lines.append(f(y))
        seen.append(f(len(log.lines)))
    return seen


@pytest.mark.parametrize("seed", range(10))
def test_what_reads_it_waits(seed: int) -> None:
    with simulate(workers=8, seed=seed):
        found = read_meanwhile()
    with pydron.session(mode="sequential"):
        assert found == read_meanwhile()
