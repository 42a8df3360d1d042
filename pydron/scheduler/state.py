"""What the scheduler knows: records of tasks, values, workers and runs, and the ledger that holds them.

The records are plain data that the other modules of this package change; nobody outside does. A value has no record of
its own until somebody cares for it, because most values come inline and are gone at once.

NOTE: Where a value is. The driver's copy is `TaskRecord.payload`: the scheduler keeps payloads itself. The workers'
copies are `ValueRecord.replicas`. A value that came inline is held by the driver alone, until it is not needed; a value
that stayed on its worker is copied to the driver for as long as it is on its way elsewhere, or for good if
`ValueRecord.keep` is set.

NOTE: Lineage. A value that only workers hold can be lost; it is then computed again. So the records of the tasks that
it was made from are *pinned* although their own values may be freed long since; they are computed again too,
transitively. The driver's copies are not freed while they are pinned, and lineage ends at them. Where it gets too deep,
or a value is lost once, the value is copied to the driver for good: this is what bounds both memory and work.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

    from pydron.ids import TaskId, ValueId, WorkerId
    from pydron.scheduler.commands import Command
    from pydron.tasks import Outcome, Payload, Task

__all__ = [
    "FunctionRecord",
    "Ledger",
    "RunRecord",
    "State",
    "TaskRecord",
    "ValueRecord",
    "WorkerRecord",
    "first_open",
]


class State(Enum):
    """Where a task stands: ``waiting -> ready -> assigned -> running -> done | failed | cancelled``."""

    WAITING = "waiting"
    """A value that it refers to is not there."""
    READY = "ready"
    """It can be sent as soon as a worker has room."""
    ASSIGNED = "assigned"
    """It is in a worker's queue, or the values that it needs are on their way there."""
    RUNNING = "running"
    """It is at the head of its worker's queue."""
    DONE = "done"
    """Its value exists."""
    FAILED = "failed"
    """It raised, or it was given up."""
    CANCELLED = "cancelled"
    """Nobody waits for it, or it stands behind a failure."""
    LOST = "lost"
    """It was done, but no copy of its value is left, and so far nobody needs one."""

    @property
    def unfinished(self) -> bool:
        """Whether something is still to happen to the task."""
        return self in (WAITING, READY, ASSIGNED, RUNNING)


CLOCK_ERROR = 1e-4
"""Seconds by which a wake-up may come early."""

WAITING, READY, ASSIGNED, RUNNING = State.WAITING, State.READY, State.ASSIGNED, State.RUNNING
DONE, FAILED, CANCELLED, LOST = State.DONE, State.FAILED, State.CANCELLED, State.LOST


@dataclass(slots=True, eq=False)
class FunctionRecord:
    """What is known of the calls of one function."""

    seconds: float
    """Expected run time, what a worker spends around the call included."""
    measured: bool = False


@dataclass(slots=True, eq=False)
class RunRecord:
    """One client of the scheduler."""

    run: object
    """Held so that its identity stays its own."""
    ready: list[tuple[int, ...]] = field(default_factory=list)
    """Heap of the places of ready tasks; may hold places of tasks that are not ready any more."""
    tasks: int = 0
    """How many task records belong to it."""
    in_flight: int = 0
    """How many of its tasks are with workers."""
    outcomes: list[Outcome] = field(default_factory=list)
    """To be delivered at the end of this step."""
    urgent: TaskRecord | None = None
    """The task that it waits for; comes before its others, after what it refers to."""


@dataclass(slots=True, eq=False)
class ValueRecord:
    """Who cares for the value of a task, done or not, and where its replicas are."""

    keep: bool = False
    """The driver's copy is to stay, and to be made if there is none."""
    replicas: dict[WorkerRecord, None] = field(default_factory=dict)
    readers: dict[int, TaskRecord] = field(default_factory=dict)
    """Unfinished tasks that refer to it."""
    released: bool = False
    """The run does not refer to it any more."""
    wanted: list[RunRecord] = field(default_factory=list)
    """Runs that wait for a copy."""
    source: WorkerRecord | None = None
    """The worker that was asked for a copy and has not answered."""
    bound: dict[int, TaskRecord] = field(default_factory=dict)
    """Assigned tasks that wait for the driver's copy to be sent to their worker."""
    pins: int = 0
    """How many values that can be lost were made from it."""
    depth: int = 0
    """The longest chain of values that can be lost behind it, itself included."""
    losses: int = 0
    """How often the last copy was lost."""


