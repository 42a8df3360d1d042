"""Calls that look at containers with queued stores: they are given copies, filled as the containers will be.

A call that only reads a container need not wait until the stores to it have retired. Where it is forecast what the
container will hold, the call waits for the promises among that alone. Functional calls take a snapshot of their
arguments anyway; any other must neither keep a copy nor hand it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.runtime.effects import ATOM_IDS, Effect, Verdict, reaches
from pydron.runtime.forecasts import ITEMS, VALUES, copy_of, is_container, places_of, put, table_of
from pydron.runtime.promise import Choice, Promise, settled
from pydron.runtime.stores import Stores

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import TypeAlias

    from pydron.runtime.fiber import Fiber
    from pydron.runtime.forecasts import Forecast

    Call: TypeAlias = Callable[[Fiber, tuple[object, ...], Mapping[str, object]], object]

__all__ = ["Copies", "keeps_no_operand"]

_PICKING = frozenset(map(id, (sum, min, max, any, all)))
"""Functions of an iterable that return one of its elements, but never the iterable itself."""


def keeps_no_operand(verdict: Verdict, callee: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> bool:
    """Say whether a call only reads its operands, and its result holds none of them but perhaps their elements."""
    if verdict.effect is not Effect.PURE and verdict.effect is not Effect.READS:
        return False
    return verdict.fresh or (id(callee) in _PICKING and len(args) == 1 and kwargs.keys() <= {"key"})


class Copies(Stores):
    """The calls on copies; mixed into the fiber, which generated code knows as ``.S``."""

    __slots__ = ()

    def nest(self, frame: Callable[[Fiber], Generator[object, object, object]]) -> object:
        """Run a frame of ours as part of this unit; return its result, or its fiber to wait for."""
        raise NotImplementedError

    def on_copies(
        self, args: tuple[object, ...], kwargs: Mapping[str, object], call: Call, *, deep: bool, keeps: bool = False
    ) -> object:
        """Make a call on copies of those operands that are to be stored into.

        Args:
            args: what it is called with.
            kwargs: the same.
            call: given the fiber it is made in and the operands; returns the result, a promise of it, or a choice.
            deep: also copy containers that operands hold: what is called takes a snapshot.
            keeps: the result may hold an operand, so it is to be looked into.

        Returns:
            The result, or the fiber to wait for it; `Choice.UNIT` if it is not known what a container will hold.
        """
        if not self.is_unit or not self.run.memory.writes:
            return Choice.UNIT
        first = _Copying(self, args, kwargs, deep=deep)
        if first.operands is None and first.announcer is None:
            return Choice.UNIT
        if first.operands is not None and not first.filled:
            return Choice.UNIT

        def frame(fiber: Fiber) -> Generator[object, object, object]:
            copying = first
            while copying.operands is None:
                if copying.announcer is None:
                    return Choice.UNIT
                yield fiber.run.settling(copying.announcer)
                copying = _Copying(fiber, args, kwargs, deep=deep)
            for content in copying.filled:
                for place, value in places_of(content):
                    if type(value) is Promise:
                        put(content, place, (yield value))
            answer = call(fiber, *copying.operands)
            return Choice.UNIT if keeps and reaches(answer, set(map(id, copying.filled))) else answer

        return self.nest(frame)


class _Unforeseen(Exception):
    """It cannot be told what a container will hold."""

    def __init__(self, announcer: Fiber | None = None) -> None:
        super().__init__()
        self.announcer = announcer
        """Who has announced to store into it: once that is done, it can perhaps be told."""


class _Copying:
    """The operands of one call, the containers among them copied."""

    def __init__(self, fiber: Copies, args: tuple[object, ...], kwargs: Mapping[str, object], *, deep: bool) -> None:
        self._fiber = fiber
        self._deep = deep
        self._copies: dict[int, Forecast] = {}
        self.filled: list[Forecast] = []
        """The copies, with promises in them."""
        self.operands: tuple[tuple[object, ...], Mapping[str, object]] | None = None
        """What to make the call with; None if it cannot be told what a container will hold."""
        self.announcer: Fiber | None = None
        """Who has to be done with a container before that can be told, if it is known."""
        try:
            self.operands = tuple(map(self._of, args)), {name: self._of(value) for name, value in kwargs.items()}
        except _Unforeseen as unforeseen:
            self.announcer = unforeseen.announcer

    def _of(self, value: object) -> object:
        """Return a value as it will be, with promises in place of what is to come. Raises `_Unforeseen`."""
        kind = type(value)
        if kind is Promise or id(kind) in ATOM_IDS:
            return value
        memory = self._fiber.run.memory
        if memory.is_open_deep(value) if self._deep else memory.is_open(value):
            return value
        if is_container(value):
            copy = self._copies.get(id(value))
            return copy if copy is not None else self._copied(value)
        if not self._deep and (kind is VALUES or kind is ITEMS):
            table = self._of(table_of(value))
            if isinstance(table, dict):
                return table.values() if kind is VALUES else table.items()
        raise _Unforeseen

    def _copied(self, container: Forecast) -> Forecast:
        fiber = self._fiber
        content = fiber.forecast(container)
        if content is None:
            if id(container) in fiber.run.memory.writes:
                raise _Unforeseen(fiber.announcer(container))
            content = container
        if not fiber.run.forecasts.affords(len(content)):
            raise _Unforeseen
        copy = self._copies[id(container)] = copy_of(content, container)
        self.filled.append(copy)
        for place, value in places_of(content):
            known = settled(value)
            put(copy, place, self._of(known) if self._deep else known)
        return copy
