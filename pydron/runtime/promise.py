"""Values that are still to come, and the small vocabulary that generated code and runtime speak with each other."""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.ids import TaskId
    from pydron.runtime.fiber import Fiber
    from pydron.runtime.marks import Functional
    from pydron.tasks import Captured, Outcome, Site, Task

__all__ = [
    "DONE",
    "FAILED",
    "PENDING",
    "PROMISE_ID",
    "REMOTE",
    "UNBOUND",
    "Choice",
    "Handover",
    "Promise",
    "Quietly",
    "Request",
    "Thrown",
    "Unbound",
    "settled",
]

PENDING: Final = 0
"""Nothing is known yet."""
DONE: Final = 1
"""The value is here."""
FAILED: Final = 2
"""The call raised: there will be no value."""
REMOTE: Final = 3
"""The call has succeeded; its value is on a worker."""


class Promise:
    """A pending value inside a run. User code never sees one."""

    __slots__ = (
        "alias", "captured", "forget", "functional", "guard", "made", "memory", "outcome", "packing", "site", "state",
        "task", "tick", "value", "waiters", "wanted",
    )  # fmt: skip

    def __init__(
        self,
        task: TaskId | None = None,
        tick: int = 0,
        forget: Callable[[TaskId], None] | None = None,
        functional: Functional | None = None,
        site: Site | None = None,
    ) -> None:
        self.state = PENDING
        self.value: object = None
        self.waiters: list[Fiber] | None = None
        self.task = task
        """The call that makes the value; None for a variable that a fiber will bind."""
        self.tick = tick
        """Node of the call, for the traceback."""
        self.outcome: Outcome | BaseException | None = None
        """How the call failed."""
        self.captured: tuple[Captured, ...] = ()
        self.wanted = False
        """Somebody in the driver waits for the value itself."""
        self.alias: Promise | None = None
        """The promise whose value this one gets: a variable was bound to it."""
        self.memory: int | None = None
        """The key of the memory that the value most likely has: of what the variable held before ``x += y``."""
        self.functional = functional
        self.guard: Fiber | None = None
        """The body around the call whose errors a statement catches."""
        self.made: Task | tuple[object, ...] | None = None
        """What was shipped, or what a call made in this process looks like: to know the call if it comes up again."""
        self.packing = 0.0
        """Seconds that it took to make a snapshot of the arguments."""
        self.site = site
        self.forget = forget
        """Called with the task's number when nothing can ask for the value any more."""

    def resolved(self) -> Promise:
        """Return the promise that stands behind this one."""
        promise = self
        while promise.alias is not None:
            promise = promise.alias
        return promise

    def __del__(self) -> None:
        try:
            forget = self.forget
        except AttributeError:  # Ctrl-C while it was being made
            return
        if forget is not None and self.task is not None:
            forget(self.task)


def settled(value: object) -> object:
    """Return the value of a promise if it is here, else the promise behind it; other values as they are."""
    if type(value) is not Promise:
        return value
    promise = value.resolved()
    return promise.value if promise.state == DONE else promise


PROMISE_ID: Final = id(Promise)
"""To look for promises among objects whose classes nobody may ask for a hash or comparison."""


class Unbound:
    """The marker of a variable that has no value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<unbound>"


UNBOUND: Final = Unbound()


class Choice(Enum):
    """What generated code is to do with an operation it asked about."""

    UNIT = "make a unit of it and go on"
    TURN = "wait until it is its turn, then do it"
    NOW = "do it now"
    QUEUED = "nothing: it is in the store queue"


class Request(Enum):
    """What a fiber may wait for besides a promise or another fiber."""

    ORDERED = "its turn in program order"
    IMPURE = "its turn, with nothing run ahead of it"
    BREATHE = "nothing: others may run"
    ONWARD = "nothing: its frame goes on in another"


class Quietly:
    """A request for the turn, with nothing run ahead of the operation if it warns."""

    __slots__ = ("rehearsal",)

    def __init__(self, rehearsal: Callable[[], object]) -> None:
        self.rehearsal = rehearsal
        """Does what the operation does, to what nobody sees."""


class Handover:
    """A request for the turn at which a generator hands a value to whoever iterates over it, or a coroutine awaits."""

    __slots__ = ("around", "kind", "value")

    def __init__(self, value: object, kind: str) -> None:
        self.value = value
        self.kind = kind
        """What is done with the value: ``"yield"``, ``"from"`` and ``"await"``, or what ``async for`` does at its
        beginning and in each round (``"iter"``, ``"next"``) and ``async with`` at both ends (``"enter"``,
        ``"leave"``)."""
        self.around = sys.exception()
        """The error that is being handled there."""

    def take(self) -> object:
        """Return the value, and let go of it."""
        value, self.value = self.value, None
        return value


class Thrown:
    """What is handed back to a generator if it is an exception."""

    __slots__ = ("error", "is_raised_here")

    def __init__(self, error: BaseException, *, is_raised_here: bool) -> None:
        self.error = error
        self.is_raised_here = is_raised_here
        """It comes up where it is thrown to; otherwise it comes from what was delegated to or awaited."""
