"""The records that cross between runtime, scheduler, transport and worker, and the interface between run and pool.

A *run* (one call of a scheduled function from ordinary code) lives in the user's thread. It turns functional calls into
`Task` records and hands them to a `Pool`; the pool answers with `Outcome` records, in any order, in the run's `Inbox`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from pydron.ids import TaskId, ValueId, WorkerId

__all__ = [
    "Buffer",
    "Captured",
    "Failure",
    "Function",
    "Inbox",
    "Outcome",
    "Payload",
    "Pool",
    "Requirements",
    "Site",
    "Task",
    "WaitingCall",
    "make_payload",
]


@dataclass(frozen=True, slots=True)
class Site:
    """Where in the user's source a call stands."""

    filename: str
    line: int
    function: str
    """Qualified name of the scheduled function."""

    def __str__(self) -> str:
        return f"{self.filename}:{self.line} in {self.function}"


class Kept(Protocol):
    """A buffer whose bytes are elsewhere, where other processes of the host find them too."""

    nbytes: int

    def map(self) -> memoryview | bytearray:
        """Return the bytes, to be changed at will: nobody else sees that."""

    def view(self) -> memoryview:
        """Return the bytes to be read."""


Buffer: TypeAlias = bytes | bytearray | memoryview | Kept


class Payload(NamedTuple):
    """One pickled object: protocol 5 stream plus its out-of-band buffers."""

    data: bytes
    buffers: tuple[Buffer, ...] = ()

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.data) + sum(map(_size, self.buffers))

    @property
    def raw(self) -> list[bytes | bytearray | memoryview]:
        """The bytes of the buffers, to be read."""
        return [_raw(buffer) for buffer in self.buffers]

    @property
    def kept(self) -> int:
        """Bytes of buffers that are elsewhere."""
        return sum(buffer.nbytes for buffer in self.buffers if not isinstance(buffer, bytes | bytearray | memoryview))


make_payload: Callable[[tuple[bytes, tuple[Buffer, ...]]], Payload] = partial(tuple.__new__, Payload)
"""Makes a payload of the pair of its parts. Each call has two, and `Payload` itself is Python code and takes longer."""


def _raw(buffer: Buffer) -> bytes | bytearray | memoryview:
    return buffer if isinstance(buffer, bytes | bytearray | memoryview) else buffer.view()


def _size(buffer: Buffer) -> int:
    return len(buffer) if isinstance(buffer, bytes | bytearray) else buffer.nbytes


@dataclass(frozen=True, slots=True)
class Function:
    """A functional callable in the form it is shipped: once per worker, known by its content."""

    key: bytes
    """Digest of the content."""
    name: str
    """Qualified name, for messages."""
    payload: Payload


@dataclass(frozen=True, slots=True)
class Requirements:
    """What one task asks of the worker that runs it."""

    cores: int = 1
    retries: int = 3
    """How often a task is tried again after the worker that ran it died."""


DEFAULT_REQUIREMENTS = Requirements()


@dataclass(slots=True)
class Task:
    """A dispatched functional call.

    `arguments` is the pickled pair ``(args, kwargs)``. Where an argument is the value of another task the pair holds
    ``None`` and `references` says what to put there: ``(0, value)`` for a position, ``("name", value)`` for a keyword.
    """

    id: TaskId
    function: Function
    arguments: Payload
    references: tuple[tuple[int | str, ValueId], ...] = ()
    site: Site | None = None
    requirements: Requirements = DEFAULT_REQUIREMENTS
    want_value: bool = False
    """The driver needs the value itself as soon as there is one, whatever its size."""
    likeness: int = -1
    """What the driver was like when the call was made: a number that the pool gives out."""
    marks: tuple[int, ...] = ()
    """Where it stands in its program, if not behind all tasks with lower numbers: behind the task of the first number
    and before all later ones; among the tasks for which that is the same, behind that of the second; and so on."""


@dataclass(slots=True, eq=False)
class WaitingCall:
    """A dispatched call of a functional coroutine function, which waits on an event loop of the driver's process."""

    id: TaskId
    function: Callable[..., Awaitable[object]]
    name: str
    """Qualified name, for messages."""
    args: tuple[object, ...]
    kwargs: dict[str, object]
    at_once: int | None = None
    """How many calls of this function may be under way at a time."""
    loop: AbstractEventLoop | None = None
    """Where it waits; None for the loop that sequential code has for that."""
    copied: Callable[[], tuple[tuple[object, ...], dict[str, object]]] | None = None
    """Gives a copy of the arguments as they were when the call was made; without it they are passed themselves."""

    def arguments(self) -> tuple[tuple[object, ...], dict[str, object]]:
        """Return the arguments that the function gets."""
        return (self.args, self.kwargs) if self.copied is None else self.copied()


