"""What the decorators know of a callable, and how the runtime finds it again.

A functional callable stays the object it was, without so much as an attribute more. Both kinds are known by identity.
"""

from __future__ import annotations

import threading
import weakref
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Protocol, TypeAlias

from pydron.tasks import DEFAULT_REQUIREMENTS, Requirements

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from pydron.runtime.plan import Plan

__all__ = [
    "Asked",
    "Functional",
    "Ordered",
    "Schedulable",
    "functional_of",
    "made_by",
    "made_scheduled",
    "mark_functional",
    "mark_ordered",
    "mark_scheduled",
    "named_functional",
    "named_scheduled",
    "on_news",
    "ordered_of",
    "resource_keys",
    "scheduled_of",
    "spread_news",
    "unbound",
    "will_call",
]


@dataclass(frozen=True, slots=True, eq=False)
class Functional:
    """The promise a callable was given: no side effect, a result that depends on the arguments alone."""

    name: str
    requirements: Requirements = DEFAULT_REQUIREMENTS
    waits: bool = False
    """Calls give coroutines, which wait on an event loop."""
    at_once: int | None = None
    """How many such calls may be under way at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Ordered:
    """The promise a callable was given: the program sees what it does only through others that name the same resource.

    So it may wait for its turn in program order while what comes after it runs ahead.
    """

    name: str
    reads: tuple[int, ...] = ()
    """Keys of the resources that it reads."""
    changes: tuple[int, ...] = ()
    """Keys of the resources that it changes."""
    commutes: bool = False
    """Among its kind the order of its changes does not matter."""
    resources: tuple[str, ...] = ()
    """The names of all of them, for people."""

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing at all."""
        return bool(self.reads) and not self.changes


class Schedulable(Protocol):
    """A scheduled function as the runtime sees it."""

    def plan(self) -> Plan | None:
        """Return the translation, or None if the function runs as it is written."""

    def is_native(self, names: Container[object] | None, asked: Asked | None = None) -> bool:
        """Say whether there is nothing in the function to run in parallel; see `pydron.runtime.natives`."""

    def calls_nothing(self, names: Container[object] | None, asked: Asked) -> bool:
        """Say the same, apart from the scheduled functions that this one calls: those are left in `asked`."""


Asked: TypeAlias = dict[Schedulable, bool]
"""The scheduled functions that a question is about, with whether they have answered."""


_functional: dict[int, Functional] = {}
_ordered: dict[int, Ordered] = {}
_resources: dict[str, object] = {}
"""An object for each name of a resource: its identity is a key like that of any other memory."""
_scheduled: dict[int, weakref.ref[Schedulable]] = {}
"""Weak: what is known of a function holds its globals and closure, and these hold the callable that was marked."""
_kept: dict[int, object] = {}
"""What keeps a mark true to its callable: a weak reference, or the callable itself."""
_names: defaultdict[str, set[int]] = defaultdict(set)
"""Under which names attributes may hold a marked callable."""
_listeners: list[Callable[[], None]] = []
_makers: list[Callable[[FunctionType], Schedulable]] = []


class _Reference(weakref.ref[object]):
    """What is left of a marked callable that is no more."""

    __slots__ = ("key", "name")

    key: int
    name: str


_gone: deque[_Reference] = deque()
"""Who looks for marks takes these away first: another callable may be where theirs were. They get here by code of the
interpreter's. Ctrl-C may come as soon as a function of ours is called, and from one that the garbage collector calls it
goes nowhere."""
_marking = threading.RLock()


def _key(callee: object) -> int:
    """Return what a callable is known by; its marks go when it does."""
    with _marking:
        _forget()
        key = id(callee)
        if key not in _kept:
            name = getattr(callee, "__name__", "")
            _names[name].add(key)
            try:
                reference = _Reference(callee, _gone.append)
                reference.key, reference.name = key, name
                _kept[key] = reference
            except TypeError:
                _kept[key] = callee
    spread_news()
    return key


def _forget() -> None:
    """Take away the marks of callables that are no more.

    Each look-up tests by itself whether there are any: a function that does so for all makes them a quarter slower.
    """
    with _marking:
        for reference in tuple(_gone):
            if _kept.get(reference.key) is reference:
                for table in (_functional, _ordered, _scheduled):
                    table.pop(reference.key, None)
                _names[reference.name].discard(reference.key)
                del _kept[reference.key]
            with suppress(ValueError):  # a handler of a signal may have been faster
                _gone.remove(reference)


def made_by(maker: Callable[[FunctionType], Schedulable]) -> None:
    """Say what makes a scheduled function out of one that is not decorated."""
    _makers[:] = [maker]


def made_scheduled(function: FunctionType) -> Schedulable:
    """Return what a function would be if it were scheduled."""
    (maker,) = _makers
    return maker(function)


def on_news(listener: Callable[[], None]) -> Callable[[], None]:
    """Have a function called when there is another marked callable."""
    _listeners.append(listener)
    return listener


def spread_news() -> None:
    """Tell that a callable may have become one of ours."""
    for listener in _listeners:
        listener()


def mark_functional(callee: object, functional: Functional) -> None:
    """Make the promise that a callable was given known to the runtime."""
    _functional[_key(callee)] = functional


def functional_of(callee: object) -> Functional | None:
    """Return the promise a callable was given, or None."""
    if _gone:
        _forget()
    return _functional.get(id(callee))


def mark_ordered(callee: object, ordered: Ordered) -> None:
    """Make known to the runtime that calls of a callable take effect in their turn, and nothing waits for them."""
    _ordered[_key(callee)] = ordered


def ordered_of(callee: object) -> Ordered | None:
    """Return what was declared of a callable, or of the function behind a bound method; None if nothing was."""
    if _gone:
        _forget()
    found = _ordered.get(id(callee))
    if found is None and _ordered and type(callee) is MethodType:
        return _ordered.get(id(callee.__func__))
    return found


def resource_keys(names: Iterable[str]) -> tuple[int, ...]:
    """Return what resources are known by in the memory of a run."""
    return tuple([id(_resources.setdefault(name, object())) for name in names])


def mark_scheduled(wrapper: object, scheduled: Schedulable) -> None:
    """Make a scheduled function known to the runtime. The wrapper has to hold on to it."""
    _scheduled[_key(wrapper)] = weakref.ref(scheduled)


def scheduled_of(callee: object) -> Schedulable | None:
    """Return the scheduled function behind a callable, or None."""
    if _gone:
        _forget()
    found = _scheduled.get(id(callee))
    return found() if found is not None else None


def named_functional(name: str) -> bool:
    """Say whether some functional callable has a name."""
    return any(key in _functional for key in _keys_of(name))


def named_scheduled(name: str) -> list[Schedulable]:
    """Return the scheduled functions of a name."""
    references = [_scheduled.get(key) for key in _keys_of(name)]
    return [scheduled for reference in references if reference is not None and (scheduled := reference()) is not None]


def _keys_of(name: str) -> Iterable[int]:
    if _gone:
        _forget()
    # a copy: another thread may mark something
    return _names[name].copy() if name in _names else ()


def will_call(function: FunctionType) -> bool:
    """Guess whether a function needs workers: whether its code has the name of a functional global."""
    namespace = function.__globals__
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        found = [functional_of(namespace.get(name)) for name in code.co_names]
        if any(functional is not None and not functional.waits for functional in found):
            return True
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return False


def unbound(callee: object) -> tuple[object, tuple[object, ...]]:
    """Split a bound method of a Python function into the function and the argument it adds."""
    if type(callee) is MethodType and type(callee.__func__) is FunctionType:
        return callee.__func__, (callee.__self__,)
    return callee, ()
