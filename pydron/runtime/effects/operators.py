"""What operators may do: arithmetic, comparison, subscripts, truth, iteration.

Operators are named as they are written: ``"+"``, ``"not in"``; those of augmented assignment without the ``=``.
Operands are numbered from the left: container 0, index 1, assigned value 2.
"""

from __future__ import annotations

import sys
from collections import defaultdict, deque
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects.arrays import NUMERIC_KINDS, Array, is_plain_array, numpy_types
from pydron.runtime.effects.attributes import defines, has_finalizer
from pydron.runtime.effects.memory import memory_key
from pydron.runtime.effects.pandas import frame_subscript
from pydron.runtime.effects.printing import can_show
from pydron.runtime.effects.rules import (
    as_collection,
    is_key_of,
    is_plain_iterable,
    judge,
    reads,
    replaces_quietly,
)
from pydron.runtime.effects.trust import (
    ARRAY,
    FOREIGN,
    LONG_LIMIT,
    MUTABLE,
    SCALAR,
    are_atoms,
    has_plain_keys,
    is_atom,
    survey,
)
from pydron.runtime.effects.verdict import PENDING, PURE, UNKNOWN, Effect, Verdict, with_warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = [
    "binary_is_pure",
    "classify_binary",
    "classify_delitem",
    "classify_inplace",
    "classify_setitem",
    "classify_subscript",
    "classify_truth",
    "classify_unary",
    "is_plain_index",
    "is_small_float",
    "iteration_is_plain",
    "numeric_kind",
    "store_numbers",
    "subscript_is_pure",
    "truth_is_pure",
]

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_BITWISE = frozenset({"&", "|", "^", "<<", ">>"})
_RING = frozenset({"+", "-", "*", "@"})
_ARITHMETIC = _RING | _BITWISE | {"/", "//", "%", "**"}

_READ_BOTH = reads(0, 1, fresh=True)
_READ_DEEP = reads(deep=(0, 1), fresh=True)
_READ_FIRST = reads(0)
_READ_NEW = reads(0, fresh=True)

_TAKE = Verdict(Effect.PURE)  # an element, which may be old

_LIST = id(list)
_TUPLE = id(tuple)
_DICT = id(dict)
_TABLES = frozenset({_DICT, id(defaultdict)})
_SETS = frozenset({id(set), id(frozenset)})
_INDEXED = frozenset({id(str), id(bytes), id(range), id(tuple)})
_INDEXED_MUTABLE = frozenset(map(id, (list, bytearray)))
_ATOM_KINDS = {id(bool): "b", id(int): "i", id(float): "f", id(complex): "c"}


def classify_binary(op: str, left: object, right: object) -> Verdict:
    """Tell what ``left op right`` may do, for arithmetic, comparison, ``in`` and ``is``."""
    if is_atom(left) and is_atom(right):
        return PURE
    rule = _BINARY.get(op)
    return UNKNOWN if rule is None else rule(op, left, right)


def binary_is_pure(op: str, left: object, right: object) -> bool:
    """Tell whether ``left op right`` does nothing but read its operands."""
    return (is_atom(left) and is_atom(right)) or classify_binary(op, left, right).is_harmless


def _identity(_op: str, _left: object, _right: object) -> Verdict:
    return PURE


def _membership(_op: str, left: object, right: object) -> Verdict:
    kind = id(type(right))
    if kind in _TABLES or kind in _SETS:
        return reads(1, fresh=True) if is_key_of(right, left) else UNKNOWN
    if is_plain_iterable(right):
        bits = survey((left, right), LONG_LIMIT)
        return judge(bits, _READ_DEEP if bits & MUTABLE else PURE, numbers_warn=False)
    numeric = numeric_kind(left) and is_plain_array(right) and numeric_kind(right)
    return _READ_BOTH if numeric else UNKNOWN


def _comparison(op: str, left: object, right: object) -> Verdict:
    bits = survey((left, right), LONG_LIMIT)
    if bits & (ARRAY | SCALAR):
        return _numeric(op, left, right)
    return judge(bits, _READ_DEEP if bits & MUTABLE else PURE)


