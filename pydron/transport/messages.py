"""The messages between driver and worker: one table of kinds, each a record with named fields.

On the wire a message is the plain tuple ``(kind, *fields)`` of numbers, texts, bytes, tuples, lists and
`pickle.PickleBuffer` objects; nothing in it can execute code when a frame is read. Values of the user travel inside as
`Payload` parts and are unpickled only by whoever needs them. Within one connection messages arrive in the order in
which they were sent.

Driver to worker: `Setup`, `Segments`, `Returned`, `Definition`, `Code`, `Forget`, `Run`, `RunMany`, `Put`, `Fetch`,
`Free`, `Recall`, `Ping`, `Likeness`, `Bye`. Worker to driver: `Ready`, `Returned`, `Done`, `DoneMany`, `Failed`,
`Value`, `Missing`, `Recalled`, `Pong`.
"""

from __future__ import annotations

from pickle import PickleBuffer
from typing import TYPE_CHECKING, NamedTuple

from pydron.errors import ProtocolError
from pydron.tasks import Payload, make_payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.tasks import Buffer, Kept
    from pydron.transport.segments import Grant, Place

__all__ = [
    "Bye",
    "Code",
    "Definition",
    "Done",
    "DoneMany",
    "Failed",
    "Fetch",
    "Forget",
    "Free",
    "Likeness",
    "Message",
    "Missing",
    "Ping",
    "Pong",
    "Put",
    "Ready",
    "Recall",
    "Recalled",
    "Returned",
    "Run",
    "RunMany",
    "Segments",
    "Setup",
    "Value",
    "Wire",
    "from_wire",
    "pack",
    "places",
    "to_wire",
    "unpack",
]

Packed = bytes | tuple[object, ...]
"""A `Payload` on the wire: its stream alone, or the stream followed by its buffers."""


class Setup(NamedTuple):
    """Make the worker part of a session. The first message after authentication, and sent only once."""

    worker: str
    session: bytes
    argv: tuple[str, ...]
    check: bool
    inline_limit: int
    """Results of at most this many bytes, buffers in segments not counted, go back with `Done`; others stay."""
    segments: tuple[Grant, ...]
    """Where the worker may put large buffers, the fastest first."""
    memory: int | None
    """Bytes that the worker may use, if that is limited."""


class Likeness(NamedTuple):
    """What the driver was like when tasks were submitted; each task names the one that it is to run in."""

    number: int
    directory: str
    path: tuple[str, ...]
    environment: tuple[tuple[bytes, bytes | None], ...]
    """What has changed in the driver's environment since the session began."""
    recursion_limit: int
    filters: Packed
    """Pickled `warnings.filters`."""
    disabled: int
    """As of `logging.disable`."""
    levels: tuple[tuple[str, int], ...]
    """Loggers that have a level."""
    decimal: Packed
    """Pickled decimal context of the thread, or empty."""
    variables: Packed = b""
    """Pickled context variables and their values, or empty."""
    floating: tuple[tuple[str, str], ...] = ()
    """What numpy does about floating-point errors, see `numpy.seterr`, or empty."""


class Definition(NamedTuple):
    """A class or sentinel that is shipped by value and must keep one identity. Loaded when first needed."""

    key: bytes
    payload: Packed


class Code(NamedTuple):
    """A functional callable, before the first task that calls it."""

    key: bytes
    name: str
    payload: Packed


class Forget(NamedTuple):
    """Drop callables, once the tasks sent before have run. They are sent again if they are needed again."""

    keys: tuple[bytes, ...]


class Run(NamedTuple):
    """Run a task after those sent before. Answered by `Done` or `Failed`, unless recalled."""

    task: int
    function: bytes
    arguments: Packed
    references: tuple[tuple[int | str, int], ...]
    want_value: bool
    likeness: int
    """Number of the `Likeness` to run in."""
    site: tuple[str, int] | None = None
    """File and line where the call stands, if the session checks contracts."""


class RunMany(NamedTuple):
    """Run tasks of one function that refer to nothing, in this order, as so many `Run` would say it at more length."""

    function: bytes
    likeness: int
    tasks: list[tuple[int, Packed]]
    """Number and arguments of each."""


class Put(NamedTuple):
    """Keep a replica of a value."""

    value: int
    payload: Packed


class Fetch(NamedTuple):
    """Send a value; answered by `Value` or `Missing`."""

    value: int


class Segments(NamedTuple):
    """Open these segments; what is sent next may refer to them."""

    grants: tuple[Grant, ...]


class Returned(NamedTuple):
    """Buffers that were lent and are not read any more, once for each time that they were lent. Goes both ways."""

    places: tuple[Place, ...]


