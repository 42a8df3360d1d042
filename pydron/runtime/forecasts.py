"""What a container will hold once the stores that are queued for it have been done, with promises for what is to come.

A second loop over the results of a first must not wait until the first has retired: it takes each element as it will
be. That is known where every store still to come to the container is in the queue, for the fiber at whose place the
program ends so far: for it all of them come earlier.
"""

from __future__ import annotations

import gc
import operator
from typing import TYPE_CHECKING, Final, cast

from pydron.runtime.entries import Effect
from pydron.runtime.promise import Promise, settled
from pydron.runtime.walks import Walk, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydron.runtime.conflicts import Memory
    from pydron.runtime.fiber import Fiber

__all__ = ["FORETOLD", "ITEMS", "MISSING", "Forecast", "ForecastWalk", "Forecasts", "TableWalk", "table_of"]

MISSING: Final = object()
"""There is no forecast."""

Forecast = list[object] | dict[object, object]
ITEMS: Final[type] = type({}.items())
_VALUES: Final[type] = type({}.values())
_TABLES = frozenset((dict, ITEMS, _VALUES, type({}.keys())))
_FREE, _RATE = 4096, 512
"""Items that may be copied for forecasts, to begin with, and for each time that one is made."""


def add_elements(target: list[object], *elements: object) -> None:
    """``target += [element, …]``."""
    target += elements


def append_to(owner: list[object], _place: object, value: object) -> None:
    """``owner.append(value)``, in the form of a store."""
    owner.append(value)


class Forecasts:
    """The forecasts of one run."""

    __slots__ = ("_credit", "_memory", "_root", "known")

    def __init__(self, root: Fiber, memory: Memory) -> None:
        self._root = root
        self._memory = memory
        self._credit = _FREE
        """Items that may be copied: to make the forecast of a large container again and again would cost too much."""
        self.known: dict[int, Forecast | None] = {}
        """By the container's identity; None where it cannot be told."""

    def of(self, container: object, fiber: Fiber) -> Forecast | None:
        """Return what a list or dictionary with queued stores will hold where a fiber stands, or None."""
        key = id(container)
        if key not in self.known and not self._may_change_before(key, fiber):
            self.known[key] = self._made(container, key)
        content = self.known.get(key)
        return None if content is None or self._may_change_before(key, fiber) else content

    def _may_change_before(self, key: int, fiber: Fiber) -> bool:
        """Say whether others than a fiber and its makers, for whom it is yet to come, have announced to write."""
        left = self._memory.announced.get(key, 0)
        maker: Fiber | None = fiber
        while left and maker is not None:
            left -= key in maker.keys
            maker = maker.parent
        return left > 0

    def _made(self, container: object, key: int) -> Forecast | None:
        if type(container) is not list and type(container) is not dict:
            return None
        self._credit += _RATE
        if self._credit < 0:
            return None
        self._credit -= len(container)
        effects = [effect for effect in _effects(self._root) if key in effect.keys]
        content = container.copy()
        return content if all(_apply(effect, container, content) for effect in effects) else None

    def add(self, effect: Effect, *, last: bool) -> None:
        """Take note of a queued operation; `last` if it is the last of the program so far."""
        for key in effect.keys:
            content = self.known.get(key, MISSING)
            if content is not MISSING and not (
                last and content is not None and _apply(effect, effect.operands[0], content)  # type: ignore[arg-type]
            ):
                del self.known[key]

    def drop(self, key: int) -> None:
        """Forget a forecast."""
        self.known.pop(key, None)


def _effects(fiber: Fiber) -> Iterator[Effect]:
    for entry in fiber.segment:
        if type(entry) is Effect:
            yield entry
        elif type(entry) is not Promise:
            yield from _effects(entry)  # type: ignore[arg-type]


def _apply(effect: Effect, container: object, content: Forecast) -> bool:
    """Do an operation to a forecast; return whether it is one whose outcome is known without its operands."""
    operation = _OPERATIONS.get(effect.function)
    if operation is None or effect.operands[0] is not container:
        return False
    return operation(content, *effect.operands[1:])


def _append(content: Forecast, value: object) -> bool:
    if type(content) is not list:
        return False
    content.append(value)
    return True


def _append_to(content: Forecast, _place: object, value: object) -> bool:
    return _append(content, value)


def _add(content: Forecast, *values: object) -> bool:
    if type(content) is not list:
        return False
    content.extend(values)
    return True


def _set(content: Forecast, place: object, value: object) -> bool:
    if type(place) is Promise:
        return False
    if type(content) is dict:
        content[place] = value  # its hash runs no user code, or it would not be in the queue
        return True
    if type(place) is not int or not -len(content) <= place < len(content):
        return False
    content[place] = value
    return True


_OPERATIONS: dict[Callable[..., object], Callable[..., bool]] = {
    list.append: _append,
    append_to: _append_to,
    add_elements: _add,
    operator.setitem: _set,
}


class ForecastWalk:
    """A loop over a list with queued stores: each item as it will be, as long as that can be told."""

    __slots__ = ("_fiber", "_list")

    def __init__(self, items: list[object], fiber: Fiber) -> None:
        self._list = items
        self._fiber = fiber

    def __iter__(self) -> Iterator[object]:
        return self.after(0)

    def after(self, count: int) -> Iterator[object]:
        """Iterate over what follows the first `count` items."""
        while True:
            content: object = self._fiber.forecast(self._list)
            if content is None:
                content = self._list
            if count >= len(content):  # type: ignore[arg-type]
                return
            yield settled(content[count])  # type: ignore[index]
            count += 1

    def can_go_on(self) -> bool:
        """Say whether the next item is known."""
        fiber = self._fiber
        return id(self._list) not in fiber.run.memory.writes or fiber.forecast(self._list) is not None


class TableWalk:
    """A loop over a dictionary or a view of one that stores values for keys that are there."""

    __slots__ = ("_fiber", "_table", "_view", "_walk")

    def __init__(self, view: object, table: dict[object, object], fiber: Fiber) -> None:
        self._view = view
        self._table = table
        self._fiber = fiber
        shown: object = table.items() if type(view) is _VALUES else view
        self._walk = Walk(same, (shown,), {})

    def __iter__(self) -> Iterator[object]:
        return self.after(0)

    def after(self, count: int) -> Iterator[object]:
        """Iterate over what follows the first `count` items. Raises what the dictionary's own iterator does."""
        kind = type(self._view)
        for item in self._walk.after(count):
            if kind is not ITEMS and kind is not _VALUES:
                yield item
                continue
            key, value = cast("tuple[object, object]", item)
            content = self._fiber.forecast(self._table)
            if content is not None:
                value = settled(content[key])  # type: ignore[call-overload]
            yield (key, value) if kind is ITEMS else value

    def can_go_on(self) -> bool:
        """Say whether the next item is known: the stores to come leave the keys as they are."""
        fiber = self._fiber
        if id(self._table) not in fiber.run.memory.writes:
            return True
        content = fiber.forecast(self._table)
        return content is not None and len(content) == len(self._table)


FORETOLD = frozenset((ForecastWalk, TableWalk))
"""Loops that tell whether they can go on."""


def table_of(iterable: object) -> dict[object, object] | None:
    """Return the dictionary that a loop over a dictionary or a view of one goes over, if it is a plain one."""
    if type(iterable) not in _TABLES:
        return None
    owners = [iterable] if type(iterable) is dict else gc.get_referents(iterable)
    return owners[0] if len(owners) == 1 and type(owners[0]) is dict else None
