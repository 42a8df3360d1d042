"""What a worker holds: replicas of values, and the functions it was sent."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from pydron.tasks import Payload
from pydron.transport.codec import loads
from pydron.worker.spilling import spill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydron.transport.shelf import Shelf
    from pydron.worker.spilling import Spilled

__all__ = ["Store"]


class Store:
    """Values by number and functions by key. Filled by the thread that reads, used by the one that runs tasks."""

    def __init__(self) -> None:
        self._values: dict[int, Payload | Spilled] = {}
        self._passing: dict[int, Payload] = {}
        """Values that went to the driver and are kept for tasks that were sent before they were made."""
        self._expected: dict[int, int] = {}
        """How many such tasks there are for a value."""
        self._lock = threading.Lock()
        self.shelf: Shelf | None = None
        """Where values go that are not to use memory of this process."""
        self._code: dict[bytes, tuple[str, Payload]] = {}
        self.functions: dict[bytes, Callable[..., object]] = {}
        """Those that have been called."""

    def put(self, value: int, payload: Payload) -> None:
        """Keep a replica."""
        self._values[value] = payload if self.shelf is None else spill(payload, self.shelf)

    def holds(self, value: int) -> bool:
        """Tell whether a replica is here."""
        return value in self._values or value in self._passing

    def payload(self, value: int) -> Payload | None:
        """Return a replica, None if it is not here."""
        replica = self._values.get(value)
        if replica is None:
            return self._passing.get(value)
        return replica if isinstance(replica, Payload) else replica.payload()

    def load(self, value: int) -> object:
        """Rebuild a value, sharing nothing with the replica, so that no call can spoil it for others.

        Raises:
            LookupError: it is not here.
        """
        payload = self.payload(value)
        if payload is None:
            raise LookupError(f"value {value} is not here")
        return loads(payload, copy=True)

    def expect(self, values: Iterable[int]) -> None:
        """Say that a task needs values that are to be made here."""
        with self._lock:
            for value in values:
                self._expected[value] = self._expected.get(value, 0) + 1

    def waive(self, values: Iterable[int]) -> None:
        """Say that the task needs them no more."""
        with self._lock:
            for value in values:
                left = self._expected.pop(value) - 1
                if left:
                    self._expected[value] = left
                else:
                    self._passing.pop(value, None)

    def pass_on(self, value: int, payload: Payload) -> None:
        """Keep a value that goes to the driver if a task here needs it."""
        if self._expected:
            with self._lock:
                if value in self._expected:
                    self._passing[value] = payload

    def free(self, values: Iterable[int]) -> None:
        """Drop replicas."""
        for value in values:
            self._values.pop(value, None)

    def add_code(self, key: bytes, name: str, payload: Payload) -> None:
        """Keep the shipped form of a function until it is called."""
        self._code[key] = (name, payload)

    def codes(self, keys: Iterable[bytes]) -> list[tuple[bytes, object]]:
        """Return keys with the shipped forms that are kept under them."""
        return [(key, self._code[key]) for key in keys if key in self._code]

    def forget(self, codes: Iterable[tuple[bytes, object]]) -> None:
        """Drop functions, except those that have been sent again since `codes` was asked."""
        for key, code in codes:
            if self._code.get(key) is code:
                del self._code[key]
                self.functions.pop(key, None)

    def name(self, key: bytes) -> str:
        """Return what people call a function."""
        return self._code[key][0] if key in self._code else "a function"

    def function(self, key: bytes) -> Callable[..., object]:
        """Return a function, built when it is first called."""
        function = self.functions.get(key)
        if function is None:
            function = cast("Callable[..., object]", loads(self._code[key][1]))
            self.functions[key] = function
        return function
