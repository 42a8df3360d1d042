"""How far code runs ahead of what may change anything."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import pytest

import pydron
from pydron.runtime.run_ahead import RunAhead
from pydron.testing import simulate
from pydron.testing.pool import SimulatedPool
from pydron.testing.simulation import ORDERS

if TYPE_CHECKING:
    from pydron.runtime.fiber import Fiber
    from pydron.tasks import Inbox, Task
    from pydron.testing.simulation import Order


@pydron.functional
def double(x: int) -> int:
    return 2 * x


@pydron.schedule
def emptied(items: list[int]) -> list[int]:
    out = []
    while items:
        item = heapq.heappop(items)
        out.append(double(item))
    return out


@pydron.schedule
def followed(items: list[int]) -> list[int]:
    """Make a call only now and then behind what may change anything."""
    out = []
    for item in items:
        heapq.heapify([item])
        if item % 100 == 0:
            out.append(double(item))
    return out


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often code that runs ahead goes round."""
    found: list[int] = []
    breathe = RunAhead.breathe

    def counted(self: RunAhead, fiber: Fiber) -> None:
        found.append(fiber.tick)
        breathe(self, fiber)

    monkeypatch.setattr(RunAhead, "breathe", counted)
    return found


@pytest.mark.parametrize("order", ORDERS)
def test_a_loop_that_is_ended_by_what_it_runs_ahead_of_is_not_run_ahead_of_for_ever(
    rounds: list[int], order: Order
) -> None:
    with simulate(seed=1, order=order, workers=3):
        assert emptied(list(range(40))) == [2 * x for x in range(40)]
        assert len(rounds) < 1500


def test_calls_far_behind_what_may_change_anything_are_made_on_a_guess() -> None:
    with simulate(seed=1, workers=20, order="time", durations=lambda *_: 1.0) as pool:
        assert followed(list(range(1000))) == [200 * x for x in range(10)]
        assert pool.clock.now < 3


class Tally:
    def __init__(self) -> None:
        self.seen: list[int] = []

    def add(self, value: int) -> None:
        self.seen.append(value)


@pydron.schedule
def tallied(count: int) -> list[int]:
    tally = Tally()
    for number in range(count):
        tally.add(double(number))
    return tally.seen


def test_the_arguments_of_a_method_are_run_ahead_for_although_it_may_be_another_one_then() -> None:
    with simulate(workers=20, order="time", durations=lambda *_: 1.0) as pool:
        assert tallied(20) == [2 * number for number in range(20)]
    assert pool.clock.now <= 3


@pytest.mark.parametrize("seed", range(5))
def test_calls_after_code_of_the_program_are_made_as_things_are_then(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    events: list[str] = []
    submit = SimulatedPool.submit

    def submitted(self: SimulatedPool, task: Task, inbox: Inbox) -> bool:
        events.append("call")
        return submit(self, task, inbox)

    def operation(_value: int) -> None:
        events.append("operation")

    @pydron.schedule
    def main() -> None:
        for x in range(6):
            operation(double(x))
            double(x + 1)

    monkeypatch.setattr(SimulatedPool, "submit", submitted)
    monkeypatch.setattr(SimulatedPool, "look_again", lambda _self: events.append("look"))
    with simulate(workers=4, seed=seed):
        main()
    operations = [number for number, event in enumerate(events) if event == "operation"]
    assert len(operations) == 6
    assert {events[number - 1] for number in operations} == {"look"}
