"""What the scheduler is told: one frozen record for each thing that can happen, batched where it happens often.

A *run* is any object with an identity, usually the run's `pydron.tasks.Inbox`; commands hand the same object back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydron.ids import TaskId, ValueId, WorkerId
    from pydron.tasks import Outcome, Payload, Task

__all__ = [
    "Event",
    "RunEnded",
    "TaskUrgent",
    "TasksCancelled",
    "TasksEnded",
    "TasksRecalled",
    "TasksSubmitted",
    "TimePassed",
    "ValueArrived",
    "ValueMissing",
    "ValueWanted",
    "ValuesReleased",
    "WorkerDraining",
    "WorkerJoined",
    "WorkerLeft",
    "WorkersUnavailable",
]


class TasksSubmitted(NamedTuple):
    """A run hands over tasks. Values that they refer to belong to tasks submitted before, or earlier in `tasks`."""

    run: object
    tasks: Sequence[Task]


class TasksCancelled(NamedTuple):
    """A run wants to hear no more of these tasks. Unknown numbers are ignored."""

    tasks: Sequence[TaskId]


class ValuesReleased(NamedTuple):
    """A run will not refer to these values again. Unknown numbers are ignored."""

    values: Sequence[ValueId]


class ValueWanted(NamedTuple):
    """A run wants a value that stayed on a worker; it is answered by one more outcome."""

    run: object
    value: ValueId


class TaskUrgent(NamedTuple):
    """A run has been waiting for this task and can do nothing before it is done. Unknown numbers are ignored."""

    task: TaskId


class RunEnded(NamedTuple):
    """A run is over: all its tasks are cancelled and all its values released."""

    run: object


class WorkerJoined(NamedTuple):
    """A worker is connected and ready; `slots` is how many single-core tasks it runs at a time."""

    worker: WorkerId
    host: str
    slots: int = 1
    keeps: bool = False
    """It keeps the value of a task for those that it was sent before the task had ended, and gives tasks back whose
    values are not there."""


class WorkerDraining(NamedTuple):
    """A worker is to get no more tasks; when nothing depends on it any more, it is stopped."""

    worker: WorkerId


class WorkerLeft(NamedTuple):
    """A worker is gone, with everything that it held."""

    worker: WorkerId
    reason: str
    """How it ended, for people."""
    expected: bool = False
    """The driver wanted it gone: no task is blamed, and it is not replaced."""


class WorkersUnavailable(NamedTuple):
    """No worker can be started. What is unfinished ends with this error, until a worker joins after all."""

    error: BaseException


class TasksEnded(NamedTuple):
    """A worker has finished tasks, in success or failure.

    An outcome with a value means that the driver holds the value now and the worker does not; an outcome with neither
    value nor failure means that the value stays on the worker.
    """

    worker: WorkerId
    outcomes: Sequence[Outcome]


class TasksRecalled(NamedTuple):
    """A worker gives back tasks that it had not started. What it had started when the recall came is not listed."""

    worker: WorkerId
    tasks: Sequence[TaskId]


class ValueArrived(NamedTuple):
    """The answer to `FetchValue`: the driver has a copy of the value now."""

    worker: WorkerId
    value: ValueId
    payload: Payload


class ValueMissing(NamedTuple):
    """The other answer to `FetchValue`: the worker does not hold the value."""

    worker: WorkerId
    value: ValueId


class TimePassed(NamedTuple):
    """The answer to `WakeUp`. Harmless at any other time."""


Event: TypeAlias = (
    TasksSubmitted
    | TasksCancelled
    | ValuesReleased
    | ValueWanted
    | TaskUrgent
    | RunEnded
    | WorkerJoined
    | WorkerDraining
    | WorkerLeft
    | WorkersUnavailable
    | TasksEnded
    | TasksRecalled
    | ValueArrived
    | ValueMissing
    | TimePassed
)
"""Anything that the scheduler can be told."""
