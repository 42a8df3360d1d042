"""What `functional` makes of a coroutine function: in scheduled sequential code a call of it gives the result.

Everywhere else it is a coroutine function like any other: a call gives a coroutine, to be awaited. Who calls is told by
the code of the calling frame, so that a function means the same whether or not it runs in parallel.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import sys
import threading
from types import FunctionType
from typing import TYPE_CHECKING

from pydron.contexts import Unchanged, keep_context
from pydron.ids import TaskId
from pydron.runtime.callers import is_sequential
from pydron.tasks import WaitingCall
from pydron.traces import drop_outermost

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import CodeType, FrameType

    from pydron.tasks import Outcome

__all__ = ["is_coroutine_function", "make_waiting"]

_numbers = itertools.count(-1, -1)
"""Of calls that belong to no run."""


def is_coroutine_function(callee: object) -> bool:
    """Say whether calling something gives a coroutine: a function, a method, a partial, an object with such a call."""
    called = None if isinstance(callee, type) else inspect.getattr_static(type(callee), "__call__", None)
    return inspect.iscoroutinefunction(callee) or inspect.iscoroutinefunction(called)


class Waiting:
    """A functional coroutine function, and how it is called."""

    def __init__(self, function: Callable[..., Awaitable[object]], name: str, at_once: int | None) -> None:
        self.function = function
        self.name = name
        self.at_once = at_once

    def to_its_end(self, args: tuple[object, ...], kwargs: dict[str, object]) -> Outcome:
        """Make a call, and return when it has ended."""
        # Slow to import, and of no use to programs that only await.
        from pydron.waiting import side
        from pydron.waiting.room import wait_for

        call = WaitingCall(TaskId(next(_numbers)), self.function, self.name, args, kwargs, self.at_once)
        if side.is_here():
            outcome = _elsewhere(call)
        else:
            room = side.hold()
            try:
                outcome = wait_for(room, call)
            finally:
                side.let_go()
        if outcome.raised is not None:
            drop_outermost(outcome.raised)
            keep_context(outcome.raised, sys.exception())
        return outcome


def _elsewhere(call: WaitingCall) -> Outcome:
    """Make a call that a waiting call makes: its loop stands still meanwhile, so it needs one of its own."""
    import asyncio

    from pydron.waiting.room import alone

    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(asyncio.run(alone(call))), name="pydron waiting")
    thread.start()
    thread.join()
    return outcomes[0]


def _wrapper_of(
    waiting: Waiting, sequential: Callable[[CodeType], bool], frame: Callable[[int], FrameType]
) -> Callable[..., object]:
    # It runs among the user's globals, so it knows nothing but what it closes over.
    unchanged = Unchanged

    def wrapper(*args: object, **kwargs: object) -> object:
        __tracebackhide__ = True  # for tools that leave out frames which tell nothing
        if not sequential(frame(1).f_code):
            return waiting.function(*args, **kwargs)
        outcome = waiting.to_its_end(args, kwargs)
        if outcome.raised is None:
            return outcome.result
        try:
            with unchanged(outcome.raised):
                raise outcome.raised
        finally:
            del outcome

    return wrapper


def make_waiting(
    function: Callable[..., Awaitable[object]], name: str, at_once: int | None
) -> Callable[..., Awaitable[object]]:
    """Return the functional form of something whose calls give coroutines."""
    wrapper = _wrapper_of(Waiting(function, name, at_once), is_sequential, sys._getframe)
    assert isinstance(wrapper, FunctionType)
    # for those who ask; it has no effect on what the code does
    code = wrapper.__code__.replace(co_flags=wrapper.__code__.co_flags | inspect.CO_COROUTINE)
    made = FunctionType(code, _globals_of(function), getattr(function, "__name__", "call"), None, wrapper.__closure__)
    if isinstance(function, FunctionType):
        made.__defaults__, made.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    functools.update_wrapper(made, function)
    return made


def _globals_of(function: Callable[..., object]) -> dict[str, object]:
    """Return the globals of the Python function behind a callable."""
    inner: object = function
    while not isinstance(inner, FunctionType):
        inner = getattr(inner, "__func__", None) or getattr(inner, "func", None) or type(inner).__call__
    return inner.__globals__
