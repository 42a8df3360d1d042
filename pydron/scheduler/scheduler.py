"""The scheduler: a pure machine that takes events and answers with commands.

It performs no input or output, reads no clock and draws no random numbers, so that whatever happened can be played
again.

::

    runs ──────▶ TasksSubmitted, ValuesReleased, … ─▶ ┌───────────┐ ─▶ Deliver ─────────────▶ runs
    workers ───▶ WorkerJoined, TasksEnded, …  ──────▶ │ Scheduler │ ─▶ Assign, FetchValue, … ▶ workers
    the clock ─▶ now, TimePassed ───────────────────▶ └───────────┘ ─▶ WakeUp ──────────────▶ the clock

Each step applies an event to the ledger (one function per kind of event, in the module that knows about it), dispatches
what has become ready, and collects the commands.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from pydron.scheduler import events
from pydron.scheduler.ahead import send_ahead
from pydron.scheduler.commands import Assign, Deliver, FreeValues, Recall, WakeUp
from pydron.scheduler.dispatch import dispatch
from pydron.scheduler.endings import abandon_doomed, ended
from pydron.scheduler.requests import cancelled, released, run_ended, submitted, wanted
from pydron.scheduler.state import Ledger, TaskRecord
from pydron.scheduler.story import tell
from pydron.scheduler.transfer import arrived, missing
from pydron.scheduler.turnover import advance_drains, draining, joined, left, recalled, unavailable
from pydron.scheduler.urgency import press, urgent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydron.scheduler.commands import Command
    from pydron.scheduler.events import Event

__all__ = ["Scheduler"]


def _is_unfinished(record: TaskRecord) -> bool:
    return record.state.unfinished or (record.value is not None and bool(record.value.wanted))


def _time_passed(ledger: Ledger, _event: events.TimePassed) -> None:
    ledger.awake()


_APPLY = cast(
    "dict[type[Event], Callable[[Ledger, Event], None]]",
    {
        events.TasksSubmitted: submitted,
        events.TasksCancelled: cancelled,
        events.ValuesReleased: released,
        events.ValueWanted: wanted,
        events.TaskUrgent: urgent,
        events.RunEnded: run_ended,
        events.WorkerJoined: joined,
        events.WorkerDraining: draining,
        events.WorkerLeft: left,
        events.WorkersUnavailable: unavailable,
        events.TasksEnded: ended,
        events.TasksRecalled: recalled,
        events.ValueArrived: arrived,
        events.ValueMissing: missing,
        events.TimePassed: _time_passed,
    },
)


class Scheduler:
    """Decides which worker runs what, and when.

    Args:
        history: keep a history of each task for `story`; costs memory and time.
    """

    __slots__ = ("ledger",)

    def __init__(self, *, history: bool = False) -> None:
        self.ledger = Ledger(history={} if history else None)
        """For this package and its tests."""

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take one event; return what is to be done, in this order."""
        ledger = self.ledger
        ledger.now = now
        self._apply(event)
        return self._dispatch()

    def handle_all(self, batch: Iterable[Event], now: float) -> list[Command]:
        """Take several events that came together, and dispatch once. Cheaper than `handle` for each."""
        ledger = self.ledger
        ledger.now = now
        commands: list[Command] = []
        for event in batch:
            self._apply(event)
            commands += self._collect()
        commands += self._dispatch()
        return commands

    def story(self, task: int) -> str:
        """Tell what is known about a task, for people."""
        return tell(self.ledger, task)

    @property
    def quiet(self) -> bool:
        """Whether nothing is unfinished: no task to run, no value to bring."""
        return not any(map(_is_unfinished, self.ledger.tasks.values()))

    def count_unfinished(self, most: int) -> int | None:
        """Return for how many tasks something is to happen yet; None if more than `most` would have to be looked at."""
        tasks = self.ledger.tasks
        return None if len(tasks) > most else sum(map(_is_unfinished, tasks.values()))

    def _apply(self, event: Event) -> None:
        ledger = self.ledger
        _APPLY[type(event)](ledger, event)
        if ledger.doomed:
            abandon_doomed(ledger)
        if ledger.draining:
            advance_drains(ledger)

    def _dispatch(self) -> list[Command]:
        ledger = self.ledger
        if ledger.ready or ledger.backlogged:
            dispatch(ledger)
        if ledger.followed:
            send_ahead(ledger)
        commands = self._collect()
        if ledger.pressing:
            press(ledger)  # may call back what has just been assigned
            commands += self._collect()
        return commands

    def _collect(self) -> list[Command]:
        """Make commands of what this step has gathered."""
        ledger = self.ledger
        commands, ledger.commands = ledger.commands, []
        if ledger.wake_in < math.inf:
            commands.append(WakeUp(ledger.wake_in))
            ledger.wake_at = ledger.now + ledger.wake_in
            ledger.wake_in = math.inf
        if ledger.freeing or ledger.recalling:
            commands = [*self._collect_first(), *commands]
        if ledger.sending:
            for worker in ledger.sending:
                commands.append(Assign(worker.id, worker.sending, worker.carrying))
                worker.sending = []
                worker.carrying = []
            ledger.sending.clear()
        if ledger.delivering:
            for run in ledger.delivering:
                commands.append(Deliver(run.run, run.outcomes))
                run.outcomes = []
            ledger.delivering.clear()
        return commands

    def _collect_first(self) -> list[Command]:
        """Make the commands that workers are to have before any task."""
        ledger = self.ledger
        commands: list[Command] = []
        for worker in ledger.freeing:
            commands.append(FreeValues(worker.id, worker.freeing))
            worker.freeing = []
        ledger.freeing.clear()
        for worker in ledger.recalling:
            commands.append(Recall(worker.id, worker.recalling))
            worker.recalling = []
        ledger.recalling.clear()
        return commands
