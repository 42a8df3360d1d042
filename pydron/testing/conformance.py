"""Conformance kits: what every launcher and every engine must do, as functions without a test framework.

``check_launcher(make)`` and ``check_engine(make)`` raise `AssertionError` with what was promised and did not hold.
Authors of backends call them in their own tests.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from pydron.backend.launcher import Surroundings
from pydron.ids import TaskId, WorkerId
from pydron.sessions.bridge import Bridge
from pydron.tasks import Task
from pydron.transport.messages import Bye, Code, Done, DoneMany, Failed, Ready, Run, pack, unpack
from pydron.transport.pickling import Functions, dumps, load_failure, loads
from pydron.worker.likeness import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydron.backend.engine import Engine
    from pydron.backend.launcher import Handle, Launcher
    from pydron.tasks import Outcome
    from pydron.transport.messages import Message, Packed
    from pydron.transport.peer import Listener, Peer

__all__ = ["check_engine", "check_launcher"]

_PATIENCE = 30.0
_LINGER = 0.6
"""Seconds in which something that must not happen would have happened."""


class _Recorder:
    """Observer of one worker, and listener to it; keeps what happened, in order."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._changed = threading.Condition()
        self.happened: list[str] = []
        self.said: list[Message] = []
        self.peer: Peer | None = None
        self.reason = ""
        self.starting = False

    def _note(self, what: str) -> None:
        assert not self.starting, f"a launcher must not call back from within start(), but told that a worker {what}"
        with self._changed:
            self.happened.append(what)
            self._changed.notify_all()

    def joined(self, handle: Handle, peer: Peer) -> Listener:
        self.peer = peer
        peer.send([describe(handle.worker, b"kit", check=False, inline_limit=1 << 30)])
        self._note("joined")
        return self

    def ended(self, handle: Handle, reason: str) -> None:  # noqa: ARG002
        self.reason = reason
        self._note("ended")

    def received(self, messages: list[Message]) -> None:
        with self._changed:
            self.said += messages
            self._changed.notify_all()

    def lost(self, reason: str) -> None:
        """The end of the worker says it all."""

    def wait(self, holds: Callable[[], bool], what: str) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, _PATIENCE), f"waited in vain until {what}; happened: {self.happened}"

    def send(self, *messages: Message) -> None:
        def send() -> None:
            assert self.peer is not None
            self.peer.send(messages)

        self._bridge.ask(send)


def _start(bridge: Bridge, launcher: Launcher, name: str) -> tuple[Handle, _Recorder]:
    recorder = _Recorder(bridge)

    def start() -> Handle:
        recorder.starting = True
        try:
            return launcher.start(WorkerId(name), recorder)
        finally:
            recorder.starting = False

    return bridge.ask(start), recorder


def _add(one: int, other: int) -> int:
    return one + other


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


def _exit() -> None:
    raise SystemExit(3)


def _run(task: int, function: Callable[..., object], *args: object) -> list[Message]:
    shipped = Functions().ship(function, function.__name__)
    code = Code(shipped.key, shipped.name, pack(shipped.payload))
    return [code, Run(task, shipped.key, pack(dumps((args, {}))), (), True, 0)]


def check_launcher(make: Callable[[Surroundings], Launcher], surroundings: dict[str, object] | None = None) -> None:
    """Hold a launcher to its contract.

    Args:
        make: makes a fresh launcher of at least one worker.
        surroundings: fields of `Surroundings` other than the reactor.

    Raises:
        AssertionError: it does not keep it.
    """
    for check in (_joins_and_works, _kill_ends_it, _a_goodbye_ends_it, _close_leaves_nothing, _close_while_starting):
        bridge = Bridge()
        try:
            given = Surroundings(bridge.reactor, **(surroundings or {}))  # type: ignore[arg-type]
            launcher = bridge.ask(lambda given=given: make(given))  # type: ignore[misc]
            try:
                check(bridge, launcher)
            finally:
                bridge.ask(launcher.close)
        finally:
            bridge.stop()


def _joins_and_works(bridge: Bridge, launcher: Launcher) -> None:
    assert launcher.count >= 1, "count must say how many workers the entry asks for"
    assert launcher.prefix, "workers need names"
    handle, recorder = _start(bridge, launcher, "kit-0")
    assert handle.worker == "kit-0", "a handle must keep the name that was given"
    assert handle.host, "a handle must say which machine it is on"
    recorder.wait(lambda: any(isinstance(message, Ready) for message in recorder.said), "the worker was ready")
    recorder.send(*_run(1, _add, 2, 3))
    recorder.wait(lambda: 1 in _returned(recorder.said), "a task was done")
    packed = _returned(recorder.said)[1]
    assert packed is not None
    assert loads(unpack(packed)) == 5, "a call must return what it returns"
    recorder.send(*_run(2, _exit))
    recorder.wait(lambda: any(isinstance(message, Failed) for message in recorder.said), "a task failed")
    recorder.send(*_run(3, _add, 1, 1))
    recorder.wait(lambda: 3 in _returned(recorder.said), "a worker outlived a call that raised SystemExit")
    assert not bridge.ask(handle.stopped), "a worker that answers is not stopped"
    assert recorder.happened == ["joined"], f"a healthy worker must only join, but: {recorder.happened}"


def _returned(said: Iterable[Message]) -> dict[int, Packed | None]:
    """Return the tasks that have returned, with what they returned."""
    returned: dict[int, Packed | None] = {}
    for message in said:
        match message:
            case Done(task, packed):
                returned[task] = packed
            case DoneMany(tasks):
                returned.update((task, packed) for task, packed, *_ in tasks)
    return returned


