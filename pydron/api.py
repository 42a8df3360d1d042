"""The decorators and the other gestures of a user."""

from __future__ import annotations

import functools
import inspect
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, ParamSpec, TypeAlias, TypeVar, cast, overload

from pydron.context import name_of
from pydron.errors import TranslationError
from pydron.runtime.marks import (
    Functional,
    Ordered,
    functional_of,
    mark_functional,
    mark_ordered,
    ordered_of,
    resource_keys,
    scheduled_of,
)
from pydron.scheduled import Scheduled, make_scheduled, stays_as_it_is
from pydron.tasks import Requirements
from pydron.waiting.coroutines import is_coroutine_function, make_waiting
from pydron.worker.inside import is_checking

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from pydron.dataflow import Graph

__all__ = ["Scheduled", "functional", "graph", "ordered", "schedule"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound="Callable[..., object]")
Resources: TypeAlias = "str | Iterable[str]"


@overload
def functional(function: C, /) -> C: ...
@overload
def functional(*, cores: int = 1, retries: int = 3, at_once: int | None = None) -> Callable[[C], C]: ...
def functional(
    function: C | None = None, /, *, cores: int = 1, retries: int = 3, at_once: int | None = None
) -> C | Callable[[C], C]:
    """Promise that calls of a callable have no side effect and that their result depends on the arguments alone.

    Inside a scheduled function such calls run in parallel, on workers. Everywhere else nothing changes: the callable
    that comes back is the one that went in. May be used as a decorator, with or without arguments, or on any callable
    there is: ``blur = pydron.functional(scipy.ndimage.gaussian_filter)``.

    Calls of a coroutine function wait together on one event loop instead. In a scheduled function that is no coroutine
    function itself such a call stands for its result, without ``await``; everywhere else it gives a coroutine.

    Args:
        function: a function, class, bound method, partial or builtin; `staticmethod` and `classmethod` objects too.
        cores: how many cores a call keeps busy.
        retries: how often a call is tried again when the worker under it dies.
        at_once: of a coroutine function, how many calls may be under way at a time; None for no limit of its own.

    Raises:
        TypeError: what was given cannot be called, or an option is no whole number.
        ValueError: an option is too small.
    """
    requirements = Requirements(_at_least(1, "cores", cores), _at_least(0, "retries", retries))
    if at_once is not None:
        _at_least(1, "at_once", at_once)
    if function is None:
        return lambda given: functional_with(given, requirements, at_once)
    return functional_with(function, requirements, at_once)


def _at_least(least: int, name: str, given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool):
        raise TypeError(f"{name} of pydron.functional is a whole number, not {given!r}")
    if given < least:
        raise ValueError(f"{name} of pydron.functional is at least {least}, not {given}")
    return given


def functional_with(function: C, requirements: Requirements, at_once: int | None = None) -> C:
    """Mark a callable functional."""
    inner = _inside(function)
    if not callable(inner):
        advice = _BELOW if _wraps(inner) else "options are given by name: @pydron.functional(cores=2)"
        raise TypeError(f"pydron.functional takes a callable, not {_shown(inner)}; {advice}")
    if ordered_of(inner) is not None:
        raise _both(inner)
    if is_checking():
        from pydron.worker.contract import check_code

        check_code(name_of(inner), inner)
    if is_coroutine_function(inner):
        made = make_waiting(cast("Callable[..., Awaitable[object]]", inner), name_of(inner), at_once)
        mark_functional(made, Functional(name_of(inner), requirements, waits=True, at_once=at_once))
        return cast("C", type(function)(made) if isinstance(function, (staticmethod, classmethod)) else made)
    if at_once is not None:
        raise TypeError(f"at_once of pydron.functional is for coroutine functions; {_shown(inner)} is none")
    mark_functional(inner, Functional(name_of(inner), requirements))
    return function


def _inside(function: object) -> object:
    """Return the function of a static or class method, anything else as it is."""
    return function.__func__ if isinstance(function, (staticmethod, classmethod)) else function


def _both(callee: object) -> TypeError:
    return TypeError(f"{name_of(callee)} cannot be both functional and ordered: it has an effect, or it has none")


