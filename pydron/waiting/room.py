"""The waiting room: in come calls of coroutine functions, out go their outcomes, in the order in which they end.

A room belongs to one event loop. It starts the oldest calls first, as many at a time as it has places. What a call
prints, logs and warns is caught, and what it sets in its context is seen by nobody else. Nothing that a call raises
gets into the loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from pydron.tasks import Captured, Outcome
from pydron.waiting import connections
from pydron.worker import inside
from pydron.worker.diversion import catch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydron.ids import TaskId
    from pydron.tasks import WaitingCall
    from pydron.worker.capture import Caught

__all__ = ["Asked", "Room", "alone", "wait_for"]


@dataclass(slots=True, eq=False)
class Asked:
    """A call that was asked for, and who wants to know its outcome."""

    call: WaitingCall
    deliver: Callable[[Outcome], None]
    """Called on the loop's thread."""
    catches: bool = True
    """Catch what it writes."""
    checks: bool = False
    """Prove that it leaves its arguments alone."""
    context: Context = field(default_factory=copy_context)
    task: asyncio.Task[Outcome] | None = None
    """Once it has a place."""
    has_begun: bool = False
    is_unwanted: bool = False
    """Nobody is interested in its result any more."""


class Room:
    """Makes waiting calls. `begin` and `cancel` may be called in any thread, before `close`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, places: int) -> None:
        """Make a room.

        Args:
            loop: where calls wait.
            places: how many may be under way at a time.
        """
        self._loop = loop
        self.places = places
        self.is_mute = False
        """Nobody is told of outcomes any more: those who wait are daemon threads of a process that ends."""
        self._asked: deque[Asked] = deque()
        """Filled by any thread, emptied by the loop's."""
        self._told = False
        """The loop's thread is going to look."""
        self._line: deque[Asked] = deque()
        self._held: dict[object, deque[Asked]] = {}
        """Calls of functions of which as many are under way as may be."""
        self._counts: dict[object, int] = {}
        self._under_way: dict[TaskId, Asked] = {}

    def begin(self, asked: Asked) -> None:
        """Make a call as soon as there is a place, after the next `flush`."""
        self._asked.append(asked)

    def flush(self) -> None:
        """Let the loop know of the calls that were asked for."""
        # Whoever finds the mark set has added his call before the loop takes the mark away and looks.
        if self._asked and not self._told:
            self._told = True
            self._loop.call_soon_threadsafe(self._look)

    def cancel(self, calls: Iterable[TaskId]) -> None:
        """Cancel calls; each still has an outcome."""
        self._loop.call_soon_threadsafe(self._cancel, set(calls))

    def pass_on(self, call: TaskId, message: object) -> None:
        """Cancel a call of which the outcome is wanted all the same. To be called on the loop's thread."""
        self._gather()
        asked = self._under_way.get(call)
        if asked is None:
            self._leave_line({call})
        elif asked.has_begun and asked.task is not None:
            asked.task.cancel(message)
        else:  # it would not even begin
            self._loop.call_soon(self.pass_on, call, message)

    def give_up(self) -> None:
        """Begin no more calls, and want the results of none. To be called on the loop's thread, which is to end."""
        self._gather()
        self._line.clear()
        self._held.clear()
        for asked in self._under_way.values():
            asked.is_unwanted = True

    # On the loop's thread.

    def _look(self) -> None:
        self._told = False
        self._gather()
        self._start()

    def _gather(self) -> None:
        asked = self._asked
        for _ in range(len(asked)):
            self._line.append(asked.popleft())

    def _start(self) -> None:
        line = self._line
        while line and len(self._under_way) < self.places:
            asked = line.popleft()
            most, function = asked.call.at_once, asked.call.function
            count = self._counts.get(function, 0) if most is not None else 0
            if most is not None and count >= most:
                self._held.setdefault(function, deque()).append(asked)
                continue
            if most is not None:
                self._counts[function] = count + 1
            asked.task = self._loop.create_task(_outcome(asked), context=asked.context)
            self._under_way[asked.call.id] = asked
            asked.task.add_done_callback(partial(self._ended, asked))

    def _ended(self, asked: Asked, task: asyncio.Task[Outcome]) -> None:
        call = asked.call
        del self._under_way[call.id]
        if call.at_once is not None:
            self._left(call.function)
        if not self.is_mute:
            asked.deliver(_cancelled(call) if task.cancelled() else task.result())
        if self._line:
            self._start()

    def _left(self, function: object) -> None:
        """Let the next call of a function have the place of one that has ended."""
        self._counts[function] -= 1
        if not self._counts[function]:
            del self._counts[function]
        held = self._held.get(function)
        if held:
            self._line.appendleft(held.popleft())
            if not held:
                del self._held[function]

    def _cancel(self, calls: set[TaskId]) -> None:
        self._gather()
        self._leave_line(calls)
        for number in calls:
            under_way = self._under_way.get(number)
            if under_way is not None and under_way.task is not None:
                under_way.is_unwanted = True
                under_way.task.cancel()

    def _leave_line(self, calls: set[TaskId]) -> None:
        for queue in (self._line, *self._held.values()):
            for asked in [asked for asked in queue if asked.call.id in calls]:
                queue.remove(asked)
                asked.deliver(_cancelled(asked.call))
        self._held = {function: held for function, held in self._held.items() if held}


def _cancelled(call: WaitingCall) -> Outcome:
    return Outcome(call.id, own=True, raised=asyncio.CancelledError())


async def _outcome(asked: Asked) -> Outcome:
    """Make a call; whatever it raises is its outcome."""
    call = asked.call
    asked.has_begun = True
    caught: list[Caught] = catch() if asked.catches else []
    inside.mark_context()
    opened = connections.note()
    begun = perf_counter()
    outcome = Outcome(call.id, own=True)
    try:
        args, kwargs = call.arguments()
        if asked.checks:
            outcome.result = await _checked(call, args, kwargs)
        else:
            outcome.result = await call.function(*args, **kwargs)
    except BaseException as error:
        outcome.raised = error
    if asked.is_unwanted:
        connections.abandon(opened)
    outcome.seconds = perf_counter() - begun
    outcome.captured = tuple([Captured(*each) for each in caught]) if caught else ()
    return outcome


async def _checked(call: WaitingCall, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    from pydron.worker.contract import Witness

    witness = Witness(call.name, call.function, args, kwargs)
    result = await call.function(*args, **kwargs)
    witness.compare()
    return result


def wait_for(room: Room, call: WaitingCall) -> Outcome:
    """Make one call and block until it has ended; Ctrl-C cancels it."""
    outcomes: list[Outcome] = []
    gate = threading.Lock()
    gate.acquire()

    def deliver(outcome: Outcome) -> None:
        outcomes.append(outcome)
        gate.release()

    room.begin(Asked(call, deliver, catches=False))
    room.flush()
    try:
        gate.acquire()
    except BaseException:
        room.cancel([call.id])
        raise
    return outcomes[0]


async def alone(call: WaitingCall) -> Outcome:
    """Make one call on the loop that runs."""
    return await _outcome(Asked(call, lambda _outcome: None, catches=False))
