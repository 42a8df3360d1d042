"""What calls into the standard library may do: math, operator, itertools, functools, copy, json, os.path, datetime.

`random`, `time` and everything that talks to the system are missing on purpose: they depend on more than arguments.
"""

from __future__ import annotations

import cmath
import contextlib
import copy
import functools
import itertools
import json
import logging
import math
import operator
import os.path
import warnings
from collections import Counter, defaultdict, deque
from datetime import date, datetime, time, timedelta, timezone
from fractions import Fraction
from types import BuiltinFunctionType
from typing import TYPE_CHECKING

from pydron.runtime.effects.builtins import iterates
from pydron.runtime.effects.keys import is_plain_key
from pydron.runtime.effects.operators import classify_binary, classify_subscript, classify_unary, is_plain_index
from pydron.runtime.effects.output import classify_root_log, classify_warn
from pydron.runtime.effects.rules import (
    PICK,
    READ_ALL,
    Arguments,
    CallRule,
    Keywords,
    as_collection,
    fixed_call,
    is_plain_iterable,
    on_trusted,
    reads,
)
from pydron.runtime.effects.trust import FOREIGN, LONG_LIMIT, are_atoms, has_plain_keys, is_atom, survey
from pydron.runtime.effects.verdict import ALL, PURE, UNKNOWN, Effect, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

__all__ = ["STDLIB_CALLS", "classify_getter"]

_HOLD_ALL = reads(ALL)
_READ_NEW = reads(0, fresh=True)
_NEW = Verdict(Effect.READS, fresh=True)


def _real(args: Arguments, kwargs: Keywords) -> Verdict:
    return on_trusted(args, kwargs, numbers_warn=False)


def _functions_of(module: ModuleType) -> Iterator[object]:
    return (found for found in vars(module).values() if type(found) is BuiltinFunctionType)


_MATH: dict[object, CallRule] = {
    **dict.fromkeys((*_functions_of(math), *_functions_of(cmath)), _real),
    # These multiply or add with the operators of what they are given.
    **dict.fromkeys((getattr(math, name) for name in ("prod", "sumprod") if hasattr(math, name)), on_trusted),
}


def _binary(op: str) -> CallRule:
    return lambda args, kwargs: classify_binary(op, args[0], args[1]) if len(args) == 2 and not kwargs else UNKNOWN


def _unary(op: str) -> CallRule:
    return lambda args, kwargs: classify_unary(op, args[0]) if len(args) == 1 and not kwargs else UNKNOWN


def _contains(args: Arguments, kwargs: Keywords) -> Verdict:
    if len(args) != 2 or kwargs:
        return UNKNOWN
    return READ_ALL if classify_binary("in", args[1], args[0]).is_harmless else UNKNOWN


def _getitem(args: Arguments, kwargs: Keywords) -> Verdict:
    return classify_subscript(args[0], args[1]) if len(args) == 2 and not kwargs else UNKNOWN


_SYMBOLS = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.pow: "**",
    operator.matmul: "@",
    operator.lshift: "<<",
    operator.rshift: ">>",
    operator.and_: "&",
    operator.or_: "|",
    operator.xor: "^",
    operator.eq: "==",
    operator.ne: "!=",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.is_: "is",
    operator.is_not: "is not",
}

_OPERATOR: dict[object, CallRule] = {
    **{function: _binary(symbol) for function, symbol in _SYMBOLS.items()},
    operator.neg: _unary("-"),
    operator.pos: _unary("+"),
    operator.invert: _unary("~"),
    operator.not_: _unary("not"),
    operator.truth: _unary("not"),
    operator.abs: on_trusted,
    operator.index: _real,
    operator.contains: _contains,
    operator.getitem: _getitem,
    operator.itemgetter: fixed_call(_NEW),
    operator.attrgetter: _real,
    operator.methodcaller: fixed_call(_NEW),
}


def classify_getter(getter: operator.itemgetter[object], args: Arguments, kwargs: Keywords) -> Verdict:
    """Tell what calling an `operator.itemgetter` may do."""
    if len(args) != 1 or kwargs:
        return UNKNOWN
    items: tuple[object, ...] = getter.__reduce__()[1]  # type: ignore[assignment]  # of C code, untyped
    plain = all(map(is_plain_index, items)) and all(classify_subscript(args[0], item).is_harmless for item in items)
    return reads(0) if plain else UNKNOWN


def _with_function_first(args: Arguments, kwargs: Keywords) -> Verdict:
    # The function is called when the result is iterated over, not now.
    return _HOLD_ALL if len(args) == 2 and not kwargs and is_plain_iterable(args[1]) else UNKNOWN


def _accumulate(args: Arguments, _kwargs: Keywords) -> Verdict:
    return _HOLD_ALL if args and is_plain_iterable(args[0]) else UNKNOWN


