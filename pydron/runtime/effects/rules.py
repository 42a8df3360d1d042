"""The pieces that the tables of functions and methods are made of.

A rule looks at concrete operands and gives a verdict. It must stand any number and kind of arguments: a call that does
not fit the signature raises, whatever the verdict.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias, cast

from pydron.runtime.effects.attributes import has_finalizer
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
from pydron.runtime.effects.verdict import ALL, PURE, RECEIVER, UNKNOWN, Effect, Operand, Verdict, with_warnings

__all__ = [
    "PICK",
    "READ_ALL",
    "Arguments",
    "CallRule",
    "Keywords",
    "MethodRule",
    "are_keys",
    "as_collection",
    "fixed",
    "fixed_call",
    "is_key_of",
    "is_plain_iterable",
    "is_plain_key",
    "judge",
    "on_trusted",
    "reads",
    "replaces_quietly",
    "writes",
]

Arguments: TypeAlias = Sequence[object]
Keywords: TypeAlias = Mapping[str, object]
CallRule: TypeAlias = Callable[[Arguments, Keywords], Verdict]
MethodRule: TypeAlias = Callable[[object, Arguments, Keywords], Verdict]

READ_ALL = Verdict(Effect.READS, deep=(ALL,), fresh=True)
PICK = Verdict(Effect.READS, deep=(ALL,))
"""The result may be an element of an operand, or the operand itself."""

_PLAIN_ITERABLES = frozenset(
    map(
        id,
        (list, tuple, dict, defaultdict, set, frozenset, str, bytes, bytearray, range, deque, type({}.keys()),
         type({}.values()), type({}.items())),
    )
)  # fmt: skip


def reads(*shallow: Operand, deep: tuple[Operand, ...] = (), fresh: bool = False) -> Verdict:
    """Make the verdict of an operation that only reads."""
    return Verdict(Effect.READS, shallow=shallow, deep=deep, fresh=fresh)


def writes(
    *,
    stores: tuple[Operand, ...] = (),
    shallow: tuple[Operand, ...] = (),
    deep: tuple[Operand, ...] = (),
    none_result: bool = False,
) -> Verdict:
    """Make the verdict of a method that changes its receiver."""
    return Verdict(
        Effect.WRITES, shallow=shallow, deep=deep, writes=(RECEIVER,), stores=stores, none_result=none_result
    )


def fixed(verdict: Verdict) -> MethodRule:
    """Give the same verdict for whatever arguments."""
    return lambda _receiver, _args, _kwargs: verdict


def fixed_call(verdict: Verdict) -> CallRule:
    """Give the same verdict for whatever arguments."""
    return lambda _args, _kwargs: verdict


def judge(bits: int, verdict: Verdict, *, arrays: bool = False, numbers_warn: bool = True) -> Verdict:
    """Weaken a verdict by what a survey of the operands found."""
    if bits & FOREIGN or (bits & ARRAY and not arrays):
        return UNKNOWN
    if bits & (SCALAR | ARRAY) and numbers_warn:
        return with_warnings(verdict)
    return verdict


def on_trusted(args: Arguments, kwargs: Keywords, *, numbers_warn: bool = True, verdict: Verdict = READ_ALL) -> Verdict:
    """Judge a function that uses nothing but operators on its arguments and their elements."""
    if not kwargs and are_atoms(args):
        return PURE
    bits = survey((*args, *kwargs.values()), LONG_LIMIT)
    return judge(bits, verdict if bits & MUTABLE else PURE, numbers_warn=numbers_warn)


def is_plain_iterable(value: object) -> bool:
    """Tell whether iterating over the value runs no user code and changes nothing, whatever the elements are."""
    return id(type(value)) in _PLAIN_ITERABLES


def are_keys(keys: Collection[object]) -> bool:
    """Tell whether hashing and comparing the values runs no user code."""
    return are_atoms(keys) or not survey(keys, LONG_LIMIT) & (FOREIGN | ARRAY)


def is_plain_key(key: object) -> bool:
    """Tell whether a value can be a key, and hashing and comparing it runs no user code."""
    if is_atom(key):
        return True
    if not are_keys((key,)):
        return False
    try:
        hash(key)
    except TypeError:
        return False
    return True


def is_key_of(table: object, key: object) -> bool:
    """Tell whether looking a value up in an exact dict or set runs no user code and does not fail."""
    return is_plain_key(key) and has_plain_keys(as_collection(table))


def replaces_quietly(values: Collection[object], limit: int = 1024) -> bool:
    """Tell whether no value has a finalizer that would run if its last reference went away."""
    if are_atoms(values):
        return True
    return len(values) <= limit and not any(map(has_finalizer, values))


def as_collection(value: object) -> Collection[object]:
    """State that an exact builtin container is a collection."""
    return cast("Collection[object]", value)
