"""Calls that were made early: past an operation that waits for its turn, the program will probably do what it says.

While such an operation waits and workers are idle, the code after it runs ahead. When its turn comes, everything that
came after is dropped and done again, for it may have changed anything; but a functional call depends on its arguments
alone. So the calls that were dropped are kept, and one that comes up again, the same function with arguments equal by
content under the same circumstances, is not made twice. The others are forgotten.
"""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, TypeAlias

from pydron.runtime.effects import ATOM_IDS
from pydron.runtime.promise import PENDING, Promise
from pydron.tasks import Task

if TYPE_CHECKING:
    from pydron.ids import TaskId, ValueId
    from pydron.tasks import Function, Kept, Payload

__all__ = ["SMALL", "Guesses", "signature_of", "signature_of_same", "signature_of_waiting"]

SMALL = 1 << 12
"""Bytes of arguments below which any call can be kept; larger ones only while code runs ahead on a guess."""
_LARGEST = 1 << 16
"""Bytes of arguments past which calls are compared by a digest: they would take too much memory."""
_DIGESTED = 1 << 22
"""Bytes of arguments past which a call is not kept: making the digest takes a millisecond for each megabyte."""

Signature: TypeAlias = "tuple[object, ...]"


def signature_of(
    function: Function,
    payload: Payload,
    references: tuple[tuple[int | str, ValueId], ...],
    likeness: int,
    *,
    whole: bool = False,
) -> Signature | None:
    """Return what two calls must have in common to have one result; None if a call is too large to compare.

    Args:
        function: what is called.
        payload: the arguments.
        references: arguments that are values of other calls.
        likeness: the circumstances.
        whole: compare large calls too, by a digest.
    """
    content = _content(payload, whole)
    return None if content is None else (function.key, function.name, content, references, likeness)


def signature_of_waiting(function: object, payload: Payload, *, whole: bool = False) -> Signature | None:
    """Return the same for a call of a coroutine function, which runs in the driver's process."""
    content = _content(payload, whole)
    return None if content is None else (id(function), content, _Around())


def signature_of_same(function: object, args: tuple[object, ...], kwargs: dict[str, object]) -> Signature:
    """Return the same for a call that is passed the objects themselves."""
    named = [(name, _Same(kwargs[name])) for name in sorted(kwargs)]
    return id(function), tuple(map(_Same, args)), tuple(named), _Around()


def _content(payload: Payload, whole: bool) -> object:
    here: list[bytes | bytearray | memoryview] = [payload.data]
    layout: list[object] = []
    for buffer in payload.buffers:
        if isinstance(buffer, bytes | bytearray | memoryview):
            here.append(buffer)
            layout.append(memoryview(buffer).nbytes)
        else:
            layout.append(_Elsewhere(buffer))
    if len(here) == 1 and len(payload.data) <= _LARGEST:
        return (payload.data, *layout) if layout else payload.data
    if not whole and payload.size - payload.kept > _DIGESTED:
        return None
    # Imported late: few programs need it.
    from hashlib import blake2b

    digest = blake2b()
    for part in here:
        digest.update(part)
    return (len(payload.data), digest.digest(), *layout)


class _Elsewhere:
    """The bytes of a buffer that is not in the payload: mostly the same buffer, as it holds the same as before."""

    __slots__ = ("_buffer",)

    def __init__(self, buffer: Kept) -> None:
        self._buffer = buffer

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Elsewhere):
            return NotImplemented
        mine, theirs = self._buffer, other._buffer
        return mine is theirs or (mine.nbytes == theirs.nbytes and mine.view() == theirs.view())

    def __hash__(self) -> int:
        return hash(self._buffer.nbytes)


class _Same:
    """An object that is equal to nothing but itself; an atom as it is."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Same):
            return NotImplemented
        mine, theirs = self._value, other._value
        return mine is theirs or (
            id(type(mine)) in ATOM_IDS and type(mine) is type(theirs) and repr(mine) == repr(theirs)
        )

    def __hash__(self) -> int:
        return hash(repr(self._value)) if id(type(self._value)) in ATOM_IDS else id(self._value)


class _Around:
    """The context variables of a call, equal if they have the same values."""

    __slots__ = ("_context",)

    def __init__(self) -> None:
        self._context = copy_context()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Around):
            return NotImplemented
        mine, theirs = self._context, other._context
        return len(mine) == len(theirs) and all(
            variable in theirs and theirs[variable] is value for variable, value in mine.items()
        )

    def __hash__(self) -> int:
        return len(self._context)


class Guesses:
    """The calls of one run that were made early and are not confirmed."""

    __slots__ = ("_kept", "wasted")

    def __init__(self) -> None:
        self._kept: dict[Signature, list[Promise]] = {}
        self.wasted = 0
        """Calls that were made and turned out not to be in the program."""

    def __bool__(self) -> bool:
        return bool(self._kept)

    def keep(self, promise: Promise) -> bool:
        """Keep a dropped call for the case that it comes up again; return whether it is worth it."""
        made = promise.made
        if isinstance(made, Task):
            made = signature_of(made.function, made.arguments, made.references, made.likeness)
        if made is None:
            return False
        promise.waiters = None
        self._kept.setdefault(made, []).append(promise)
        return True

    def take(self, signature: Signature | None) -> Promise | None:
        """Return a call that was made already, if there is one."""
        if signature is None or signature not in self._kept:
            return None
        found = self._kept[signature]
        promise = found.pop(0)
        if not found:
            del self._kept[signature]
        return promise

    def drain(self, most: int) -> list[TaskId]:
        """Forget the oldest calls past a number; return those of them that are still being made."""
        forgotten: list[TaskId] = []
        count = sum(map(len, self._kept.values()))
        for signature in list(self._kept):
            if count <= most:
                break
            for promise in self._kept.pop(signature):
                count -= 1
                self.wasted += 1
                if promise.state == PENDING and promise.task is not None:
                    forgotten.append(promise.task)
        return forgotten
