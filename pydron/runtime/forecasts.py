"""What a container or object will hold once queued stores have been done, with promises for what is to come.

A second loop over the results of a first must not wait until the first has retired: it takes each element as it will
be. That is known where every store that comes earlier in the program is in the queue.
"""

from __future__ import annotations

import gc
import operator
from collections import defaultdict, deque
from functools import partial
from itertools import islice, pairwise, takewhile
from typing import TYPE_CHECKING, Final, TypeGuard, cast

from pydron.runtime.effects.attributes import is_in_slot
from pydron.runtime.effects.memory import instance_dict
from pydron.runtime.entries import Effect, walk
from pydron.runtime.promise import Promise, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pydron.runtime.announcements import Announcements
    from pydron.runtime.conflicts import Memory
    from pydron.runtime.fiber import Entry, Fiber

__all__ = [
    "FORETOLD",
    "ITEMS",
    "MISSING",
    "VALUES",
    "Forecast",
    "ForecastWalk",
    "Forecasts",
    "TableWalk",
    "add_elements",
    "append_to",
    "copy_of",
    "is_container",
    "places_of",
    "put",
    "table_of",
    "take",
]

MISSING: Final = object()
"""There is no forecast."""

Forecast = list[object] | dict[object, object] | deque[object]
ITEMS: Final[type] = type({}.items())
VALUES: Final[type] = type({}.values())
_DICTS = frozenset(map(id, (dict, defaultdict)))
_TABLES = frozenset((*_DICTS, *map(id, (ITEMS, VALUES, type({}.keys())))))
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

    __slots__ = ("_credit", "_doubtful", "_memory", "_queued", "_root", "known")

    def __init__(self, root: Fiber, memory: Memory) -> None:
        self._root = root
        self._memory = memory
        self._credit = _FREE
        """Items that may be copied: to make the forecast of a large container again and again would cost too much."""
        self.known: dict[int, Forecast | None] = {}
        """By the container's identity; None where it cannot be told."""
        self._queued: dict[int, deque[Effect]] | None = None
        """The stores that are queued for each memory in program order, once one of them has been asked for."""
        self._doubtful: dict[int, set[Fiber]] = {}
        """For memory that is stored into in bodies whose errors a statement catches, these: an error undoes stores."""

    def of(self, container: object, fiber: Announcements, attribute: str | None = None) -> Forecast | None:
        """Return what a list or dictionary will hold where a fiber stands, or None if that cannot be told.

        It is the container itself where the fiber and its makers alone are to store into it. With an attribute it is
        the dictionary of an object, right for that attribute alone.
        """
        key = id(container)
        if not is_container(container) or self._may_change_before(key, fiber, attribute):
            return None
        if self._may_be_undone(key, fiber):
            return None
        if not self._memory.has_queued(key):
            return container
        if fiber.exposed:
            return self._made_at(container, key, fiber)
        if key not in self.known:
            self.known[key] = self._made(container, key)
        return self.known[key]

    def _may_change_before(self, key: int, fiber: Announcements, attribute: str | None) -> bool:
        """Say whether others than a fiber and its makers, for whom it is yet to come, have announced to write."""
        left = self._memory.announcements(key, attribute)
        maker: Announcements | None = fiber
        while left and maker is not None:
            left -= key in maker.keys and (attribute is None or maker.may_store(key, attribute))
            maker = maker.parent
        return left > 0

    def doubt(self, keys: Iterable[int], body: Fiber) -> None:
        """Take note of stores that an error in a body would undo."""
        for key in keys:
            self._doubtful.setdefault(key, set()).add(body)

    def _may_be_undone(self, key: int, fiber: Announcements) -> bool:
        """Say whether an error that a fiber would outlive may undo a queued store."""
        bodies = self._doubtful.get(key)
        if bodies is None:
            return False
        around = set(_bodies_around(fiber.guard))
        for body in [*bodies]:
            unsettled = [each for each in _bodies_around(body) if not each.settled]
            if not around.issuperset(unsettled):
                return True
            if not unsettled:
                bodies.discard(body)
        if not bodies:
            del self._doubtful[key]
        return False

    def announcer(self, container: object, fiber: Announcements) -> Fiber | None:
        """Return a fiber that comes before another, is not done, and has announced to store into a container."""
        key = id(container)
        if key not in self._memory.announced:
            return None
        for entry in _entries_before(fiber):
            self._credit -= 1
            if self._credit < 0:
                return None
            if type(entry) is not Promise and type(entry) is not Effect and key in cast("Fiber", entry).keys:
                return cast("Fiber", entry)
        return None

    def _made(self, container: Forecast, key: int) -> Forecast | None:
        if not self.affords(len(container)):
            return None
        content = _content_of(container)
        return content if all(_apply(effect, container, content) for effect in self._effects_on(key)) else None

    def _made_at(self, container: Forecast, key: int, fiber: Announcements) -> Forecast | None:
        """Make a forecast for a fiber that others have run ahead of."""
        if not self.affords(len(container)):
            return None
        content = _content_of(container)
        for effect in _effects(_entries_before(fiber)):
            self._credit -= 1
            if self._credit < 0 or (key in effect.keys and not _apply(effect, container, content)):
                return None
        return content

    def affords(self, items: int) -> bool:
        """Say whether so many items may be copied, and take note of it."""
        self._credit += _RATE
        if self._credit < 0:
            return False
        self._credit -= items
        return True

    def _effects_on(self, key: int) -> Iterable[Effect]:
        if self._queued is None:
            self._queued = {}
            for effect in _effects(walk(self._root.segment)):
                self._put(effect, self._queued)
        return self._queued.get(key, ())

    def _put(self, effect: Effect, queued: dict[int, deque[Effect]]) -> None:
        for key in effect.keys:
            queued.setdefault(key, deque()).append(effect)

    def is_empty(self) -> bool:
        """Say whether nothing was forecast that a store might change."""
        return not self.known and self._queued is None

    def clear(self) -> None:
        """Forget everything."""
        self.known.clear()
        self._queued = None
        self._doubtful.clear()

    def add(self, effect: Effect, *, last: bool) -> None:
        """Take note of a queued operation; `last` if it is the last of the program so far."""
        if self._queued is not None:
            if last:
                self._put(effect, self._queued)
            else:
                self._queued = None
        for key in effect.keys:
            content = self.known.get(key, MISSING)
            if content is not MISSING and not (
                last and content is not None and _apply(effect, effect.operands[0], content)  # type: ignore[arg-type]
            ):
                del self.known[key]

    def retired(self, effect: Effect) -> None:
        """Take note that an operation is done, the first of those that are queued for its memory."""
        if not self.known and self._queued is None and not self._doubtful:
            return
        for key in effect.keys:
            if self._queued is not None:
                self._queued[key].popleft()
                if not self._queued[key]:
                    del self._queued[key]
            if not self._memory.has_queued(key):
                self.drop(key)  # from here on the container itself tells
                self._doubtful.pop(key, None)

    def dropped(self, effect: Effect) -> None:
        """Take note that an operation never happened."""
        if effect.keys:
            self._queued = None
        for key in effect.keys:
            self.drop(key)

    def drop(self, key: int) -> None:
        """Forget a forecast."""
        self.known.pop(key, None)


