"""Loops over what pandas hands out, in a form that can begin again in the middle: series, labels, rows, groups.

An iterator of pandas cannot be had twice: a second one starts from what the frame has become. Those of series, labels
and rows go over the arrays that there were when the loop began, so the arrays are what a walk holds. Groups are cut out
of a copy, and so are rows of frames of several types: what was pulled of them can be kept.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects import memory_key
from pydron.runtime.effects.arrays import numpy_types
from pydron.runtime.effects.pandas import Frame, Series, pandas_types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pydron.runtime.effects.arrays import Array

__all__ = ["WALKS", "Elements", "Kept", "Rows", "are_elements", "are_groups", "rows_of"]


def are_elements(value: object) -> bool:
    """Say whether a value is a series of pandas, or an index."""
    known = pandas_types()
    return known is not None and id(type(value)) in known.sequences


def are_groups(value: object) -> bool:
    """Say whether a value is what a frame or series of pandas is grouped into."""
    known = pandas_types()
    return known is not None and id(type(value)) in known.groups


class Elements:
    """The elements of a series or index, in the array that it has now."""

    __slots__ = ("_array", "_values", "key")

    def __init__(self, series: object) -> None:
        values = cast("Series", series)
        numpy = numpy_types()
        plain = numpy is not None and isinstance(values.dtype, numpy.dtype) and values.dtype.kind not in "mM"
        self._array = cast("Array", values.to_numpy()) if plain else None
        self._values = values.array
        self.key = memory_key(self._values if self._array is None else self._array)
        """Key of the memory that is read; None if that cannot be told."""

    def __iter__(self) -> Iterator[object]:
        return self.after(0)

    def after(self, count: int) -> Iterator[object]:
        """Iterate over what follows the first `count` elements, as the series itself does."""
        if self._array is None:
            return islice(self._values, count, None)
        return map(self._array.item, range(count, self._array.size))


class Rows:
    """The rows of a data frame, as ``frame.itertuples(…)`` gives them, in the arrays that it has now."""

    __slots__ = ("_columns", "_make", "key")

    def __init__(self, frame: Frame, index: bool, name: str | None) -> None:
        columns = [frame.iloc[:, number] for number in range(len(frame.columns))]
        self._columns = [Elements(column) for column in ([frame.index, *columns] if index else columns)]
        (first,) = cast("Frame", frame.iloc[:1]).itertuples(index, name)
        self._make: Callable[[Iterable[object]], object] = getattr(type(first), "_make", tuple)
        self.key = tuple([column.key for column in self._columns])
        """Keys of the memory that is read; None where that cannot be told."""

    def __iter__(self) -> Iterator[object]:
        return self.after(0)

    def after(self, count: int) -> Iterator[object]:
        """Iterate over what follows the first `count` rows."""
        return map(self._make, zip(*[column.after(count) for column in self._columns], strict=True))


class Kept:
    """What an iterator gives that can be had but once, kept for as long as it may be asked for again."""

    __slots__ = ("_begin", "_items", "_may_forget", "_rest")
    key = ()
    """Nothing that is stored shows in what is still to come."""

    def __init__(self, iterable: Iterable[object], may_forget: Callable[[], bool]) -> None:
        self._rest = iter(iterable)
        self._items: deque[object] = deque()
        self._begin = 0
        """How many items were forgotten."""
        self._may_forget = may_forget

    def __iter__(self) -> Iterator[object]:
        return self.after(0)

    def after(self, count: int) -> Iterator[object]:
        """Iterate over what follows the first `count` items."""
        while True:
            if count - self._begin == len(self._items):
                if self._may_forget():
                    self._begin = count
                    self._items.clear()
                try:
                    self._items.append(next(self._rest))
                except StopIteration:
                    return
            item = self._items[count - self._begin]
            count += 1
            yield item


WALKS = frozenset(map(id, (Elements, Rows, Kept)))
"""Ids of the types of such walks."""
_OPTIONS = ("index", "name")
"""What `itertuples` takes."""


def rows_of(
    frame: object, method: str, args: tuple[object, ...], kwargs: Mapping[str, object], may_forget: Callable[[], bool]
) -> Rows | Kept | None:
    """Return a walk over ``frame.itertuples(…)`` or ``frame.iterrows()``, or None where there is none."""
    known, numpy = pandas_types(), numpy_types()
    if known is None or numpy is None or type(frame) is not known.frame:
        return None
    table = cast("Frame", frame)
    if method == "itertuples":
        given = {**dict(zip(_OPTIONS, args, strict=False)), **kwargs}
        index, name = given.get("index", True), given.get("name", "Pandas")
        fits = given.keys() <= set(_OPTIONS) and len(given) == len(args) + len(kwargs)
        if not fits or type(index) is not bool or not (name is None or type(name) is str):
            return None
        rows = Rows(table, index, name) if len(table.index) and len(table.columns) else None
        return rows if rows is not None and None not in rows.key else None
    # where the values are a view, rows that are still to come show what is stored into the frame
    if method != "iterrows" or args or kwargs or numpy.module.may_share_memory(table.values, table.values):
        return None
    return Kept(table.iterrows(), may_forget)
