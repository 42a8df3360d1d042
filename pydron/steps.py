"""What a call of a scheduled generator or coroutine function gives: it runs the function from one handover to the next.

It hands over what the function hands over, and hands back what comes back, be it an exception.
"""

from __future__ import annotations

import inspect
import sys
from types import CoroutineType, FunctionType, GeneratorType
from typing import TYPE_CHECKING, TypeAlias, cast

from pydron.contexts import Unchanged
from pydron.runtime.effects.attributes import defines
from pydron.runtime.promise import Thrown
from pydron.runtime.trials.lookup import special
from pydron.traces import is_ours

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future, TimerHandle
    from collections.abc import Awaitable, Callable, Generator
    from types import CodeType, TracebackType

    from pydron.runtime.promise import Handover
    from pydron.runtime.run import Run

__all__ = ["Steps", "steps_of"]

_PATIENCE = 0.5
"""Seconds after which the pool is told what a coroutine waits for."""
Steps: TypeAlias = "GeneratorType[object, object, object] | CoroutineType[object, object, object]"


def steps_of(run: Run, code: CodeType) -> Steps:
    """Return the generator or coroutine for a run of a function with some code, not begun."""
    if code.co_flags & inspect.CO_COROUTINE:
        return cast("CoroutineType[object, object, object]", _awaiting(run))
    made = _awaitable if code.co_flags & inspect.CO_ITERABLE_COROUTINE else _yielding
    return cast("GeneratorType[object, object, object]", made(run))


def _yielding(run: Run) -> Generator[object, object, object]:
    """Run a generator function."""
    result = run.execute()
    while run.handover is not None:
        handover = run.handover
        try:
            answer = (yield from _delegated(handover)) if handover.kind == "from" else (yield handover.take())
        except BaseException as error:
            answer = Thrown(_as_raised(error), is_raised_here=handover.kind == "yield")
        result = run.go_on(answer)
        del answer
    if run.error is None:
        return result
    try:
        with Unchanged(run.error):
            raise run.error
    finally:
        del run


_awaitable = FunctionType(
    _yielding.__code__.replace(co_flags=_yielding.__code__.co_flags | inspect.CO_ITERABLE_COROUTINE), globals()
)
"""The same for what `types.coroutine` has been put on: the generator can be awaited."""


async def _awaiting(run: Run) -> object:
    """Run a coroutine function; without an event loop to give way to it blocks while it waits for workers."""
    bell = _bell()
    result = run.execute(bell)
    while run.handover is not None or run.is_idle:
        handover, thrown, answer = run.handover, None, None
        try:
            answer = await (_awaited(handover) if handover is not None else bell.rung)  # type: ignore[union-attr]
        except BaseException as error:
            thrown = _as_raised(error)
        back = answer if thrown is None else Thrown(thrown, is_raised_here=False)
        result = run.go_on(back) if handover is not None else run.wake(thrown)
        del handover, thrown, answer, back
    if run.error is None:
        return result
    try:
        with Unchanged(run.error):
            raise run.error
    finally:
        del run


class _Bell:
    """Wakes a coroutine that waits on an event loop of `asyncio`; implements `pydron.runtime.giving_way.Bell`."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self.loop = loop
        self.rung: Future[None]
        self._timer: TimerHandle | None = None

    def arm(self, *, patient: bool) -> None:
        """Begin to wait for the next ring."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.rung = self.loop.create_future()
        if not patient:
            self._timer = self.loop.call_later(_PATIENCE, self._wake, self.rung)

    def ring(self) -> None:
        """Wake the coroutine."""
        try:
            self.loop.call_soon_threadsafe(self._wake, self.rung)
        except RuntimeError:  # the loop is closed, and nobody waits there
            pass

    def _wake(self, rung: Future[None]) -> None:
        if not rung.done():
            rung.set_result(None)


def _bell() -> _Bell | None:
    """Return a bell for the coroutine that runs, if it runs on an event loop of `asyncio`."""
    asyncio = sys.modules.get("asyncio")  # slow to import, and there if such a loop runs
    loop = asyncio._get_running_loop() if asyncio is not None else None
    return _Bell(loop) if loop is not None else None


def _delegated(handover: Handover) -> Generator[object, object, object]:
    """Return what a generator delegates to, such that it sees the error that the generator handles."""
    value, around = cast("Generator[object, object, object]", handover.take()), handover.around
    return value if around is None or around is sys.exception() else _delegated_within(value, around)


def _delegated_within(
    value: Generator[object, object, object], around: BaseException
) -> Generator[object, object, object]:
    unchanged = Unchanged(around)
    try:
        raise around
    except BaseException:
        unchanged.restore()
        return (yield from value)


def _awaited(handover: Handover) -> Awaitable[object]:
    """Return what is to be awaited, in place of what a coroutine does with the value it hands over."""
    value, around = handover.take(), handover.around
    given = cast("Awaitable[object]", value if handover.kind == "await" else _ACTS[handover.kind](value))
    return given if around is None or around is sys.exception() else _awaited_within(given, around)


async def _awaited_within(value: Awaitable[object], around: BaseException) -> object:
    unchanged = Unchanged(around)
    try:
        raise around
    except BaseException:
        unchanged.restore()
        return await value


def _as_raised(error: BaseException) -> BaseException:
    """Return an error without what its traceback has of Pydron at its beginning."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return error.with_traceback(trace)


# what `async for` and `async with` do


async def _begin(iterable: object) -> object:
    if not defines(iterable, "__aiter__"):
        await _step(iterable)  # Python itself has to complain, here and below
    iterator = cast("Callable[[], object]", special(iterable, "__aiter__"))()
    if not defines(iterator, "__anext__"):
        await _step(_Begun(iterator))
    return iterator


class _Begun:
    """An iteration that has begun, for one more step."""

    __slots__ = ("_iterator",)

    def __init__(self, iterator: object) -> None:
        self._iterator = iterator

    def __aiter__(self) -> object:
        return self._iterator


async def _next(iterator: object) -> tuple[object, ...]:
    """Return what an iterator gives next as a tuple, an empty one at its end."""
    return await _step(_Begun(iterator))


async def _step(iterator: object) -> tuple[object, ...]:
    async for value in iterator:  # type: ignore[attr-defined]
        return (value,)
    return ()


async def _enter(manager: object) -> object:
    """Return how to leave a manager, and what entering it gives."""
    if not all(defines(manager, name) for name in ("__aenter__", "__aexit__")):
        async with manager:  # type: ignore[attr-defined]
            pass
    enter = cast("Callable[[], object]", special(manager, "__aenter__"))
    leave = special(manager, "__aexit__")
    return leave, await _given(enter(), "__aenter__")


async def _leave(ending: object) -> object:
    leave, error = cast("tuple[Callable[..., object], BaseException | None]", ending)
    if error is None:
        return await _given(leave(None, None, None), "__aexit__")
    return await _given(leave(type(error), error, error.__traceback__), "__aexit__")


def _given(value: object, method: str) -> Awaitable[object]:
    """Return what a method of a manager gave, which has to be awaitable."""
    if inspect.isawaitable(value):
        return value
    raise TypeError(
        f"'async with' received an object from {method} that does not implement __await__: {type(value).__name__}"
    )


_ACTS: dict[str, Callable[[object], Awaitable[object]]] = {
    "iter": _begin,
    "next": _next,
    "enter": _enter,
    "leave": _leave,
}
