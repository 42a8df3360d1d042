"""What a ``for`` loop goes over, in a form that can begin again in the middle.

A loop that ran ahead of an operation with unknown effects may have to be resumed from an earlier round. A second
iterator over the same container, taken as far, goes on like the first; an iterator of unknown type cannot be had
twice, so its items are pulled one at a time, each at its turn.
"""

from __future__ import annotations

from itertools import chain, combinations, combinations_with_replacement, islice, pairwise, permutations, product
from typing import TYPE_CHECKING, cast

from pydron.runtime.conflicts import key_of
from pydron.runtime.effects.arrays import is_plain_array
from pydron.runtime.effects.memory import HEAP, class_flags
from pydron.runtime.effects.trust import are_atoms
from pydron.runtime.frames import WALKS, Elements, Kept, Rows, are_elements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = [
    "EACH_TURN",
    "FIXED",
    "TABLES",
    "BackwardWalk",
    "Walk",
    "begun",
    "can_rewind",
    "can_walk",
    "gives_items",
    "key_of_walk",
    "pooled",
    "same",
    "steady",
]

FIXED = frozenset(map(id, (range, tuple, str, bytes, frozenset)))
"""Ids of the types of iterables that never change."""
TABLES = frozenset(map(id, (dict, set, type({}.keys()), type({}.values()), type({}.items()))))
"""Ids of the types of iterables that must not change their size under way."""
EACH_TURN = -1
"""What a loop watches that pulls each item at its turn."""
_POOLING: dict[int, int] = {
    id(product): 1000,
    **dict.fromkeys(map(id, (permutations, combinations, combinations_with_replacement)), 1),
}
"""Builtin iterators that take all items at the beginning, with how many arguments are iterables at most."""
_WRAPPERS: dict[int, int] = {
    **dict.fromkeys(map(id, (zip, reversed, chain, pairwise)), 1000),
    **dict.fromkeys(map(id, (enumerate, islice)), 1),
    **_POOLING,
}
"""Builtin iterators that hold nothing but a place in what they go over."""


_PLAIN = frozenset(map(id, (reversed, chain, islice)))


class _Begun:
    """An iteration that has begun, for a loop that goes on with it: it does not ask the iterator for an iterator."""

    __slots__ = ("_iterator",)

    def __init__(self, iterator: Iterator[object]) -> None:
        self._iterator = iterator

    def __iter__(self) -> Iterator[object]:
        return self._iterator


def begun(iterable: object) -> Iterable[object]:
    """Begin an iteration, as a loop does: ask once for an iterator, which need not be iterable itself."""
    iterator = iter(cast("Iterable[object]", iterable))
    return _Begun(iterator) if class_flags(type(iterator)) & HEAP else iterator


def can_rewind(value: object) -> bool:
    """Say whether a second iterator over the value, taken as far, goes on like the first."""
    kind = id(type(value))
    if type(value) is list or kind in FIXED or kind in TABLES or kind in WALKS:
        return True
    return is_plain_array(value) or are_elements(value)


def steady(iterable: object) -> Iterable[object]:
    """Return what to iterate over instead of something that can be had twice: for the second time as for the first."""
    return Elements(iterable) if are_elements(iterable) else cast("Iterable[object]", iterable)


def key_of_walk(source: object) -> object:
    """Return the key of the memory that going over something reads, or several; None if that cannot be told."""
    return source.key if isinstance(source, (Elements, Rows, Kept)) else key_of(source)


def can_walk(wrapper: object, args: tuple[object, ...], keywords: object) -> bool:
    """Say whether ``wrapper(*args, **keywords)`` is a builtin iterator over containers that can be had twice."""
    if id(wrapper) not in _WRAPPERS or not args:
        return False
    if keywords and not are_atoms(cast("Mapping[str, object]", keywords).values()):
        return False
    sources = args[: _WRAPPERS[id(wrapper)]]
    if wrapper is reversed and are_elements(sources[0]):
        return False
    return all(map(can_rewind, sources)) and are_atoms(args[len(sources) :])


def pooled(wrapper: object, args: tuple[object, ...]) -> tuple[object, ...]:
    """Return the arguments of a builtin iterator, with a copy of what it takes all items of at the beginning."""
    count = _POOLING.get(id(wrapper), 0)
    return tuple([tuple(value) if place < count else value for place, value in enumerate(args)])  # type: ignore[arg-type]


def gives_items(wrapper: object) -> bool:
    """Say whether a builtin iterator gives the items of what it goes over as they are, not tuples of them."""
    return id(wrapper) in _PLAIN


class BackwardWalk:
    """A loop over ``reversed(items)``: from the item that was last when it began, until an index is out of range."""

    __slots__ = ("_items", "_last")

    def __init__(self, items: Sequence[object]) -> None:
        self._items = items
        self._last = len(items) - 1

    def __iter__(self) -> Iterator[object]:
        return self.after(0)

    def after(self, count: int) -> Iterator[object]:
        """Iterate over what follows the first `count` items."""
        place = self._last - count
        while 0 <= place < len(self._items):
            yield self._items[place]
            place -= 1


def same(value: Iterable[object]) -> Iterable[object]:
    """Return the argument: a walk over a container without a wrapper."""
    return value


class Walk:
    """An iteration that can begin again; the iterators it gives are the builtin ones."""

    __slots__ = ("_args", "_keywords", "_sizes", "_wrapper")

    def __init__(
        self, wrapper: Callable[..., Iterable[object]], args: tuple[object, ...], keywords: Mapping[str, object]
    ) -> None:
        self._wrapper = wrapper
        self._args = args
        self._keywords = keywords
        self._sizes = [len(value) for value in args if id(type(value)) in TABLES]  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[object]:
        return iter(self._wrapper(*self._args, **self._keywords))

    def after(self, count: int) -> Iterator[object]:
        """Iterate over what follows the first `count` items.

        Raises:
            RuntimeError: a dictionary or set has changed its size since the beginning, as its own iterator would say.
        """
        tables = [value for value in self._args if id(type(value)) in TABLES]
        for table, size in zip(tables, self._sizes, strict=True):
            if len(table) != size:  # type: ignore[arg-type]
                kind = "Set" if type(table) is set else "dictionary"
                raise RuntimeError(f"{kind} changed size during iteration")
        return islice(iter(self), count, None)
