"""A scheduler with nobody around it: events go in, commands come out, laws are checked after each step."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, TypeVar

from pydron.ids import TaskId, ValueId, WorkerId
from pydron.scheduler import Scheduler, events
from pydron.scheduler.check import check
from pydron.scheduler.commands import Assign, Deliver
from pydron.tasks import Failure, Function, Outcome, Payload, Requirements, Site, Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydron.scheduler import Command, Event
    from pydron.scheduler.state import TaskRecord

C = TypeVar("C")

FUNCTION = Function(b"f", "module.f", Payload(b"code"))


class Stage:
    """Keeps all commands since they were last taken."""

    def __init__(self, workers: int = 0, slots: int = 1) -> None:
        self.scheduler = Scheduler(history=True)
        self.now = 0.0
        self.run = object()
        self.commands: list[Command] = []
        self._numbers = count(1)
        for number in range(workers):
            self.join(f"w{number}", slots)

    def tell(self, event: Event) -> None:
        self.commands += self.scheduler.handle(event, self.now)
        check(self.scheduler.ledger)

    def take(self, kind: type[C]) -> list[C]:
        """Return the commands of one kind, and forget them."""
        taken: list[C] = [command for command in self.commands if isinstance(command, kind)]
        self.commands = [command for command in self.commands if not isinstance(command, kind)]
        return taken

    def record(self, task: int) -> TaskRecord:
        return self.scheduler.ledger.tasks[task]

    # Runs.

    def task(
        self, *refs: int, want: bool = False, cores: int = 1, retries: int = 3, function: Function = FUNCTION
    ) -> Task:
        references = tuple((place, ValueId(ref)) for place, ref in enumerate(refs))
        requirements = Requirements(cores, retries)
        number = TaskId(next(self._numbers))
        site = Site("pipeline.py", number, "main")
        return Task(number, function, Payload(b"args"), references, site, requirements, want_value=want)

    def submit(self, *refs: int, run: object = None, **options: int) -> TaskId:
        task = self.task(*refs, **options)  # type: ignore[arg-type]
        self.tell(events.TasksSubmitted(run or self.run, [task]))
        return task.id

    def cancel(self, *tasks: int) -> None:
        self.tell(events.TasksCancelled([TaskId(task) for task in tasks]))

    def release(self, *values: int) -> None:
        self.tell(events.ValuesReleased([ValueId(value) for value in values]))

    def want(self, value: int, run: object = None) -> None:
        self.tell(events.ValueWanted(run or self.run, ValueId(value)))

    # Workers.

    def join(self, name: str, slots: int = 1, host: str = "host") -> None:
        self.tell(events.WorkerJoined(WorkerId(name), host, slots))

    def leave(self, name: str, reason: str = "killed", *, expected: bool = False) -> None:
        self.tell(events.WorkerLeft(WorkerId(name), reason, expected))

    def drain(self, name: str) -> None:
        self.tell(events.WorkerDraining(WorkerId(name)))

    def done(self, name: str, *tasks: int, size: int = 1, seconds: float = 0.1, remote: bool = False) -> None:
        outcomes = [
            Outcome(TaskId(task), value=None if remote else payload(task), size=size, seconds=seconds) for task in tasks
        ]
        self.tell(events.TasksEnded(WorkerId(name), outcomes))

    def fail(self, name: str, task: int) -> None:
        failure = Failure(payload(task), "ValueError: boom")
        self.tell(events.TasksEnded(WorkerId(name), [Outcome(TaskId(task), failure=failure)]))

    def recalled(self, name: str, *tasks: int) -> None:
        self.tell(events.TasksRecalled(WorkerId(name), [TaskId(task) for task in tasks]))

    def arrive(self, name: str, value: int) -> None:
        self.tell(events.ValueArrived(WorkerId(name), ValueId(value), payload(value)))

    def missing(self, name: str, value: int) -> None:
        self.tell(events.ValueMissing(WorkerId(name), ValueId(value)))

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.tell(events.TimePassed())

    # What came out.

    def assigned(self) -> list[tuple[str, list[int], list[int]]]:
        """For each assignment since the last time: the worker, the tasks, the values sent along."""
        return [
            (command.worker, [task.id for task in command.tasks], [value for value, _ in command.values])
            for command in self.take(Assign)
        ]

    def delivered(self) -> list[Outcome]:
        return [outcome for command in self.take(Deliver) for outcome in command.outcomes]

    def lost(self) -> dict[int, BaseException]:
        return {outcome.task: outcome.lost for outcome in self.delivered() if outcome.lost is not None}


def payload(value: int) -> Payload:
    return Payload(b"value %d" % value)


def values_of(outcomes: Iterable[Outcome]) -> dict[int, bytes]:
    return {outcome.task: outcome.value.data for outcome in outcomes if outcome.value is not None}