@dataclass(slots=True, eq=False)
class TaskRecord:
    """One task."""

    id: TaskId
    task: Task | None
    """None once it will never be run again."""
    run: RunRecord
    function: FunctionRecord
    place: tuple[int, ...]
    """Its place in program order, by which those of one run compare. Ends with its number."""
    refs: tuple[TaskRecord, ...] = ()
    """The tasks whose values it refers to, each once."""
    state: State = WAITING
    waits: int = 0
    """While waiting: how many values are not there. While assigned: how many are on their way to the driver."""
    worker: WorkerRecord | None = None
    expected: float = 0.0
    """The part of its worker's backlog that it is."""
    cores: int = 1
    value: ValueRecord | None = None
    payload: Payload | None = None
    """The driver's copy of the value."""
    size: int = 0
    """Bytes of the value."""
    ends: tuple[str, ...] = ()
    """How the workers ended that died while they ran it."""
    alone: bool = False
    """It was with a worker that died, so it is run with nothing before or behind it: the next death has one suspect."""
    recalled: bool = False
    """Its worker was asked to give it back, or has done so and it has not been placed again."""
    delivered: bool = False
    """The run has its outcome. If it is not finished, it is being computed again."""
    ahead: bool = False
    """It was sent to its worker behind tasks whose values it needs."""
    pinning: bool = False
    """It counts among the pins of what it refers to."""
    outcome: Outcome | None = None
    """How it failed."""
    spreads: bool = False
    """Tasks behind it are owed `outcome` as theirs; otherwise the run sees to them itself."""

    @property
    def interest(self) -> ValueRecord:
        """The record of its value, made if need be."""
        if self.value is None:
            self.value = ValueRecord(keep=self.payload is not None)
        return self.value


@dataclass(slots=True, eq=False)
class WorkerRecord:
    """One worker."""

    id: WorkerId
    host: str
    slots: int
    queue: dict[int, TaskRecord] = field(default_factory=dict)
    """What it was sent and has not answered, in the order sent, cancelled tasks included."""
    gathering: dict[int, TaskRecord] = field(default_factory=dict)
    """Tasks placed here that are sent once their values have reached the driver."""
    load: int = 0
    """Cores of the tasks in both."""
    backlog: float = 0.0
    """Seconds that the tasks in both will take together, as far as known."""
    since: float = 0.0
    """When the head of the queue became the head."""
    values: dict[int, TaskRecord] = field(default_factory=dict)
    """What it holds replicas of."""
    fetches: dict[int, TaskRecord] = field(default_factory=dict)
    """Values that it was asked for."""
    stopping: dict[int, TaskRecord] = field(default_factory=dict)
    """Cancelled tasks that were running."""
    keeps: bool = False
    """It keeps values for tasks that are sent ahead."""
    leaders: deque[TaskRecord] = field(default_factory=deque)
    """Tasks in its queue that others may be sent behind."""
    lone: TaskRecord | None = None
    """A task that is to have this worker for itself."""
    draining: bool = False
    stopped: bool = False
    """It was told to stop."""
    listed: bool = False
    """It is in `Ledger.open`."""
    sending: list[Task] = field(default_factory=list)
    """To be sent at the end of this step, after `carrying`."""
    carrying: list[tuple[ValueId, Payload]] = field(default_factory=list)
    freeing: list[ValueId] = field(default_factory=list)
    """To be freed at the end of this step, before anything is sent."""
    recalling: list[TaskId] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        """Whether it gets no tasks for now."""
        return self.draining or self.lone is not None or bool(self.stopping)

    @property
    def heads(self) -> list[TaskRecord]:
        """The tasks that it is running: workers start tasks in the order sent, while there are free cores."""
        heads: list[TaskRecord] = []
        free = self.slots
        for record in self.queue.values():
            free -= record.cores
            if free < 0 and heads:
                break
            heads.append(record)
            if free <= 0:
                break
        return heads


