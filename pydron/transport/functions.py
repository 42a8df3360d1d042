"""The shipped form of functional callables, known by content, and made again when what they refer to has changed.

A function that a worker can import is a reference. Any other is taken apart by cloudpickle: its code, and the values at
that moment of the globals and closure cells that it reads. Those values are watched: before each reuse of the shipped
form they are compared, by identity where the object cannot change, by content where it can.

A shipped form is kept as long as its callable. Workers keep theirs until they are told to forget it.
"""

from __future__ import annotations

import threading
import types
import weakref
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydron.errors import UnpicklableError
from pydron.interrupts import is_interrupt
from pydron.tasks import Function
from pydron.transport.codec import dumps_function
from pydron.transport.watch import digest, watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.transport.watch import Watch

__all__ = ["Functions"]

_MOST = 4096
_IDLE_BYTES = 64 << 20
_IDLE_MOST = 1000
"""How much of functions that are gone workers may hold."""


@dataclass(frozen=True, slots=True)
class _Shipped:
    """A callable, its shipped form, and what it read when that was made."""

    callable: weakref.ref[Callable[..., object]]
    function: Function
    watches: tuple[Watch, ...]

    def is_of(self, function: object) -> bool:
        """Tell whether this is the shipped form of a callable as it is now."""
        if self.callable() is not function:
            return False
        for each in self.watches:  # noqa: SIM110 - once for each call, and a generator costs more than the look
            if not each.is_current():
                return False
        return True


class Functions:
    """Ships callables. Belongs to one session; called from any thread of the user."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shipped: OrderedDict[int, _Shipped] = OrderedDict()
        self._gone: deque[tuple[int, object]] = deque()
        """References to callables that are gone. Filled by the garbage collector, at any moment."""
        self._holders: Counter[bytes] = Counter()
        """How many callables that are there have a key."""
        self._idle: dict[bytes, int] = {}
        """Size of each shipped form that no callable has now."""

    def ship(self, function: Callable[..., object], name: str) -> Function:
        """Return the shipped form of a callable.

        Raises:
            UnpicklableError: it cannot travel.
        """
        known = self._shipped.get(id(function))
        if known is not None and known.is_of(function):
            return known.function
        shipped, watches = _ship(function, name)
        with self._lock:
            self._bury()
            if not self._holders[shipped.key]:
                self._idle[shipped.key] = shipped.payload.size
            if isinstance(function, types.FunctionType | types.BuiltinFunctionType | type):
                self._keep(function, shipped, watches)
        return shipped

    def idle(self) -> list[bytes]:
        """Return keys that workers had better forget, once there are enough; they count as forgotten then."""
        if not self._gone and not self._idle:
            return []
        with self._lock:
            self._bury()
            if len(self._idle) <= _IDLE_MOST and sum(self._idle.values()) <= _IDLE_BYTES:
                return []
            idle, self._idle = list(self._idle), {}
            return idle

    def _keep(self, function: Callable[..., object], shipped: Function, watches: tuple[Watch, ...]) -> None:
        key = id(function)
        self._drop(key)
        queue = self._gone

        def gone(reference: object) -> None:
            queue.append((key, reference))

        self._shipped[key] = _Shipped(weakref.ref(function, gone), shipped, watches)
        self._holders[shipped.key] += 1
        self._idle.pop(shipped.key, None)
        if len(self._shipped) > _MOST:
            self._drop(next(iter(self._shipped)))

    def _bury(self) -> None:
        while self._gone:
            key, reference = self._gone.popleft()
            if key in self._shipped and self._shipped[key].callable is reference:
                self._drop(key)

    def _drop(self, key: int) -> None:
        entry = self._shipped.pop(key, None)
        if entry is None:
            return
        shipped = entry.function
        self._holders[shipped.key] -= 1
        if not self._holders[shipped.key]:
            del self._holders[shipped.key]
            self._idle[shipped.key] = shipped.payload.size


def _ship(function: Callable[..., object], name: str) -> tuple[Function, tuple[Watch, ...]]:
    try:
        payload, opened = dumps_function(function)
    except MemoryError:
        raise
    except Exception as error:
        if is_interrupt(error):
            raise
        from pydron.transport.culprits import find_culprit

        culprit = find_culprit(function, error)
        raise UnpicklableError(name, "callable", culprit.path, culprit.type_name, culprit.reason) from None
    return Function(digest(payload), name, payload), tuple(watch(each) for each in opened)
