"""Choosing a worker for a task: soonest start wins, and moving bytes takes time."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pydron.scheduler.room import has_room, relist

if TYPE_CHECKING:
    from pydron.scheduler.state import Ledger, TaskRecord, WorkerRecord

__all__ = ["any_worker", "best_worker"]

BANDWIDTH = 400e6
"""Bytes per second between two workers, by way of the driver."""

HOLDERS = 16
"""How many holders of a value are looked at."""


def any_worker(ledger: Ledger) -> WorkerRecord | None:
    """Return a worker with room: one that has nothing to do, or the one that had its last task longest ago."""
    if ledger.idle:
        return next(reversed(ledger.idle))
    waiting = ledger.open
    while waiting:
        worker = waiting[0]
        if has_room(worker):
            return worker
        waiting.popleft()
        worker.listed = False
    return None


def turn(ledger: Ledger, worker: WorkerRecord) -> None:
    """Put a worker that was just given a task behind the others with room."""
    if worker.listed and ledger.open[0] is worker:
        ledger.open.popleft()
        worker.listed = False
        relist(ledger, worker)


def best_worker(ledger: Ledger, record: TaskRecord, other: WorkerRecord) -> WorkerRecord | None:
    """Return the worker on which a task can start first; None if that has to be one with nothing else to do.

    Args:
        ledger: the books.
        record: a ready task.
        other: a worker with room, taken unless one that holds what the task refers to is better.
    """
    if record.alone:
        return next((worker for worker in ledger.idle if not worker.load), None)
    if record.cores > 1:
        return max(ledger.idle or (other,), key=_free)
    if not record.refs or (record.recalled and ledger.idle):
        return other
    return _nearest(record, other)


def _free(worker: WorkerRecord) -> int:
    return worker.slots - worker.load


def _nearest(record: TaskRecord, other: WorkerRecord) -> WorkerRecord:
    """Weigh the time in a holder's queue against the time to move the values to another worker."""
    held: dict[WorkerRecord, int] = {other: 0}
    total = 0
    for ref in record.refs:
        total += ref.size
        if ref.value is not None and ref.payload is None:
            for worker in islice(ref.value.replicas, HOLDERS):
                held[worker] = held.get(worker, 0) + ref.size
            if other in ref.value.replicas and other not in islice(ref.value.replicas, HOLDERS):
                held[other] += ref.size
    best = other
    least = _delay(other, total - held[other])
    for worker, size in held.items():
        if size and worker is not other and has_room(worker):
            delay = _delay(worker, total - size)
            if delay < least:
                best, least = worker, delay
    return best


def _delay(worker: WorkerRecord, absent: int) -> float:
    wait = worker.backlog if worker.load >= worker.slots else 0.0
    return wait + absent / BANDWIDTH
