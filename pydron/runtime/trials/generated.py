"""Methods that `dataclasses` and `collections.namedtuple` have written: known by being what these write again."""

from __future__ import annotations

import dataclasses
import weakref
from collections import namedtuple
from functools import partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects.memory import class_dict
from pydron.runtime.effects.trust import is_atom
from pydron.runtime.trials.lookup import MISSING, find, owner_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["compared_fields", "constructed_fields", "is_dataclass_method", "makes_namedtuple", "shown_fields"]

_COMPARISONS = ("__eq__", "__lt__", "__le__", "__gt__", "__ge__")
_MOST = 1024
"""Fields of a tuple past which it is not looked at."""

_clones: dict[int, tuple[weakref.ref[type], type | None]] = {}
"""For a dataclass, one that `dataclasses` was told to make in the same way."""


def _fields(cls: type) -> Mapping[str, dataclasses.Field[object]]:
    return cast("Mapping[str, dataclasses.Field[object]]", class_dict(cls)["__dataclass_fields__"])


def _clone(cls: type) -> type | None:
    known = _clones.get(id(cls))
    if known is not None and known[0]() is cls:
        return known[1]
    try:
        made = _make_clone(cls)
    except (TypeError, ValueError, KeyError, AttributeError):
        made = None
    key = id(cls)
    _clones[key] = weakref.ref(cls, partial(_clones.pop, key)), made
    return made


def _make_clone(cls: type) -> type | None:
    params = class_dict(cls)["__dataclass_params__"]
    kinds = {str(getattr(field, "_field_type", "")) for field in _fields(cls).values()}
    if not kinds <= {"_FIELD", "_FIELD_CLASSVAR"}:
        return None
    fields = [
        (field.name, object, _as_field(field))
        for field in _fields(cls).values()
        if str(getattr(field, "_field_type", "")) == "_FIELD"
    ]
    namespace = {} if find(cls, "__post_init__") is MISSING else {"__post_init__": lambda _self: None}
    options = {name: getattr(params, name) for name in ("init", "repr", "eq", "order", "unsafe_hash", "frozen")}
    return dataclasses.make_dataclass(cls.__name__, fields, namespace=namespace, **options)


def _as_field(field: dataclasses.Field[object]) -> object:
    options: dict[str, object] = {name: getattr(field, name) for name in ("init", "repr", "hash", "compare", "kw_only")}
    if field.default is not dataclasses.MISSING:
        options["default"] = field.default if is_atom(field.default) else 0
    if field.default_factory is not dataclasses.MISSING:
        options["default_factory"] = list
    return dataclasses.field(**options)  # type: ignore[call-overload]


def is_dataclass_method(cls: type, name: str, method: object) -> type | None:
    """Return the dataclass that a generated method was made for, or None."""
    owner = owner_of(cls, name)
    if owner is None or "__dataclass_params__" not in class_dict(owner) or class_dict(owner)[name] is not method:
        return None
    clone = _clone(owner)
    theirs = None if clone is None else class_dict(clone).get(name)
    return owner if _is_same(method, theirs) else None


def _is_same(mine: object, theirs: object) -> bool:
    if type(mine) is not FunctionType or type(theirs) is not FunctionType:
        return False
    inner, other = mine.__dict__.get("__wrapped__"), theirs.__dict__.get("__wrapped__")
    if inner is not None or other is not None:  # a __repr__ that guards against recursion
        closed = [cell.cell_contents for cell in mine.__closure__ or ()]
        return mine.__code__ is theirs.__code__ and any(each is inner for each in closed) and _is_same(inner, other)
    return _is_same_code(mine.__code__, theirs.__code__)


def _is_same_code(mine: CodeType, theirs: CodeType) -> bool:
    return all(
        getattr(mine, name) == getattr(theirs, name)
        for name in ("co_code", "co_names", "co_varnames", "co_freevars", "co_argcount", "co_kwonlyargcount")
    ) and repr(mine.co_consts) == repr(theirs.co_consts)


def compared_fields(cls: type, method: object) -> tuple[str, ...] | None:
    """Return the fields that a generated comparison compares, in order; None if the method is not generated."""
    for name in _COMPARISONS:
        if find(cls, name) is method:
            owner = is_dataclass_method(cls, name, method)
            if owner is not None:
                return tuple(field.name for field in _real_fields(owner) if field.compare)
    return None


def shown_fields(cls: type, method: object) -> tuple[str, ...] | None:
    """Return the fields that a generated ``__repr__`` shows, in order; None if the method is not generated."""
    owner = is_dataclass_method(cls, "__repr__", method)
    return None if owner is None else tuple(field.name for field in _real_fields(owner) if field.repr)


def constructed_fields(cls: type, method: object) -> list[dataclasses.Field[object]] | None:
    """Return the fields that a generated ``__init__`` assigns, in order; None if the method is not generated."""
    owner = is_dataclass_method(cls, "__init__", method)
    if owner is None:
        return None
    closed = cast("FunctionType", method).__closure__ or ()
    names = cast("FunctionType", method).__code__.co_freevars
    fields = _fields(owner)
    for name, cell in zip(names, closed, strict=True):
        if not _is_expected(name, cell.cell_contents, fields):
            return None
    return _real_fields(owner)


def _is_expected(name: str, value: object, fields: Mapping[str, dataclasses.Field[object]]) -> bool:
    for prefix in ("_dflt_", "__dataclass_dflt_", "__dataclass_default_"):
        if name.startswith(prefix) and (field := fields.get(name[len(prefix) :].removesuffix("__"))) is not None:
            return value is field.default or value is field.default_factory
    if "HAS_DEFAULT_FACTORY" in name:
        return value is vars(dataclasses)["_HAS_DEFAULT_FACTORY"]
    return name == "__dataclass_builtins_object__" and value is object


def _real_fields(cls: type) -> list[dataclasses.Field[object]]:
    return [field for field in _fields(cls).values() if str(getattr(field, "_field_type", "")) == "_FIELD"]


_TUPLE_NEW = vars(tuple)["__new__"]


def makes_namedtuple(new: object, cls: type) -> bool:
    """Say whether a ``__new__`` was written by `collections.namedtuple`, and does nothing but make the tuple."""
    names = find(cls, "_fields")
    if type(new) is not staticmethod and type(new) is not FunctionType:
        return False
    function = new.__func__ if type(new) is staticmethod else new
    if type(names) is not tuple or type(function) is not FunctionType or len(names) > _MOST:
        return False
    try:
        other = class_dict(namedtuple("Row", names))["__new__"]  # noqa: PYI024
    except (TypeError, ValueError):
        return False
    other = other.__func__ if type(other) is staticmethod else other
    return _is_same_code(function.__code__, cast("FunctionType", other).__code__) and (
        function.__globals__.get("_tuple_new") is _TUPLE_NEW
    )
