"""Moving values: from a worker to the driver, and with tasks to the workers that need them.

Every value goes through the driver. A task that needs a value which neither its worker nor the driver holds is
*gathering*: it is placed, and sent once the last of its values has arrived here. Sending a value from worker to worker
would be one more command beside `FetchValue`, with the tasks still gathering meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.errors import WorkerLost
from pydron.ids import ValueId
from pydron.scheduler.commands import FetchValue
from pydron.scheduler.room import settle, take_off
from pydron.scheduler.state import ASSIGNED, DONE, FAILED, LOST, READY, WAITING
from pydron.scheduler.values import await_references, forget_unused, unpin_lineage
from pydron.tasks import Outcome

if TYPE_CHECKING:
    from pydron.scheduler.events import ValueArrived, ValueMissing
    from pydron.scheduler.state import Ledger, TaskRecord, WorkerRecord

__all__ = ["answer", "arrived", "carry", "fetch", "lose_replica", "missing", "reconsider", "send", "stop_gathering"]

LOSSES = 20
"""How often a value may be lost before it is given up. After the first loss it is copied to the driver when done."""


def send(ledger: Ledger, worker: WorkerRecord, record: TaskRecord) -> None:
    """Send a task to its worker, after fetching what it needs from other workers."""
    if record.refs:
        absent = _absent(worker, record)
        record.waits = len(absent)
        if absent:
            worker.gathering[record.id] = record
            for ref in record.refs:
                ref.interest.bound[record.id] = record
            for ref in absent:
                fetch(ledger, ref)
            return
        for ref in record.refs:
            carry(worker, ref)
        if record.id in worker.gathering:
            stop_gathering(record)
    worker.queue[record.id] = record
    if record.task is not None:
        worker.sending.append(record.task)
    ledger.sending[worker] = None


def _absent(worker: WorkerRecord, record: TaskRecord) -> list[TaskRecord]:
    """List what a task refers to that neither its worker nor the driver holds."""
    return [ref for ref in record.refs if ref.payload is None and ref.id not in worker.values]


def carry(worker: WorkerRecord, ref: TaskRecord) -> None:
    """Send a value along, unless the worker holds it."""
    if ref.id in worker.values or ref.payload is None:
        return
    worker.carrying.append((ValueId(ref.id), ref.payload))
    worker.values[ref.id] = ref
    ref.interest.replicas[worker] = None


def stop_gathering(record: TaskRecord) -> None:
    """Do not hold values for a task any more."""
    if record.worker is not None:
        record.worker.gathering.pop(record.id, None)
    for ref in record.refs:
        ref.interest.bound.pop(record.id, None)
        _thin(ref)


def fetch(ledger: Ledger, record: TaskRecord) -> None:
    """Ask a worker that holds a value for a copy, unless one was asked already."""
    value = record.interest
    if value.source is None and record.payload is None and value.replicas:
        worker = next((holder for holder in value.replicas if not holder.stopped), None)
        if worker is None:
            return
        value.source = worker
        worker.fetches[record.id] = record
        ledger.commands.append(FetchValue(worker.id, ValueId(record.id)))


def answer(ledger: Ledger, record: TaskRecord, outcome: Outcome) -> None:
    """Give an outcome to the runs that wait for a value."""
    runs = record.interest.wanted
    record.interest.wanted = []
    for run in runs:
        ledger.deliver(run, outcome)


def arrived(ledger: Ledger, event: ValueArrived) -> None:
    """Take the driver's copy of a value and pass it on."""
    worker = ledger.workers.get(event.worker)
    record = worker.fetches.pop(event.value, None) if worker is not None else None
    if record is None:
        return
    value = record.interest
    value.source = None
    if record.state is not DONE:
        return
    record.payload = event.payload
    if value.wanted:
        answer(ledger, record, Outcome(record.id, value=event.payload, size=record.size))
    for reader in list(value.bound.values()):
        target = reader.worker
        if target is None:
            continue
        reader.waits = len(_absent(target, reader))
        if not reader.waits:
            send(ledger, target, reader)
            settle(ledger, target)
    if value.keep:
        _settle_for_good(ledger, record)
    else:
        _thin(record)
    forget_unused(ledger, record)


def _settle_for_good(ledger: Ledger, record: TaskRecord) -> None:
    """Hold a value here for good: it cannot be lost any more."""
    record.interest.depth = 0
    record.task = None
    unpin_lineage(ledger, record)


def _thin(record: TaskRecord) -> None:
    """Drop the driver's copy of a value if it was only passing through."""
    value = record.interest
    if record.payload is not None and not value.keep and not value.bound and value.replicas:
        record.payload = None


def missing(ledger: Ledger, event: ValueMissing) -> None:
    """Look elsewhere for a value that a worker should have held."""
    worker = ledger.workers.get(event.worker)
    record = worker.fetches.get(event.value) if worker is not None else None
    if record is None or worker is None:
        return
    if lose_replica(ledger, worker, record):
        reconsider(ledger, [record])
    forget_unused(ledger, record)


def lose_replica(ledger: Ledger, worker: WorkerRecord, record: TaskRecord) -> bool:
    """Do without a worker's replica of a value; tell whether it was the last copy."""
    value = record.interest
    value.replicas.pop(worker, None)
    worker.values.pop(record.id, None)
    if value.source is worker:
        value.source = None
        worker.fetches.pop(record.id, None)
    if record.state is not DONE or record.payload is not None:
        return False
    if value.replicas:
        if value.wanted or value.bound or value.keep:
            fetch(ledger, record)
        return False
    record.state = LOST
    value.losses += 1
    value.keep = True
    ledger.note(record, f"lost its value with {worker.id}")
    if value.losses > LOSSES:
        _give_up(ledger, record)
    return True


def reconsider(ledger: Ledger, records: list[TaskRecord]) -> None:
    """See to those who need values of which the last copy is gone."""
    for record in records:
        value = record.interest
        for reader in list(value.readers.values()):
            if reader.state is ASSIGNED:
                _ungather(ledger, reader)
            elif reader.state is WAITING or reader.state is READY:
                await_references(ledger, reader)
        if record.state is LOST and value.wanted:
            record.state = WAITING
            await_references(ledger, record)
        forget_unused(ledger, record)


def _ungather(ledger: Ledger, record: TaskRecord) -> None:
    """Take back a task that has not been sent."""
    worker = record.worker
    if worker is None or record.id not in worker.gathering:
        return
    stop_gathering(record)
    take_off(worker, record)
    settle(ledger, worker)
    await_references(ledger, record)


def _give_up(ledger: Ledger, record: TaskRecord) -> None:
    """Stop computing a value again and again."""
    losses = record.interest.losses
    task = record.task
    name, site = (task.function.name, task.site) if task is not None else ("?", None)
    ends = record.ends or ("its value was lost with the worker that held it",) * losses
    record.state = FAILED
    record.outcome = Outcome(record.id, lost=WorkerLost(name, losses, ends, site))
    record.spreads = True
    answer(ledger, record, record.outcome)
