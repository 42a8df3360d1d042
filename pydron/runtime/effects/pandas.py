"""What reading objects of pandas may do. Knows pandas only once the program has imported it.

Only exact types of pandas are accepted, and labels that are numbers or text: looking one up runs no code but that of
libraries. What changes such an object is not known here: it waits for its turn, and what was read ahead of it is read
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from pydron.runtime.effects.imported import Imported
from pydron.runtime.effects.memory import class_dict, class_mro
from pydron.runtime.effects.rules import reads
from pydron.runtime.effects.trust import are_atoms, is_atom
from pydron.runtime.effects.verdict import RECEIVER, UNKNOWN, Verdict, with_warnings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from pydron.runtime.effects.rules import Arguments, Keywords, MethodRule

__all__ = ["Frame", "PandasTypes", "Series", "frame_attribute", "frame_method", "frame_subscript", "pandas_types"]


class _Dtype(Protocol):
    kind: str


class Series(Protocol):
    """The part of `pandas.Series` and `pandas.Index` that is looked at here."""

    dtype: _Dtype
    index: Series
    array: Iterable[object]

    def to_numpy(self) -> object:
        """Return the values, as an array that shares memory with them where that is possible."""

    def tolist(self) -> list[object]:
        """Return the values."""

    def __len__(self) -> int: ...


class _Indexer(Protocol):
    obj: Frame | Series

    def __getitem__(self, place: object) -> object: ...


class Frame(Protocol):
    """The part of `pandas.DataFrame` that is looked at here."""

    index: Series
    columns: Series
    dtypes: Iterable[_Dtype]
    values: object
    iloc: _Indexer
    axes: list[Series]

    def itertuples(self, index: bool, name: str | None) -> Iterable[tuple[object, ...]]:
        """Return an iterator over rows."""

    def iterrows(self) -> Iterable[tuple[object, Series]]:
        """Return an iterator over labels and rows."""


@dataclass(frozen=True, slots=True)
class PandasTypes:
    """The types of an imported pandas; where there are several their ids, as asking for a type's hash may run code."""

    series: type
    frame: type
    indexes: frozenset[int]
    sequences: frozenset[int]
    """Series, and indexes of all kinds that give one element after the other."""
    groups: frozenset[int]
    indexers: frozenset[int]
    text: type
    """The type of the data types of text."""


_SEQUENCES = (
    "Series", "Index", "RangeIndex", "DatetimeIndex", "TimedeltaIndex", "PeriodIndex", "CategoricalIndex",
    "IntervalIndex",
)  # fmt: skip


def _learn(module: ModuleType) -> PandasTypes:
    some = module.DataFrame({"a": [1]})
    return PandasTypes(
        module.Series,
        module.DataFrame,
        _ids(module.Index, module.RangeIndex),
        _ids(*[getattr(module, name) for name in _SEQUENCES]),
        _ids(module.api.typing.DataFrameGroupBy, module.api.typing.SeriesGroupBy),
        _ids(*map(type, (some.loc, some.iloc, some.at, some.iat))),
        module.StringDtype,
    )


def _ids(*kinds: type) -> frozenset[int]:
    return frozenset(map(id, kinds))


pandas_types = Imported("pandas", _learn).known
"""Returns what is known of pandas; None while the program has not completely imported it."""

_READ = reads(deep=(0,))
_READ_SOME = reads(1, deep=(0,))
_NUMERIC = frozenset("biuf")
_MANY = 1000
"""Labels that are looked at one by one."""


def _are_plain_labels(labels: Series, known: PandasTypes) -> bool:
    """Tell whether looking a number or text up among labels runs no user code."""
    if id(type(labels)) not in known.indexes:
        return False
    if labels.dtype.kind in _NUMERIC or type(labels.dtype) is known.text:
        return True
    return labels.dtype.kind == "O" and len(labels) <= _MANY and are_atoms(labels.tolist())


def _is_label(label: object, labels: Series) -> bool:
    return type(label) is str or (type(label) is int and labels.dtype.kind in "iu")


def frame_subscript(container: object, index: object) -> Verdict:
    """Tell what ``container[index]`` may do where the container is a series, a data frame or one of its indexers."""
    known = pandas_types()
    if known is None:
        return UNKNOWN
    kind = type(container)
    if id(kind) in known.indexers:
        return _indexed(cast("_Indexer", container).obj, index, known)
    if kind is known.series:
        labels = cast("Series", container).index
    elif kind is known.frame:
        labels = cast("Frame", container).columns
    else:
        return UNKNOWN
    if not _are_plain_labels(labels, known):
        return UNKNOWN
    if type(index) is list and kind is known.frame:
        return _READ_SOME if all(_is_label(each, labels) for each in index) else UNKNOWN
    return _READ if _is_label(index, labels) else UNKNOWN


def _indexed(owner: Frame | Series, index: object, known: PandasTypes) -> Verdict:
    if type(owner) is not known.frame and type(owner) is not known.series:
        return UNKNOWN
    axes = cast("Frame", owner).axes
    places = index if type(index) is tuple else (index,)
    plain = all(type(place) is int or type(place) is str for place in places) and len(places) <= len(axes)
    return _READ if plain and all(_are_plain_labels(axis, known) for axis in axes) else UNKNOWN


_PROPERTIES = frozenset(
    ("T", "array", "at", "columns", "dtype", "dtypes", "empty", "iat", "iloc", "index", "loc", "name", "ndim", "shape",
     "size", "values")
)  # fmt: skip


def frame_attribute(owner: object, name: str) -> Verdict:
    """Tell what ``owner.name`` may do where the owner is a series or a data frame: the name may be that of a label."""
    known = pandas_types()
    if known is None or (type(owner) is not known.series and type(owner) is not known.frame):
        return UNKNOWN
    if any(name in class_dict(parent) for parent in class_mro(type(owner))):
        return _READ if name in _PROPERTIES else UNKNOWN
    return UNKNOWN if name.startswith("_") else frame_subscript(owner, name)


_LOOK = reads(deep=(RECEIVER,))
_LOOKERS = frozenset(
    ("copy", "count", "head", "isna", "notna", "nunique", "tail", "to_list", "to_numpy", "tolist", "unique")
)
_REDUCERS = frozenset(("all", "any", "max", "mean", "median", "min", "prod", "std", "sum", "var"))


def frame_method(receiver: object, name: str) -> MethodRule | None:
    """Return the rule for a method of a series or a data frame of numbers; None for anything else."""
    known = pandas_types()
    if known is None or (name not in _LOOKERS and name not in _REDUCERS):
        return None
    if type(receiver) is known.series:
        dtypes: Iterable[_Dtype] = (cast("Series", receiver).dtype,)
    elif type(receiver) is known.frame:
        dtypes = cast("Frame", receiver).dtypes
    else:
        return None
    return _of_numbers if all(dtype.kind in _NUMERIC for dtype in dtypes) else None


def _of_numbers(_receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    plain = all(map(is_atom, args)) and all(map(is_atom, kwargs.values()))
    return with_warnings(_LOOK) if plain else UNKNOWN
