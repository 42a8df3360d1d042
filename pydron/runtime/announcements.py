"""What a fiber stores into: what it has announced and what it has queued, and what can be told from that.

Others may run ahead of a fiber if they know what memory it may still write to. So that is announced as it is made, and
a store to anything else waits until nothing has run ahead.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from pydron.runtime.conflicts import key_of
from pydron.runtime.promise import Promise

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterable, Sequence

    from pydron.runtime.entries import Effect
    from pydron.runtime.fiber import Entry, Fiber
    from pydron.runtime.forecasts import Forecast
    from pydron.runtime.plan import Activation
    from pydron.runtime.run import Run

__all__ = ["Announcements"]


class Announcements:
    """The stores of a fiber, announced and queued; mixed into the fiber, which generated code knows as ``.S``."""

    __slots__ = ("announced", "attributes", "kept", "keys")

    run: Run
    activation: Activation
    parent: Fiber | None
    guard: Fiber | None
    segment: deque[Entry]
    tick: int
    is_unit: bool
    detached: bool
    exposed: bool
    keys: tuple[int, ...]
    """Memory it has announced to write and may still write."""
    announced: tuple[int, ...]
    """The same as of its beginning: once it has ended, what it has launched holds the announcement on."""
    attributes: dict[int, frozenset[str] | None]
    """By key of those, the attributes that are all it stores, or None if it may store anything there."""
    kept: tuple[tuple[int, int], ...]
    """Of the variables it binds, those that most likely hold an object it stores into: number, and memory key."""

    # announcing

    def announce(self, writes: Sequence[object], stored: Iterable[frozenset[str] | None]) -> None:
        """Announce what it may store into, objects or promises of them.

        Of each, `stored` tells the only attributes that it stores, or None if it may do more.
        """
        keys = [value.memory if type(value) is Promise else key_of(value) for value in writes]
        attributes: dict[int, frozenset[str] | None] = {}
        for key, names in zip_longest(keys, stored):
            if key is not None:
                before = attributes.get(key, names)
                attributes[key] = None if before is None or names is None else before | names
        self.attributes = attributes
        self.keys = self.announced = (*self.keys, *attributes)
        carried = zip(self.activation.plan.carried(self.tick), keys, strict=False)  # nothing for a call or store
        self.kept = tuple([(number, key) for number, key in carried if number is not None and key is not None])
        for key, names in attributes.items():
            self.run.memory.announce(key, names)

    def announce_again(self) -> None:
        """Announce what it may write of what it has announced, after that was forgotten."""
        for key in self.keys:
            self.run.memory.announce(key, self.attributes.get(key))

    def claim(self, keys: tuple[int, ...]) -> None:
        """Announce that the next operation changes resources: what reads them has to wait until it is done."""
        if not self.is_unit:
            self.run.claims = keys
            return
        fresh = tuple([key for key in keys if key not in self.keys])
        self.keys = (*self.keys, *fresh)
        for key in fresh:
            self.run.memory.announce(key)

    def make(self, name: str, value: object) -> None:
        """Take note of a new container that is bound to a variable, and may be stored into later."""
        fiber: Announcements = self
        while fiber.is_unit and fiber.parent is not None:
            fiber = fiber.parent
        self.run.memory.make(fiber, name, value)

    # what may be stored

    def is_alone(self) -> bool:
        """Say whether everything before this fiber's next operation is done, and nothing has run ahead of it."""
        if self.exposed or self.segment:
            return False
        child: Announcements = self
        while (parent := child.parent) is not None:
            if len(parent.segment) != 1 or parent.segment[0] is not child:
                return False
            child = parent
        return True

    def has_announced(self, keys: tuple[int, ...]) -> bool:
        """Say whether what has run ahead of this fiber knows that it changes resources."""
        fiber: Announcements | None = self
        while fiber is not None:
            if fiber.detached and not set(keys) <= set(fiber.announced):
                return False
            fiber = fiber.parent
        return True

    def may_store(self, key: int, attribute: str | None) -> bool:
        """Say whether what has been announced of this memory is all of it, or that this attribute may be stored."""
        attributes = self.attributes.get(key)
        return attributes is None or attribute in attributes

    def may_change(self, target: object, attribute: str | None = None) -> bool:
        """Say whether what has run ahead of this fiber knows that the object's memory, or attribute, may change."""
        if not self.exposed:
            return True
        key = key_of(target)
        fiber: Announcements | None = self
        while fiber is not None:
            if self.run.memory.was_made_by(fiber, key):
                return True  # what has run ahead of that fiber sees the object when all its writers are announced
            if fiber.detached and (key not in fiber.announced or not fiber.may_store(key, attribute)):
                return False
            fiber = fiber.parent
        return True

    def may_wait_to_change(self, target: object, attribute: str | None = None) -> bool:
        """Say the same for a store that has to wait, so that more may run ahead until it is done."""
        key = key_of(target)
        return key in self.keys and self.may_store(key, attribute) and self.may_change(target, attribute)

    # the store queue

    def queue(self, effect: Effect) -> None:
        """Put an operation into the store queue, at the end of this fiber's segment."""
        run = self.run
        self.segment.append(effect)
        run.pending += 1
        for key in effect.keys:
            run.memory.queue(key)
        if run.loop is not None:
            for operand in effect.operands:
                if type(operand) is Promise:
                    run.want(operand.resolved(), None)  # a coroutine waits for it at its call
        if not run.forecasts.is_empty():
            run.forecasts.add(effect, last=not self.exposed)
        if self.guard is not None and effect.keys:
            run.forecasts.doubt(effect.keys, self.guard)
        if not run.pending & 255:
            run.due = True

    def forecast(self, container: object, attribute: str | None = None) -> Forecast | None:
        """Return what a container that is to be stored into will hold here, if that is known.

        With an attribute it is the dictionary of an object, right for that attribute alone.
        """
        run = self.run
        if not run.pending or id(container) not in run.memory.writes:
            return None
        return run.forecasts.of(container, self, attribute)

    def announcer(self, container: object) -> Fiber | None:
        """Return a fiber before this one that may still store into a container, as far as it has announced that."""
        return self.run.forecasts.announcer(container, self)