def _arithmetic(op: str, left: object, right: object) -> Verdict:
    kind, other = id(type(left)), id(type(right))
    if op == "+" and kind == other and (kind in (_LIST, _TUPLE)):
        return _READ_BOTH if kind == _LIST else PURE
    if op == "*" and (_repeats(left, right) or _repeats(right, left)):
        return PURE if _TUPLE in (kind, other) else _READ_BOTH
    if op == "%" and kind in _TEXTS:
        return _READ_DEEP if can_show((right,)) else UNKNOWN
    if kind in _SETS or kind == _DICT or other in _SETS or other == _DICT:
        return _combination(left, right)
    bits = survey((left, right), LONG_LIMIT)
    if bits & (ARRAY | SCALAR):
        return _numeric(op, left, right)
    return judge(bits, _READ_DEEP if bits & MUTABLE else PURE)


_TEXTS = frozenset({id(str), id(bytes)})


def _repeats(sequence: object, times: object) -> bool:
    return id(type(sequence)) in (_LIST, _TUPLE) and is_atom(times)


def _combination(left: object, right: object) -> Verdict:
    for operand in (left, right):
        kind = id(type(operand))
        if not (kind == _DICT or kind in _SETS) or not has_plain_keys(as_collection(operand)):
            return UNKNOWN
    return _READ_BOTH


def numeric_kind(value: object) -> str | None:
    """Return numpy's letter for the kind of a number or of an array of numbers; None for anything else."""
    kind = _ATOM_KINDS.get(id(type(value)))
    if kind is not None:
        return kind
    known = numpy_types()
    if known is None:
        return None
    if id(type(value)) in known.scalars:
        return known.scalars[id(type(value))]
    if is_plain_array(value):
        kind = cast("Array", value).dtype.kind
        return kind if kind in NUMERIC_KINDS else None
    return None


def _numeric(op: str, left: object, right: object) -> Verdict:
    kinds = (numeric_kind(left), numeric_kind(right))
    known = numpy_types()
    if None in kinds or known is None:
        return UNKNOWN
    if known.major < 2 and (type(left) is int or type(right) is int) and op not in _COMPARISONS:
        return UNKNOWN  # where the number does not fit the array's type a DeprecationWarning says so
    has_array = id(type(left)) == known.array or id(type(right)) == known.array
    verdict = _READ_BOTH if has_array else PURE
    silent = _never_warns(op, kinds, has_array=has_array) and not (is_small_float(left) or is_small_float(right))
    return verdict if silent else with_warnings(verdict)


def is_small_float(value: object) -> bool:
    """Tell whether the value has a type of numpy that not every float of Python fits: converting one may warn."""
    if numeric_kind(value) not in {"f", "c"} or is_atom(value):
        return False
    dtype = cast("Array", value).dtype
    return dtype.itemsize < (16 if dtype.kind == "c" else 8)


def _never_warns(op: str, kinds: tuple[str | None, ...], *, has_array: bool) -> bool:
    if op in _BITWISE or op in {"==", "!="}:
        return True
    integers = all(kind in {"b", "i", "u"} for kind in kinds)
    if op in _COMPARISONS:
        return integers or not has_array  # the order of a NaN in an array may be an event
    # Integers in arrays wrap silently, single ones of numpy warn.
    return integers and has_array and op in _RING


_BINARY: dict[str, Callable[[str, object, object], Verdict]] = {
    **dict.fromkeys(("is", "is not"), _identity),
    **dict.fromkeys(("in", "not in"), _membership),
    **dict.fromkeys(_COMPARISONS, _comparison),
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
}


def classify_unary(op: str, value: object) -> Verdict:
    """Tell what ``-value``, ``+value``, ``~value`` or ``not value`` may do."""
    if op == "not":
        return classify_truth(value)
    if op == "~" and type(value) is bool and sys.version_info >= (3, 12):
        return UNKNOWN  # deprecated, which it says
    bits = survey((value,))
    if bits & ARRAY:
        return _READ_NEW if numeric_kind(value) else UNKNOWN
    return judge(bits, PURE)


