"""Runs the call of a simulated task: arguments unpickled, result or exception pickled, so that nothing is shared."""

from __future__ import annotations

import asyncio
import decimal
import sys
import types
from contextvars import Context
from typing import TYPE_CHECKING

from pydron.tasks import Function, Outcome, Payload
from pydron.testing.output import Output
from pydron.transport.pickling import Functions, dump_failure, dumps, loads, refused_result
from pydron.worker import inside
from pydron.worker.likeness import decimal_mark
from pydron.worker.variables import USUAL_MODES, Variables, floating_errors, packed, set_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydron.tasks import Task, WaitingCall

__all__ = ["Calls", "Surroundings"]


class Surroundings:
    """What belongs to the context of the code that makes a call."""

    __slots__ = ("_decimal", "_floating", "_variables", "mark")

    def __init__(self) -> None:
        self._decimal = decimal.getcontext().copy()
        variables = _VARIABLES.now()
        self._variables = packed(variables)
        self._floating = floating_errors()
        self.mark = decimal_mark(), variables, self._floating
        """Distinguishes them from others."""

    def run(self, function: Callable[[], Outcome]) -> Outcome:
        """Call a function in a context like that one."""
        return Context().run(self._run, function)

    def _run(self, function: Callable[[], Outcome]) -> Outcome:
        decimal.setcontext(self._decimal.copy())
        if self._variables:
            set_variables(self._variables)
        numpy = sys.modules.get("numpy")
        if numpy is None:
            return function()
        with numpy.errstate(**{**USUAL_MODES, **dict(self._floating)}):
            return function()


_VARIABLES = Variables()


class Calls:
    """The callables of one pool, and how they are called.

    Args:
        ship: pickle functions too, as for real workers. Otherwise plain functions and classes are called as they are,
            and only other callables, which may hold state, are pickled.
    """

    def __init__(self, *, ship: bool) -> None:
        self._ship = ship
        self._shipper = Functions()
        self._known: dict[int, tuple[Callable[..., object], Function]] = {}
        self._direct: dict[bytes, Callable[..., object]] = {}
        self._output = Output()

    def function(self, function: Callable[..., object], name: str) -> Function:
        """Return the form in which tasks name a callable."""
        if self._ship or not _is_stateless(function):
            return self._shipper.ship(function, name)
        known = self._known.get(id(function))
        if known is None:
            key = b"direct %d" % len(self._known)
            known = self._known[id(function)] = (function, Function(key, name, Payload(b"")))
            self._direct[key] = function
        return known[1]

    def run(self, task: Task, values: Mapping[int, Payload], context: Surroundings) -> Outcome:
        """Run a task as a worker would; `context` is that of the code that made the call."""
        outer = inside.in_task()
        inside.mark(True)
        try:
            with self._output:
                return context.run(lambda: self._run(task, values))
        finally:
            inside.mark(outer)

    def wait_for(self, call: WaitingCall, context: Surroundings) -> Outcome:
        """Make a waiting call, on an event loop of its own."""
        outer = inside.in_task()
        inside.mark(True)
        try:
            with self._output:
                return context.run(lambda: self._wait_for(call))
        finally:
            inside.mark(outer)

    def _wait_for(self, call: WaitingCall) -> Outcome:
        handled = sys.exception()
        outcome = Outcome(call.id, own=True)
        try:
            args, kwargs = call.arguments()
            outcome.result, outcome.raised = _on_a_loop(call.function(*args, **kwargs))
            if outcome.raised is not None:
                _forget_context(outcome.raised, handled)
        except BaseException as error:
            _forget_context(error, handled)
            outcome.raised = error
        outcome.captured = self._output.take()
        return outcome

    def _run(self, task: Task, values: Mapping[int, Payload]) -> Outcome:
        handled = sys.exception()
        try:
            function = self._direct.get(task.function.key) or loads(task.function.payload, copy=True)
            args, kwargs = _arguments(task, values)
            result = function(*args, **kwargs)  # type: ignore[operator]
            try:
                payload = dumps(result)
            except MemoryError:
                raise
            except Exception as problem:
                raise refused_result(task.function.name, result, problem) from None
        except BaseException as error:
            _forget_context(error, handled)
            return Outcome(task.id, failure=dump_failure(error), captured=self._output.take())
        return Outcome(task.id, value=payload, size=payload.size, captured=self._output.take())


def _on_a_loop(coroutine: object) -> tuple[object, BaseException | None]:
    """Run a coroutine on a new event loop, also where one runs already; return its result or what it raised."""
    outer = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        with asyncio.Runner() as runner:
            return runner.run(_caught(coroutine))
    finally:
        asyncio._set_running_loop(outer)


async def _caught(coroutine: object) -> tuple[object, BaseException | None]:
    """Await something; a loop that raises what it raised would link it to what is being handled around the loop."""
    try:
        return await coroutine, None  # type: ignore[misc]
    except BaseException as error:
        return None, error


def _is_stateless(function: object) -> bool:
    """Tell whether a callable is its code alone. A bound method is not: ``items.append`` has the list in it."""
    if isinstance(function, types.BuiltinFunctionType):
        return function.__self__ is None or isinstance(function.__self__, types.ModuleType)
    return isinstance(function, types.FunctionType | type)


def _forget_context(error: BaseException, handled: BaseException | None) -> None:
    """Cut off the exception that the driver happens to be handling: on a worker there would be none."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error] if handled is not None else []
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if each.__context__ is handled:
            each.__context__ = None
        pending += [each.__context__, each.__cause__]


def _arguments(task: Task, values: Mapping[int, Payload]) -> tuple[list[object], dict[str, object]]:
    pair: tuple[tuple[object, ...], dict[str, object]] = loads(task.arguments, copy=True)  # type: ignore[assignment]
    args, kwargs = list(pair[0]), pair[1]
    for place, value in task.references:
        if isinstance(place, int):
            args[place] = loads(values[value], copy=True)
        else:
            kwargs[place] = loads(values[value], copy=True)
    return args, kwargs
