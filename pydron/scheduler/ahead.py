"""Sending tasks ahead: to the worker that makes the values they need, behind the tasks that make them.

Without it each step of a chain of short calls takes a round trip. The worker keeps what it makes for the tasks behind
it; one that comes too late for that, or whose value turns out not to be made here, is given back and placed as any
other. Only short calls are sent ahead, and one for each value: the others would wait where they could run elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.scheduler.room import has_room, put_on
from pydron.scheduler.state import ASSIGNED, DONE, RUNNING, WAITING
from pydron.scheduler.transfer import carry

if TYPE_CHECKING:
    from pydron.scheduler.state import FunctionRecord, Ledger, TaskRecord, WorkerRecord

__all__ = ["send_ahead"]

SHORT = 0.02
"""Seconds that a call takes at most for which a round trip is worth saving."""


def send_ahead(ledger: Ledger) -> None:
    """Send what can follow the tasks in the queues of workers, as far as there is room."""
    for worker in ledger.followed:
        leaders = worker.leaders
        while leaders and has_room(worker):
            follower = _follower(worker, leaders.popleft())
            if follower is not None:
                _send(ledger, worker, follower)
    ledger.followed.clear()


def _follower(worker: WorkerRecord, leader: TaskRecord) -> TaskRecord | None:
    """Return the task to be sent behind another."""
    if not _is_coming(worker, leader) or leader.value is None or not _is_short(leader.function):
        return None
    for reader in leader.value.readers.values():
        if reader.ahead:
            return None
        if reader.state is WAITING and _can_follow(worker, reader):
            return reader
    return None


def _can_follow(worker: WorkerRecord, record: TaskRecord) -> bool:
    return (
        not record.alone
        and record.cores == 1
        and _is_short(record.function)
        and all(_is_coming(worker, ref) or _can_be_sent(worker, ref) for ref in record.refs)
    )


def _is_short(function: FunctionRecord) -> bool:
    return function.measured and function.seconds <= SHORT


def _is_coming(worker: WorkerRecord, record: TaskRecord) -> bool:
    """Tell whether a worker is going to make a value, for the first time."""
    under_way = record.state is ASSIGNED or record.state is RUNNING
    return under_way and record.id in worker.queue and not record.recalled and not record.delivered


def _can_be_sent(worker: WorkerRecord, record: TaskRecord) -> bool:
    return record.state is DONE and (record.payload is not None or record.id in worker.values)


def _send(ledger: Ledger, worker: WorkerRecord, record: TaskRecord) -> None:
    put_on(ledger, worker, record)
    ledger.note(record, f"is sent ahead to {worker.id}")
    record.ahead = True
    record.waits = 0
    for ref in record.refs:
        if ref.state is DONE:
            carry(worker, ref)
    worker.queue[record.id] = record
    if record.task is not None:
        worker.sending.append(record.task)
    ledger.sending[worker] = None
    ledger.lead(record)