@dataclass(slots=True, eq=False)
class Ledger:
    """Everything the scheduler knows, and the commands of the step under way."""

    tasks: dict[int, TaskRecord] = field(default_factory=dict)
    """All tasks that may still matter. Cancelled tasks that a worker still has are in its queue only."""
    runs: dict[int, RunRecord] = field(default_factory=dict)
    """By identity of the run."""
    workers: dict[str, WorkerRecord] = field(default_factory=dict)
    functions: dict[bytes, FunctionRecord] = field(default_factory=dict)
    now: float = 0.0

    ready: dict[RunRecord, None] = field(default_factory=dict)
    """Runs whose heap of ready tasks is not empty."""
    idle: dict[WorkerRecord, None] = field(default_factory=dict)
    """Workers with a free slot. The one that became idle last comes last."""
    open: deque[WorkerRecord] = field(default_factory=deque)
    """Workers that may have room for a task behind those they run; checked when used."""
    backlogged: dict[WorkerRecord, None] = field(default_factory=dict)
    """Workers with more tasks than slots."""
    draining: dict[WorkerRecord, None] = field(default_factory=dict)

    doomed: list[tuple[TaskRecord, TaskRecord]] = field(default_factory=list)
    """Tasks found to refer to a task that failed or was cancelled; settled before the step ends."""
    starting: bool = False
    """Workers were asked for and neither came nor were refused."""
    pressing: dict[RunRecord, None] = field(default_factory=dict)
    """Runs with an urgent task."""
    wake_at: float = math.inf
    """When a wake-up is due that is under way. Of several only the first counts, so that they do not multiply."""
    wake_in: float = math.inf
    """Seconds after which this step asks to be woken."""

    followed: dict[WorkerRecord, None] = field(default_factory=dict)
    """Workers with leaders, if anything has changed that matters for them."""

    commands: list[Command] = field(default_factory=list)
    """Commands of this step other than those collected in the records below."""
    sending: dict[WorkerRecord, None] = field(default_factory=dict)
    freeing: dict[WorkerRecord, None] = field(default_factory=dict)
    recalling: dict[WorkerRecord, None] = field(default_factory=dict)
    delivering: dict[RunRecord, None] = field(default_factory=dict)
    history: dict[int, list[str]] | None = None
    """What happened to each task, for people; only kept on request."""

    def run(self, run: object) -> RunRecord:
        """Return the record of a run, made if need be."""
        record = self.runs.get(id(run))
        if record is None:
            record = self.runs[id(run)] = RunRecord(run)
        return record

    def lead(self, record: TaskRecord) -> None:
        """Take note that tasks may be sent behind one that is with a worker."""
        worker = record.worker
        if worker is not None and worker.keeps and record.value is not None and record.value.readers:
            worker.leaders.append(record)
            self.followed[worker] = None

    def put_ready(self, record: TaskRecord) -> None:
        """Queue a task for dispatch."""
        record.state = READY
        record.waits = 0
        heappush(record.run.ready, record.place)
        self.ready[record.run] = None

    def take_ready(self, parked: Container[int] = ()) -> TaskRecord | None:
        """Take the first ready task in program order, of the run that has least with workers.

        Tasks whose numbers are in `parked` are passed over.
        """
        while self.ready:
            run = next(iter(self.ready)) if len(self.ready) == 1 else min(self.ready, key=_in_flight)
            urgent = first_open(run.urgent) if run.urgent is not None else None
            if urgent is not None and urgent.state is READY and urgent.id not in parked:
                return urgent  # its place stays in the heap, and is passed over there
            while run.ready:
                record = self.tasks.get(heappop(run.ready)[-1])
                if record is not None and record.state is READY and record.id not in parked:
                    return record
            del self.ready[run]
        return None

    def is_any_ready(self) -> bool:
        """Tell whether any task is ready."""
        record = self.take_ready()
        if record is not None:
            self.put_ready(record)
        return record is not None

    def deliver(self, run: RunRecord, outcome: Outcome) -> None:
        """Put an outcome into the next delivery to a run."""
        run.outcomes.append(outcome)
        self.delivering[run] = None

    def remove(self, record: TaskRecord) -> None:
        """Drop a task from the books, and its run with the last of its tasks."""
        if self.tasks.pop(record.id, None) is None:
            return
        run = record.run
        run.tasks -= 1
        if not run.tasks:
            self.ready.pop(run, None)
            self.runs.pop(id(run.run), None)

    def wake(self, seconds: float) -> None:
        """Ask to be told when some time has passed, unless that will be told sooner anyway."""
        if self.now + seconds < self.wake_at:
            self.wake_in = min(self.wake_in, seconds)

    def awake(self) -> None:
        """Take note that a wake-up has come."""
        if self.now >= self.wake_at - CLOCK_ERROR:
            self.wake_at = math.inf

    def note(self, record: TaskRecord, what: str) -> None:
        """Add a line to a task's story."""
        if self.history is not None:
            self.history.setdefault(record.id, []).append(f"{self.now:.6f} {what}")


def _in_flight(run: RunRecord) -> int:
    return run.in_flight


def first_open(record: TaskRecord) -> TaskRecord:
    """Return the task itself, or the first unfinished one that it waits for."""
    while record.state is WAITING:
        unfinished = [ref for ref in record.refs if ref.state.unfinished]
        if not unfinished:
            break
        record = unfinished[0]
    return record