@overload
def ordered(function: C, /, *, reads: Resources = (), writes: Resources = (), commutes: Resources = ()) -> C: ...
@overload
def ordered(*, reads: Resources = (), writes: Resources = (), commutes: Resources = ()) -> Callable[[C], C]: ...
def ordered(
    function: C | None = None, /, *, reads: Resources = (), writes: Resources = (), commutes: Resources = ()
) -> C | Callable[[C], C]:
    """Declare that a callable does something outside of the program: writes a file, updates a plot, sends a message.

    Inside a scheduled function each call is made in its turn, exactly once, if the program comes there; calls that come
    later run ahead meanwhile. Without options it is output: ordered like `print`, and the program does not read back
    what it wrote. A resource is a name of your choice for something that the program does read back. Everywhere else
    nothing changes: the callable that comes back is the one that went in.

    Args:
        function: a function, bound method, partial or builtin; `staticmethod` and `classmethod` objects too.
        reads: resources that it reads. One that does nothing else waits only for calls that change them.
        writes: resources that it changes.
        commutes: resources that it changes such that the order of these calls does not matter: it counts, adds up.

    Raises:
        TypeError: what was given cannot be called, makes a generator or coroutine, or is functional; or a resource is
            no text.
    """
    read, written, added = _resources("reads", reads), _resources("writes", writes), _resources("commutes", commutes)

    def declare(given: C) -> C:
        inner = _inside(given)
        _check_ordered(inner)
        changed = resource_keys((*written, *added))
        found = Ordered(name_of(inner), resource_keys(read), changed, bool(added), (*read, *written, *added))
        mark_ordered(inner, found)
        return given

    return declare if function is None else declare(function)


def _resources(option: str, given: Resources) -> tuple[str, ...]:
    names: tuple[object, ...] = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        if not isinstance(name, str) or not name:
            raise TypeError(f"{option} of pydron.ordered is the name of a resource, or several, not {name!r}")
    return cast("tuple[str, ...]", names)


def _check_ordered(inner: object) -> None:
    if not callable(inner):
        advice = _BELOW if _wraps(inner) else 'options are given by name: @pydron.ordered(writes="database")'
        raise TypeError(f"pydron.ordered takes a callable, not {_shown(inner)}; {advice}")
    if functional_of(inner) is not None:
        raise _both(inner)
    kinds = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    if any(is_kind(inner) for is_kind in kinds):
        raise TypeError(
            f"{name_of(inner)} cannot be ordered: what it does happens after the call; declare what does it"
        )


_BELOW = "put it directly above the def, below the other decorators"


def _wraps(given: object) -> bool:
    """Tell whether this is what some decorator has made of a function."""
    return any(hasattr(given, name) for name in ("__wrapped__", "fget", "func"))


def _shown(given: object) -> str:
    """Describe what was given in place of a function."""
    if isinstance(given, type):
        return f"the class {given.__name__}"
    kind = type(given).__name__
    return f"{given!r:.60} ({kind})" if isinstance(given, int | str | float | None) else f"a {kind}"


def _not_schedulable(given: object) -> TypeError:
    if isinstance(given, type):
        advice = "put it on the methods of the class"
    elif isinstance(given, functools.partial):
        advice = f"schedule before making the partial: functools.partial(pydron.schedule({name_of(given.func)}), ...)"
    elif _wraps(given) or isinstance(given, MethodType):
        advice = _BELOW
    elif isinstance(given, BuiltinFunctionType):
        advice = f"{name_of(given)} has no lines of Python to run in parallel"
    elif callable(given):
        advice = f"put it on {type(given).__name__}.__call__"
    else:
        advice = "options are given by name: @pydron.schedule(strict=True)"
    return TypeError(f"pydron.schedule takes a Python function, not {_shown(given)}; {advice}")


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
        raise _not_schedulable(function)
    known = scheduled_of(function)
    if isinstance(known, Scheduled):
        known.is_strict |= strict
        return cast("Callable[P, R]", function)
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
        name = getattr(function, "__qualname__", None) or _shown(function)
        raise TypeError(f"{name} is not a scheduled function: there is no @pydron.schedule on it, or it has no effect")
    try:
        return translate(scheduled.function, scheduled.stamp).graph
    except NotTranslatable as error:
        raise TranslationError(f"{name_of(function)} cannot be scheduled: {error}") from None
