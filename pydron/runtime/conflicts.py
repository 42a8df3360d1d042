"""Disambiguation by object identity: may an operation run now, given the stores that are still to come?

Reads ask whether a store to their memory is queued, or may be queued by a fiber that is not finished. Stores go to
memory that is registered as theirs, or wait until nothing has run ahead of them. Where identity cannot tell, the
answer is to wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydron.runtime.effects import (
    ALL,
    ATOM_IDS,
    RECEIVER,
    Effect,
    Verdict,
    heard_by,
    listeners,
    memory_key,
    reaches,
    touches,
)
from pydron.runtime.promise import Promise, Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Memory", "has_promise", "key_of"]

_DIRECT = frozenset(map(id, (list, dict, set)))
_Key = TypeVar("_Key", int, tuple[int, str])


def key_of(value: object) -> int | None:
    """Return the memory key of a value, fast for the common containers."""
    return id(value) if id(type(value)) in _DIRECT else memory_key(value)


def _count_down(counts: dict[_Key, int], key: _Key) -> None:
    left = counts[key] - 1
    if left:
        counts[key] = left
    else:
        del counts[key]


class Memory:
    """Which memory is to be written, and which objects only one variable can see."""

    __slots__ = ("_attributes", "_clear", "_heard", "_made", "_narrow", "_young", "announced", "read_early", "writes")

    def __init__(self) -> None:
        self.writes: dict[int, int] = {}
        """How many stores to each memory key are queued or announced."""
        self.announced: dict[int, int] = {}
        """How many of them are announced: by fibers that may write there until they are done."""
        self._narrow: dict[int, int] = {}
        """How many of those are by fibers that store certain attributes and nothing else."""
        self._attributes: dict[tuple[int, str], int] = {}
        """The same by attribute."""
        self.read_early: set[int] = set()
        """Resources that were read ahead of what may turn out to change them."""
        self._young: dict[int, object] = {}
        self._made: dict[int, dict[str, object]] = {}
        """By the identity of fibers, containers that came into being in their frames, by variable."""
        self._clear: set[int] = set()
        """By identity, functions that reach nothing of `writes`; until there is more of that, or a store is done."""
        self._heard: set[int] = set()
        """What the output of calls may be written to, besides files; announced while there may be some to come."""

    def queue(self, key: int) -> None:
        """Say that a store to this memory is in the queue."""
        writes = self.writes
        if key in writes:
            writes[key] += 1
        else:
            writes[key] = 1
            self._clear.clear()

    def settle(self, key: int) -> None:
        """Say that a queued store is done or will never be."""
        self._clear.clear()
        _count_down(self.writes, key)

    def has_queued(self, key: int) -> bool:
        """Say whether a store to this memory is in the queue."""
        return self.writes.get(key, 0) > self.announced.get(key, 0)

    def announce(self, key: int, attributes: frozenset[str] | None = None) -> None:
        """Say that a fiber may write to this memory, or that it may store these attributes, and nothing else of it."""
        self.queue(key)
        self.announced[key] = self.announced.get(key, 0) + 1
        if attributes is not None:
            self._narrow[key] = self._narrow.get(key, 0) + 1
            for attribute in attributes:
                place = key, attribute
                self._attributes[place] = self._attributes.get(place, 0) + 1

    def withdraw(self, key: int, attributes: frozenset[str] | None = None) -> None:
        """Say that such a fiber is done or will never be."""
        self.settle(key)
        _count_down(self.announced, key)
        if attributes is not None:
            _count_down(self._narrow, key)
            for attribute in attributes:
                _count_down(self._attributes, (key, attribute))

    def announcements(self, key: int, attribute: str | None = None) -> int:
        """Return how many fibers may write to this memory, or may store an attribute."""
        count = self.announced.get(key, 0)
        if attribute is None or not count:
            return count
        return count - self._narrow.get(key, 0) + self._attributes.get((key, attribute), 0)

    def forget(self) -> None:
        """Forget every store to come, and which objects are young."""
        self.writes.clear()
        self.announced.clear()
        self._narrow.clear()
        self._attributes.clear()
        self.read_early.clear()
        self._heard.clear()
        self.forget_made()
        self.grow_up()

    # output

    def listen(self) -> None:
        """Announce what the output of calls to come may change."""
        found = listeners()
        if found:
            for key in heard_by(found).difference(self._heard):
                self._heard.add(key)
                self.announce(key)

    def is_heard(self, namespace: object) -> bool:
        """Say whether output may change the variables of a module."""
        return id(namespace) in self._heard

    def stop_listening(self) -> None:
        """Say that there is no more output to come."""
        for key in self._heard:
            self.withdraw(key)
        self._heard.clear()

    # containers that a fiber has made

    def make(self, fiber: object, name: str, value: object) -> None:
        """Take note of a container that a fiber has made and bound to a variable."""
        self._made.setdefault(id(fiber), {})[name] = value

    def was_made_by(self, fiber: object, key: int | None) -> bool:
        """Say whether memory is that of a container that a fiber has made."""
        made = self._made.get(id(fiber))
        return made is not None and any(id(value) == key for value in made.values())

    def forget_made_by(self, fiber: object) -> None:
        """Let go of what a fiber has made that is over."""
        self._made.pop(id(fiber), None)

    def forget_made(self) -> None:
        """Let go of what all have made."""
        self._made.clear()

    # young objects

    def born(self, value: object) -> None:
        """Take note of an object that a single local variable sees."""
        self._young[id(value)] = value

    def is_young(self, value: object) -> bool:
        """Say whether nobody but one local variable sees the object."""
        return id(value) in self._young

    def seen(self, values: Sequence[object]) -> None:
        """Say that somebody else may see these objects from now on."""
        if self._young:
            for value in values:
                self._young.pop(id(value), None)

    def seen_deep(self, values: Sequence[object]) -> None:
        """Say the same of all that can be reached from objects."""
        if self._young and any(reaches(value, dict.fromkeys(self._young, 1)) for value in values):
            self.grow_up()

    def grow_up(self) -> None:
        """Say that somebody else may see every object, and that any code may have run."""
        self._clear.clear()
        self.show_young()

    def show_young(self) -> None:
        """Say that somebody else may see every object."""
        if self._young:
            self._young.clear()

    # reads

    def is_open(self, value: object) -> bool:
        """Say whether the value's own memory can be read now."""
        if not self.writes or id(type(value)) in ATOM_IDS:
            return True
        key = key_of(value)
        return key is not None and key not in self.writes

    def is_open_deep(self, value: object) -> bool:
        """Say whether everything that can be reached from a value can be read now."""
        return not self.writes or id(type(value)) in ATOM_IDS or not reaches(value, self.writes)

    def is_open_here(self, value: object) -> bool:
        """Say the same for what is passed itself to code that runs in this process."""
        return not self.writes or id(type(value)) in ATOM_IDS or not touches(value, self.writes)

    def is_open_function(self, function: object, *, here: bool = False) -> bool:
        """Say the same for what a function captures or reads of its module, perhaps one that runs in this process."""
        if not self.writes or id(function) in self._clear:
            return True
        if (touches if here else reaches)(function, self.writes):
            return False
        self._clear.add(id(function))
        return True

    def permit(
        self,
        verdict: Verdict,
        args: Sequence[object],
        kwargs: Mapping[str, object] | None = None,
        receiver: object = None,
    ) -> Request | None:
        """Return what a reading operation has to wait for, or None if it may run now, quietly if it may warn."""
        match verdict.effect:
            case Effect.PURE | Effect.READS:
                return None if self._can_read(verdict, args, kwargs, receiver) else Request.ORDERED
            case Effect.OUTPUT:
                return Request.ORDERED
            case _:
                return Request.IMPURE

    def _can_read(
        self, verdict: Verdict, args: Sequence[object], kwargs: Mapping[str, object] | None, receiver: object
    ) -> bool:
        if not self.writes:
            return True
        for operands, test in ((verdict.shallow, self.is_open), (verdict.deep, self.is_open_deep)):
            for operand in operands:
                if not all(test(value) for value in _chosen(operand, args, kwargs, receiver)):
                    return False
        return True


def _chosen(
    operand: int | str, args: Sequence[object], kwargs: Mapping[str, object] | None, receiver: object
) -> list[object]:
    if operand == ALL:
        return [*args, *(kwargs or {}).values()]
    if operand == RECEIVER:
        return [receiver]
    if isinstance(operand, str):
        return [kwargs[operand]] if kwargs and operand in kwargs else []
    return [args[operand]] if operand < len(args) else []


def has_promise(args: Sequence[object], kwargs: Mapping[str, object] | None) -> bool:
    """Say whether an operand is a promise."""
    for value in args:
        if type(value) is Promise:
            return True
    return kwargs is not None and any(type(value) is Promise for value in kwargs.values())
