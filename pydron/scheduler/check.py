"""The laws that the ledger obeys after every step. Tests check them; a broken one comes with the story of its task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.scheduler.state import ASSIGNED, CANCELLED, DONE, FAILED, LOST, READY, RUNNING, WAITING
from pydron.scheduler.story import tell

if TYPE_CHECKING:
    from pydron.scheduler.state import Ledger, TaskRecord, WorkerRecord

__all__ = ["BrokenLawError", "check"]


class BrokenLawError(AssertionError):
    """The scheduler's books do not add up. This is a bug in Pydron."""


def check(ledger: Ledger) -> None:
    """Check all laws.

    Raises:
        BrokenLawError: one does not hold; tells the story of the task concerned.
    """
    for record in ledger.tasks.values():
        _LAWS[record.state](ledger, record)
        _check_value(ledger, record)
    for worker in ledger.workers.values():
        _check_worker(ledger, worker)
    _check_totals(ledger)


def _demand(ledger: Ledger, record: TaskRecord, law: str, holds: object) -> None:
    if not holds:
        message = f"{law}\n{tell(ledger, record.id)}"
        raise BrokenLawError(message)


def _check_waiting(ledger: Ledger, record: TaskRecord) -> None:
    absent = sum(1 for ref in record.refs if ref.state is not DONE)
    _demand(ledger, record, "a waiting task counts the values that are not there", record.waits == absent > 0)
    hopeful = all(ref.state is DONE or ref.state.unfinished for ref in record.refs)
    _demand(ledger, record, "what a waiting task waits for is on its way", hopeful)
    _demand(ledger, record, "a waiting task is with no worker", record.worker is None)


def _check_ready(ledger: Ledger, record: TaskRecord) -> None:
    _demand(ledger, record, "a ready task is in its run's heap", record.place in record.run.ready)
    _demand(ledger, record, "a run with ready tasks is listed", record.run in ledger.ready)
    _demand(ledger, record, "a ready task has all its values", all(ref.state is DONE for ref in record.refs))
    _demand(ledger, record, "a ready task is with no worker", record.worker is None)


def _check_assigned(ledger: Ledger, record: TaskRecord) -> None:
    worker = record.worker
    _demand(ledger, record, "an assigned task is with a living worker", worker is not None and _alive(ledger, worker))
    if worker is None:
        return
    gathering = record.id in worker.gathering
    _demand(ledger, record, "it is sent or gathering", gathering != (record.id in worker.queue))
    if gathering:
        absent = [ref for ref in record.refs if ref.payload is None and ref.id not in worker.values]
        _demand(ledger, record, "a gathering task counts the values on their way", record.waits == len(absent) > 0)
        _demand(ledger, record, "values on their way were asked for", all(map(_is_asked_for, absent)))
    else:
        held = record.ahead or all(ref.id in worker.values for ref in record.refs)
        _demand(ledger, record, "a worker holds what its tasks refer to", held)


def _check_running(ledger: Ledger, record: TaskRecord) -> None:
    worker = record.worker
    _demand(ledger, record, "a running task is with a living worker", worker is not None and _alive(ledger, worker))
    _demand(ledger, record, "a running task is at the head of the queue", worker and record in worker.heads)


def _check_done(ledger: Ledger, record: TaskRecord) -> None:
    replicas = record.value.replicas if record.value is not None else {}
    _demand(ledger, record, "a done task has a value somewhere", record.payload is not None or replicas)
    safe = record.payload is not None and (record.value is None or record.value.keep)
    _demand(ledger, record, "a value that can be lost can be computed again", safe or record.task is not None)
    _demand(ledger, record, "a value that can be lost pins its lineage", safe or record.pinning)
    _demand(ledger, record, "a done task was reported", record.delivered)


def _check_failed(ledger: Ledger, record: TaskRecord) -> None:
    _demand(ledger, record, "a failed task was reported", record.delivered and record.outcome is not None)


def _check_cancelled(ledger: Ledger, record: TaskRecord) -> None:
    _demand(ledger, record, "a cancelled task in the books is with no worker", record.worker is None or record.ahead)


def _check_lost(ledger: Ledger, record: TaskRecord) -> None:
    value = record.interest
    copies = record.payload is not None or value.replicas
    _demand(ledger, record, "a lost value has no copy", not copies)
    _demand(ledger, record, "a lost value is needed by nobody", not value.wanted and not _waiting_readers(record))
    _demand(ledger, record, "a lost value can be computed again", record.task is not None and record.pinning)


