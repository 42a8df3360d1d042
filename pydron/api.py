"""The decorators and the other gestures of a user."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast, overload

from pydron.context import name_of
from pydron.errors import TranslationError
from pydron.runtime.marks import Functional, mark_functional, scheduled_of
from pydron.scheduled import Scheduled, make_scheduled, stays_as_it_is
from pydron.tasks import Requirements

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.dataflow import Graph

__all__ = ["functional", "graph", "schedule"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound="Callable[..., object]")


@overload
def functional(function: C, /) -> C: ...
@overload
def functional(*, cores: int = 1, retries: int = 3) -> Callable[[C], C]: ...
def functional(function: C | None = None, /, *, cores: int = 1, retries: int = 3) -> C | Callable[[C], C]:
    """Promise that calls of a callable have no side effect and that their result depends on the arguments alone.

    Inside a scheduled function such calls run in parallel, on workers. Everywhere else nothing changes: the callable
    that comes back is the one that went in. May be used as a decorator, with or without arguments, or on any callable
    there is: ``blur = pydron.functional(scipy.ndimage.gaussian_filter)``.

    Args:
        function: a function, class, bound method, partial or builtin; `staticmethod` and `classmethod` objects too.
        cores: how many cores a call keeps busy.
        retries: how often a call is tried again when the worker under it dies.
    """
    if function is None:
        return lambda given: functional_with(given, Requirements(cores, retries))
    return functional_with(function, Requirements(cores, retries))


def functional_with(function: C, requirements: Requirements) -> C:
    """Mark a callable functional."""
    inner = function.__func__ if isinstance(function, (staticmethod, classmethod)) else function
    if not callable(inner):
        raise TypeError(f"pydron.functional takes a callable, not {type(inner).__name__}")
    mark_functional(inner, Functional(name_of(inner), requirements))
    return function


@overload
def schedule(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def schedule(*, strict: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def schedule(
    function: Callable[P, R] | None = None, /, *, strict: bool = False
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Run the functional calls of a function in parallel; everything observable stays as in plain Python.

    May be used as a decorator, with or without arguments, on functions and methods.

    Args:
        function: a Python function; `staticmethod` and `classmethod` objects too.
        strict: raise `TranslationError` where the function would run sequentially with a notice.

    Raises:
        TypeError: what was given is no Python function.
    """
    if function is None:
        return lambda given: schedule_with(given, strict=strict)
    return schedule_with(function, strict=strict)


def schedule_with(function: Callable[P, R], *, strict: bool) -> Callable[P, R]:
    """Return the scheduled form of a function."""
    if isinstance(function, (staticmethod, classmethod)):
        return cast("Callable[P, R]", type(function)(schedule_with(function.__func__, strict=strict)))
    if not isinstance(function, FunctionType):
        raise TypeError(f"pydron.schedule takes a Python function, not {type(function).__name__}")
    if stays_as_it_is(function, strict=strict):
        return cast("Callable[P, R]", function)
    return cast("Callable[P, R]", make_scheduled(function, strict=strict))


def graph(function: Callable[..., object]) -> Graph:
    """Return the dataflow graph of a scheduled function.

    Its text is ``str(graph)``; `pydron.dataflow.to_dot` and `pydron.dataflow.to_networkx` give other forms.

    Raises:
        TypeError: the function is not scheduled.
        TranslationError: it runs as it is written, so there is no graph.
    """
    from pydron.compiled import NotTranslatable, translate

    scheduled = scheduled_of(getattr(function, "__func__", function))
    if not isinstance(scheduled, Scheduled):
        raise TypeError(f"{name_of(function)} is not a scheduled function")
    try:
        return translate(scheduled.function, scheduled.stamp).graph
    except NotTranslatable as error:
        raise TranslationError(f"{name_of(function)} cannot be scheduled: {error}") from None
