"""One worker as its session sees it."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from pydron.tasks import Payload
from pydron.transport.definitions import DEFINITIONS
from pydron.transport.loans import Loans
from pydron.transport.messages import Code, Definition, Forget, Returned, Segments, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.backend.launcher import Handle, Launcher
    from pydron.ids import WorkerId
    from pydron.tasks import Function, Kept
    from pydron.transport.messages import Likeness, Message, Packed
    from pydron.transport.peer import Peer
    from pydron.transport.segments import Place

__all__ = ["Member", "Stage"]


class Stage(Enum):
    """How far a worker has come."""

    STARTING = "is being started"
    SETTING_UP = "is connected and takes on the likeness of the driver"
    READY = "runs tasks"
    LEAVING = "was told to go"


class Member:
    """A worker, what it has been sent, and whether it answers."""

    __slots__ = (
        "definitions", "functions", "handle", "launcher", "likenesses", "loans", "outbox", "peer", "shares", "stage",
        "unanswered", "worker",
    )  # fmt: skip

    def __init__(self, worker: WorkerId, launcher: Launcher) -> None:
        self.worker = worker
        self.launcher = launcher
        self.handle: Handle | None = None
        self.peer: Peer | None = None
        self.stage = Stage.STARTING
        self.outbox: list[Message] = []
        """Messages that go out together at the end of the step."""
        self.functions: set[bytes] = set()
        """Keys of the functions it has."""
        self.likenesses: set[int] = set()
        """Numbers of the likenesses it knows."""
        self.definitions = 0
        """How many of the driver's definitions it has."""
        self.unanswered = 0
        """Pings since it was last heard of."""
        self.loans = Loans()
        self.shares = False
        """Whether it can open segments of this host."""

    @property
    def pack(self) -> Callable[[Payload], Packed]:
        """Puts a payload into the form in which this worker can read it."""
        return partial(pack, lend=self._lend if self.shares else None)

    @property
    def unpack(self) -> Callable[[Packed], Payload]:
        """Reads a payload that this worker has sent."""
        return partial(unpack, borrow=self.loans.borrow)

    def _lend(self, kept: Kept) -> Place:
        segment = kept.segment  # type: ignore[attr-defined]
        if not self.loans.knows(segment):
            self.loans.know(segment)
            self.outbox.append(Segments((segment.grant(),)))
        return self.loans.lend(kept)

    def give_back(self) -> None:
        """Tell it what is not read here any more, if there is such."""
        if self.loans.due:
            self.outbox.append(Returned(self.loans.returns()))
            self.post()

    def need_function(self, function: Function) -> None:
        """Send a function with its first task."""
        if function.key not in self.functions:
            self.functions.add(function.key)
            self.outbox.append(Code(function.key, function.name, pack(function.payload)))

    def forget(self, keys: list[bytes]) -> None:
        """Have functions dropped."""
        known = [key for key in keys if key in self.functions]
        if known:
            self.functions.difference_update(known)
            self.outbox.append(Forget(tuple(known)))

    def need_likeness(self, likeness: Likeness) -> None:
        """Send a likeness with its first task."""
        if likeness.number not in self.likenesses:
            self.likenesses.add(likeness.number)
            self.outbox.append(likeness)

    def need_definitions(self) -> None:
        """Send what has been defined since the last time; whatever is sent next may refer to it."""
        outgoing = DEFINITIONS.outgoing
        while self.definitions < len(outgoing):
            key, data = outgoing[self.definitions]
            self.outbox.append(Definition(key, pack(Payload(data))))
            self.definitions += 1

    def post(self) -> None:
        """Send the messages of this step."""
        if self.outbox and self.peer is not None:
            outbox, self.outbox = self.outbox, []
            self.peer.send(outbox)
