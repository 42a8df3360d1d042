"""A pool without processes: the real scheduler, simulated workers, real calls, one thread, one seed."""

from __future__ import annotations

import math
from itertools import count
from random import Random
from typing import TYPE_CHECKING, cast

from pydron.errors import PydronError
from pydron.ids import TaskId
from pydron.scheduler import Scheduler, events
from pydron.scheduler.check import check
from pydron.tasks import Function, Payload, Task
from pydron.testing.calls import Calls, Surroundings
from pydron.testing.clock import Clock
from pydron.testing.simulation import ORDERS, Plan, Simulation
from pydron.transport.pickling import dumps, load_failure, loads, refused_argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pydron.ids import ValueId
    from pydron.scheduler import Event
    from pydron.tasks import Failure, Inbox, Outcome, WaitingCall
    from pydron.testing.simulation import Durations, Order

__all__ = ["SimulatedPool", "StuckError"]


_PATIENCE = 0.5
"""Seconds of the clock that a coroutine listens before it is woken without an outcome."""


class StuckError(PydronError):
    """A run waits for something that will never come. On real workers it would hang.

    Attributes:
        stories: what is known about each task that is not finished.
    """

    def __init__(self, stories: tuple[str, ...]) -> None:
        super().__init__(stories)
        self.stories = stories

    def __str__(self) -> str:
        return "nothing more can be delivered\n" + ("\n".join(self.stories) or "no task is unfinished")


