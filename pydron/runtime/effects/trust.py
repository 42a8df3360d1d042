"""Which values run no user code when operators and builtin functions work on them.

Types are compared by identity throughout: even hashing a class, as in ``type(x) in table``, may run a metaclass's code.
"""

from __future__ import annotations

import sys
from collections import deque
from datetime import date, datetime, time, timedelta, timezone
from fractions import Fraction
from types import BuiltinFunctionType, EllipsisType, FunctionType, ModuleType, NoneType
from typing import TYPE_CHECKING, TypeAlias, cast

from pydron.runtime.effects.arrays import is_plain_array, numpy_types

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

__all__ = [
    "ARRAY",
    "ATOMS",
    "ATOM_IDS",
    "FOREIGN",
    "LONG_LIMIT",
    "MUTABLE",
    "SCALAR",
    "TEMPORAL",
    "are_atoms",
    "has_plain_keys",
    "is_atom",
    "is_immutable",
    "is_trusted",
    "survey",
    "without_atoms",
]

MUTABLE = 1
"""Some value may change."""
SCALAR = 2
"""Some value is a number of numpy: arithmetic on it may warn."""
ARRAY = 4
"""Some value is an array."""
FOREIGN = 8
"""Some value may run user code, or there are too many to look at."""
TEMPORAL = 16
"""Some value is a date or time."""

LIMIT = 64
LONG_LIMIT = 100_000
"""For operations that visit every element themselves."""

# NotImplemented is missing because its truth value warns; bytes are where Python was asked to warn about them.
ATOMS: frozenset[type] = frozenset(
    {int, float, complex, bool, str, NoneType, EllipsisType, range, date, timedelta, timezone}
    | (set() if sys.flags.bytes_warning else {bytes})
)
"""Exact types whose instances never change; operators on them alone run no user code and do not warn."""

ATOM_IDS = frozenset(map(id, ATOMS))
"""Their ids."""
_REFERENCE_IDS = frozenset(map(id, (FunctionType, BuiltinFunctionType, ModuleType, type)))

_Survey: TypeAlias = "Callable[[object], int]"


def is_atom(value: object) -> bool:
    """Tell whether the value's exact type is one of `ATOMS`."""
    return id(type(value)) in ATOM_IDS


def are_atoms(values: Iterable[object]) -> bool:
    """Tell whether the exact type of each value is one of `ATOMS`."""
    return ATOM_IDS.issuperset(map(id, map(type, values)))


def without_atoms(values: Iterable[object]) -> list[object]:
    """Return the values whose exact type is none of `ATOMS`."""
    return [value for value in values if id(type(value)) not in ATOM_IDS]


def is_trusted(value: object, limit: int = LIMIT) -> bool:
    """Tell whether operators and builtin functions on the value run no user code.

    True for atoms, numbers of numpy, arrays that hold no objects, and exact builtin containers of such with at most
    `limit` elements in all. Says nothing about warnings: see `survey`.
    """
    return id(type(value)) in ATOM_IDS or not survey((value,), limit) & FOREIGN


def is_immutable(value: object, limit: int = LIMIT) -> bool:
    """Tell whether nothing can change what the reference means: atoms, tuples of such, functions, classes, modules."""
    left = limit
    pending = [value]
    while pending:
        item = pending.pop()
        kind = id(type(item))
        if kind in ATOM_IDS or kind in _REFERENCE_IDS:
            continue
        if kind not in _FROZEN_IDS:
            if survey((item,), 0) & ~(SCALAR | TEMPORAL):
                return False
            continue
        parts = cast("Collection[object]", item)
        left -= len(parts)
        if left < 0:
            return False
        pending.extend(parts)
    return True


