"""What a container will hold once the stores that are queued for it have been done, with promises for what is to come.

A second loop over the results of a first must not wait until the first has retired: it takes each element as it will
be. That is known where every store still to come to the container is in the queue, for the fiber at whose place the
program ends so far: for it all of them come earlier.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Final

from pydron.runtime.entries import Effect
from pydron.runtime.promise import Promise, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydron.runtime.conflicts import Memory
    from pydron.runtime.fiber import Fiber

__all__ = ["MISSING", "Forecast", "ForecastWalk", "Forecasts"]

MISSING: Final = object()
"""There is no forecast."""

Forecast = list[object] | dict[object, object]


def add_elements(target: list[object], *elements: object) -> None:
    """``target += [element, …]``."""
    target += elements


def append_to(owner: list[object], _place: object, value: object) -> None:
    """``owner.append(value)``, in the form of a store."""
    owner.append(value)


class Forecasts:
    """The forecasts of one run."""

    __slots__ = ("_memory", "_root", "known")

    def __init__(self, root: Fiber, memory: Memory) -> None:
        self._root = root
        self._memory = memory
        self.known: dict[int, Forecast | None] = {}
        """By the container's identity; None where it cannot be told."""

    def of(self, container: object, fiber: Fiber) -> Forecast | None:
        """Return what a list or dictionary with queued stores will hold where a fiber stands, or None."""
        key = id(container)
        if key not in self.known and not self._may_change_before(key, fiber):
            self.known[key] = self._made(container, key)
        return self.at(key, fiber)

    def at(self, key: int, fiber: Fiber) -> Forecast | None:
        """Return the same for memory whose forecast was asked for before."""
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

    __slots__ = ("_fiber", "_forecasts", "_list")

    def __init__(self, items: list[object], fiber: Fiber, forecasts: Forecasts) -> None:
        self._list = items
        self._fiber = fiber
        self._forecasts = forecasts

    def __iter__(self) -> Iterator[object]:
        return self.after(0)

    def after(self, count: int) -> Iterator[object]:
        """Iterate over what follows the first `count` items."""
        while True:
            content: object = self._list
            if not self._fiber.exposed:
                content = self._forecasts.at(id(self._list), self._fiber) or content
            if count >= len(content):  # type: ignore[arg-type]
                return
            yield settled(content[count])  # type: ignore[index]
            count += 1