_LAWS = {
    WAITING: _check_waiting,
    READY: _check_ready,
    ASSIGNED: _check_assigned,
    RUNNING: _check_running,
    DONE: _check_done,
    FAILED: _check_failed,
    CANCELLED: _check_cancelled,
    LOST: _check_lost,
}


def _waiting_readers(record: TaskRecord) -> list[TaskRecord]:
    return [reader for reader in record.interest.readers.values() if reader.state in (WAITING, READY)]


def _check_value(ledger: Ledger, record: TaskRecord) -> None:
    for ref in record.refs:
        known = ledger.tasks.get(ref.id) is ref
        _demand(ledger, record, f"task {ref.id}, which it needs, is in the books", known or not _needs_refs(record))
        reads = record.id in ref.interest.readers
        _demand(ledger, record, f"it reads {ref.id} as long as it is unfinished", reads == record.state.unfinished)
    value = record.value
    if value is None:
        return
    pins = sum(1 for other in ledger.tasks.values() if other.pinning and record in other.refs)
    _demand(ledger, record, "pins are counted", value.pins == pins)
    unused = value.released and not (value.readers or value.wanted or value.pins or value.source)
    _demand(ledger, record, "an unused value is forgotten", not (unused and not record.state.unfinished))
    for worker in value.replicas:
        held = _alive(ledger, worker) and worker.values.get(record.id) is record
        _demand(ledger, record, "a replica is on a living worker", held)
    if value.wanted and record.state is DONE:
        _demand(ledger, record, "a wanted value was asked for", _is_asked_for(record))
    if value.source is not None:
        asked = _alive(ledger, value.source) and value.source.fetches.get(record.id) is record
        _demand(ledger, record, "a value is fetched from a living worker", asked)


def _is_asked_for(record: TaskRecord) -> bool:
    """Whether a value is being fetched, or will be lost any moment and then computed again."""
    value = record.interest
    return value.source is not None or all(holder.stopped for holder in value.replicas)


def _needs_refs(record: TaskRecord) -> bool:
    return record.state.unfinished or record.pinning


def _alive(ledger: Ledger, worker: WorkerRecord) -> bool:
    return ledger.workers.get(worker.id) is worker


def _check_worker(ledger: Ledger, worker: WorkerRecord) -> None:
    tasks = [*worker.queue.values(), *worker.gathering.values()]
    for record in tasks:
        placed = record.worker is worker and record.state in (ASSIGNED, RUNNING, CANCELLED)
        _demand(ledger, record, f"a task with {worker.id} is assigned, running or cancelled", placed)
    for record in worker.values.values():
        _demand(ledger, record, f"{worker.id} is noted as a holder", worker in record.interest.replicas)
        _demand(ledger, record, "what a worker holds is in the books", ledger.tasks.get(record.id) is record)
    if worker.heads:
        head = worker.heads[0]
        _demand(ledger, head, "the head of a queue is running", head.state is RUNNING or head.id in worker.stopping)
    laws = {
        "load is the sum of cores": worker.load == sum(record.cores for record in tasks),
        "a worker with a free slot is idle": (worker in ledger.idle)
        == (worker.load < worker.slots and not worker.closed),
        "a backlogged worker is listed": (worker in ledger.backlogged) == (worker.load > worker.slots),
        "a lone task is alone": worker.lone is None or len(tasks) == 1,
        "what is stopped was running": all(task in worker.queue for task in worker.stopping),
    }
    for law, holds in laws.items():
        if not holds:
            message = f"{law}: {worker.id} with tasks {[record.id for record in tasks]}, load {worker.load}"
            raise BrokenLawError(message)


def _check_totals(ledger: Ledger) -> None:
    for run in ledger.runs.values():
        tasks = sum(1 for record in ledger.tasks.values() if record.run is run)
        if run.tasks != tasks or tasks == 0:
            message = f"a run has {tasks} tasks, but {run.tasks} are counted"
            raise BrokenLawError(message)
    ready = any(record.state is READY for record in ledger.tasks.values())
    room = any(not worker.load and not worker.closed for worker in ledger.workers.values())
    if ready and room:
        message = "tasks are ready although workers have nothing to do"
        raise BrokenLawError(message)
    if ready and not ledger.workers and not ledger.starting:
        message = "tasks are ready, and nobody was asked for workers"
        raise BrokenLawError(message)