class Free(NamedTuple):
    """Drop values that nobody will ask for again."""

    values: tuple[int, ...]


class Recall(NamedTuple):
    """Give tasks back that have not been started; answered by one `Recalled`."""

    tasks: tuple[int, ...]


class Ping(NamedTuple):
    """Prove to be alive; answered by `Pong` even while a task runs."""

    number: int


class Bye(NamedTuple):
    """End the process now."""


class Ready(NamedTuple):
    """The worker has taken its `Setup` and waits for tasks."""

    pid: int
    version: str
    shares: bool
    """It can open segments of this host."""


class Done(NamedTuple):
    """A task has returned. Without a payload the value stays on the worker under the task's number."""

    task: int
    payload: Packed | None
    size: int
    seconds: float
    captured: tuple[tuple[str, bytes], ...]


class DoneMany(NamedTuple):
    """Tasks have returned and written nothing, as so many `Done` would say it at more length."""

    tasks: list[tuple[int, Packed | None, int, float]]
    """What `Done` says of each, but for what it wrote."""


class Failed(NamedTuple):
    """A task has raised."""

    task: int
    payload: Packed
    text: str
    seconds: float
    captured: tuple[tuple[str, bytes], ...]


class Value(NamedTuple):
    """A value that was fetched."""

    value: int
    payload: Packed


class Missing(NamedTuple):
    """A value that was fetched, or that a task needed, is not here."""

    value: int


class Recalled(NamedTuple):
    """The tasks among those recalled that had not been started; they are forgotten here."""

    tasks: tuple[int, ...]


class Pong(NamedTuple):
    """The worker reads its messages. `running` is the task it is at, or -1."""

    number: int
    running: int


Message = (
    Setup
    | Segments
    | Returned
    | Likeness
    | Definition
    | Code
    | Forget
    | Run
    | RunMany
    | Put
    | Fetch
    | Free
    | Recall
    | Ping
    | Bye
    | Ready
    | Done
    | DoneMany
    | Failed
    | Value
    | Missing
    | Recalled
    | Pong
)
Wire = tuple[object, ...]

_KINDS: tuple[type[Message], ...] = (
    Setup, Segments, Returned, Likeness, Definition, Code, Forget, Run, RunMany, Put, Fetch, Free, Recall, Ping,
    Bye, Ready, Done, DoneMany, Failed, Value, Missing, Recalled, Pong,
)  # fmt: skip
OUT_OF_BAND = 32 * 1024
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}


def to_wire(message: Message) -> Wire:
    """Flatten a message for the frame."""
    return (_NUMBERS[type(message)], *message)


def from_wire(wire: Wire) -> Message:
    """Rebuild a message.

    Raises:
        ProtocolError: no such kind, or the wrong number of fields.
    """
    try:
        return _KINDS[wire[0]]._make(wire[1:])  # type: ignore[call-overload,no-any-return]
    except (TypeError, IndexError) as error:
        raise ProtocolError(f"not a message: {str(wire)[:80]} ({error})") from None


def pack(payload: Payload, lend: Callable[[Kept], Place] | None = None) -> Packed:
    """Put a payload into its wire form: what is large travels beside the frame's envelope, uncopied.

    Args:
        payload: an object.
        lend: tells how a buffer is called that is kept elsewhere, for somebody who can look there.
    """
    if not payload.buffers:
        return payload.data if len(payload.data) < OUT_OF_BAND else (PickleBuffer(payload.data),)
    return (PickleBuffer(payload.data), *[_pack_buffer(buffer, lend) for buffer in payload.buffers])


def _pack_buffer(buffer: Buffer, lend: Callable[[Kept], Place] | None) -> PickleBuffer | Place:
    if isinstance(buffer, bytes | bytearray | memoryview):
        return PickleBuffer(buffer)
    return PickleBuffer(buffer.view()) if lend is None else lend(buffer)


def unpack(packed: Packed, borrow: Callable[[Place], Kept] | None = None) -> Payload:
    """Read a payload from its wire form.

    Args:
        packed: what `pack` made.
        borrow: finds the buffers that are kept elsewhere.
    """
    if type(packed) is bytes:
        return make_payload((packed, ()))
    return Payload(packed[0], tuple([borrow(part) if type(part) is tuple else part for part in packed[1:]]))  # type: ignore[misc,arg-type]


def places(packed: Packed) -> list[Place]:
    """List the buffers of a payload that are kept elsewhere."""
    return [part for part in packed[1:] if type(part) is tuple] if isinstance(packed, tuple) else []
