"""The story of one task: where it stands, why, and what happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.scheduler.state import ASSIGNED, DONE, WAITING

if TYPE_CHECKING:
    from pydron.scheduler.state import Ledger, TaskRecord

__all__ = ["tell"]


def tell(ledger: Ledger, task: int) -> str:
    """Say what is known about a task, one fact to a line."""
    record = ledger.tasks.get(task)
    if record is None:
        lines = [f"task {task} is not in the books: released, cancelled or never submitted"]
    else:
        lines = [_headline(record), *_facts(record)]
    history = ledger.history.get(task, []) if ledger.history is not None else []
    return "\n".join(lines + [f"  {line}" for line in history])


def _headline(record: TaskRecord) -> str:
    task = record.task
    call = f", a call of {task.function.name}" if task is not None else ""
    site = f" at {task.site}" if task is not None and task.site is not None else ""
    return f"task {record.id}{call}{site}, is {record.state.value}"


def _facts(record: TaskRecord) -> list[str]:
    facts = []
    if record.delivered and record.state.unfinished:
        facts.append("its value was lost and is being computed again")
    if record.worker is not None:
        place = list(record.worker.queue).index(record.id) if record.id in record.worker.queue else None
        facts.append(
            f"with worker {record.worker.id}, " + ("not sent" if place is None else f"{place} tasks before it")
        )
    if record.state is WAITING or (record.state is ASSIGNED and record.waits):
        absent = [ref for ref in record.refs if ref.state is not DONE or ref.payload is None]
        facts += [f"refers to task {ref.id}, which is {ref.state.value}" for ref in absent]
    facts += [f"attempt {number}: {end}" for number, end in enumerate(record.ends, 1)]
    if record.value is not None and record.value.losses:
        facts.append(f"its value was lost {record.value.losses} times")
    return [f"  {fact}" for fact in facts]
