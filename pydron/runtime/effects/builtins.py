"""What calls of the builtin functions and types may do."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects.arrays import Array, is_plain_array
from pydron.runtime.effects.attributes import plain_attribute
from pydron.runtime.effects.consuming import CONSUMING_CALLS
from pydron.runtime.effects.keys import is_plain_key
from pydron.runtime.effects.memory import HEAP, class_flags
from pydron.runtime.effects.operators import classify_truth
from pydron.runtime.effects.output import classify_print
from pydron.runtime.effects.printing import can_show
from pydron.runtime.effects.rules import (
    PICK,
    READ_ALL,
    Arguments,
    CallRule,
    Keywords,
    are_keys,
    as_collection,
    fixed_call,
    is_plain_iterable,
    judge,
    on_trusted,
    reads,
)
from pydron.runtime.effects.trust import LONG_LIMIT, MUTABLE, are_atoms, has_plain_keys, is_atom, survey
from pydron.runtime.effects.verdict import ALL, PURE, UNKNOWN, Effect, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BUILTIN_CALLS", "iterates"]

_READ_FIRST = reads(0)
_READ_NEW = reads(0, fresh=True)
_LOOK_AT_NOTHING = Verdict(Effect.PURE)
_HOLD_ALL = reads(ALL)


def _one(rule: Callable[[object], Verdict]) -> CallRule:
    """Make a rule for calls with a single operand."""
    return lambda args, kwargs: rule(args[0]) if len(args) == 1 and not kwargs else UNKNOWN


def _len(value: object) -> Verdict:
    if is_atom(value):
        return PURE
    return _READ_NEW if is_plain_iterable(value) or is_plain_array(value) else UNKNOWN


def _shown(args: Arguments, kwargs: Keywords) -> Verdict:
    if are_atoms(args) and not kwargs:
        return PURE
    return READ_ALL if can_show((*args, *kwargs.values())) else UNKNOWN


def _number(args: Arguments, kwargs: Keywords) -> Verdict:
    return on_trusted(args, kwargs, numbers_warn=False)


def _sequence(args: Arguments, kwargs: Keywords) -> Verdict:
    if not args and not kwargs:
        return PURE
    if len(args) != 1 or kwargs:
        return UNKNOWN
    if is_plain_iterable(args[0]):
        return PURE if is_atom(args[0]) else _READ_NEW
    if is_plain_array(args[0]):
        return _READ_NEW if cast("Array", args[0]).ndim == 1 else _READ_FIRST
    return UNKNOWN


def _set(args: Arguments, kwargs: Keywords) -> Verdict:
    verdict = _sequence(args, kwargs)
    if not args or not verdict.is_known:
        return verdict
    return verdict if is_plain_iterable(args[0]) and are_keys(as_collection(args[0])) else UNKNOWN


def _dict(args: Arguments, kwargs: Keywords) -> Verdict:
    if not args:
        return _LOOK_AT_NOTHING if not kwargs else Verdict(Effect.READS, fresh=True)
    source = args[0]
    if type(source) is dict and len(args) == 1:
        return _READ_NEW if has_plain_keys(source) else UNKNOWN
    pairs = is_plain_iterable(source) and len(args) == 1
    return on_trusted(args, kwargs, numbers_warn=False) if pairs else UNKNOWN


def iterates(args: Arguments, kwargs: Keywords) -> Verdict:
    """Judge the constructor of an iterator over plain iterables, with atoms as options."""
    plain = are_atoms(kwargs.values()) and all(is_plain_iterable(arg) or is_atom(arg) for arg in args)
    return _HOLD_ALL if plain else UNKNOWN


def _maps(args: Arguments, kwargs: Keywords) -> Verdict:
    # The function is called when the result is iterated over, not now.
    return iterates(args[1:], kwargs) if len(args) > 1 else UNKNOWN


def _iter(value: object) -> Verdict:
    return _READ_FIRST if is_plain_iterable(value) or is_plain_array(value) else UNKNOWN


def _ordered(args: Arguments, kwargs: Keywords, verdict: Verdict) -> Verdict:
    """Judge sorted, min and max: iteration, comparison, perhaps a key function."""
    options = dict(kwargs)
    if not is_plain_key(options.pop("key", None)) or not args:
        return UNKNOWN
    if len(args) == 1 and not is_plain_iterable(args[0]):
        return UNKNOWN
    views = (tuple(as_collection(arg)) if id(type(arg)) in _VIEWS else arg for arg in args)
    bits = survey((*views, *options.values()), LONG_LIMIT)
    return judge(bits, verdict if bits & MUTABLE or id(type(args[0])) in _VIEWS else PURE, numbers_warn=False)


def _sorted(args: Arguments, kwargs: Keywords) -> Verdict:
    verdict = _ordered(args, kwargs, READ_ALL)
    return READ_ALL if verdict is PURE else verdict  # a new list all the same


def _extreme(args: Arguments, kwargs: Keywords) -> Verdict:
    return _ordered(args, kwargs, PICK)


_VIEWS = frozenset(map(id, (type({}.keys()), type({}.values()), type({}.items()))))


def _folded(args: Arguments, kwargs: Keywords) -> Verdict:
    """Judge sum, any and all: iteration and an operator."""
    if not args or not is_plain_iterable(args[0]):
        return UNKNOWN
    if id(type(args[0])) in _VIEWS:
        inner = on_trusted((tuple(as_collection(args[0])), *args[1:]), kwargs)
        return PICK if inner.is_harmless else UNKNOWN
    return on_trusted(args, kwargs, verdict=PICK)


def _isinstance(args: Arguments, kwargs: Keywords) -> Verdict:
    if len(args) != 2 or kwargs:
        return UNKNOWN
    value, classes = args
    choices = classes if type(classes) is tuple else (classes,)
    if len(choices) > 64 or not all(type(choice) is type for choice in choices):
        return UNKNOWN
    return Verdict(Effect.READS, shallow=(0,), fresh=True) if _has_plain_class(value) else UNKNOWN


def _has_plain_class(value: object) -> bool:
    # isinstance also asks `value.__class__`, which a class can define as it likes.
    return is_atom(value) or is_plain_iterable(value) or plain_attribute(value, "__class__")


def _issubclass(args: Arguments, kwargs: Keywords) -> Verdict:
    plain = len(args) == 2 and not kwargs and type(args[0]) is type and type(args[1]) is type
    return Verdict(Effect.READS, shallow=(0,), fresh=True) if plain else UNKNOWN


def _getattr(args: Arguments, kwargs: Keywords) -> Verdict:
    plain = len(args) in {2, 3} and not kwargs and type(args[1]) is str and plain_attribute(args[0], args[1])
    return _READ_FIRST if plain else UNKNOWN


def _callable(_value: object) -> Verdict:
    return _LOOK_AT_NOTHING


def _type(args: Arguments, kwargs: Keywords) -> Verdict:
    return _READ_FIRST if len(args) == 1 and not kwargs else UNKNOWN


def _hash(value: object) -> Verdict:
    if is_atom(value):
        return PURE
    return PURE if are_keys((value,)) else UNKNOWN


def _range(args: Arguments, kwargs: Keywords) -> Verdict:
    return PURE if are_atoms(args) and not kwargs else on_trusted(args, kwargs, numbers_warn=False)


def _exceptions() -> dict[object, CallRule]:
    # Made from any arguments: they are kept as they are, nothing looks at them.
    rule = fixed_call(Verdict(Effect.READS, fresh=True))
    return {
        kind: rule
        for kind in vars(builtins).values()
        if type(kind) is type and not class_flags(kind) & HEAP and issubclass(kind, BaseException)
        if not issubclass(kind, (SyntaxError, OSError, BaseExceptionGroup))  # these take their arguments apart
    }


_NEW_ERROR = Verdict(Effect.READS, fresh=True)


def _os_error(args: Arguments, kwargs: Keywords) -> Verdict:
    return _NEW_ERROR if on_trusted(args, kwargs).is_harmless else UNKNOWN


BUILTIN_CALLS: dict[object, CallRule] = {
    len: _one(_len),
    str: _shown,
    repr: _shown,
    ascii: _shown,
    format: _shown,
    int: _number,
    float: _number,
    complex: _number,
    chr: _number,
    ord: _number,
    bin: _number,
    oct: _number,
    hex: _number,
    abs: on_trusted,
    divmod: on_trusted,
    pow: on_trusted,
    round: on_trusted,
    bool: _one(classify_truth),
    list: _sequence,
    tuple: _sequence,
    set: _set,
    frozenset: _set,
    dict: _dict,
    range: _range,
    slice: on_trusted,
    object: fixed_call(Verdict(Effect.READS, fresh=True)),
    bytes: _number,
    bytearray: _number,
    enumerate: iterates,
    zip: iterates,
    map: _maps,
    filter: _maps,
    reversed: _one(_iter),
    iter: _one(_iter),
    sorted: _sorted,
    min: _extreme,
    max: _extreme,
    sum: _folded,
    any: _folded,
    all: _folded,
    isinstance: _isinstance,
    issubclass: _issubclass,
    getattr: _getattr,
    hasattr: _getattr,
    callable: _one(_callable),
    id: _one(_callable),
    type: _type,
    hash: _one(_hash),
    print: classify_print,
    **_exceptions(),
    **CONSUMING_CALLS,
    **dict.fromkeys((OSError, FileNotFoundError, FileExistsError, PermissionError, TimeoutError), _os_error),
}
