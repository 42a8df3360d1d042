"""The pool that runs talk to: called in the user's threads, handed over to the reactor's thread in batches."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

from pydron.errors import PydronError
from pydron.ids import TaskId
from pydron.scheduler import events
from pydron.transport.codec import dumps, loads
from pydron.transport.functions import Functions
from pydron.worker.likeness import Observer, decimal_mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydron.ids import ValueId
    from pydron.tasks import Failure, Function, Inbox, Outcome, Payload, Task

__all__ = ["SessionPool"]


class SessionPool:
    """Implements `pydron.tasks.Pool` on the workers of a session."""

    def __init__(self, hand_over: Callable[[], None], slots: int) -> None:
        """Make the pool.

        Args:
            hand_over: makes the reactor's thread call `take` soon.
            slots: how many tasks the workers can run at the same time.
        """
        self._hand_over = hand_over
        self.slots = slots
        self._functions = Functions()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._buffer: list[events.Event] = []
        self._open: tuple[Inbox, list[Task]] | None = None
        """The last batch of tasks in the buffer, while more can be added."""
        self.observer = Observer()
        self._likeness = 0
        self._decimal: object = None
        self._likenesses: dict[TaskId, int] = {}
        self._handed = False
        self._waiting: dict[int, threading.Lock] = {}
        self._problem: Exception | None = None

    # What runs call.

    def likeness(self) -> object:
        """Return a mark of what the driver is like now."""
        return self.observer.note()

    def new_task_id(self) -> TaskId:
        """Return a fresh number, larger than any before."""
        return TaskId(next(self._numbers))

    def function(self, function: Callable[..., object], name: str) -> Function:
        """Return the shipped form of a callable."""
        return self._functions.ship(function, name)

    def dumps_call(
        self, function: Callable[..., object], name: str, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> Payload:
        """Pickle a snapshot of the arguments of a call."""
        try:
            return dumps((args, kwargs))
        except MemoryError:
            raise
        except Exception as problem:
            from pydron.transport.culprits import refused_argument

            raise refused_argument(function, name, args, kwargs, problem) from None

    def loads(self, payload: Payload) -> object:
        """Rebuild a value."""
        # The payload may be sent to workers later: what the user does to the value must not show in it.
        return loads(payload, copy=True)

    def load_failure(self, failure: Failure) -> BaseException:
        """Rebuild the user's exception."""
        from pydron.transport.failures import load_failure

        return load_failure(failure)

    def submit(self, task: Task, inbox: Inbox) -> None:
        """Take a task; it goes out with the next `flush` or `wait`."""
        with self._lock:
            batch = self._open
            mark = decimal_mark()
            if batch is not None and batch[0] is inbox and mark == self._decimal:
                batch[1].append(task)
            else:
                self._likeness, self._decimal = self.observer.note(), mark
                self._open = batch = (inbox, [task])
                self._buffer.append(events.TasksSubmitted(inbox, batch[1]))
            self._likenesses[task.id] = self._likeness

    def flush(self) -> None:
        """Send on what is buffered."""
        if self._problem is not None:
            raise PydronError(f"the session has broken down: {self._problem!r}") from self._problem
        if self._buffer and not self._handed:
            with self._lock:
                if self._handed:
                    return
                self._handed = True
            self._hand_over()

    def wait(self, inbox: Inbox, timeout: float | None = None) -> None:
        """Flush, then block until the inbox holds an outcome or the time is up."""
        self.flush()
        if inbox.outcomes:
            return
        gate = threading.Lock()
        gate.acquire()
        self._waiting[id(inbox)] = gate
        try:
            if not inbox.outcomes:
                gate.acquire(timeout=-1 if timeout is None else timeout)
                if self._problem is not None:
                    self.flush()
        finally:
            self._waiting.pop(id(inbox), None)

    def fetch(self, value: ValueId, inbox: Inbox) -> None:
        """Ask for a value that stayed on a worker."""
        self._add(events.ValueWanted(inbox, value))
        self.flush()

    def hurry(self, task: TaskId) -> None:
        """Say that the run waits for a task and can do nothing before it is done."""
        self._add(events.TaskUrgent(task))
        self.flush()

    def cancel(self, tasks: Iterable[TaskId]) -> None:
        """Forget tasks."""
        self._add(events.TasksCancelled(list(tasks)))
        self.flush()

    def release(self, values: Iterable[ValueId]) -> None:
        """Say that the run will not refer to these values again."""
        self._add(events.ValuesReleased(list(values)))

    def end_run(self, inbox: Inbox) -> None:
        """Say that a run is over."""
        self._add(events.RunEnded(inbox))
        self.flush()

    def _add(self, event: events.Event) -> None:
        with self._lock:
            self._buffer.append(event)
            self._open = None

    # What the reactor's thread calls.

    def idle_functions(self) -> list[bytes]:
        """Return the keys of functions that workers may forget."""
        return self._functions.idle()

    def take(self) -> tuple[list[events.Event], dict[TaskId, int]]:
        """Return what runs have asked for since the last time, and the likeness for each task."""
        with self._lock:
            taken, self._buffer = self._buffer, []
            likenesses, self._likenesses = self._likenesses, {}
            self._open = None
            self._handed = False
        return taken, likenesses

    def break_down(self, problem: Exception) -> None:
        """Let everybody who waits know that nothing will come any more."""
        self._problem = self._problem or problem
        for key in list(self._waiting):
            gate = self._waiting.pop(key, None)
            if gate is not None:
                gate.release()

    def deliver(self, run: object, outcomes: list[Outcome]) -> None:
        """Put outcomes into the inbox of a run and wake its thread."""
        inbox: Inbox = run  # type: ignore[assignment]
        inbox.outcomes.extend(outcomes)
        gate = self._waiting.pop(id(inbox), None)
        if gate is not None:
            gate.release()