def _bodies_around(body: Fiber | None) -> Iterator[Fiber]:
    """Give a body whose errors a statement catches, and those around it."""
    while body is not None:
        yield body
        body = body.parent.guard if body.parent is not None else None


def is_container(value: object) -> TypeGuard[Forecast]:
    """Say whether a value is of a type whose content can be forecast."""
    return type(value) is list or id(type(value)) in _DICTS or (type(value) is deque and value.maxlen is None)


def _content_of(container: Forecast) -> Forecast:
    return dict(container) if isinstance(container, dict) else container.copy()


def copy_of(content: Forecast, container: Forecast) -> Forecast:
    """Return a new container like another with some content."""
    if type(container) is defaultdict:
        return defaultdict(container.default_factory, cast("dict[object, object]", content))
    return content.copy()


def places_of(content: Forecast) -> list[tuple[object, object]]:
    """Return what is in a container, each with its index or key."""
    return list(content.items()) if isinstance(content, dict) else list(enumerate(content))


def put(content: Forecast, place: object, value: object) -> None:
    """``content[place] = value`` for a place that is there."""
    if isinstance(content, dict):
        content[place] = value
    else:
        content[cast("int", place)] = value


def _entries_before(fiber: Announcements) -> Iterator[Entry]:
    """Give what comes before the next operation of a fiber in the program and is not done, except its makers."""
    path = [fiber]
    while (maker := path[-1].parent) is not None:
        path.append(maker)
    for parent, child in pairwise(reversed(path)):
        yield from walk(takewhile(partial(operator.is_not, child), parent.segment))
    yield from walk(fiber.segment)


def _effects(entries: Iterable[Entry]) -> Iterator[Effect]:
    return (entry for entry in entries if type(entry) is Effect)


