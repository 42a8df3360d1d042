"""Which workers have room for another task, and what it does to a worker to get one or be rid of one.

Workers get their tasks ahead of need: besides what it runs a worker has one task in its queue, or as many as it takes
to bridge `LEAD` seconds if the tasks are short. What waits behind a long task is recalled when another worker has
nothing to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.scheduler.commands import StopTask
from pydron.scheduler.state import ASSIGNED, CANCELLED, RUNNING

if TYPE_CHECKING:
    from pydron.scheduler.state import Ledger, TaskRecord, WorkerRecord

__all__ = ["DEPTH", "LEAD", "has_room", "put_on", "recall", "relist", "room_for", "settle", "take_off", "unlist"]

LEAD = 0.008
"""Seconds of work that a worker has in its queue at least: twice the time for which a busy driver collects calls."""

DEPTH = 256
"""The most tasks that a worker has in its queue, however short they are."""


def has_room(worker: WorkerRecord) -> bool:
    """Tell whether a worker takes another task, perhaps behind those that it runs."""
    if worker.closed:
        return False
    return worker.load <= worker.slots or (worker.backlog < LEAD and worker.load < DEPTH)


def room_for(worker: WorkerRecord, expected: float, most: float) -> int:
    """Return how many more tasks of so many seconds a worker takes, and no more than take it `most` seconds."""
    seconds = min(LEAD - worker.backlog, most)
    return min(DEPTH - worker.load, int(seconds / expected)) if expected > 0 else 0


def put_on(ledger: Ledger, worker: WorkerRecord, record: TaskRecord) -> None:
    """Count a task to a worker's load."""
    record.worker = worker
    record.state = ASSIGNED
    record.recalled = record.ahead = False
    record.expected = expected = record.function.seconds
    worker.load += record.cores
    worker.backlog += expected
    record.run.in_flight += 1
    if record.alone:
        worker.lone = record
    if worker.load > worker.slots:
        ledger.backlogged[worker] = None
    relist(ledger, worker)


def take_off(worker: WorkerRecord, record: TaskRecord) -> None:
    """Count a task to a worker's load no more. `settle` the worker afterwards, once for all its tasks."""
    worker.load -= record.cores
    worker.backlog -= record.expected
    record.run.in_flight -= 1
    record.worker = None
    if worker.lone is record:
        worker.lone = None
    if worker.stopping:
        worker.stopping.pop(record.id, None)


def settle(ledger: Ledger, worker: WorkerRecord) -> None:
    """Bring a worker up to date after its queue has changed."""
    if worker.load <= worker.slots:
        ledger.backlogged.pop(worker, None)
        if not worker.load:
            worker.backlog = 0.0
    if worker.queue:
        mark_heads(ledger, worker)
    if worker.leaders:
        ledger.followed[worker] = None
    relist(ledger, worker)


def mark_heads(ledger: Ledger, worker: WorkerRecord) -> None:
    """Say which tasks are running now; get rid of those that are cancelled."""
    heads = [next(iter(worker.queue.values()))] if worker.slots == 1 else worker.heads
    for record in heads:
        if record.state is ASSIGNED:
            record.state = RUNNING
            worker.since = ledger.now
            ledger.note(record, f"is running on {worker.id}")
        elif record.state is CANCELLED and record.id not in worker.stopping:
            worker.stopping[record.id] = record
            ledger.commands.append(StopTask(worker.id, record.id))
    if worker.stopping:
        recall(ledger, worker, [record for record in worker.queue.values() if record.state is ASSIGNED])


def recall(ledger: Ledger, worker: WorkerRecord, records: list[TaskRecord]) -> None:
    """Ask a worker to give tasks back."""
    for record in records:
        if not record.recalled:
            record.recalled = True
            worker.recalling.append(record.id)
            ledger.recalling[worker] = None
            ledger.note(record, f"is called back from {worker.id}")


def relist(ledger: Ledger, worker: WorkerRecord) -> None:
    """Put a worker where dispatch looks for room."""
    if worker.load < worker.slots and not worker.closed:
        ledger.idle[worker] = None
        return
    ledger.idle.pop(worker, None)
    if not worker.listed and has_room(worker):
        worker.listed = True
        ledger.open.append(worker)


def unlist(ledger: Ledger, worker: WorkerRecord) -> None:
    """Take a worker that is gone from wherever it is listed."""
    ledger.idle.pop(worker, None)
    ledger.backlogged.pop(worker, None)
    ledger.draining.pop(worker, None)
    worker.draining = True
