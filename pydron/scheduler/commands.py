"""What the scheduler asks for: one frozen record for each act that the layer around it carries out.

Commands to one worker are carried out in the order given; the connection to a worker keeps order. Lists inside commands
belong to whoever receives the command.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
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


@dataclass(frozen=True, slots=True)
class Assign:
    """Send tasks to a worker, which runs them in this order, after those that it was sent before.

    The worker stores `values` first. With them it holds every value that the tasks refer to.
    """

    worker: WorkerId
    tasks: list[Task]
    values: list[tuple[ValueId, Payload]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recall:
    """Ask a worker to give back what it has not started of these tasks. It answers with `TasksRecalled`."""

    worker: WorkerId
    tasks: list[TaskId]


@dataclass(frozen=True, slots=True)
class StopTask:
    """Get rid of a cancelled task that is running.

    It may be endless: if the worker has neither finished nor given back the task after a grace period of your choice,
    kill the worker. `WorkerLeft` then sorts out the rest.
    """

    worker: WorkerId
    task: TaskId


@dataclass(frozen=True, slots=True)
class FetchValue:
    """Ask a worker for a copy of a value, even while it runs a task. Answered by `ValueArrived` or `ValueMissing`."""

    worker: WorkerId
    value: ValueId


@dataclass(frozen=True, slots=True)
class FreeValues:
    """Tell a worker to drop values."""

    worker: WorkerId
    values: list[ValueId]


@dataclass(frozen=True, slots=True)
class Deliver:
    """Put outcomes into a run's inbox.

    The scheduler keeps the payloads of values and may send them to workers later: whoever unpickles one must not let
    the object live on top of its buffers.
    """

    run: object
    outcomes: list[Outcome]


@dataclass(frozen=True, slots=True)
class StartWorkers:
    """Tasks are ready and there is no worker: start some. Answered by `WorkerJoined` or `WorkersUnavailable`."""


@dataclass(frozen=True, slots=True)
class ReplaceWorker:
    """A worker died: start another in its place. Answered as `StartWorkers` is."""

    worker: WorkerId
    host: str


@dataclass(frozen=True, slots=True)
class StopWorker:
    """Nothing depends on this draining worker any more."""

    worker: WorkerId


@dataclass(frozen=True, slots=True)
class WakeUp:
    """Send `TimePassed` after so many seconds, or somewhat later."""

    seconds: float


Command: TypeAlias = (
    Assign | Recall | StopTask | FetchValue | FreeValues | Deliver | StartWorkers | ReplaceWorker | StopWorker | WakeUp
)
"""Anything that the scheduler can ask for."""
