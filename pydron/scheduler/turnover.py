"""Workers come and go: joining, draining, dying, giving tasks back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.scheduler.commands import ReplaceWorker, StopWorker
from pydron.scheduler.endings import abandon, lose
from pydron.scheduler.room import recall, relist, settle, take_off, unlist
from pydron.scheduler.state import ASSIGNED, CANCELLED, READY, WAITING, WorkerRecord
from pydron.scheduler.transfer import fetch, lose_replica, reconsider, stop_gathering
from pydron.scheduler.values import await_references, forget_unused
from pydron.tasks import Outcome

if TYPE_CHECKING:
    from pydron.scheduler.events import TasksRecalled, WorkerDraining, WorkerJoined, WorkerLeft, WorkersUnavailable
    from pydron.scheduler.state import Ledger, TaskRecord

__all__ = ["advance_drains", "draining", "joined", "left", "recalled", "unavailable"]


def joined(ledger: Ledger, event: WorkerJoined) -> None:
    """Take a worker into service."""
    if event.worker in ledger.workers:
        message = f"worker {event.worker} joined twice"
        raise ValueError(message)
    worker = WorkerRecord(event.worker, event.host, event.slots, keeps=event.keeps and event.slots == 1)
    ledger.workers[event.worker] = worker
    ledger.starting = False
    relist(ledger, worker)


def left(ledger: Ledger, event: WorkerLeft) -> None:
    """Try again elsewhere what a worker had, and compute again what is needed of the values that it held.

    Only what it was running counts an attempt. Its other tasks are under suspicion all the same, because the news of
    what it had finished may have died with it: all of them are run alone from now on.
    """
    worker = ledger.workers.pop(event.worker, None)
    if worker is None:
        return
    replace = not event.expected and not worker.draining
    unlist(ledger, worker)
    taken = _take_all(worker, event)
    lost = _lose_all(ledger, worker)
    for record in taken:
        if record.state is WAITING:
            lose(ledger, record)
    reconsider(ledger, lost)
    if replace:
        ledger.starting = ledger.starting or not ledger.workers
        ledger.commands.append(ReplaceWorker(worker.id, worker.host))


def _take_all(worker: WorkerRecord, event: WorkerLeft) -> list[TaskRecord]:
    """Take its tasks off a dead worker; those to be tried again are returned."""
    blamed = [] if event.expected or worker.stopping else worker.heads
    for record in blamed:
        record.ends += (f"{worker.id} on {worker.host}: {event.reason}",)
    taken = []
    for record in list(worker.queue.values()):
        take_off(worker, record)
        if record.state is not CANCELLED:
            record.alone = record.alone or bool(blamed)
            taken.append(record)
    for record in list(worker.gathering.values()):
        stop_gathering(record)
        take_off(worker, record)
        taken.append(record)
    for record in taken:
        record.state = WAITING
    return taken


def _lose_all(ledger: Ledger, worker: WorkerRecord) -> list[TaskRecord]:
    """Strike its values off a dead worker; those of which no copy is left are returned."""
    held = list(worker.values.values())
    lost = [record for record in held if lose_replica(ledger, worker, record)]
    for record in held:
        forget_unused(ledger, record)
    return lost


def recalled(ledger: Ledger, event: TasksRecalled) -> None:
    """Queue again what a worker gave back."""
    worker = ledger.workers.get(event.worker)
    if worker is None:
        return
    for task in event.tasks:
        record = worker.queue.pop(task, None)
        if record is not None:
            take_off(worker, record)
            record.ahead = False
            if record.state is not CANCELLED:
                await_references(ledger, record)
    settle(ledger, worker)


def draining(ledger: Ledger, event: WorkerDraining) -> None:
    """Take a worker out of service gently."""
    worker = ledger.workers.get(event.worker)
    if worker is None or worker.draining:
        return
    worker.draining = True
    ledger.draining[worker] = None
    for record in list(worker.gathering.values()):
        stop_gathering(record)
        take_off(worker, record)
        await_references(ledger, record)
    recall(ledger, worker, [record for record in worker.queue.values() if record.state is ASSIGNED])
    settle(ledger, worker)


def advance_drains(ledger: Ledger) -> None:
    """Save what only draining workers hold; stop those that nothing depends on."""
    at_rest = [worker for worker in ledger.draining if not (worker.stopped or worker.queue or worker.gathering)]
    for worker in at_rest:
        for record in worker.values.values():
            value = record.interest
            if all(holder.draining for holder in value.replicas):
                value.keep = True
                fetch(ledger, record)
    for worker in at_rest:
        if not worker.fetches:
            worker.stopped = True
            ledger.commands.append(StopWorker(worker.id))


def unavailable(ledger: Ledger, event: WorkersUnavailable) -> None:
    """End everything that waits for a worker, if there is none."""
    ledger.starting = False
    if ledger.workers:
        return
    for record in list(ledger.tasks.values()):
        if record.state is WAITING or record.state is READY:
            abandon(ledger, record, Outcome(record.id, lost=event.error), spreads=True)
