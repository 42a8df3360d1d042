"""Tasks that a run waits for while workers are busy with what comes later in its program.

Calls made early are a bet; one may take for ever. It must not hold up the program: if the task that the run needs
next has found no worker for a while, the call under way that is latest in the program is stopped and queued again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.scheduler.commands import StopTask
from pydron.scheduler.room import recall
from pydron.scheduler.state import ASSIGNED, READY, RUNNING, first_open

if TYPE_CHECKING:
    from pydron.scheduler.events import TaskUrgent
    from pydron.scheduler.state import Ledger, TaskRecord, WorkerRecord

__all__ = ["press", "urgent"]

SHORTEST = 1.0
"""Seconds that any call under way gets before it may be stopped."""

MARGIN = 1e-3
"""Seconds that are not worth another wake-up."""

EXPECTED = 4.0
"""How many times its expected run time it gets."""


def urgent(ledger: Ledger, event: TaskUrgent) -> None:
    """Note that a run can do nothing before a task is done."""
    record = ledger.tasks.get(event.task)
    if record is not None:
        record.run.urgent = record
        ledger.pressing[record.run] = None


def press(ledger: Ledger) -> None:
    """Make way for urgent tasks that have found no worker, or have lost it, and for what these refer to."""
    for run in list(ledger.pressing):
        if run.urgent is None or not run.urgent.state.unfinished:
            del ledger.pressing[run]
            run.urgent = None
            continue
        record = first_open(run.urgent)
        if record.state is not RUNNING:
            _make_way(ledger, record)


def _make_way(ledger: Ledger, record: TaskRecord) -> None:
    """Stop a call that has had its time; wait if none has."""
    if record.state is ASSIGNED and record.worker is not None:
        candidates = [record.worker]
    elif record.state is READY and not ledger.idle:
        candidates = list(ledger.workers.values())
    else:
        candidates = []
    latest: tuple[tuple[int, ...], WorkerRecord, TaskRecord] | None = None
    soonest = SHORTEST
    for worker in candidates:
        if worker.stopping or worker.draining:
            ledger.wake(SHORTEST)  # room is being made already
            return
        for head in worker.heads:
            left = _allowed(head) - (ledger.now - worker.since)
            if left > MARGIN:
                soonest = min(soonest, left)
            elif head is not record and (latest is None or head.place > latest[0]):
                latest = (head.place, worker, head)
    if latest is None:
        ledger.wake(soonest)
        return
    _, worker, head = latest
    ledger.note(head, f"makes way for task {record.id}")
    worker.stopping[head.id] = head
    ledger.commands.append(StopTask(worker.id, head.id))
    recall(ledger, worker, [other for other in worker.queue.values() if other.state is ASSIGNED])
    ledger.wake(SHORTEST)


def _allowed(head: TaskRecord) -> float:
    expected = head.function.seconds if head.function.measured else 0.0
    return max(SHORTEST, EXPECTED * expected)
