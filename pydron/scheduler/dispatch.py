"""Handing ready tasks to workers, ahead of need, and evening out what was handed out too early."""

from __future__ import annotations

from heapq import heappop
from itertools import islice
from typing import TYPE_CHECKING

from pydron.scheduler.commands import StartWorkers
from pydron.scheduler.placement import any_worker, best_worker, turn
from pydron.scheduler.room import mark_heads, put_on, recall, relist, room_for
from pydron.scheduler.state import ASSIGNED, READY
from pydron.scheduler.transfer import send

if TYPE_CHECKING:
    from pydron.scheduler.state import Ledger, TaskRecord, WorkerRecord

__all__ = ["dispatch"]

CHUNK = 0.001
"""Seconds of short tasks that one worker is given before the next gets any."""

PATIENCE = 0.005
"""Seconds of waiting behind another task from which on it pays to recall a task for an idle worker."""


def dispatch(ledger: Ledger) -> None:
    """Place ready tasks, in program order within each run, while there is a worker with room."""
    parked: dict[int, TaskRecord] = {}
    while ledger.ready:
        worker = any_worker(ledger)
        if worker is None or (parked and not ledger.idle):
            break
        record = ledger.take_ready(parked)
        if record is None:
            break
        chosen = worker if not record.refs and not record.alone and record.cores == 1 else None
        if chosen is None:
            chosen = best_worker(ledger, record, worker)
        if chosen is None:
            parked[record.id] = record
            continue
        _place(ledger, chosen, record)
        if record.expected < CHUNK and chosen is worker and not parked:
            _place_alike(ledger, worker, record)
        turn(ledger, worker)
    for record in parked.values():
        ledger.put_ready(record)
    if not ledger.workers and not ledger.starting and ledger.is_any_ready():
        ledger.starting = True
        ledger.commands.append(StartWorkers())
    if ledger.idle and ledger.backlogged and not parked:
        _relieve(ledger)


def _place(ledger: Ledger, worker: WorkerRecord, record: TaskRecord) -> None:
    put_on(ledger, worker, record)
    if ledger.history is not None:
        ledger.note(record, f"is placed on {worker.id}")
    send(ledger, worker, record)
    if record.value is not None:
        ledger.lead(record)
    if len(worker.queue) <= worker.slots and worker.queue:
        mark_heads(ledger, worker)


def _place_alike(ledger: Ledger, worker: WorkerRecord, record: TaskRecord) -> None:
    """Give a worker more of the short tasks of which it was just given one: as many as take it `CHUNK` seconds."""
    run, function = record.run, record.function
    if run.urgent is not None or record.refs or record.alone or worker.closed or ledger.history is not None:
        return
    tasks, ready, queue, sending = ledger.tasks, run.ready, worker.queue, worker.sending
    expected = function.seconds
    room = room_for(worker, expected, CHUNK)
    placed = 0
    while ready and placed < room:
        other = tasks.get(ready[0][-1])
        if other is not None and other.state is READY:
            if other.function is not function or other.refs or other.alone or other.cores > 1 or other.task is None:
                break
            other.worker = worker
            other.state = ASSIGNED
            other.recalled = other.ahead = False
            other.expected = expected
            queue[other.id] = other
            sending.append(other.task)
            placed += 1
            if other.value is not None:
                ledger.lead(other)
        heappop(ready)
    if placed:
        worker.load += placed
        worker.backlog += placed * expected
        run.in_flight += placed
        if worker.load > worker.slots:
            ledger.backlogged[worker] = None
        mark_heads(ledger, worker)
        relist(ledger, worker)


def _waits(record: TaskRecord) -> bool:
    """Tell whether a task in a queue could run elsewhere at once."""
    return record.state is ASSIGNED and not record.alone and not record.ahead


def _relieve(ledger: Ledger) -> None:
    """Recall tasks that wait behind others for workers that have nothing to do."""
    idle = sum(1 for worker in islice(ledger.idle, len(ledger.backlogged)) if not worker.load)
    if not idle:
        return
    patient = False
    for worker in list(islice(ledger.backlogged, 4 * idle)):
        behind = [record for record in worker.queue.values() if _waits(record)]
        waiting = [record for record in behind if not record.recalled]
        if not waiting or len(waiting) < len(behind):
            continue
        overdue = ledger.now - worker.since >= PATIENCE
        if overdue:
            recall(ledger, worker, waiting)
            idle -= 1
        elif worker.backlog >= PATIENCE:
            recall(ledger, worker, waiting[len(waiting) // 2 :])
            idle -= 1
        else:
            patient = True
        if not idle:
            return
    if patient:
        ledger.wake(PATIENCE)
