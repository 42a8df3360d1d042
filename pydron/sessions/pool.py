"""The pool that runs talk to: called in the user's threads, handed over to the reactor's thread in batches."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from functools import partial
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from pydron.errors import PydronError
from pydron.interrupts import HeldBack, is_interrupt
from pydron.scheduler import events
from pydron.sessions.depot import Depot
from pydron.sessions.snapshots import Snapshots
from pydron.transport.codec import dumps_call, loads
from pydron.transport.functions import Functions
from pydron.waiting.rooms import WaitingRooms
from pydron.worker.likeness import DecimalNote, Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydron.ids import TaskId, ValueId
    from pydron.sessions.plant import Plant
    from pydron.tasks import Failure, Inbox, Outcome, Payload, Task, WaitingCall

__all__ = ["SessionPool"]

_FASTEST, _SLOWEST = 0.0005, 0.004
"""Seconds of calls that are handed on together, at first, and when a run goes on making calls."""
_TURN = 0.05
"""Seconds that a run waits at most while the reactor's thread does what there is to do."""


def _is_main() -> bool:
    return threading.get_ident() == threading.main_thread().ident


class _Noted(NamedTuple):
    """What the driver was like when a run submitted a task."""

    inbox: Inbox
    decimal: DecimalNote
    likeness: int


class _Listener(NamedTuple):
    """One who does not block until there are outcomes."""

    release: Callable[[], None]


