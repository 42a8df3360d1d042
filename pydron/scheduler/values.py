"""Lifetime and lineage of values: who waits for them, when they are freed, what is computed again.

See the notes "Where a value is" and "Lineage" in `pydron.scheduler.state`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.ids import ValueId
from pydron.scheduler.state import CANCELLED, DONE, FAILED, LOST, READY, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydron.scheduler.state import Ledger, TaskRecord, WorkerRecord

__all__ = [
    "await_references",
    "forget_unused",
    "free_replicas",
    "leave_references",
    "pin_lineage",
    "unpin_lineage",
    "wake_readers",
]


def await_references(ledger: Ledger, record: TaskRecord) -> None:
    """Make a task ready, or let it wait for the values that are not there; lost ones are computed again.

    A reference that can never be had is noted in `Ledger.doomed`.
    """
    pending = [record]
    while pending:
        reader = pending.pop()
        waits = 0
        for ref in reader.refs:
            ref.interest.readers[reader.id] = reader
            if ref.state is DONE:
                continue
            waits += 1
            if ref.state is LOST:
                ledger.note(ref, f"is computed again for task {reader.id}")
                ref.state = WAITING
                pending.append(ref)
            elif ref.state is FAILED or ref.state is CANCELLED:
                ledger.doomed.append((reader, ref))
        if waits:
            reader.state = WAITING
            reader.waits = waits
            for ref in reader.refs:
                if ref.worker is not None:
                    ledger.lead(ref)
        else:
            ledger.put_ready(reader)


def wake_readers(ledger: Ledger, record: TaskRecord) -> None:
    """Let the tasks that waited for this value go on."""
    if record.value is None:
        return
    for reader in record.value.readers.values():
        if reader.state is WAITING:
            reader.waits -= 1
            if not reader.waits:
                ledger.put_ready(reader)


def leave_references(ledger: Ledger, record: TaskRecord) -> None:
    """Say that a task has ended and does not read what it refers to any more."""
    for ref in record.refs:
        ref.interest.readers.pop(record.id, None)
        forget_unused(ledger, ref)


def pin_lineage(record: TaskRecord) -> None:
    """Keep the records that a value was made from, because it can be lost."""
    depth = 0
    for ref in record.refs:
        value = ref.interest
        depth = max(depth, value.depth)
        if not record.pinning:
            value.pins += 1
    record.pinning = True
    record.interest.depth = depth + 1


def unpin_lineage(ledger: Ledger, record: TaskRecord) -> None:
    """Let go of the records that a value was made from: it cannot be lost any more, or nobody needs it."""
    pending = [record]
    while pending:
        _unpin(ledger, pending.pop(), pending)


def forget_unused(ledger: Ledger, record: TaskRecord) -> None:
    """Free a value that nobody can ask for again, and its record unless it is pinned."""
    pending: list[TaskRecord] = []
    _forget(ledger, record, pending)
    while pending:
        _unpin(ledger, pending.pop(), pending)


def _unpin(ledger: Ledger, record: TaskRecord, pending: list[TaskRecord]) -> None:
    if not record.pinning:
        return
    record.pinning = False
    for ref in record.refs:
        ref.interest.pins -= 1
        _forget(ledger, ref, pending)


def _forget(ledger: Ledger, record: TaskRecord, pending: list[TaskRecord]) -> None:
    """Free one value if it is unused; records that then do not need their lineage are added to `pending`."""
    value = record.value
    if value is None or not value.released or value.readers or value.wanted or value.source is not None:
        return
    if record.state is WAITING or record.state is READY:
        if not record.delivered:
            return
        _withdraw(ledger, record, pending)
    elif record.state not in (DONE, LOST, FAILED, CANCELLED):
        return
    free_replicas(ledger, record, value.replicas)
    value.replicas = {}
    if value.pins:
        if record.payload is None and record.state is DONE:
            record.state = LOST
        return
    record.payload = None
    ledger.remove(record)
    pending.append(record)


def _withdraw(ledger: Ledger, record: TaskRecord, pending: list[TaskRecord]) -> None:
    """Do not compute a value again after all."""
    record.state = LOST
    for ref in record.refs:
        ref.interest.readers.pop(record.id, None)
        _forget(ledger, ref, pending)


def free_replicas(ledger: Ledger, record: TaskRecord, workers: Iterable[WorkerRecord]) -> None:
    """Tell workers to drop their replicas of a value."""
    for worker in workers:
        if worker.values.pop(record.id, None) is not None:
            worker.freeing.append(ValueId(record.id))
            ledger.freeing[worker] = None
