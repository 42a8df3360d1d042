"""Loops that take what they do next out of a list or deque: what is in there is known, whatever is under way."""

from __future__ import annotations

from collections import deque
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
    return x + 1


@pydron.schedule
def popped(items: list[int]) -> list[int]:
    work, out = items.copy(), []
    while work:
        out.append(f(work.pop()))
    return out


@pydron.schedule
def first(items: list[int]) -> list[int]:
    work, out = items.copy(), []
    while len(work) > 0:
        item = work.pop(0)
        out.append(f(item))
    return out


@pydron.schedule
def left(items: list[int]) -> list[int]:
    work, out = deque(items), []
    while work:
        item = work.popleft()
        if item > 3:
            work.append(item - 4)
        out.append(f(item))
    return out


@pydron.schedule
def paired(items: list[int]) -> list[int]:
    work, out = items.copy(), []
    while work and len(work) != 1:
        a, b = work.pop(), work.pop(0)
        out.append(f(a - b))
    return out


@pytest.mark.parametrize("function", [popped, first, left, paired])
@pytest.mark.parametrize("order", ORDERS)
def test_calls_on_what_is_taken_out_run_side_by_side(function: Callable[[list[int]], list[int]], order: Order) -> None:
    with simulate(workers=20, order=order, durations=lambda *_: 1.0) as pool:
        found = function(list(range(8)))
    with pydron.session(mode="sequential"):
        assert found == function(list(range(8)))
    assert order != "time" or pool.clock.now == 1


@pydron.schedule
def said_of(items: list[int]) -> list[str]:
    out: list[int] = []
    said = []
    for item in items:
        said.append("some" if out else "none")
        out.append(f(item))
    return said


def test_whether_a_list_that_is_still_to_be_filled_is_empty_is_known() -> None:
    with simulate(workers=20, order="time", durations=lambda *_: 1.0) as pool:
        assert said_of([1, 2, 3]) == ["none", "some", "some"]
    assert pool.clock.now == 1
