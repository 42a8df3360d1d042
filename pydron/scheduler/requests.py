"""What runs ask for: tasks run, tasks forgotten, values brought, values released."""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING

from pydron.errors import PydronError
from pydron.ids import TaskId
from pydron.scheduler.endings import abandon, cancel, release
from pydron.scheduler.state import CANCELLED, DONE, FAILED, LOST, READY, WAITING, FunctionRecord, RunRecord, TaskRecord
from pydron.scheduler.transfer import fetch
from pydron.scheduler.values import await_references
from pydron.tasks import Outcome

if TYPE_CHECKING:
    from pydron.scheduler.events import RunEnded, TasksCancelled, TasksSubmitted, ValuesReleased, ValueWanted
    from pydron.scheduler.state import Ledger
    from pydron.tasks import Function, Task

__all__ = ["cancelled", "released", "run_ended", "submitted", "wanted"]

UNMEASURED = 0.05
"""Seconds that a call of an unknown function is expected to take: long enough that tasks are not queued behind it."""

FUNCTIONS = 10_000
"""How many functions are remembered at most."""


def submitted(ledger: Ledger, event: TasksSubmitted) -> None:
    """Take tasks into the books."""
    run = ledger.run(event.run)
    run.tasks += len(event.tasks)
    tasks, functions, ready = ledger.tasks, ledger.functions, run.ready
    for task in event.tasks:
        function = functions.get(task.function.key)
        if function is None:
            function = _new_function(ledger, task.function)
        record = TaskRecord(task.id, task, run, function, (*task.marks, task.id))
        if task.requirements.cores > 1:
            record.cores = task.requirements.cores
        tasks[task.id] = record
        if task.references:
            _link(ledger, record, task)
        else:
            record.state = READY
            heappush(ready, record.place)
    if ready:
        ledger.ready[run] = None


def _new_function(ledger: Ledger, function: Function) -> FunctionRecord:
    if len(ledger.functions) >= FUNCTIONS:
        ledger.functions.clear()
    record = ledger.functions[function.key] = FunctionRecord(UNMEASURED)
    return record


def _link(ledger: Ledger, record: TaskRecord, task: Task) -> None:
    """Tie a task to the tasks that it refers to."""
    refs: dict[int, TaskRecord] = {}
    for _, value in task.references:
        ref = ledger.tasks.get(value)
        if ref is None:
            error = PydronError(f"task {task.id} refers to value {value}, which was released or never existed")
            abandon(ledger, record, Outcome(task.id, lost=error), spreads=True)
            return
        refs[value] = ref
    record.refs = tuple(refs.values())
    await_references(ledger, record)


def cancelled(ledger: Ledger, event: TasksCancelled) -> None:
    """Forget tasks."""
    tasks = ledger.tasks
    cancel(ledger, [tasks[task] for task in event.tasks if task in tasks])


def released(ledger: Ledger, event: ValuesReleased) -> None:
    """Note that values are not referred to any more."""
    for value in event.values:
        record = ledger.tasks.get(value)
        if record is not None:
            release(ledger, record)


def run_ended(ledger: Ledger, event: RunEnded) -> None:
    """Forget everything of a run."""
    run = ledger.runs.get(id(event.run))
    if run is None:
        return
    records = [record for record in ledger.tasks.values() if record.run is run]
    cancel(ledger, records)
    for record in records:
        if record.id in ledger.tasks:
            release(ledger, record)


def wanted(ledger: Ledger, event: ValueWanted) -> None:
    """Bring a value to a run."""
    run = ledger.runs.get(id(event.run)) or RunRecord(event.run)
    record = ledger.tasks.get(event.value)
    if record is None or record.state is CANCELLED:
        _refuse(ledger, run, event)
    elif record.state is FAILED:
        if record.outcome is not None:
            ledger.deliver(run, record.outcome)
    elif record.payload is not None:
        ledger.deliver(run, Outcome(record.id, value=record.payload, size=record.size))
    else:
        record.interest.wanted.append(run)
        if record.state is DONE:
            fetch(ledger, record)
        elif record.state is LOST:
            record.state = WAITING
            await_references(ledger, record)


def _refuse(ledger: Ledger, run: RunRecord, event: ValueWanted) -> None:
    error = PydronError(f"value {event.value} was asked for, but was released, cancelled or never existed")
    ledger.deliver(run, Outcome(TaskId(event.value), lost=error))