class SimulatedPool:
    """Runs tasks in the calling thread, as if on many workers; implements `pydron.tasks.Pool`.

    Two pools with the same arguments that are asked for the same do the same in the same order. Arguments and results
    go through pickle, so that no call can touch the objects of the driver. Calls that workers make at the same time are
    made one after the other, each either when it starts or when it ends.

    Args:
        seed: whatever is left to chance follows from it.
        workers: how many workers there are. Dead ones are replaced.
        slots: how many calls each worker makes at a time.
        hosts: how many hosts the workers are spread over.
        order: which of the calls under way ends next: ``"random"``, ``"program"`` (the first in program order),
            ``"reverse"`` (the last), ``"slowest-first"``, or ``"time"`` (the one whose duration is over, as in the
            world).
        durations: gives the seconds that a call takes; `math.inf` is a call that never ends. Without it they are
            random, up to one second.
        deaths: the probability that a worker dies under a call, or the times at which some worker dies.
        fatal: let deaths use up all attempts of a task, so that it ends with `WorkerLost`.
        remote_values: values of more bytes than this stay on their worker until they are needed. None: all are sent at
            once.
        eager: the probability that something happens on the workers at each flush, not only while the run waits.
        ship: pickle functions too, as for real workers.
        checked: check the laws of the scheduler after every event, and keep histories for stories. Slow.
        clock: the time; a new clock if none is given.
    """

    def __init__(
        self,
        seed: int = 0,
        workers: int = 4,
        slots: int = 1,
        hosts: int = 1,
        order: Order = "random",
        durations: Durations | None = None,
        deaths: float | Sequence[float] = 0.0,
        fatal: bool = False,
        remote_values: int | None = None,
        eager: float = 0.0,
        ship: bool = False,
        checked: bool = False,
        clock: Clock | None = None,
    ) -> None:
        if order not in ORDERS:
            raise ValueError(f"order is one of {', '.join(ORDERS)}, not {order!r}")
        if workers < 1 or slots < 1 or hosts < 1:
            raise ValueError("a pool has at least one worker, slot and host")
        self.clock = clock or Clock()
        self.scheduler = _CheckedScheduler() if checked else Scheduler()
        self._rng = Random(seed)
        self._eager = eager
        self._numbers = count(1)
        self._calls = Calls(ship=ship)
        self._contexts: dict[int, Surroundings] = {}
        self._likenesses: list[object] = []
        self._waiting: dict[int, WaitingCall] = {}
        self._batch: list[Event] = []
        self._tasks: list[Task] = []
        self._inbox: Inbox | None = None
        plan = Plan(workers, slots, hosts, order, durations, deaths, fatal, remote_values)
        self.slots = workers * slots
        self._simulation = Simulation(plan, self._rng, self.clock, self._call, self.scheduler)

    def likeness(self) -> int:
        """Return the number of the circumstances that calls run in."""
        mark = Surroundings().mark
        if mark not in self._likenesses:
            self._likenesses.append(mark)
        return self._likenesses.index(mark)

    def look_again(self) -> None:
        """Do nothing: each task is marked as it is submitted."""

    def new_task_id(self) -> TaskId:
        """Return a fresh number, larger than any before."""
        return TaskId(next(self._numbers))

    def function(self, function: Callable[..., object], name: str) -> Function:
        """Return the form in which tasks name a callable."""
        return self._calls.function(function, name)

    def dumps_call(
        self, function: Callable[..., object], name: str, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> Payload:
        """Pickle a snapshot of the arguments of a call."""
        try:
            return dumps((args, kwargs))
        except Exception as problem:
            raise refused_argument(function, name, args, kwargs, problem) from None

    def loads(self, payload: Payload) -> object:
        """Rebuild a value."""
        return loads(payload, copy=True)

    def load_failure(self, failure: Failure) -> BaseException:
        """Rebuild the exception that a call raised."""
        return load_failure(failure)

    def submit(self, task: Task, inbox: Inbox) -> bool:
        """Take a task. Return whether to let others have a turn."""
        if self._inbox is not inbox:
            self._close_batch()
            self._inbox = inbox
        self._tasks.append(task)
        task.likeness = self.likeness()
        self._contexts[task.id] = Surroundings()
        return not task.id & 31 or bool(inbox.outcomes)

    def copy_call(
        self, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> tuple[Payload, Callable[[], tuple[tuple[object, ...], dict[str, object]]]] | None:
        """Return a snapshot of the arguments of a waiting call, and what copies them; None if they cannot be copied."""
        try:
            payload = dumps((args, kwargs))
        except Exception:
            return None
        return payload, lambda: cast("tuple[tuple[object, ...], dict[str, object]]", loads(payload, copy=True))

    def begin(self, call: WaitingCall, inbox: Inbox) -> bool:
        """Make a waiting call: as a task like any other, but of the function itself."""
        self._waiting[call.id] = call
        arguments = dumps(((), {})) if call.copied is not None else dumps((call.args, call.kwargs))
        return self.submit(
            Task(call.id, Function(b"waiting", call.name, Payload(b"")), arguments, want_value=True), inbox
        )

    @property
    def places(self) -> int:
        """How many waiting calls can be under way at the same time: in a simulation they keep workers busy."""
        return self.slots

    def flush(self) -> None:
        """Let the scheduler have what was submitted."""
        self._close_batch()
        if self._batch:
            batch, self._batch = self._batch, []
            self._simulation.tell(batch)
            self._prune()
        while self._eager and self._rng.random() < self._eager and self._simulation.step():
            pass

    def wait(self, inbox: Inbox, timeout: float | None = None) -> None:
        """Let things happen until the inbox holds an outcome or `timeout` seconds of the clock have passed.

        Raises:
            StuckError: no outcome will ever come.
        """
        self.flush()
        until = math.inf if timeout is None else self.clock.now + timeout
        while not inbox.outcomes:
            if not self._simulation.step(until):
                if timeout is None:
                    raise StuckError(self._stories())
                self.clock.advance_to(until)
                return

    def listen(self, inbox: Inbox, ring: Callable[[], None], *, patient: bool) -> None:
        """Let things happen until the inbox holds an outcome, or for a while unless the run is `patient`, and ring."""
        self.wait(inbox, None if patient else _PATIENCE)
        ring()

    def unlisten(self, inbox: Inbox) -> None:
        """Take back a `listen`: nothing happens unless the run waits."""

    def pass_on(self, task: TaskId, error: BaseException) -> bool:  # noqa: ARG002 - it has to be asked so
        """Cancel no call: each is made all at once."""
        return False

    def fetch(self, value: ValueId, inbox: Inbox) -> None:
        """Ask for a value that stayed on a worker."""
        self._add(events.ValueWanted(inbox, value))

    def hurry(self, task: TaskId) -> None:
        """Say that the run waits for a task and can do nothing before it is done."""
        self._add(events.TaskUrgent(task))
        self.flush()

    def cancel(self, tasks: Iterable[TaskId]) -> None:
        """Forget tasks."""
        self._add(events.TasksCancelled(tuple(tasks)))

    def release(self, values: Iterable[ValueId]) -> None:
        """Say that the run will not refer to these values again."""
        self._add(events.ValuesReleased(tuple(values)))

    def end_run(self, inbox: Inbox) -> None:
        """Say that a run is over."""
        self._add(events.RunEnded(inbox))

    def _add(self, event: Event) -> None:
        self._close_batch()
        self._batch.append(event)

    def _close_batch(self) -> None:
        if self._tasks:
            self._batch.append(events.TasksSubmitted(self._inbox, self._tasks))
            self._tasks = []

    def _call(self, task: Task, values: dict[int, Payload]) -> Outcome:
        call = self._waiting.get(task.id)
        if call is not None:
            return self._calls.wait_for(call, self._contexts[task.id])
        return self._calls.run(task, values, self._contexts[task.id])

    def _prune(self) -> None:
        """Drop the contexts of tasks that are over."""
        tasks = self.scheduler.ledger.tasks
        if len(self._contexts) > 1000 + 2 * len(tasks):
            self._contexts = {task: context for task, context in self._contexts.items() if task in tasks}
            self._waiting = {task: call for task, call in self._waiting.items() if task in tasks}

    def _stories(self) -> tuple[str, ...]:
        tasks = self.scheduler.ledger.tasks.values()
        return tuple(self.scheduler.story(record.id) for record in tasks if record.state.unfinished)


class _CheckedScheduler(Scheduler):
    """Checks its own books after every event."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(history=True)

    def handle_all(self, batch: Iterable[Event], now: float) -> list[object]:  # type: ignore[override]
        commands: list[object] = []
        for event in batch:
            commands += self.handle(event, now)
            check(self.ledger)
        return commands