def classify_truth(value: object) -> Verdict:
    """Tell what ``bool(value)`` may do."""
    if is_atom(value):
        return PURE
    kind = id(type(value))
    if is_plain_iterable(value):
        return _READ_FIRST
    known = numpy_types()
    if known is not None:
        if kind in known.scalars:
            return PURE
        if kind == known.array:  # an empty one warns
            return _READ_FIRST if numeric_kind(value) and cast("Array", value).size else UNKNOWN
    if value is PENDING or not survey((value,)) & FOREIGN:
        return UNKNOWN if value is PENDING else _READ_FIRST
    return UNKNOWN if defines(value, "__bool__", "__len__") else PURE


def truth_is_pure(value: object) -> bool:
    """Tell whether ``bool(value)`` does nothing but read the value."""
    return is_atom(value) or classify_truth(value).is_harmless


def iteration_is_plain(value: object) -> bool:
    """Tell whether iterating over the value runs no user code and changes nothing, whatever its elements are."""
    return is_plain_iterable(value) or (is_plain_array(value) and cast("Array", value).ndim > 0)


def is_plain_index(index: object) -> bool:
    """Tell whether the index is an atom or a slice of atoms."""
    return is_atom(index) or (type(index) is slice and are_atoms((index.start, index.stop, index.step)))


def classify_subscript(container: object, index: object) -> Verdict:
    """Tell what ``container[index]`` may do."""
    kind = id(type(container))
    if kind in _INDEXED:
        return _TAKE if is_plain_index(index) or _is_number(index) else UNKNOWN
    if kind in _INDEXED_MUTABLE:
        if type(index) is slice:
            return _READ_NEW if is_plain_index(index) else UNKNOWN
        return _READ_FIRST if is_atom(index) or _is_number(index) else UNKNOWN
    if kind in _TABLES:
        known = is_key_of(container, index) and (kind == _DICT or index in as_collection(container))
        return _READ_FIRST if known else UNKNOWN
    if is_plain_array(container):
        return reads(0, 1) if _is_array_index(index) else UNKNOWN
    return frame_subscript(container, index)


def subscript_is_pure(container: object, index: object) -> bool:
    """Tell whether ``container[index]`` does nothing but read."""
    return classify_subscript(container, index).is_harmless


def _is_number(index: object) -> bool:
    known = numpy_types()
    return known is not None and known.scalars.get(id(type(index)), "") in {"i", "u"}


def _is_array_index(index: object) -> bool:
    return all(map(_is_axis_index, index)) if type(index) is tuple else _is_axis_index(index)


def _is_axis_index(index: object) -> bool:
    if is_plain_index(index) or _is_number(index):
        return type(index) is not str
    known = numpy_types()
    if type(index) is list:
        return known is not None and known.major >= 2 and are_atoms(index)
    return is_plain_array(index) and cast("Array", index).dtype.kind in {"b", "i", "u"}


_STORE_ITEM = Verdict(Effect.WRITES, writes=(0,), stores=(1, 2), none_result=True)
_STORE_SLICE = Verdict(Effect.WRITES, shallow=(2,), writes=(0,), stores=(2,), none_result=True)
_STORE_NUMBERS = Verdict(Effect.WRITES, shallow=(1, 2), writes=(0,), none_result=True)
_STORE_PENDING_NUMBERS = Verdict(Effect.WRITES, shallow=(1,), deep=(2,), writes=(0,), none_result=True)
_DELETE = Verdict(Effect.WRITES, writes=(0,), none_result=True)


def classify_setitem(container: object, index: object, value: object) -> Verdict:
    """Tell what ``container[index] = value`` may do; the value may be `PENDING`."""
    kind = id(type(container))
    if kind == _LIST:
        if type(index) is slice:
            return _STORE_SLICE if is_plain_index(index) and is_plain_iterable(value) else UNKNOWN
        plain = (is_atom(index) or _is_number(index)) and not _drops_finalizer(container, index)
        return _STORE_ITEM if plain else UNKNOWN
    if kind in _TABLES:
        plain = is_key_of(container, index) and not _drops_finalizer(container, index)
        return _STORE_ITEM if plain else UNKNOWN
    if is_plain_array(container) and _is_array_index(index):
        return store_numbers(container, value)
    return UNKNOWN


