"""How tasks end: done, failed, given up or cancelled, and what that means for the tasks behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.errors import WorkerLost
from pydron.ids import ValueId
from pydron.scheduler.room import recall, settle, take_off
from pydron.scheduler.state import ASSIGNED, CANCELLED, DONE, FAILED, RUNNING, WAITING
from pydron.scheduler.transfer import answer, fetch, stop_gathering
from pydron.scheduler.values import (
    await_references,
    forget_unused,
    leave_references,
    pin_lineage,
    unpin_lineage,
    wake_readers,
)
from pydron.tasks import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydron.scheduler.events import TasksEnded
    from pydron.scheduler.state import FunctionRecord, Ledger, TaskRecord, WorkerRecord

__all__ = ["LINEAGE", "abandon", "abandon_doomed", "cancel", "ended", "lose", "release"]

LINEAGE = 64
"""The longest chain of values that is computed again when the last of them is lost."""

SURPRISE = 8
"""How many times what was expected a call counts for at most."""

OVERHEAD = 30e-6
"""Seconds that a worker spends around a call."""


def ended(ledger: Ledger, event: TasksEnded) -> None:
    """Take the outcomes of a worker."""
    worker = ledger.workers.get(event.worker)
    if worker is None:
        return
    queue = worker.queue
    for outcome in event.outcomes:
        record = queue.pop(outcome.task, None)
        if record is None:
            continue
        take_off(worker, record)
        if record.state is CANCELLED:
            _discard(ledger, worker, outcome)
        elif outcome.failure is not None or outcome.lost is not None:
            abandon(ledger, record, outcome, spreads=record.delivered)
        else:
            _measure(record.function, outcome.seconds)
            _done(ledger, worker, record, outcome)
    settle(ledger, worker)


def _measure(function: FunctionRecord, seconds: float) -> None:
    if function.measured:
        # One call during which the machine was busy with something else must not change all plans.
        expected = function.seconds
        function.seconds += (min(seconds + OVERHEAD, SURPRISE * expected) - expected) * 0.25
    else:
        function.seconds = seconds + OVERHEAD
        function.measured = True


def _discard(ledger: Ledger, worker: WorkerRecord, outcome: Outcome) -> None:
    """Free the value of a cancelled task that its worker kept."""
    if outcome.value is None and outcome.failure is None and outcome.lost is None:
        worker.freeing.append(ValueId(outcome.task))
        ledger.freeing[worker] = None


def _done(ledger: Ledger, worker: WorkerRecord, record: TaskRecord, outcome: Outcome) -> None:
    record.state = DONE
    record.size = outcome.size
    first = not record.delivered
    if first:
        record.delivered = True
        run = record.run
        run.outcomes.append(outcome)
        ledger.delivering[run] = None
    if outcome.value is not None:
        record.payload = outcome.value
        record.task = None
        if record.value is not None:
            _done_here(ledger, record, outcome, first=first)
        elif record.refs:
            leave_references(ledger, record)
    else:
        _done_there(ledger, worker, record)
    if record.value is not None:
        wake_readers(ledger, record)
        forget_unused(ledger, record)


def _done_here(ledger: Ledger, record: TaskRecord, outcome: Outcome, *, first: bool) -> None:
    """Keep an inline value: it cannot be lost, so it needs no lineage."""
    value = record.interest
    value.keep = True
    value.depth = 0
    if first:
        value.wanted = [run for run in value.wanted if run is not record.run]
    answer(ledger, record, outcome)
    unpin_lineage(ledger, record)
    leave_references(ledger, record)


def _done_there(ledger: Ledger, worker: WorkerRecord, record: TaskRecord) -> None:
    """Note that a value stayed on its worker, and copy it if somebody wants that."""
    value = record.interest
    value.replicas[worker] = None
    worker.values[record.id] = record
    pin_lineage(record)
    leave_references(ledger, record)
    if value.depth >= LINEAGE:
        value.keep = True
    if value.keep or value.wanted:
        fetch(ledger, record)


def abandon(ledger: Ledger, record: TaskRecord, outcome: Outcome | None, *, spreads: bool) -> None:
    """End a task without a value; the tasks that wait for it end with it.

    Args:
        ledger: the books.
        record: an unfinished task, off its worker.
        outcome: what the run is told; None if it sees to the task itself.
        spreads: the tasks behind it are owed the outcome too, because the run thinks that it was done, or because the
            outcome is none of the user's program.
    """
    pending: list[tuple[TaskRecord, Outcome | None]] = [(record, outcome)]
    called_back: list[WorkerRecord] = []
    while pending:
        record, outcome = pending.pop()
        if record.state is FAILED or record.state is CANCELLED:
            continue
        if outcome is None:
            record.state = CANCELLED
        else:
            _fail(ledger, record, outcome, spreads=spreads)
        ledger.note(record, f"ends as {record.state.value}")
        unpin_lineage(ledger, record)
        leave_references(ledger, record)
        if record.value is not None:
            behind = [reader for reader in record.value.readers.values() if _is_stuck(ledger, reader)]
            called_back += [reader.worker for reader in behind if reader.worker is not None]
            pending += [(reader, _behind(reader, outcome if spreads else None)) for reader in behind]
            forget_unused(ledger, record)
    for worker in called_back:
        settle(ledger, worker)


def _is_stuck(ledger: Ledger, reader: TaskRecord) -> bool:
    """Tell whether a reader waits for a value that will not be; one that was sent ahead is called back."""
    if reader.ahead and reader.worker is not None and reader.state in (ASSIGNED, RUNNING):
        recall(ledger, reader.worker, [reader])
        reader.state = WAITING
    return reader.state is WAITING


def _fail(ledger: Ledger, record: TaskRecord, outcome: Outcome, *, spreads: bool) -> None:
    record.state = FAILED
    record.outcome = outcome
    record.spreads = spreads
    first = not record.delivered
    if first:
        record.delivered = True
        ledger.deliver(record.run, outcome)
    if record.value is not None:
        if first:
            record.value.wanted = [run for run in record.value.wanted if run is not record.run]
        answer(ledger, record, outcome)


def _behind(record: TaskRecord, outcome: Outcome | None) -> Outcome | None:
    """Word an outcome for a task that stands behind the one it befell."""
    return None if outcome is None else Outcome(record.id, failure=outcome.failure, lost=outcome.lost)


def abandon_doomed(ledger: Ledger) -> None:
    """End the tasks that were found to wait for what never comes."""
    while ledger.doomed:
        record, ref = ledger.doomed.pop()
        if record.state is WAITING:
            abandon(ledger, record, _behind(record, ref.outcome if ref.spreads else None), spreads=ref.spreads)


def lose(ledger: Ledger, record: TaskRecord) -> None:
    """Give up a task whose workers died under it, or try it again."""
    task = record.task
    if task is None or len(record.ends) <= task.requirements.retries:
        await_references(ledger, record)
        return
    error = WorkerLost(task.function.name, len(record.ends), record.ends, task.site)
    abandon(ledger, record, Outcome(record.id, lost=error), spreads=True)


def cancel(ledger: Ledger, records: Iterable[TaskRecord]) -> None:
    """Forget tasks, wherever they stand. Those that are done are released."""
    workers: dict[WorkerRecord, None] = {}
    for record in records:
        if record.delivered or record.state is CANCELLED:
            if record.value is not None:
                record.value.wanted = []
            release(ledger, record)
            continue
        worker = record.worker
        if worker is not None:
            workers[worker] = None
        _cancel(ledger, record)
    for worker in workers:
        settle(ledger, worker)


def _cancel(ledger: Ledger, record: TaskRecord) -> None:
    """Cancel one unfinished task; its worker, if any, is still to be settled."""
    worker = record.worker
    if worker is not None and record.id in worker.gathering:
        stop_gathering(record)
        take_off(worker, record)
    elif worker is not None and record.state is ASSIGNED:
        recall(ledger, worker, [record])
    record.state = WAITING
    abandon(ledger, record, None, spreads=False)
    ledger.remove(record)


def release(ledger: Ledger, record: TaskRecord) -> None:
    """Note that a run does not refer to a value any more."""
    if record.value is None and record.state in (DONE, FAILED, CANCELLED):
        ledger.remove(record)
        return
    record.interest.released = True
    forget_unused(ledger, record)
