"""What the decorators leave on a callable, and how the runtime finds it again.

A functional callable stays the object it was. A Python function carries a mark in its ``__dict__``; the mark names its
function, because `functools.wraps` copies it to functions that are something else. Any other callable is known by identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Protocol

from pydron.tasks import DEFAULT_REQUIREMENTS, Requirements

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.runtime.plan import Plan

__all__ = ["Functional", "Schedulable", "functional_of", "mark_functional", "mark_scheduled", "scheduled_of"]

_FUNCTIONAL = "__pydron_functional__"
_SCHEDULED = "__pydron_scheduled__"


@dataclass(frozen=True, slots=True)
class Functional:
    """The promise a callable was given: no side effect, a result that depends on the arguments alone."""

    function: Callable[..., object]
    name: str
    requirements: Requirements = DEFAULT_REQUIREMENTS


class Schedulable(Protocol):
    """A scheduled function as the runtime sees it."""

    wrapper: Callable[..., object]

    def plan(self) -> Plan | None:
        """Return the translation, or None if the function runs as it is written."""


_FOREIGN: dict[int, Functional] = {}


def mark_functional(functional: Functional) -> None:
    """Make the promise known to the runtime."""
    function = functional.function
    if isinstance(function, FunctionType):
        function.__dict__[_FUNCTIONAL] = functional
    else:
        _FOREIGN[id(function)] = functional  # the record keeps the callable alive, so its identity stays its own


def functional_of(callee: object) -> Functional | None:
    """Return the promise a callable was given, or None."""
    kind = type(callee)
    if kind is FunctionType:
        found = callee.__dict__.get(_FUNCTIONAL)  # type: ignore[attr-defined]
        return found if found is not None and found.function is callee else None
    return _FOREIGN.get(id(callee))


def mark_scheduled(scheduled: Schedulable) -> None:
    """Make a scheduled function known to the runtime."""
    scheduled.wrapper.__dict__[_SCHEDULED] = scheduled


def scheduled_of(callee: object) -> Schedulable | None:
    """Return the scheduled function behind a callable, or None."""
    if type(callee) is not FunctionType:
        return None
    found = callee.__dict__.get(_SCHEDULED)
    return found if found is not None and found.wrapper is callee else None


def unbound(callee: object) -> tuple[object, tuple[object, ...]]:
    """Split a bound method of a Python function into the function and the argument it adds."""
    if type(callee) is MethodType and type(callee.__func__) is FunctionType:
        return callee.__func__, (callee.__self__,)
    return callee, ()
