"""Stores from generated code: done at once, queued in program order, or told to wait."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, cast

from pydron.runtime.conflicts import key_of
from pydron.runtime.effects import PENDING as TO_COME
from pydron.runtime.effects import Effect as Kind
from pydron.runtime.effects import classify_inplace, classify_setitem, plain_setattr
from pydron.runtime.entries import Effect
from pydron.runtime.forecasts import MISSING, add_elements, take
from pydron.runtime.promise import Choice, Promise, Request, settled
from pydron.runtime.questions import Questions

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

__all__ = ["Stores"]

_IN_PLACE: dict[str, Callable[[object, object], object]] = {"+": operator.iadd}


class Stores(Questions):
    """The stores; mixed into the fiber, which generated code knows as ``.S``."""

    __slots__ = ()

    def store_item(self, owner: object, index: object, value: object, tick: int) -> Choice:
        """``owner[index] = value``."""
        if (
            not self.run.pending
            and type(value) is not Promise
            and type(owner) is not Promise
            and type(index) is not Promise
        ):
            return Choice.NOW
        if type(owner) is Promise or type(index) is Promise:
            return Choice.UNIT
        value = settled(value)
        late = type(value) is Promise
        verdict = classify_setitem(owner, index, TO_COME if late else value)
        if verdict.effect is not Kind.WRITES or verdict.warns or verdict.deep:
            return Choice.UNIT if late or verdict.effect is Kind.WRITES else Choice.TURN
        return self._store(operator.setitem, owner, index, value, tick)

    def store_attribute(self, owner: object, name: str, value: object, tick: int) -> Choice:
        """``owner.name = value``."""
        if not self.run.pending and type(value) is not Promise and type(owner) is not Promise:
            return Choice.NOW
        if type(owner) is Promise:
            return Choice.UNIT
        if not plain_setattr(owner, name):
            return Choice.TURN
        return self._store(setattr, owner, name, settled(value), tick)

    def _store(self, function: Callable[..., object], owner: object, place: object, value: object, tick: int) -> Choice:
        """Store a value that is known or promised into a known place, without user code."""
        run = self.run
        if type(value) is not Promise:
            run.memory.seen((value,))
            if self.may_store_now() or (run.memory.is_young(owner) and run.memory.is_open(owner)):
                function(owner, place, value)
                return Choice.QUEUED
        attribute = cast("str", place) if function is setattr else None
        if not (self.may_change(owner, attribute) or run.memory.is_young(owner)):
            return Choice.TURN
        key = key_of(owner)
        if key is None:
            return Choice.TURN
        self.queue(Effect(function, (owner, place, value), (key,), tick))
        return Choice.QUEUED

    def may_store_now(self) -> bool:
        """Say whether a store of a known value need not wait: nothing is to come before it, or has run ahead of it."""
        return self.is_alone() and not self.run.forecasts.known

    def born(self, value: object) -> None:
        """Take note of a fresh object that a single local variable sees."""
        self.run.memory.born(value)

    def may_store_item(self, owner: object, index: object, value: object) -> Request | None:
        """Ask for ``owner[index] = value`` on known operands."""
        return self._may_write(classify_setitem(owner, index, value), owner) if self.run.pending else None

    def may_store_attribute(self, owner: object, name: str, _value: object) -> Request | None:
        """Ask for ``owner.name = value`` on known operands."""
        if not self.run.pending:
            return None
        if plain_setattr(owner, name) and self.may_wait_to_change(owner, name):
            return Request.ORDERED
        return Request.IMPURE

    def can_augment(self, symbol: str, target: object, value: object) -> bool:
        """Say whether ``target += value`` can join the store queue."""
        if type(target) is Promise or type(value) is Promise or symbol not in _IN_PLACE:
            return False
        verdict = classify_inplace(symbol, target, value)
        return (
            verdict.effect is Kind.WRITES
            and not verdict.warns
            and not verdict.deep
            and key_of(target) is not None
            and self.may_change(target)
        )

    def can_extend(self, symbol: str, target: object) -> bool:
        """Say whether ``target += [element, …]`` can join the store queue."""
        return type(target) is list and symbol == "+" and self.may_change(target)

    def extend(self, target: list[object], elements: tuple[object, ...], tick: int) -> None:
        """Queue ``target += [element, …]``, whatever the elements."""
        known = tuple(settled(element) for element in elements)
        self.run.memory.seen(known)
        self.queue(Effect(add_elements, (target, *known), (id(target),), tick))

    def take_out(self, owner: list[object] | deque[object], place: object, tick: int) -> object:
        """Return the item at a place, perhaps a promise, and queue that it is taken out; `MISSING` if it is unknown."""
        content = owner if self.run.memory.is_open(owner) else self.forecast(owner)
        if content is None or type(place) is not int or not -len(content) <= place < len(content):
            return MISSING
        if not self.may_change(owner):
            return MISSING
        item = settled(content[place])
        self.queue(Effect(take, (owner, place), (id(owner),), tick))
        return item

    def augment(self, symbol: str, target: object, value: object, tick: int) -> object:
        """Queue ``target += value``, for an object that changes in place; return it."""
        key = key_of(target)
        assert key is not None
        self.run.memory.seen((value,))
        self.queue(Effect(_IN_PLACE[symbol], (target, value), (key,), tick))
        return target
