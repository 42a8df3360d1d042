"""Carries out what the scheduler decides. Lives on the reactor's thread."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar, assert_never, cast

from pydron.ids import TaskId, ValueId
from pydron.scheduler import commands, events
from pydron.scheduler.scheduler import Scheduler
from pydron.tasks import Captured, Failure, Outcome
from pydron.transport.messages import (
    Done,
    DoneMany,
    Failed,
    Fetch,
    Free,
    Missing,
    Put,
    Recall,
    Recalled,
    Returned,
    Run,
    RunMany,
    Value,
    unpack,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydron.errors import LaunchError
    from pydron.ids import WorkerId
    from pydron.sessions.crew import Crew
    from pydron.sessions.member import Member
    from pydron.tasks import Task
    from pydron.transport.messages import Likeness, Message, Packed
    from pydron.transport.reactor import Reactor

__all__ = ["Acts"]

T = TypeVar("T")
_FEW = 8
"""Tasks that are looked at to see whether there is much to do."""
_GRACE = 0.3
"""Seconds that a cancelled call gets to end by itself, before its worker is killed."""


class Acts:
    """The layer of acts around one scheduler."""

    def __init__(
        self,
        reactor: Reactor,
        deliver: Callable[[object, list[Outcome]], None],
        broken: Callable[[Exception], None],
        likenesses: list[Likeness],
    ) -> None:
        self._reactor = reactor
        self._deliver = deliver
        self._broken = broken
        """Called when something that must not fail has failed: nobody may wait for ever."""
        self._scheduler = Scheduler()
        self.crew: Crew
        self.tells_sites = False
        """Workers are told where calls stand."""
        self._likenesses = likenesses
        """What the driver was like."""
        self._queue: list[events.Event] = []
        self._busy = False
        self._timers: set[object] = set()
        self._stopping: dict[TaskId, object] = {}
        self._posting: set[Member] = set()
        self._sharing: list[Member] = []
        """Workers that read and write segments of this host."""
        self.last_event = time.monotonic()

    @property
    def quiet(self) -> bool:
        """Whether nothing is unfinished."""
        return self._scheduler.quiet

    @property
    def is_lone(self) -> bool:
        """Whether a single task is unfinished, and there are not many others that are still referred to."""
        return self._scheduler.count_unfinished(_FEW) == 1

    @property
    def is_idle(self) -> bool:
        """Whether no task is unfinished, and there are not many that are still referred to."""
        return self._scheduler.count_unfinished(_FEW) == 0

    def story(self, task: TaskId) -> str:
        """Tell what is known about a task."""
        return self._scheduler.story(task)

    def happened(self, *happened: events.Event) -> None:
        """Tell the scheduler, and do what it says."""
        self.all_happened(happened)

    def all_happened(self, happened: Iterable[events.Event]) -> None:
        """Tell the scheduler several things that came together, and do what it says."""
        self._queue += happened
        if self._busy:
            return
        self._busy = True
        try:
            while self._queue:
                batch, self._queue = self._queue, []
                self.last_event = now = time.monotonic()
                for command in self._scheduler.handle_all(batch, now):
                    self._do(command)
                for member in self._posting:
                    member.post()
                self._posting.clear()
            for member in self._sharing:
                member.give_back()
        except Exception as error:
            self._broken(error)
        finally:
            self._busy = False

    def forget(self, keys: list[bytes]) -> None:
        """Have all workers drop functions."""
        for member in self.crew.members.values():
            member.forget(keys)
            member.post()

    def drain(self) -> None:
        """Let all workers go when they have done what they have; others come in their place."""
        self.happened(*[events.WorkerDraining(member.worker) for member in self.crew.ready])

    def rest_after(self, seconds: float) -> None:
        """Let all workers go whenever nothing has happened for so long."""
        self._later(max(0.05, self.last_event + seconds - time.monotonic()), self._rest, seconds)

    def _rest(self, seconds: float) -> None:
        if time.monotonic() - self.last_event >= seconds and self._scheduler.quiet:
            self.last_event = time.monotonic()
            for member in self.crew.ready:
                self.crew.dismiss(member)
        self.rest_after(seconds)

    def close(self) -> None:
        """Forget all timers."""
        for timer in self._timers | set(self._stopping.values()):
            if timer.active():  # type: ignore[attr-defined]
                timer.cancel()  # type: ignore[attr-defined]
        self._timers.clear()
        self._stopping.clear()

    # Commands.

    def _do(self, command: commands.Command) -> None:
        match command:
            case commands.Assign():
                self._assign(command)
            case commands.Deliver(run, outcomes):
                self._deliver(run, outcomes)
            case commands.FreeValues(worker, values):
                self._say(worker, Free(tuple(values)))
            case commands.FetchValue(worker, value):
                self._say(worker, Fetch(value))
            case commands.Recall(worker, tasks):
                self._say(worker, Recall(tuple(tasks)))
            case commands.StopTask(worker, task):
                self._stopping[task] = self._reactor.callLater(_GRACE, self._stop, worker, task)
            case commands.StartWorkers():
                self.crew.start()
            case commands.ReplaceWorker():
                # The crew replaces on its own: it knows what it has lost.
                pass
            case commands.StopWorker(worker):
                if (member := self.crew.members.get(worker)) is not None:
                    self.crew.dismiss(member)
            case commands.WakeUp(seconds):
                self._later(seconds, self.happened, events.TimePassed())
            case _:
                assert_never(command)

    def _say(self, worker: WorkerId, message: Message) -> None:
        member = self.crew.members.get(worker)
        if member is not None:
            member.outbox.append(message)
            self._posting.add(member)

    def _assign(self, command: commands.Assign) -> None:
        member = self.crew.members.get(command.worker)
        if member is None:
            return
        self._posting.add(member)
        member.need_definitions()
        outbox, pack = member.outbox, member.pack
        for value, payload in command.values:
            outbox.append(Put(value, pack(payload)))
        for task in command.tasks:
            if task.function.key not in member.functions:
                member.need_function(task.function)
            if task.likeness not in member.likenesses:
                member.need_likeness(self._likenesses[task.likeness])
            arguments = pack(task.arguments)
            if task.references or task.want_value or self.tells_sites:
                outbox.append(self._run(task, arguments))
                continue
            last = outbox[-1] if outbox else None
            if type(last) is RunMany and last.function == task.function.key and last.likeness == task.likeness:
                last.tasks.append((task.id, arguments))
            else:
                outbox.append(RunMany(task.function.key, task.likeness, [(task.id, arguments)]))

    def _run(self, task: Task, arguments: Packed) -> Run:
        site = (task.site.filename, task.site.line) if self.tells_sites and task.site is not None else None
        return Run(task.id, task.function.key, arguments, task.references, task.want_value, task.likeness, site)

    def _stop(self, worker: WorkerId, task: TaskId) -> None:
        if self._stopping.pop(task, None) is not None and (member := self.crew.members.get(worker)) is not None:
            self.crew.kill(member)

    def _later(self, seconds: float, act: Callable[[T], None], argument: T) -> None:
        def run() -> None:
            self._timers.discard(timer)
            act(argument)

        timer = self._reactor.callLater(seconds, run)
        self._timers.add(timer)

    # What the crew reports.

    def joined(self, member: Member) -> None:
        """Give it tasks."""
        assert member.handle is not None
        if member.shares:
            self._sharing.append(member)
        self.happened(events.WorkerJoined(member.worker, member.handle.host, keeps=True))

    def left(self, member: Member, reason: str, *, expected: bool) -> None:
        """Run its tasks elsewhere, and start another one unless there is nothing to do."""
        launcher = member.launcher
        if member.shares:
            self._sharing.remove(member)
            member.loans.forget()
        self.happened(events.WorkerLeft(member.worker, reason, expected=expected))
        if not self._scheduler.quiet or not expected:
            self.crew.replace(launcher)

    def unavailable(self, error: LaunchError) -> None:
        """Let those who wait know."""
        self.happened(events.WorkersUnavailable(error))

    def heard(self, member: Member, messages: list[Message]) -> None:
        """Make events of messages, and tell the scheduler."""
        try:
            happened = self._events(member, messages)
        except Exception as error:
            self._broken(error)
        else:
            self.all_happened(happened)

    def _events(self, member: Member, messages: list[Message]) -> list[events.Event]:
        worker = member.worker
        happened: list[events.Event] = []
        ended: list[Outcome] = []
        for message in messages:
            kind = type(message)
            if kind is DoneMany:
                ended += self._returned(member, cast("DoneMany", message).tasks)
            elif kind is Done:
                ended.append(self._done(member, message))  # type: ignore[arg-type]
            elif kind is Failed:
                ended.append(self._failed(worker, message))  # type: ignore[arg-type]
            elif kind is Returned:
                member.loans.returned(message.places)  # type: ignore[union-attr]
            else:
                if ended:
                    happened.append(events.TasksEnded(worker, ended))
                    ended = []
                happened.append(self._answer(member, message))
        if ended:
            happened.append(events.TasksEnded(worker, ended))
        return happened

    def _done(self, member: Member, message: Done) -> Outcome:
        (outcome,) = self._returned(member, [message[:4]])
        outcome.captured = _captured(message.captured)
        return outcome

    def _returned(self, member: Member, tasks: list[tuple[int, Packed | None, int, float]]) -> list[Outcome]:
        if self._stopping:
            for task, *_ in tasks:
                self._let_be(TaskId(task))
        worker, payload_of = member.worker, member.unpack
        return [
            Outcome(TaskId(task), None if packed is None else payload_of(packed), None, None, size, (), seconds, worker)
            for task, packed, size, seconds in tasks
        ]

    def _failed(self, worker: WorkerId, message: Failed) -> Outcome:
        self._let_be(TaskId(message.task))
        failure = Failure(unpack(message.payload), message.text)
        captured = _captured(message.captured)
        return Outcome(TaskId(message.task), None, failure, None, 0, captured, message.seconds, worker)

    def _let_be(self, task: TaskId) -> None:
        """Do not kill the worker of a task that it has ended or given back by itself."""
        timer = self._stopping.pop(task, None)
        if timer is not None:
            timer.cancel()  # type: ignore[attr-defined]

    def _answer(self, member: Member, message: Message) -> events.Event:
        worker = member.worker
        match message:
            case Value(value, payload):
                return events.ValueArrived(worker, ValueId(value), member.unpack(payload))
            case Missing(value):
                return events.ValueMissing(worker, ValueId(value))
            case Recalled(tasks):
                for task in tasks:
                    self._let_be(TaskId(task))
                return events.TasksRecalled(worker, [TaskId(task) for task in tasks])
            case _:
                # Only a worker that has lost its mind says anything else: what follows from its end is known.
                if member.handle is not None:
                    member.handle.kill()
                return events.TimePassed()


def _captured(written: tuple[tuple[str, bytes], ...]) -> tuple[Captured, ...]:
    return tuple([Captured(*each) for each in written])