def survey(values: Iterable[object], limit: int = LIMIT) -> int:
    """Look at values and all their elements; return the bits `MUTABLE`, `SCALAR`, `ARRAY`, `FOREIGN` that apply."""
    bits = 0
    left = limit
    pending = list(values)
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        kind = id(type(value))
        if kind in ATOM_IDS:
            continue
        own = _CONTAINERS.get(kind)
        if own is None:
            bits |= _survey_leaf(value, kind)
            if bits & FOREIGN:
                return bits
            continue
        if id(value) in seen:
            continue
        seen.add(id(value))
        bits |= own
        parts = cast("Collection[object]", value)
        left -= len(parts)
        if left < 0:
            return bits | FOREIGN
        if not are_atoms(parts):
            pending.extend(parts)
        if kind == _DICT and not are_atoms(items := cast("dict[object, object]", value).values()):
            pending.extend(items)
    return bits


_DICT = id(dict)
_CONTAINERS = {
    id(tuple): 0,
    id(frozenset): 0,
    id(list): MUTABLE,
    id(dict): MUTABLE,
    id(set): MUTABLE,
    id(deque): MUTABLE,
}
_FROZEN_IDS = frozenset({id(tuple), id(frozenset)})


def _survey_leaf(value: object, kind: int) -> int:
    look = _LEAVES.get(kind)
    if look is not None:
        return look(value)
    known = numpy_types()
    if known is None:
        return FOREIGN
    if kind in known.scalars:
        return SCALAR
    if kind == known.array and is_plain_array(value):
        return ARRAY | MUTABLE
    return FOREIGN


def _survey_slice(value: object) -> int:
    part = cast("slice", value)
    return 0 if are_atoms((part.start, part.stop, part.step)) else survey((part.start, part.stop, part.step))


def _survey_time(value: object) -> int:
    # A tzinfo of the user's is asked by comparison, hash and str.
    zone = cast("datetime | time", value).tzinfo
    return TEMPORAL if zone is None or type(zone) is timezone else FOREIGN


def _survey_fraction(value: object) -> int:
    # The constructor keeps whatever another Rational calls its numerator.
    fraction = cast("Fraction", value)
    return 0 if type(fraction.numerator) is int and type(fraction.denominator) is int else FOREIGN


_LEAVES: dict[int, _Survey] = {
    id(slice): _survey_slice,
    id(datetime): _survey_time,
    id(time): _survey_time,
    id(Fraction): _survey_fraction,
    id(bytearray): lambda _: MUTABLE,
}


def _table_sizes(entry: int) -> frozenset[int]:
    # A dict of n slots: its header, a byte (or 2, 4, 8) of index per slot, entries for two thirds of the slots.
    header = sys.getsizeof({"": 0}) - 8 - 16 * 5
    sizes = set()
    for bits in range(3, 40):
        width = 1 if bits < 8 else 2 if bits < 16 else 4 if bits < 32 else 8
        sizes.add(header + (width << bits) + entry * ((2 << bits) // 3))
    return frozenset(sizes)


def _text_table_sizes() -> frozenset[int]:
    text, general = _table_sizes(16), _table_sizes(24)
    for count in (1, 5, 6, 40, 300, 3000):
        if sys.getsizeof(dict.fromkeys(map(str, range(count)))) not in text:
            return frozenset()
        if sys.getsizeof(dict.fromkeys(range(count))) not in general:
            return frozenset()
    return text - general


# CPython stores a dict in smaller entries while all its keys are exact strings, so that its size tells in constant time
# what a look at each key would. Where the sizes are not as expected the set is empty and each key is looked at.
_TEXT_TABLE_SIZES = _text_table_sizes()


def has_plain_keys(table: Collection[object], limit: int = 4096) -> bool:
    """Tell whether looking up a trusted key in an exact dict or set runs no user code.

    A stored key with an equal hash is asked whether it is equal, so every stored key matters.
    """
    if not table or (type(table) is dict and sys.getsizeof(table) in _TEXT_TABLE_SIZES):
        return True
    if len(table) > limit:
        return False
    return are_atoms(table) or not survey(table, limit) & (FOREIGN | ARRAY)