@dataclass(frozen=True, slots=True)
class Captured:
    """Something a functional call wrote, to be shown in the driver when the call retires."""

    stream: str
    """``"stdout"``, ``"stderr"``, ``"log"`` or ``"warning"``."""
    content: bytes
    """UTF-8 text for the streams; a pickled `logging.LogRecord` dictionary or warning for the others."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception that a call raised, in parts, because pickling an exception loses most of them.

    `payload` holds the exception object with its cause, context, notes; see `pydron.transport.pickling.load_failure`.
    """

    payload: Payload
    text: str
    """The traceback as text, for when the payload cannot be read."""


@dataclass(slots=True)
class Outcome:
    """How a task ended.

    Exactly one of `value`, `failure` and `lost` is set, or none: the value stays on a worker. If `own` is set it is
    none of them: the call was made in the driver's process, `result` or `raised` is its own object.
    """

    task: TaskId
    value: Payload | None = None
    failure: Failure | None = None
    lost: BaseException | None = None
    """The pool gave up on the task: a ready-made exception such as `WorkerLost`."""
    size: int = 0
    """Bytes of the value, wherever it is."""
    captured: tuple[Captured, ...] = ()
    seconds: float = 0.0
    """Run time of the call itself on the worker."""
    worker: WorkerId | None = None
    own: bool = False
    result: object = None
    raised: BaseException | None = None


@dataclass(slots=True)
class Inbox:
    """Where outcomes of one run arrive. Filled from any thread, emptied by the run's own."""

    outcomes: deque[Outcome] = field(default_factory=deque)


class Pool(Protocol):
    """What a run needs of whatever executes its tasks.

    Called from the run's thread only; never runs user code of a task.

    An outcome is delivered exactly once for each submitted task that has not been cancelled. When a value stays on a
    worker, the first outcome has neither value nor failure; `fetch` brings a second outcome with the value.
    """

    @property
    def slots(self) -> int:
        """How many tasks can run at the same time, as far as is known."""

    def likeness(self) -> int:
        """Return the number of what a task submitted now would run in: directory, decimal context and the like."""

    def look_again(self) -> None:
        """Take note that code of the program runs next: after it that may be something else."""

    def new_task_id(self) -> TaskId:
        """Return a fresh number, larger than any before."""

    def function(self, function: Callable[..., object], name: str) -> Function:
        """Return the shipped form of a callable; cached while neither it nor what it refers to has changed.

        Raises:
            pydron.errors.UnpicklableError: the callable cannot be pickled; names the path to the culprit.
        """

    def dumps_call(
        self, function: Callable[..., object], name: str, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> Payload:
        """Pickle a snapshot of the arguments of a call: later changes of them do not show in the payload.

        Raises:
            pydron.errors.UnpicklableError: an argument cannot be pickled; names it and the path to the culprit.
        """

    def loads(self, payload: Payload) -> object:
        """Rebuild a value. Arrays come out writable."""

    def load_failure(self, failure: Failure) -> BaseException:
        """Rebuild the user's exception with cause, context, notes and the frames of the worker in its traceback."""

    def submit(self, task: Task, inbox: Inbox) -> bool:
        """Take a task. May be buffered until `flush` or `wait`; return whether it is time for that."""

    def copy_call(
        self, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> tuple[Payload, Callable[[], tuple[tuple[object, ...], dict[str, object]]]] | None:
        """Return a snapshot of the arguments of a waiting call, and what copies them; None if they cannot be copied."""

    def begin(self, call: WaitingCall, inbox: Inbox) -> bool:
        """Make a waiting call on the event loop for them. As with `submit`, return whether it is time for `flush`."""

    @property
    def places(self) -> int:
        """How many waiting calls can be under way at the same time."""

    def flush(self) -> None:
        """Send on what is buffered."""

    def wait(self, inbox: Inbox, timeout: float | None = None) -> None:
        """Flush, then block until the inbox holds an outcome or `timeout` seconds have passed. Ctrl-C interrupts it."""

    def listen(self, inbox: Inbox, ring: Callable[[], None], *, patient: bool) -> None:
        """Flush, and have `ring` called, in whatever thread, as soon as the inbox holds an outcome.

        Unless the run is `patient` it wants to be woken after a while without an outcome; a pool whose clock is not
        that of the world has to see to that.
        """

    def unlisten(self, inbox: Inbox) -> None:
        """Take back a `listen`."""

    def pass_on(self, task: TaskId, error: BaseException) -> bool:
        """Cancel a waiting call that was given a loop, which still has an outcome; return whether it can be.

        Args:
            task: the call.
            error: what whoever waits for the call was cancelled with.
        """

    def fetch(self, value: ValueId, inbox: Inbox) -> None:
        """Ask for a value that stayed on a worker; it arrives as an outcome."""

    def hurry(self, task: TaskId) -> None:
        """Say that the run can do nothing before this task is done: calls that come later must not hold it up."""

    def end_run(self, inbox: Inbox) -> None:
        """Say that a run is over: nothing of it is of interest any more."""

    def cancel(self, tasks: Iterable[TaskId]) -> None:
        """Forget tasks: none of them is heard of again, running ones are stopped if they do not end soon."""

    def release(self, values: Iterable[ValueId]) -> None:
        """Say that the run will not refer to these values again."""
