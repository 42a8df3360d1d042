"""The decorators and the other gestures of a user."""

from __future__ import annotations

import functools
import inspect
import warnings
from types import FunctionType
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast, overload

from pydron.context import current_context, name_of
from pydron.errors import PydronError, PydronWarning, TranslationError
from pydron.runtime.marks import Functional, mark_functional, mark_scheduled, scheduled_of
from pydron.tasks import Requirements, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.compiled import CompiledPlan
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


class Scheduled:
    """What `schedule` knows of one function. Translated at its first call."""

    def __init__(self, function: FunctionType, *, strict: bool) -> None:
        self.function = function
        self._strict = strict
        self._plan: CompiledPlan | None = None
        self._tried = False

    def plan(self) -> CompiledPlan | None:
        """Return the translation, or None, after one notice, if the function runs as it is written."""
        if not self._tried:
            # Slow to import, and never needed by programs that only decorate.
            from pydron.compiled import CompiledPlan, NotTranslatable, translate

            try:
                self._plan = CompiledPlan(self.function, translate(self.function))
            except NotTranslatable as error:
                self._notice(str(error))
            self._tried = True
        return self._plan

    def _notice(self, reason: str) -> None:
        code = self.function.__code__
        site = Site(code.co_filename, code.co_firstlineno, self.function.__qualname__)
        context = current_context()
        if self._strict or (context is not None and context.strict):
            raise TranslationError(f"{self.function.__qualname__} cannot be scheduled: {reason}", site)
        warnings.warn_explicit(
            f"{self.function.__qualname__} runs sequentially: {reason}",
            PydronWarning,
            code.co_filename,
            code.co_firstlineno,
        )


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
    if (
        inspect.iscoroutinefunction(function)
        or inspect.isasyncgenfunction(function)
        or inspect.isgeneratorfunction(function)
    ):
        Scheduled(function, strict=strict).plan()  # says why it stays as it is
        return cast("Callable[P, R]", function)

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            context = current_context(function)
            plan = scheduled.plan() if context is not None else None
        except PydronError as error:
            raise error.with_traceback(None)  # noqa: B904 - it is the same error; nobody wants to know where in here
        if plan is None:
            return cast("R", function(*args, **kwargs))
        from pydron.runtime.run import Run

        assert context is not None
        run = Run(context.surroundings)
        result = run.execute(plan, args, kwargs)
        if run.error is None:
            return cast("R", result)
        around = run.error.__context__
        try:
            raise run.error
        finally:
            run.error.__context__ = around  # raising inside a handler of the caller's has replaced it
            del run

    scheduled = Scheduled(function, strict=strict)
    mark_scheduled(wrapper, scheduled)
    return wrapper


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
        return translate(scheduled.function).graph
    except NotTranslatable as error:
        raise TranslationError(f"{name_of(function)} cannot be scheduled: {error}") from None