def _drops_finalizer(container: object, index: object) -> bool:
    try:
        if type(container) is defaultdict and index not in container:
            return False
        old = cast("dict[object, object]", container)[index]
    except (LookupError, TypeError):
        return False
    return has_finalizer(old)


_RANKS = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def store_numbers(array: object, value: object) -> Verdict:
    """Judge a store of a number or of an array of numbers into an array."""
    own = numeric_kind(array)
    if own is None:
        return UNKNOWN
    if value is PENDING:
        return _STORE_PENDING_NUMBERS
    kind = numeric_kind(value)
    if kind is None or (kind == "c" and own != "c"):
        return UNKNOWN
    known = numpy_types()
    if known is None or (known.major < 2 and type(value) is int):
        return UNKNOWN
    if is_plain_array(value) and memory_key(array) == memory_key(value):
        return UNKNOWN
    return _STORE_NUMBERS if _fits(own, kind, cast("Array", array), value) else with_warnings(_STORE_NUMBERS)


def _fits(own: str, kind: str, array: Array, value: object) -> bool:
    """Tell whether no number of the value's type overflows in the array's."""
    if _RANKS[kind] > _RANKS[own]:
        return False
    width = array.dtype.itemsize // 2 if own == "c" else array.dtype.itemsize
    if own not in "fc" or kind == "b":
        return True
    if kind in "iu":
        return width >= 4
    own_width = 8 if is_atom(value) else cast("Array", value).dtype.itemsize // (2 if kind == "c" else 1)
    return width >= own_width


def classify_delitem(container: object, index: object) -> Verdict:
    """Tell what ``del container[index]`` may do."""
    kind = id(type(container))
    if kind == _LIST:
        plain = is_plain_index(index) and replaces_quietly(as_collection(container))
    else:
        plain = kind in _TABLES and is_key_of(container, index) and replaces_quietly(_values(container))
    return _DELETE if plain else UNKNOWN


def _values(table: object) -> Collection[object]:
    return cast("dict[object, object]", table).values()


_EXTEND = Verdict(Effect.WRITES, shallow=(1,), writes=(0,), stores=(1,))
_CHANGE = Verdict(Effect.WRITES, shallow=(1,), writes=(0,))


def classify_inplace(op: str, left: object, right: object) -> Verdict:
    """Tell what ``left op= right`` may do, apart from binding the name; `op` comes without the ``=``."""
    kind = id(type(left))
    if kind == _LIST:
        return _change_list(op, right)
    if kind == id(set) or kind == _DICT:
        return _change_table(op, left, right)
    if is_plain_array(left):
        return _change_array(op, left, right)
    if kind in _INPLACE_UNKNOWN:
        return UNKNOWN
    return classify_binary(op, left, right)


_INPLACE_UNKNOWN = frozenset(map(id, (bytearray, deque)))


def _change_list(op: str, right: object) -> Verdict:
    if op == "+":
        return _EXTEND if is_plain_iterable(right) else UNKNOWN
    return _CHANGE if op == "*" and type(right) is int and right > 0 else UNKNOWN


def _change_table(op: str, left: object, right: object) -> Verdict:
    if op not in _BITWISE or not _combination(left, right).is_known:
        return UNKNOWN
    if type(left) is dict and not (replaces_quietly(left.values()) and type(right) is dict):
        return UNKNOWN
    return _EXTEND


def _change_array(op: str, left: object, right: object) -> Verdict:
    verdict = _numeric(op, left, right) if op in _ARITHMETIC else UNKNOWN
    if not verdict.is_known or numeric_kind(right) == "c":
        return UNKNOWN
    return with_warnings(_CHANGE) if verdict.warns else _CHANGE
