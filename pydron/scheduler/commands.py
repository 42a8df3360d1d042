"""What the scheduler asks for: one frozen record for each act that the layer around it carries out.

Commands to one worker are carried out in the order given; the connection to a worker keeps order. Lists inside commands
belong to whoever receives the command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydron.ids import TaskId, ValueId, WorkerId
    from pydron.tasks import Outcome, Payload, Task

__all__ = [
    "Assign",
    "Command",
    "Deliver",
    "FetchValue",
    "FreeValues",
    "Recall",
    "ReplaceWorker",
    "StartWorkers",
    "StopTask",
    "StopWorker",
    "WakeUp",
]


class Assign(NamedTuple):
    """Send tasks to a worker, which runs them in this order, after those that it was sent before.

    The worker stores `values` first. With them it holds every value that the tasks refer to, or, if it keeps values,
    has been sent the tasks that make them.
    """

    worker: WorkerId
    tasks: list[Task]
    values: Sequence[tuple[ValueId, Payload]] = ()


class Recall(NamedTuple):
    """Ask a worker to give back what it has not started of these tasks. It answers with `TasksRecalled`."""

    worker: WorkerId
    tasks: list[TaskId]


class StopTask(NamedTuple):
    """Get rid of a cancelled task that is running.

    It may be endless: if the worker has neither finished nor given back the task after a grace period of your choice,
    kill the worker. `WorkerLeft` then sorts out the rest.
    """

    worker: WorkerId
    task: TaskId


class FetchValue(NamedTuple):
    """Ask a worker for a copy of a value, even while it runs a task. Answered by `ValueArrived` or `ValueMissing`."""

    worker: WorkerId
    value: ValueId


class FreeValues(NamedTuple):
    """Tell a worker to drop values."""

    worker: WorkerId
    values: list[ValueId]


class Deliver(NamedTuple):
    """Put outcomes into a run's inbox.

    The scheduler keeps the payloads of values and may send them to workers later: whoever unpickles one must not let
    the object live on top of its buffers.
    """

    run: object
    outcomes: list[Outcome]


class StartWorkers(NamedTuple):
    """Tasks are ready and there is no worker: start some. Answered by `WorkerJoined` or `WorkersUnavailable`."""


class ReplaceWorker(NamedTuple):
    """A worker died: start another in its place. Answered as `StartWorkers` is."""

    worker: WorkerId
    host: str


class StopWorker(NamedTuple):
    """Nothing depends on this draining worker any more."""

    worker: WorkerId


class WakeUp(NamedTuple):
    """Send `TimePassed` after so many seconds, or somewhat later."""

    seconds: float


Command: TypeAlias = (
    Assign | Recall | StopTask | FetchValue | FreeValues | Deliver | StartWorkers | ReplaceWorker | StopWorker | WakeUp
)
"""Anything that the scheduler can ask for."""