def _apply(effect: Effect, container: object, content: Forecast) -> bool:
    """Do an operation to a forecast; return whether it is one whose outcome is known without its operands."""
    operation = _OPERATIONS.get(effect.function)
    if operation is None:
        return False
    owner = effect.operands[0]
    if owner is not container:
        if effect.function is not setattr or instance_dict(owner) is not container:
            return False
        if is_in_slot(owner, cast("str", effect.operands[1])):
            return False
    return operation(content, *effect.operands[1:])


def _append(content: Forecast, value: object) -> bool:
    if isinstance(content, dict):
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
    if type(content) is list and (type(place) is not int or not -len(content) <= place < len(content)):
        return False
    put(content, place, value)  # the hash of a key runs no user code, or it would not be in the queue
    return True


def take(target: list[object] | deque[object], place: int) -> None:
    """``target.pop(place)`` for a place that is there, of which the item is known."""
    del target[place]


def _take(content: Forecast, place: int) -> bool:
    if isinstance(content, dict) or not -len(content) <= place < len(content):
        return False
    del content[place]
    return True


_OPERATIONS: dict[Callable[..., object], Callable[..., bool]] = {
    list.append: _append,
    append_to: _append_to,
    add_elements: _add,
    deque.append: _append,
    take: _take,
    operator.setitem: _set,
    setattr: _set,
}


class ForecastWalk:
    """A loop over a list with queued stores: each item as it will be, as long as that can be told."""

    __slots__ = ("_fiber", "container")

    def __init__(self, items: list[object], fiber: Announcements) -> None:
        self.container = items
        self._fiber = fiber

    def __iter__(self) -> Iterator[object]:
        return self.after(0)

    def after(self, count: int) -> Iterator[object]:
        """Iterate over what follows the first `count` items."""
        while count < len(content := self._content()):
            yield settled(content[count])
            count += 1

    def _content(self) -> list[object]:
        content = self._fiber.forecast(self.container)
        return self.container if content is None else cast("list[object]", content)

    def __len__(self) -> int:
        return len(self._content())

    def __getitem__(self, place: int) -> object:
        return settled(self._content()[place])

    def can_go_on(self) -> bool:
        """Say whether the next item is known."""
        fiber = self._fiber
        return id(self.container) not in fiber.run.memory.writes or fiber.forecast(self.container) is not None


class TableWalk:
    """A loop over a dictionary or a view of one with queued stores: each item as it will be."""

    __slots__ = ("_fiber", "_keeps", "_next", "_size", "_view", "container")

    def __init__(self, view: object, table: dict[object, object], fiber: Announcements, *, keeps: bool = False) -> None:
        self._view = view
        self.container = table
        self._fiber = fiber
        self._keeps = keeps and type(view) is ITEMS
        """The loop may keep items as they are: tuples, which can hold no promise."""
        self._next = 0
        self._size = len(self._content())

    def __iter__(self) -> Iterator[object]:
        return self.after(0)

    def _content(self) -> dict[object, object]:
        content = self._fiber.forecast(self.container)
        return self.container if content is None else cast("dict[object, object]", content)

    def after(self, count: int) -> Iterator[object]:
        """Iterate over what follows the first `count` items. Raises what the dictionary's own iterator does."""
        kind = type(self._view)
        content: dict[object, object] | None = None
        items: Iterator[tuple[object, object]] = iter(())
        while True:
            known = self._content()
            if known is not content:
                content = known
                if len(content) != self._size:
                    raise RuntimeError("dictionary changed size during iteration")
                items = islice(content.items(), count, None)
            try:
                key, value = next(items)
            except StopIteration:
                return
            count += 1
            self._next = count
            value = settled(value)
            yield (key, value) if kind is ITEMS else value if kind is VALUES else key

    def can_go_on(self) -> bool:
        """Say whether the next item is known."""
        fiber = self._fiber
        if id(self.container) not in fiber.run.memory.writes:
            return True
        content = fiber.forecast(self.container)
        if not isinstance(content, dict) or len(content) != self._size:
            return False
        return not self._keeps or all(
            type(settled(value)) is not Promise for value in islice(content.values(), self._next, self._next + 1)
        )


FORETOLD = frozenset(map(id, (ForecastWalk, TableWalk)))
"""Ids of the types of loops that tell whether they can go on."""


def table_of(iterable: object) -> dict[object, object] | None:
    """Return the dictionary that a loop over a dictionary or a view of one goes over, if it is a plain one."""
    if id(type(iterable)) not in _TABLES:
        return None
    owners = [iterable] if id(type(iterable)) in _DICTS else gc.get_referents(iterable)
    return cast("dict[object, object]", owners[0]) if len(owners) == 1 and id(type(owners[0])) in _DICTS else None
