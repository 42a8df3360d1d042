"""The methods of list, dict, set, frozenset, tuple, deque and range."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects.rules import (
    Arguments,
    Keywords,
    MethodRule,
    are_keys,
    as_collection,
    fixed,
    is_key_of,
    is_plain_iterable,
    judge,
    reads,
    replaces_quietly,
    writes,
)
from pydron.runtime.effects.trust import LONG_LIMIT, MUTABLE, are_atoms, has_plain_keys, is_atom, survey
from pydron.runtime.effects.verdict import PURE, RECEIVER, UNKNOWN, Effect, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["CONTAINER_METHODS"]

_STORE = writes(stores=(0,), none_result=True)
_STORE_ELEMENTS = writes(stores=(0,), shallow=(0,), none_result=True)
_STORE_SECOND = writes(stores=(1,), none_result=True)
_CHANGE = writes(none_result=True)
_DROP = writes(deep=(RECEIVER,), none_result=True)
_TAKE = writes()
_COMPARE_AND_CHANGE = writes(deep=(RECEIVER, 0), none_result=True)
_COPY = reads(RECEIVER, fresh=True)
_LOOK = reads(RECEIVER)
_SHOW = Verdict(Effect.PURE)  # what is in it is read when somebody looks
_COMPARE = reads(deep=(RECEIVER, 0), fresh=True)


def _extend(_receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    return _STORE_ELEMENTS if len(args) == 1 and is_plain_iterable(args[0]) else UNKNOWN


def _insert(_receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    return _STORE_SECOND if args and is_atom(args[0]) else UNKNOWN


def _take_at(_receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    return _TAKE if are_atoms(args) else UNKNOWN


def _rotate(_receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    return _CHANGE if are_atoms(args) else UNKNOWN


def _compare_elements(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    bits = survey((receiver, *args, *kwargs.values()), LONG_LIMIT)
    return judge(bits, _COMPARE if bits & MUTABLE else PURE, numbers_warn=False)


def _remove(receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    return judge(survey((receiver, *args), LONG_LIMIT), _COMPARE_AND_CHANGE, numbers_warn=False)


def _clear(receiver: object, _args: Arguments, _kwargs: Keywords) -> Verdict:
    return _DROP if replaces_quietly(as_collection(receiver)) else UNKNOWN


def _sort(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    if args or kwargs.get("key") is not None or not are_atoms(kwargs.values()):
        return UNKNOWN
    return judge(survey((receiver,), LONG_LIMIT), writes(deep=(RECEIVER,), none_result=True), numbers_warn=False)


def _push(receiver: object, _args: Arguments, _kwargs: Keywords) -> Verdict:
    return _STORE if _is_unbounded(receiver) else UNKNOWN


def _push_all(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    return _extend(receiver, args, kwargs) if _is_unbounded(receiver) else UNKNOWN


def _is_unbounded(queue: object) -> bool:
    # A bounded one drops elements, with whatever finalizers they have.
    return cast("deque[object]", queue).maxlen is None


_LIST: dict[str, MethodRule] = {
    "append": fixed(_STORE),
    "extend": _extend,
    "insert": _insert,
    "pop": _take_at,
    "remove": _remove,
    "clear": _clear,
    "sort": _sort,
    "reverse": fixed(_CHANGE),
    "index": _compare_elements,
    "count": _compare_elements,
    "copy": fixed(_COPY),
}

_DEQUE: dict[str, MethodRule] = {
    "append": _push,
    "appendleft": _push,
    "extend": _push_all,
    "extendleft": _push_all,
    "insert": _insert,
    "pop": fixed(_TAKE),
    "popleft": fixed(_TAKE),
    "remove": _remove,
    "clear": _clear,
    "reverse": fixed(_CHANGE),
    "rotate": _rotate,
    "index": _compare_elements,
    "count": _compare_elements,
    "copy": fixed(_COPY),
}


def _get(receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    return _LOOK if args and is_key_of(receiver, args[0]) else UNKNOWN


def _setdefault(receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    return writes(stores=(0, 1)) if args and is_key_of(receiver, args[0]) else UNKNOWN


def _dict_pop(receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    return _TAKE if args and is_key_of(receiver, args[0]) else UNKNOWN


def _update(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    table = cast("dict[object, object]", receiver)
    sources: list[Collection[object]] = [as_collection(arg) for arg in args if type(arg) is dict]
    if len(sources) != len(args) or len(args) > 1 or not all(map(has_plain_keys, (table, *sources))):
        return UNKNOWN
    if not replaces_quietly(table.values()):
        return UNKNOWN
    sources_at = tuple(range(len(args)))
    return writes(stores=(*sources_at, *kwargs), shallow=sources_at, deep=(RECEIVER,), none_result=True)


def _clear_dict(receiver: object, _args: Arguments, _kwargs: Keywords) -> Verdict:
    table = cast("dict[object, object]", receiver)
    return _DROP if replaces_quietly(table.values()) and replaces_quietly(table.keys()) else UNKNOWN


_DICT: dict[str, MethodRule] = {
    "get": _get,
    **dict.fromkeys(("keys", "values", "items"), fixed(_SHOW)),
    "copy": fixed(_COPY),
    "setdefault": _setdefault,
    "update": _update,
    "pop": _dict_pop,
    "popitem": fixed(_TAKE),
    "clear": _clear_dict,
}


def _add(receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    return _STORE if args and is_key_of(receiver, args[0]) else UNKNOWN


def _discard(receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    return _CHANGE if args and is_key_of(receiver, args[0]) else UNKNOWN


def _are_key_sources(receiver: object, args: Arguments) -> bool:
    return has_plain_keys(as_collection(receiver)) and all(
        is_plain_iterable(arg) and are_keys(as_collection(arg)) for arg in args
    )


def _combine(receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    if not _are_key_sources(receiver, args):
        return UNKNOWN
    return reads(RECEIVER, *range(len(args)), fresh=True)


def _combine_in_place(receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    if not _are_key_sources(receiver, args):
        return UNKNOWN
    positions = tuple(range(len(args)))
    return writes(stores=positions, shallow=positions, none_result=True)


_FROZENSET: dict[str, MethodRule] = {
    "copy": fixed(_COPY),
    "union": _combine,
    "intersection": _combine,
    "difference": _combine,
    "symmetric_difference": _combine,
    "issubset": _combine,
    "issuperset": _combine,
    "isdisjoint": _combine,
}

_SET: dict[str, MethodRule] = {
    **_FROZENSET,
    "add": _add,
    "discard": _discard,
    "remove": _discard,
    "pop": fixed(_TAKE),
    "clear": _clear,
    "update": _combine_in_place,
    "intersection_update": _combine_in_place,
    "difference_update": _combine_in_place,
    "symmetric_difference_update": _combine_in_place,
}


_TUPLE: dict[str, MethodRule] = {"index": _compare_elements, "count": _compare_elements}

CONTAINER_METHODS: tuple[tuple[type, dict[str, MethodRule]], ...] = (
    (list, _LIST),
    (dict, _DICT),
    (defaultdict, _DICT),
    (set, _SET),
    (frozenset, _FROZENSET),
    (tuple, _TUPLE),
    (deque, _DEQUE),
    (range, _TUPLE),
)
