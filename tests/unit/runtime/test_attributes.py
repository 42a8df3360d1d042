"""Stores to attributes that a branch may turn out to make hold up the reads of these attributes, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pydron
from pydron.runtime.conflicts import Memory
from pydron.testing import simulate

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 8


@pydron.functional
def f(*numbers: int) -> int:
    return sum(numbers) + 1


class Search:
    def __init__(self) -> None:
        self.best: int | None = None
        self.tried = self.total = 0
        self.items: list[int] = []

    @pydron.schedule
    def step(self, i: int) -> None:
        found = f(i)
        if found > 5:
            self.best = found

    @pydron.schedule
    def step_up(self, i: int) -> None:
        found = f(i)
        if self.best is None or found > self.best:
            self.best = found

    @pydron.schedule
    def steps(self) -> None:
        for i in range(COUNT):
            self.step(i)

    @pydron.schedule
    def steps_up(self) -> None:
        for i in range(COUNT):
            self.step_up(i)

    @pydron.schedule
    def apart(self) -> None:
        for i in range(COUNT):
            found = f(i, self.tried)
            self.tried += 1
            if found > 5:
                self.items.append(found)
            else:
                self.total += found

    @pydron.schedule
    def add(self, i: int) -> None:
        if f(i) > 5:
            self.total += i

    @pydron.schedule
    def adds(self) -> None:
        for i in range(COUNT):
            self.add(i)
            self.items.append(f(i, self.tried))

    @pydron.schedule
    def update(self, i: int) -> None:
        if f(i) > 5:
            self.total += i
            self.count(i)

    @pydron.schedule
    def count(self, i: int) -> None:
        self.tried += i

    @pydron.schedule
    def updates(self) -> None:
        for i in range(COUNT):
            self.update(i)
            self.items.append(f(i, self.tried))

    @pydron.schedule
    def two_loops(self) -> None:
        for i in range(COUNT):
            if f(i) % 2:
                self.total += 1
                if self.total > 2:
                    self.best = i
        for i in range(COUNT):
            self.items.append(f(i, self.tried))


def rounds(program: Callable[[Search], None]) -> float:
    """Run a program in order and in parallel, and return how long it took with a second for each call."""
    expected, search = Search(), Search()
    with pydron.session(mode="sequential"):
        program(expected)
    with simulate(workers=4 * COUNT, order="time", durations=lambda *_: 1.0) as pool:
        program(search)
    assert vars(search) == vars(expected)
    return pool.clock.now


@pytest.mark.parametrize("program", [Search.steps, Search.steps_up, Search.apart, Search.two_loops, Search.adds])
def test_other_attributes_and_methods_are_read_at_once(program: Callable[[Search], None]) -> None:
    assert rounds(program) == 1


@pydron.schedule
def handed_on(search: Search) -> None:
    for i in range(COUNT):
        found = f(i, search.tried)
        if found > 5:
            same = search
            same.best = found


@pydron.schedule
def held(search: Search) -> None:
    holders = [search]
    for i in range(COUNT):
        found = f(i, search.tried)
        if found > 5:
            search.best = found
            holders[0].tried = found


@pydron.schedule
def by_text(search: Search) -> None:
    for i in range(COUNT):
        found = f(i, search.tried)
        if found > 5:
            search.total = found
            search.__dict__["tried"] = i


@pydron.schedule
def the_same(search: Search) -> None:
    for i in range(COUNT):
        if f(i, search.tried) > 5:
            search.tried += 1


@pytest.mark.parametrize("program", [handed_on, held, by_text, the_same, Search.updates])
def test_what_reads_what_may_be_stored_sees_it(program: Callable[[Search], None]) -> None:
    assert rounds(program) > 0


class Slotted:
    __slots__ = ("__dict__", "fixed")

    def __init__(self) -> None:
        self.free = self.fixed = 0


def names_of(value: object) -> dict[str, object]:
    return vars(value)


@pydron.schedule
def slotted() -> object:
    one = Slotted()
    names = names_of(one)
    one.fixed = f(1)
    one.free = f(2, one.fixed)
    return len(names), [*names], list(names.items()), one.fixed, one.free


def test_what_is_stored_into_a_slot_is_not_in_the_dictionary() -> None:
    with simulate(workers=2, order="reverse", durations=lambda *_: 1.0):
        assert slotted() == (1, ["free"], [("free", 5)], 2, 5)


def test_announcements_of_attributes_are_counted_apart() -> None:
    memory = Memory()
    memory.announce(1, frozenset(("a", "b")))
    memory.announce(1, frozenset(("b",)))
    memory.announce(1)
    assert memory.announcements(1) == 3
    assert [memory.announcements(1, name) for name in "abc"] == [2, 3, 1]
    memory.withdraw(1, frozenset(("a", "b")))
    memory.withdraw(1)
    assert [memory.announcements(1, name) for name in "abc"] == [0, 1, 0]
    assert not memory.has_queued(1)
    memory.withdraw(1, frozenset(("b",)))
    assert not memory.writes
    assert not memory.announcements(1)