class SessionPool:
    """Implements `pydron.tasks.Pool` on the workers of a session."""

    def __init__(
        self,
        hand_over: Callable[[], None],
        plant: Callable[[], Plant | None],
        slots: int,
        limit: int | None = None,
        waiting: WaitingRooms | None = None,
    ) -> None:
        """Make the pool.

        Args:
            hand_over: makes the reactor's thread call `take` soon.
            plant: returns where the reactor is, which a run may borrow; None if there is none.
            slots: how many tasks the workers can run at the same time.
            limit: bytes of arguments that may be held in memory, if that is limited.
            waiting: where waiting calls are made.
        """
        self._rooms = waiting or WaitingRooms()
        self._hand_over = hand_over
        self._plant = plant
        self.slots = slots
        self.checks = False
        """Calls are checked for what functional functions promise."""
        self._functions = Functions()
        self.function = self._functions.ship
        """Returns the shipped form of a callable."""
        self.loads = partial(loads, copy=True)
        """Rebuilds a value. It is a copy: the payload may be sent to workers after the user has changed the value."""
        self.depot = Depot(limit)
        self._delivered = 0
        """How many outcomes there were."""
        self.snapshots = Snapshots(self.depot, self.flush, lambda: self._delivered)
        self.new_task_id = cast("Callable[[], TaskId]", itertools.count(1).__next__)
        """Returns a fresh number, larger than any before."""
        self._asked: deque[events.Event | tuple[Task, Inbox]] = deque()
        """What runs have asked for. Filled by their threads, emptied by the reactor's; no lock is needed for that."""
        self.observer = Observer()
        self._noting = threading.Lock()
        self._noted: _Noted | None = None
        """What the driver was like at the last task, as long as it may still be."""
        self._handed = False
        """Whether the reactor's thread is going to call `take`."""
        self._due = 0.0
        """When what runs submit should be handed on, by `time.perf_counter`; 0 before the first of it."""
        self._pace = _FASTEST
        self._turns: deque[threading.Lock] = deque()
        """What those wait for who let the reactor's thread have its turn."""
        self._waiting: dict[int, threading.Lock | _Listener] = {}
        self._willing: Inbox | None = None
        """What the main thread waits for, which might turn the reactor itself meanwhile."""
        self._problem: Exception | None = None
        self._used = False
        """There was a task."""

    # What runs call.

    def likeness(self) -> int:
        """Return the number of what the driver is like now."""
        return self.observer.note()

    def look_again(self) -> None:
        """Take note that code of the program runs next, after which the driver may be like something else."""
        self._noted = None

    def dumps_call(
        self, function: Callable[..., object], name: str, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> Payload:
        """Pickle a snapshot of the arguments of a call."""
        try:
            return dumps_call(args, kwargs, self.snapshots.keep)
        except MemoryError:
            raise
        except Exception as problem:
            if self._problem is not None or is_interrupt(problem):
                raise
            from pydron.transport.culprits import refused_argument

            raise refused_argument(function, name, args, kwargs, problem) from None

    def load_failure(self, failure: Failure) -> BaseException:
        """Rebuild the user's exception."""
        from pydron.transport.failures import load_failure

        return load_failure(failure)

    def submit(self, task: Task, inbox: Inbox) -> bool:
        """Take a task; it goes out with the next `flush` or `wait`. Return whether that should be soon."""
        noted = self._noted
        if noted is None or noted.inbox is not inbox or not noted.decimal.is_current():
            noted = self._note(inbox)
        task.likeness = noted.likeness
        self._used = True
        self._asked.append((task, inbox))
        due = self._due
        return perf_counter() >= due if due else self._is_due()

    def _is_due(self) -> bool:
        """Say whether it is time to hand on what was asked for."""
        due = self._due
        if due:
            return perf_counter() >= due
        self._due = perf_counter() + self._pace
        return False

    def _note(self, inbox: Inbox) -> _Noted:
        with self._noting:
            noted = self._noted = _Noted(inbox, DecimalNote(), self.observer.note())
        return noted

    def copy_call(
        self, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> tuple[Payload, Callable[[], tuple[tuple[object, ...], dict[str, object]]]] | None:
        """Return a snapshot of the arguments of a waiting call, and what copies them; None if they cannot be copied."""
        try:
            payload = dumps_call(args, kwargs)
        except Exception:
            return None
        return payload, lambda: cast("tuple[tuple[object, ...], dict[str, object]]", loads(payload, copy=True))

    def begin(self, call: WaitingCall, inbox: Inbox) -> bool:
        """Make a waiting call; its loop learns of it with the next `flush` or `wait`. Return whether that is due."""
        self._rooms.begin(call, lambda outcome: self._arrived(inbox, outcome))
        return self._is_due()

    @property
    def places(self) -> int:
        """How many waiting calls can be under way at the same time."""
        return self._rooms.places

    def close_rooms(self) -> None:
        """Make no more waiting calls."""
        self._rooms.close()

    def flush(self) -> None:
        """Send on what is buffered, and let the reactor's thread do what there is to do before going on.

        It needs the interpreter's lock, which it would not get for long while this thread computes.
        """
        self._hand_on()
        if self._handed:
            gate = threading.Lock()
            gate.acquire()
            self._turns.append(gate)
            if self._handed:
                gate.acquire(timeout=_TURN)
        self._pace = min(2 * self._pace, _SLOWEST)
        self._due = perf_counter() + self._pace

    def _hand_on(self) -> None:
        if self._problem is not None:
            raise PydronError(f"the session has broken down: {self._problem!r}") from self._problem
        self._rooms.flush()
        # Whoever finds the mark set has added what he asks for before the reactor takes the mark away and looks.
        if self._asked and not self._handed:
            self._handed = True
            try:
                self._hand_over()
            except BaseException:
                self._handed = False
                raise

    def _hand_on_if_open(self) -> None:
        """Send on what nobody waits for."""
        try:
            self._hand_on()
        except PydronError:
            # The workers are gone, and with them all that it is about.
            pass

    def wait(self, inbox: Inbox, timeout: float | None = None) -> None:
        """Flush, then block until the inbox holds an outcome or the time is up."""
        end = None if timeout is None else monotonic() + timeout
        self._due, self._pace = 0.0, _FASTEST
        if inbox.outcomes:
            self._hand_on()
        while not inbox.outcomes and (end is None or monotonic() < end):
            if not self._serve(inbox, end):
                self._sleep(inbox, end)
            if self._problem is not None:
                self._hand_on()

    def _serve(self, inbox: Inbox, end: float | None) -> bool:
        """Turn the reactor until the inbox holds an outcome or the time is up, if it can be borrowed; return whether.

        In the main thread only: workers that are started now end with the thread that starts them.
        """
        plant = self._plant()
        if plant is None or not plant.bridge.lent or not _is_main():
            return False
        with HeldBack(alarm=plant.bridge.reactor.wake) as held:
            if not plant.bridge.borrow():
                return False
            self._rooms.flush()
            self._waiting[id(inbox)] = _Listener(plant.bridge.wake)
            try:
                plant.turn_until(lambda: bool(inbox.outcomes or held.pressed or self._problem is not None), end)
            finally:
                self._waiting.pop(id(inbox), None)
        return True

    def _sleep(self, inbox: Inbox, end: float | None) -> None:
        """Block until the inbox holds an outcome, the reactor can be borrowed or the time is up."""
        self._hand_on()
        gate = threading.Lock()
        gate.acquire()
        self._waiting[id(inbox)] = gate
        if _is_main():
            self._willing = inbox
        try:
            if not inbox.outcomes:
                gate.acquire(timeout=-1 if end is None else max(0.0, end - monotonic()))
        finally:
            if self._willing is inbox:
                self._willing = None
            self._waiting.pop(id(inbox), None)

    def listen(self, inbox: Inbox, ring: Callable[[], None], *, patient: bool) -> None:  # noqa: ARG002 - time is the bell's
        """Flush, and have `ring` called, in whatever thread, as soon as the inbox holds an outcome."""
        self._hand_on()
        self._due, self._pace = 0.0, _FASTEST
        self._waiting[id(inbox)] = _Listener(ring)
        if inbox.outcomes:
            self._wake(inbox)

    def unlisten(self, inbox: Inbox) -> None:
        """Take back a `listen`."""
        self._waiting.pop(id(inbox), None)

    def pass_on(self, task: TaskId, error: BaseException) -> bool:
        """Cancel a waiting call that was given a loop."""
        return self._rooms.pass_on(task, error)

    def fetch(self, value: ValueId, inbox: Inbox) -> None:
        """Ask for a value that stayed on a worker."""
        self._add(events.ValueWanted(inbox, value))
        self._hand_on()

    def hurry(self, task: TaskId) -> None:
        """Say that the run waits for a task and can do nothing before it is done."""
        if task in self._rooms:
            return
        self._add(events.TaskUrgent(task))
        self._hand_on()

    def cancel(self, tasks: Iterable[TaskId]) -> None:
        """Forget tasks."""
        others = self._rooms.cancel(tasks)
        if others:
            self._add(events.TasksCancelled(others))
            self._hand_on_if_open()

    def release(self, values: Iterable[ValueId]) -> None:
        """Say that the run will not refer to these values again."""
        self._add(events.ValuesReleased(list(values)))

    def end_run(self, inbox: Inbox) -> None:
        """Say that a run is over."""
        if not self._used:
            return
        self._add(events.RunEnded(inbox))
        plant = self._plant()
        if plant is None or not plant.bridge.lent:
            self._hand_on_if_open()

    def _add(self, event: events.Event) -> None:
        self._asked.append(event)
        self._noted = None

    # What the reactor's thread calls.

    def idle_functions(self) -> list[bytes]:
        """Return the keys of functions that workers may forget."""
        return self._functions.idle()

    def take(self) -> list[events.Event]:
        """Return what runs have asked for since the last time, tasks of one run together."""
        self._handed = False
        self._noted = None
        asked: deque[Any] = self._asked
        taken: list[events.Event] = []
        open_for: Inbox | None = None
        tasks: list[Task] = []
        for _ in range(len(asked)):
            each = asked.popleft()
            if type(each) is not tuple:
                taken.append(each)
                open_for = None
                continue
            task, inbox = each
            if inbox is not open_for:
                tasks, open_for = [], inbox
                taken.append(events.TasksSubmitted(inbox, tasks))
            tasks.append(task)
        return taken

    def taken(self) -> None:
        """Let those go on who wait for this thread to have its turn."""
        while self._turns:
            self._turns.popleft().release()

    def break_down(self, problem: Exception) -> None:
        """Let everybody who waits know that nothing will come any more."""
        self._problem = self._problem or problem
        for key in list(self._waiting):
            gate = self._waiting.pop(key, None)
            if gate is not None:
                gate.release()

    @property
    def is_waited_for(self) -> bool:
        """Whether the main thread waits, and might turn the reactor itself."""
        return self._willing is not None

    def borrower(self) -> Callable[[], None] | None:
        """Return what lets the main thread go on, if that waits and might turn the reactor itself."""
        inbox = self._willing
        gate = None if inbox is None else self._waiting.pop(id(inbox), None)
        return None if gate is None else gate.release

    def deliver(self, run: object, outcomes: list[Outcome]) -> None:
        """Put outcomes into the inbox of a run and wake its thread."""
        inbox: Inbox = run  # type: ignore[assignment]
        inbox.outcomes.extend(outcomes)
        self._delivered += len(outcomes)
        self._wake(inbox)

    def _arrived(self, inbox: Inbox, outcome: Outcome) -> None:
        inbox.outcomes.append(outcome)
        self._wake(inbox)

    def _wake(self, inbox: Inbox) -> None:
        gate = self._waiting.pop(id(inbox), None)
        if gate is not None:
            gate.release()
