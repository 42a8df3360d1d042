"""What the decorators know of a callable, and how the runtime finds it again.

A functional callable stays the object it was, without so much as an attribute more. Both kinds are known by identity.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Protocol

from pydron.tasks import DEFAULT_REQUIREMENTS, Requirements

if TYPE_CHECKING:
    from pydron.runtime.plan import Plan

__all__ = [
    "Functional",
    "Schedulable",
    "functional_of",
    "mark_functional",
    "mark_scheduled",
    "scheduled_of",
    "unbound",
    "will_call",
]


@dataclass(frozen=True, slots=True, eq=False)
class Functional:
    """The promise a callable was given: no side effect, a result that depends on the arguments alone."""

    name: str
    requirements: Requirements = DEFAULT_REQUIREMENTS


class Schedulable(Protocol):
    """A scheduled function as the runtime sees it."""

    def plan(self) -> Plan | None:
        """Return the translation, or None if the function runs as it is written."""


_functional: dict[int, Functional] = {}
_scheduled: dict[int, weakref.ref[Schedulable]] = {}
"""Weak: what is known of a function holds its globals and closure, and these hold the callable that was marked."""
_kept: dict[int, object] = {}
"""What keeps a mark true to its callable: a weak reference that takes the mark away, or the callable itself."""


def _key(callee: object) -> int:
    """Return what a callable is known by; its marks go when it does."""
    key = id(callee)
    if key not in _kept:

        def gone(_reference: object) -> None:
            for table in (_functional, _scheduled, _kept):
                table.pop(key, None)

        try:
            _kept[key] = weakref.ref(callee, gone)
        except TypeError:
            _kept[key] = callee
    return key


def mark_functional(callee: object, functional: Functional) -> None:
    """Make the promise that a callable was given known to the runtime."""
    _functional[_key(callee)] = functional


def functional_of(callee: object) -> Functional | None:
    """Return the promise a callable was given, or None."""
    return _functional.get(id(callee))


def mark_scheduled(wrapper: object, scheduled: Schedulable) -> None:
    """Make a scheduled function known to the runtime. The wrapper has to hold on to it."""
    _scheduled[_key(wrapper)] = weakref.ref(scheduled)


def scheduled_of(callee: object) -> Schedulable | None:
    """Return the scheduled function behind a callable, or None."""
    found = _scheduled.get(id(callee))
    return found() if found is not None else None


def will_call(function: FunctionType) -> bool:
    """Guess whether a function makes functional calls: whether its code has the name of a functional global."""
    namespace = function.__globals__
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        if any(functional_of(namespace.get(name)) is not None for name in code.co_names):
            return True
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return False


def unbound(callee: object) -> tuple[object, tuple[object, ...]]:
    """Split a bound method of a Python function into the function and the argument it adds."""
    if type(callee) is MethodType and type(callee.__func__) is FunctionType:
        return callee.__func__, (callee.__self__,)
    return callee, ()