def _kill_ends_it(bridge: Bridge, launcher: Launcher) -> None:
    handle, recorder = _start(bridge, launcher, "kit-0")
    recorder.wait(lambda: bool(recorder.said), "the worker was ready")
    recorder.send(*_run(1, _sleep, 2.0))
    bridge.ask(handle.kill)
    recorder.wait(lambda: "ended" in recorder.happened, "a killed worker had ended")
    bridge.ask(handle.kill)
    assert recorder.happened == ["joined", "ended"], f"ended must come once and last, but: {recorder.happened}"
    assert recorder.reason, "the end of a worker needs a reason"
    assert handle.pid in {0, os.getpid()} or not _exists(handle.pid), "the process of an ended worker must be gone"


def _a_goodbye_ends_it(bridge: Bridge, launcher: Launcher) -> None:
    _, recorder = _start(bridge, launcher, "kit-0")
    recorder.wait(lambda: bool(recorder.said), "the worker was ready")
    recorder.send(Bye())
    recorder.wait(lambda: "ended" in recorder.happened, "a worker had ended that was told to")
    assert recorder.happened == ["joined", "ended"]


def _close_leaves_nothing(bridge: Bridge, launcher: Launcher) -> None:
    started = [_start(bridge, launcher, f"kit-{number}") for number in range(2)]
    for _, recorder in started:
        recorder.wait(lambda recorder=recorder: bool(recorder.said), "the worker was ready")  # type: ignore[misc]
    bridge.ask(launcher.close)
    for handle, _ in started:
        assert handle.pid in {0, os.getpid()} or not _exists(handle.pid), "close must leave no process"


def _close_while_starting(bridge: Bridge, launcher: Launcher) -> None:
    handle, recorder = _start(bridge, launcher, "kit-0")
    bridge.ask(launcher.close)
    before = list(recorder.happened)
    bridge.ask(lambda: None)
    assert recorder.happened == before, "after close nobody must be told anything"
    assert handle.pid in {0, os.getpid()} or not _exists(handle.pid), "close must leave no process"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class _Endings:
    """The outcomes that an engine reported."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.outcomes: list[Outcome] = []
        self.submitting = threading.local()

    def add(self, outcome: Outcome) -> None:
        assert not getattr(self.submitting, "now", False), "an engine must not report from within submit()"
        with self._changed:
            self.outcomes.append(outcome)
            self._changed.notify_all()

    def wait(self, count: int) -> None:
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.outcomes) >= count, _PATIENCE)
        assert enough, f"waited in vain for {count} outcomes, there are {len(self.outcomes)}"

    def submit(self, engine: Engine, number: int, function: Callable[..., object], *args: object) -> None:
        shipped = Functions().ship(function, function.__name__)
        self.submitting.now = True
        try:
            engine.submit(Task(TaskId(number), shipped, dumps((args, {}))), self.add)
        finally:
            self.submitting.now = False


def _divide(one: int, other: int) -> float:
    return one / other


def _grow(items: list[int]) -> int:
    items.append(0)
    return len(items)


def check_engine(make: Callable[[], Engine]) -> None:
    """Hold an engine to its contract.

    Raises:
        AssertionError: it does not keep it.
    """
    for check in (_runs_each_once, _failures_are_outcomes, _snapshots, _cancelled_are_silent, _closed_are_silent):
        engine = make()
        try:
            assert engine.slots >= 1, "an engine needs room for a task"
            check(engine)
        finally:
            engine.close()


def _runs_each_once(engine: Engine) -> None:
    endings = _Endings()
    for number in range(50):
        endings.submit(engine, number, _add, number, 1)
    endings.wait(50)
    found = {outcome.task: loads(outcome.value) for outcome in endings.outcomes if outcome.value is not None}
    assert found == {number: number + 1 for number in range(50)}, "each task must end once, with its own value"


def _failures_are_outcomes(engine: Engine) -> None:
    endings = _Endings()
    endings.submit(engine, 1, _divide, 1, 0)
    endings.submit(engine, 2, _exit)
    endings.wait(2)
    kinds = set()
    for outcome in endings.outcomes:
        assert outcome.failure is not None, "an exception must be a failure"
        kinds.add(type(load_failure(outcome.failure)))
    assert kinds == {ZeroDivisionError, SystemExit}, f"exceptions must keep their type, but: {kinds}"
    endings.submit(engine, 3, _add, 1, 1)
    endings.wait(3)


def _snapshots(engine: Engine) -> None:
    endings = _Endings()
    items = [1, 2]
    endings.submit(engine, 1, _grow, items)
    items.append(3)
    endings.submit(engine, 2, _grow, items)
    endings.wait(2)
    found = {outcome.task: loads(outcome.value) for outcome in endings.outcomes if outcome.value is not None}
    assert found == {1: 3, 2: 4}, f"arguments must be what they were at the call, but: {found}"
    assert items == [1, 2, 3], "a call must not reach the arguments of its caller"


def _cancelled_are_silent(engine: Engine) -> None:
    endings = _Endings()
    for number in range(engine.slots + 5):
        endings.submit(engine, number, _sleep, 0.2)
    last = TaskId(engine.slots + 4)
    engine.cancel(last)
    engine.cancel(TaskId(1_000_000))
    endings.wait(engine.slots + 4)
    time.sleep(_LINGER)
    assert last not in {outcome.task for outcome in endings.outcomes}, "a cancelled task must not be heard of"


def _closed_are_silent(engine: Engine) -> None:
    endings = _Endings()
    endings.submit(engine, 1, _sleep, 0.1)
    engine.close()
    count = len(endings.outcomes)
    time.sleep(_LINGER)
    assert len(endings.outcomes) == count, "a closed engine must be silent"
