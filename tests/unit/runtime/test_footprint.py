"""Of an object that is written to, only what a call reads of it goes along: calls wait for no more than that."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from inspect import unwrap
from types import FunctionType
from typing import TYPE_CHECKING, ClassVar, Self

import pytest

import pydron
from pydron.runtime.effects.footprint import part_read
from pydron.testing import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable


class Base:
    scale: ClassVar[int] = 2

    def __init__(self) -> None:
        self.weights = [1, 2]
        self.results: list[int] = []
        self.total = 0
        self.best: int | None = None
        self.last = 0
        self.table: dict[int, int] = {}
        self.__own = 3

    @property
    def bias(self) -> int:
        return self.weights[0]

    @staticmethod
    def twice(x: int) -> int:
        return 2 * x

    @classmethod
    def scaled(cls, x: int) -> int:
        return cls.scale * x

    def own(self) -> int:
        return self.__own + self.bias


class Reads(Base):
    """Methods that read attributes and nothing else, named after those."""

    def weights_(self, x: int) -> int:
        return self.weights[x]

    def weights_scale(self, x: int) -> int:
        return self.weights[0] * self.scale + x

    def weights_own(self) -> int:
        return self.own()

    def none(self, x: int) -> int:
        return self.twice(x) + self.scaled(x)

    def weights_total(self, x: int) -> list[int]:
        return [self.total * each + x for each in self.weights]

    def weights_last(self, x: int) -> int:
        return sum(self.last * each + x for each in self.weights)

    def weights_captured(self) -> Callable[[int], int]:
        def inner(x: int) -> int:
            return self.weights[x]

        return inner

    def total_recursive(self, x: int) -> int:
        return self.total_recursive(x - 1) if x else self.total

    def total_other(self, other: Base) -> int:
        return other.own() + self.total + other.last

    def total_generator(self) -> Generator[int, None, None]:
        while self.total:
            yield self.total


class SeesMore(Base):
    """Methods that may see more of the object, or change it."""

    def itself(self) -> Self:
        return self

    def handed_on(self) -> str:
        return repr(self)

    def stored(self) -> None:
        self.total = 1

    def added(self) -> None:
        self.total += 1

    def deleted(self) -> None:
        del self.total

    def bound(self) -> Callable[[], int]:
        return self.own

    def spread(self, *rest: int) -> int:
        return self.own(*rest)

    def dictionary(self) -> dict[str, object]:
        return self.__dict__

    def through_class(self) -> str:
        return self.__class__.__name__

    def missing(self) -> int:
        return self.not_there  # type: ignore[attr-defined, no-any-return]

    def through_super(self) -> int:
        return super().own()

    def by_name(self) -> object:
        return locals()["self"]

    def captured(self) -> Callable[[], object]:
        return lambda: self

    def elements(self) -> list[str]:
        return [repr(each) for each in (self, 1)]

    def anew(self, other: Self) -> int:
        self = other  # noqa: PLW0642
        return self.total

    def in_class(self) -> type:
        class Inner:
            total = self.total

        return Inner

    def anew_inside(self, other: Self) -> int:
        def inner() -> None:
            nonlocal self
            self = other

        return self.total

    @cached_property
    def cached(self) -> int:
        return self.total

    def uses_cached(self) -> int:
        return self.cached


def methods(cls: type) -> Iterable[FunctionType]:
    return [each for each in vars(cls).values() if type(each) is FunctionType]


def always(_name: str) -> bool:
    return True


@pytest.mark.parametrize("method", methods(Reads), ids=lambda each: each.__name__)
def test_what_a_method_reads_goes_along(method: FunctionType) -> None:
    model = Reads()
    part = part_read(method, 0, model, always)
    known = {name.removeprefix("_Base__") for name in vars(model)}
    expected = known & set(method.__name__.split("_"))
    assert type(part) is Reads
    assert {name.removeprefix("_Base__") for name in vars(part)} == expected
    assert all(vars(part)[name] is vars(model)[name] for name in vars(part))


@pytest.mark.parametrize("method", methods(SeesMore), ids=lambda each: each.__name__)
def test_where_a_method_may_see_more_all_goes_along(method: FunctionType) -> None:
    assert part_read(method, 0, SeesMore(), always) is None


def test_other_arguments() -> None:
    model = Reads()
    for place in (1, "other"):
        part = part_read(Reads.total_other, place, model, always)
        assert part is not None
        assert set(vars(part)) == {"weights", "last", "_Base__own"}
    for place in (2, "another", "self.total"):
        assert part_read(Reads.total_other, place, model, always) is None
    assert part_read(len, 0, model, always) is None


def test_attributes_that_are_still_to_come() -> None:
    asked: list[str] = []

    def is_settled(name: str) -> bool:
        asked.append(name)
        return name != "scale"

    assert part_read(Reads.weights_scale, 0, Reads(), is_settled) is None
    assert part_read(Reads.weights_, 0, Reads(), is_settled) is not None
    assert set(asked) == {"weights", "scale"}


class Slotted:
    __slots__ = ("__dict__", "total")


class Pickled(Base):
    def __getstate__(self) -> object:
        return 1


class Asked(Base):
    def __getattr__(self, name: str) -> object:
        return 1


class Final(Base):
    def __del__(self) -> None:
        pass


class Number(int):
    total = 1


class Kind(Enum):
    A = 1


class Abstract(ABC, Base):
    pass


@pytest.mark.parametrize("value", [Slotted(), Pickled(), Asked(), Final(), Number(), Kind.A, Exception(), 1, Base])
def test_objects_that_are_more_than_their_attributes(value: object) -> None:
    assert part_read(lambda each: each.total, 0, value, always) is None


def test_objects_of_abstract_classes() -> None:
    assert part_read(Base.own, 0, Abstract(), always) is not None


class Model(Base):
    @pydron.functional
    def score(self, x: int) -> int:
        return self.own() * x + self.scale

    @pydron.schedule
    def fill(self) -> list[int]:
        for x in range(6):
            self.results.append(self.score(x))
        return self.results

    @pydron.schedule
    def count(self) -> int:
        for x in range(6):
            self.total += self.score(x)
        return self.total

    @pydron.schedule
    def enter(self) -> dict[int, int]:
        for x in range(6):
            self.table[x] = self.score(x)
        return self.table

    @pydron.schedule
    def remember(self) -> tuple[int, list[int]]:
        for x in range(6):
            self.last = self.score(x)
            self.results.append(self.last)
        return self.last, self.results

    @pydron.schedule
    def compare(self) -> int | None:
        for x in range(6):
            y = self.score(x)
            if self.best is None or y > self.best:
                self.best = y
        return self.best


SCHEDULED = [Model.fill, Model.count, Model.enter, Model.remember, Model.compare]


@pytest.mark.parametrize("method", SCHEDULED, ids=lambda each: each.__name__)
def test_calls_of_a_method_do_not_wait_for_what_is_stored_beside(method: Callable[[Model], object]) -> None:
    with simulate(workers=6, order="time", durations=lambda *_: 1.0) as pool:
        found = method(Model())
    assert found == unwrap(method)(Model())
    assert pool.clock.now == 1


@dataclass
class State:
    rate: float = 2.0
    seen: list[float] = field(default_factory=list)
    count: int = 0


@pydron.functional
def step(x: int, state: State) -> float:
    return state.rate * x


@pydron.functional
def look_back(state: State) -> int:
    return len(state.seen) + state.count


@pydron.schedule
def walk(state: State) -> list[float]:
    for x in range(6):
        state.seen.append(step(x, state=state))
        state.count += 1
    return state.seen


@pydron.schedule
def look(state: State) -> list[int]:
    found = []
    for x in range(4):
        found.append(look_back(state))
        state.seen.append(step(x, state))
        state.count += 1
    return found


def test_calls_of_a_function_do_not_wait_either() -> None:
    with simulate(workers=6, order="time", durations=lambda *_: 1.0) as pool:
        assert walk(State()) == [2.0 * x for x in range(6)]
    assert pool.clock.now == 1


@pytest.mark.parametrize("seed", range(10))
def test_what_is_read_and_stored_is_waited_for(seed: int) -> None:
    with simulate(workers=4, seed=seed):
        assert look(State()) == [0, 2, 4, 6]