def _repeat(args: Arguments, kwargs: Keywords) -> Verdict:
    return _HOLD_ALL if are_atoms(args[1:]) and are_atoms(kwargs.values()) else UNKNOWN


def _zip_longest(args: Arguments, _kwargs: Keywords) -> Verdict:
    return _HOLD_ALL if all(map(is_plain_iterable, args)) else UNKNOWN


def _product(args: Arguments, kwargs: Keywords) -> Verdict:
    verdict = iterates(args, kwargs)
    return verdict if not verdict.is_known else Verdict(Effect.READS, shallow=(ALL,), fresh=True)


_ITERTOOLS: dict[object, CallRule] = {
    **dict.fromkeys(
        (itertools.chain, itertools.compress, itertools.cycle, itertools.islice, itertools.pairwise, zip), iterates
    ),
    **dict.fromkeys(
        (itertools.takewhile, itertools.dropwhile, itertools.filterfalse, itertools.starmap), _with_function_first
    ),
    itertools.accumulate: _accumulate,
    **dict.fromkeys(
        (itertools.product, itertools.permutations, itertools.combinations, itertools.combinations_with_replacement),
        _product,
    ),
    itertools.count: _real,
    itertools.repeat: _repeat,
    itertools.zip_longest: _zip_longest,
}


def _reduce(args: Arguments, kwargs: Keywords) -> Verdict:
    plain = len(args) > 1 and args[0] is not None and is_plain_key(args[0]) and is_plain_iterable(args[1])
    return on_trusted(args[1:], kwargs, verdict=PICK) if plain else UNKNOWN


def _copy(args: Arguments, kwargs: Keywords) -> Verdict:
    if len(args) == 1 and not kwargs:
        value = args[0]
        if type(value) is list or (id(type(value)) in _TABLES and has_plain_keys(as_collection(value))):
            return _READ_NEW
    return _copy_deeply(args, kwargs)


_TABLES = frozenset({id(dict), id(set)})


def _copy_deeply(args: Arguments, kwargs: Keywords) -> Verdict:
    if len(args) != 1 or kwargs or survey(args, LONG_LIMIT) & FOREIGN:
        return UNKNOWN
    return PURE if is_atom(args[0]) else READ_ALL


def _dumps(args: Arguments, kwargs: Keywords) -> Verdict:
    return on_trusted(args, kwargs) if len(args) == 1 else UNKNOWN


def _loads(args: Arguments, kwargs: Keywords) -> Verdict:
    return PURE if len(args) == 1 and not kwargs and is_atom(args[0]) else UNKNOWN


def _on_atoms(args: Arguments, kwargs: Keywords) -> Verdict:
    return PURE if are_atoms(args) and are_atoms(kwargs.values()) else UNKNOWN


_PATH = (
    "basename",
    "commonprefix",
    "dirname",
    "isabs",
    "join",
    "normcase",
    "normpath",
    "split",
    "splitdrive",
    "splitext",
)


def _collection(args: Arguments, kwargs: Keywords) -> Verdict:
    if kwargs.keys() - {"maxlen"} or not are_atoms((*args[1:], *kwargs.values())):
        return UNKNOWN
    return _READ_NEW if all(map(is_plain_iterable, args[:1])) else UNKNOWN


def _defaultdict(args: Arguments, kwargs: Keywords) -> Verdict:
    return _NEW if len(args) < 2 and not kwargs else UNKNOWN


def _counter(args: Arguments, kwargs: Keywords) -> Verdict:
    plain = not kwargs and all(map(is_plain_iterable, args))
    return on_trusted(args, kwargs, numbers_warn=False) if plain else UNKNOWN


def _partial(args: Arguments, _kwargs: Keywords) -> Verdict:
    return _HOLD_ALL if args else UNKNOWN


def _holding(_args: Arguments, kwargs: Keywords) -> Verdict:
    return UNKNOWN if kwargs else _HOLD_ALL


STDLIB_CALLS: dict[object, CallRule] = {
    **_MATH,
    **_OPERATOR,
    **_ITERTOOLS,
    functools.reduce: _reduce,
    functools.partial: _partial,
    functools.cmp_to_key: fixed_call(_NEW),
    copy.copy: _copy,
    copy.deepcopy: _copy_deeply,
    json.dumps: _dumps,
    json.loads: _loads,
    **{getattr(os.path, name): _on_atoms for name in _PATH},
    **dict.fromkeys((date, time, datetime, timedelta, timezone, Fraction), _on_atoms),
    deque: _collection,
    defaultdict: _defaultdict,
    Counter: _counter,
    contextlib.suppress: _holding,
    contextlib.nullcontext: _holding,
    warnings.warn: classify_warn,
    **dict.fromkeys((logging.debug, logging.info, logging.warning, logging.error, logging.critical), classify_root_log),
}
