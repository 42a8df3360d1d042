"""Whether pickling a value would read memory that a queued store is going to change."""

from __future__ import annotations

import abc
import builtins
import copyreg
import dataclasses
import dis
import gc
import logging
import re
import sys
import types
import weakref
from collections import defaultdict, deque, namedtuple
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta, tzinfo
from enum import Enum
from fractions import Fraction
from functools import lru_cache, partial
from itertools import chain
from operator import attrgetter, itemgetter, methodcaller
from struct import Struct
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    NotImplementedType,
    SimpleNamespace,
    UnionType,
    WrapperDescriptorType,
)
from typing import TYPE_CHECKING, TypeAlias, cast

from pydron.runtime.callers import SCHEDULED
from pydron.runtime.effects.arrays import Array, NumpyTypes, is_plain_array, is_plain_dtype, numpy_types
from pydron.runtime.effects.memory import HEAP, class_dict, class_flags, class_mro, instance_dict, is_class, memory_key
from pydron.runtime.effects.trust import FOREIGN, are_atoms, is_atom, survey, without_atoms

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable

__all__ = ["PICKLE_HOOKS", "global_names", "reaches", "touches"]

_LONG = 100_000

_Parts: TypeAlias = "Iterable[object] | None"


def reaches(value: object, keys: Container[int], limit: int = 1000) -> bool:
    """Tell whether a deep read of the value, as pickling does, may touch an object whose memory key is one of `keys`.

    Functions and classes that are shipped by value drag along what they refer to. True where it cannot be told, and
    where more than `limit` objects would have to be looked at.
    """
    pending = [value]
    seen: set[int] = set()
    while pending:
        item = pending.pop()
        if is_atom(item) or id(item) in seen:
            continue
        seen.add(id(item))
        key = memory_key(item)
        if len(seen) > limit or key is None or key in keys or id(item) in keys:
            return True
        parts = _parts(item)
        if parts is None:
            return True
        pending.extend(parts)
    return False


def touches(value: object, keys: Container[int], limit: int = 200) -> bool:
    """Tell the same of code that runs in this process, and of what it is given: what it can see by itself.

    That is containers and what functions close over or read of their module. Other objects (a client with its
    connections) are taken for what they are, not looked into.
    """
    pending = [value]
    seen: set[int] = set()
    while pending and len(seen) < limit:
        item = pending.pop()
        if is_atom(item) or id(item) in seen:
            continue
        seen.add(id(item))
        if memory_key(item) in keys or id(item) in keys:
            return True
        if id(type(item)) in _SEEN_THROUGH:
            pending.extend(_parts(item) or ())
    return False


_SEEN_THROUGH = frozenset(
    map(id, (list, tuple, dict, defaultdict, set, frozenset, FunctionType, MethodType, CellType, partial))
)


def _parts(item: object) -> _Parts:
    """Return what pickling the object goes on to; None where that is not known."""
    look = _PARTS.get(id(type(item)))
    if look is not None:
        return look(item)
    known = numpy_types()
    if known is not None:
        if _is_leaf_of_numpy(item, known):
            return ()
        if id(type(item)) == known.array and cast("Array", item).dtype.kind == "O":
            return _array_elements(cast("Array", item))
    if is_class(item):
        return _class_parts(cast("type", item))
    return _instance_parts(item)


def _is_leaf_of_numpy(item: object, known: NumpyTypes) -> bool:
    kind = id(type(item))
    if kind in known.scalars or kind in known.functions or is_plain_array(item):
        return True
    return any(parent is known.dtype for parent in class_mro(type(item))) and is_plain_dtype(item)


def _elements(item: object) -> _Parts:
    parts = cast("Collection[object]", item)
    if len(parts) > _LONG:
        return None
    return () if are_atoms(parts) else parts


def _array_elements(array: Array) -> _Parts:
    return _elements(array.ravel().tolist()) if array.size <= _LONG else None


def _items(item: object) -> _Parts:
    table = cast("dict[object, object]", item)
    keys, values = _elements(table.keys()), _elements(table.values())
    return None if keys is None or values is None else chain(keys, values)


def _own_items(table: dict[object, object]) -> _Parts:
    """Return what a dictionary of a class of its own holds, whatever that class makes of it."""
    keys, values = dict.keys(table), dict.values(table)
    return chain(() if are_atoms(keys) else keys, () if are_atoms(values) else values)


def _defaulted_items(item: object) -> _Parts:
    items = _items(item)
    return None if items is None else chain(items, (cast("defaultdict[object, object]", item).default_factory,))


def _leaf(item: object) -> _Parts:
    return None if survey((item,)) & FOREIGN else ()


def _nothing(_item: object) -> _Parts:
    return ()


def _builtin_function_parts(item: object) -> _Parts:
    owner = cast("BuiltinFunctionType", item).__self__
    return () if owner is None or type(owner) is ModuleType else (owner,)


def _method_parts(item: object) -> _Parts:
    method = cast("MethodType", item)
    return method.__self__, method.__func__


def _partial_parts(item: object) -> _Parts:
    bound = cast("partial[object]", item)
    return bound.func, bound.args, bound.keywords, bound.__dict__


def _module_parts(item: object) -> _Parts:
    name = cast("ModuleType", item).__dict__.get("__name__")
    return () if type(name) is str and sys.modules.get(name) is item else None


def _cell_parts(item: object) -> _Parts:
    try:
        return (cast("CellType", item).cell_contents,)
    except ValueError:  # empty
        return ()


def _property_parts(item: object) -> _Parts:
    accessor = cast("property", item)
    return accessor.fget, accessor.fset, accessor.fdel


def _variable_parts(item: object) -> _Parts:
    return (cast("ContextVar[object]", item).get(None),)


def _wrapper_parts(item: object) -> _Parts:
    return (cast("staticmethod[..., object]", item).__func__,)


def _function_parts(item: object) -> _Parts:
    function = cast("FunctionType", item)
    if _is_importable(function, function.__module__, function.__qualname__):
        return ()
    names = function.__globals__
    return (
        *(function.__closure__ or ()),
        *(function.__defaults__ or ()),
        *(function.__kwdefaults__ or {}).values(),
        *(value for name, value in function.__dict__.items() if not name.startswith(SCHEDULED)),
        *(names[name] for name in global_names(function.__code__) if name in names),
    )


@lru_cache(maxsize=1024)
def global_names(code: CodeType) -> frozenset[str]:
    """Return the names that code may look up in its module, but not those of attributes."""
    own = {each.argval for each in dis.get_instructions(code) if each.opname.endswith(_LOOKUPS)}
    return frozenset(own).union(*[global_names(const) for const in code.co_consts if type(const) is CodeType])


_LOOKUPS = ("_GLOBAL", "_NAME", "_GLOBALS")


def _is_importable(item: object, module: object, qualname: object) -> bool:
    if type(module) is not str or type(qualname) is not str or module == "__main__":
        return False
    found: object = sys.modules.get(module)
    if type(found) is not ModuleType:
        return False
    names = cast("dict[str, object]", found.__dict__)
    for step in qualname.split("."):
        found = names.get(step)
        if not is_class(found):
            return found is item
        names = cast("dict[str, object]", class_dict(cast("type", found)))
    return found is item


_get_qualname: Callable[[type], str] = type.__dict__["__qualname__"].__get__
_get_module: Callable[[type], object] = type.__dict__["__module__"].__get__


def _class_parts(cls: type) -> _Parts:
    if not class_flags(cls) & HEAP or _is_importable(cls, class_dict(cls).get("__module__"), _get_qualname(cls)):
        return ()
    bases = (base for base in class_mro(cls) if base is not cls)
    metaclass = () if type(cls) is type else (type(cls),)
    contents = (found for name, found in class_dict(cls).items() if name not in _OF_EVERY_CLASS)
    return chain(bases, metaclass, contents)


_TYPING = "typing"
"""What stands for types there holds them."""
_OF_EVERY_CLASS = frozenset({"__dict__", "__weakref__", "__doc__", "__module__", "__qualname__"})

PICKLE_HOOKS = ("__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__")


def _instance_parts(item: object) -> _Parts:
    cls = type(item)
    if any(registered is cls for registered in copyreg.dispatch_table):
        return None
    if any(parent is Enum for parent in class_mro(cls)):
        return (cls,)
    if _is_importable(cls, _TYPING, _get_qualname(cls)):
        return _attributes(item)
    parts: list[object] = [cls]
    for parent in class_mro(cls):
        own = _own_parts(item, parent)
        if own is None:
            return None
        parts.extend(own)
    names = instance_dict(item)
    if names is not None:
        parts.extend((*names, *names.values()))
    elif any("__dict__" in class_dict(parent) for parent in class_mro(cls)):
        return None
    return parts


def _attributes(item: object) -> _Parts:
    names = instance_dict(item)
    return () if names is None else names.values()


def _own_parts(item: object, cls: type) -> _Parts:
    """Return what the object holds on account of one of its classes."""
    look = _BASES.get(id(cls))
    if look is not None:
        return look(item)
    if _is_of_library(cls):
        return _seen_by_collector(item)
    if not class_flags(cls) & HEAP or _has_hidden_state(cls) or _has_pickle_hook(cls):
        return None
    return [
        found.__get__(item)
        for name, found in class_dict(cls).items()
        if type(found) is MemberDescriptorType and _is_set(found, item)
    ]


_LIBRARIES = frozenset(
    ("_random", "_thread", "array", "collections", "decimal", "ipaddress", "networkx", "numpy", "pandas", "pathlib",
     "random", "re", "scipy", "sklearn", "types", "uuid", "zoneinfo")
)  # fmt: skip
"""Modules and packages whose objects pickle nothing but what they hold, and without an effect."""
_COLLECTED = 1 << 14
"""The flag of classes whose instances the garbage collector looks into (``Py_TPFLAGS_HAVE_GC``)."""


def _is_of_library(cls: type) -> bool:
    module = class_dict(cls).get("__module__")
    if not class_flags(cls) & HEAP and type(module) is not str:
        module = _get_module(cls)
    if type(module) is not str or module.partition(".")[0] not in _LIBRARIES:
        return False
    return not class_flags(cls) & HEAP or _is_importable(cls, module, _get_qualname(cls))


def _seen_by_collector(item: object) -> _Parts:
    """Return what an object holds, as it tells the collector; what that would find nothing in is left out."""
    others = without_atoms(gc.get_referents(item))
    return [held for held in others if not is_class(held) and _may_hold(type(held))]


def _may_hold(cls: type) -> bool:
    if class_flags(cls) & _COLLECTED or id(cls) in _PARTS:
        return True
    known = numpy_types()
    return known is not None and any(id(parent) == known.array for parent in class_mro(cls))


def _is_set(slot: MemberDescriptorType, item: object) -> bool:
    try:
        slot.__get__(item)
    except AttributeError:
        return False
    return True


_get_basicsize: Callable[[type], int] = type.__dict__["__basicsize__"].__get__
_get_base: Callable[[type], type | None] = type.__dict__["__base__"].__get__
_POINTER = 8


def _has_hidden_state(cls: type) -> bool:
    """Tell whether instances are larger than slots, ``__dict__`` and weak references explain: written in C."""
    base = _get_base(cls)
    if base is None:
        return False
    visible = sum(type(found) is MemberDescriptorType for found in class_dict(cls).values())
    visible += ("__dict__" in class_dict(cls)) + ("__weakref__" in class_dict(cls))
    return _get_basicsize(cls) - _get_basicsize(base) > visible * _POINTER


_DATACLASS_HOOKS = frozenset(
    id(vars(dataclasses)[name]) for name in ("_dataclass_getstate", "_dataclass_setstate") if name in vars(dataclasses)
)


def _has_pickle_hook(cls: type) -> bool:
    names = class_dict(cls)
    hooks = [names[name] for name in PICKLE_HOOKS if name in names]
    return not all(id(hook) in _DATACLASS_HOOKS or _is_of_namedtuple(hook) for hook in hooks)


def _is_of_namedtuple(hook: object) -> bool:
    return type(hook) is FunctionType and hook.__code__ is _NAMEDTUPLE_HOOK.__code__


_Row = namedtuple("_Row", "field")  # noqa: PYI024  # for what it is made of alone
_NAMEDTUPLE_HOOK = cast("FunctionType", vars(_Row)["__getnewargs__"])
_FieldType = type(vars(_Row)["field"])


def _exception_parts(item: object) -> _Parts:
    error = cast("BaseException", item)
    return error.args, error.__cause__, error.__context__


_BASES: dict[int, Callable[[object], _Parts]] = {
    id(object): _nothing,
    id(list): lambda item: list.__iter__(cast("list[object]", item)),
    id(tuple): lambda item: tuple.__iter__(cast("tuple[object]", item)),
    id(set): lambda item: set.__iter__(cast("set[object]", item)),
    id(frozenset): lambda item: frozenset.__iter__(cast("frozenset[object]", item)),
    id(deque): lambda item: deque.__iter__(cast("deque[object]", item)),
    id(dict): lambda item: _own_items(cast("dict[object, object]", item)),
    **{id(kind): _nothing for kind in (int, float, complex, str, bytes, date, datetime, time, timedelta, tzinfo)},
    **{
        id(kind): _exception_parts if kind is BaseException else _nothing
        for kind in vars(builtins).values()
        if type(kind) is type and issubclass(kind, BaseException)
        if _get_basicsize(kind) == _get_basicsize(BaseException) and not class_flags(kind) & HEAP
    },
}

_PARTS: dict[int, Callable[[object], _Parts]] = {
    **dict.fromkeys(map(id, (list, tuple, set, frozenset, deque)), _elements),
    id(dict): _items,
    id(defaultdict): _defaulted_items,
    # These cannot be pickled, so nobody does.
    id(weakref.ReferenceType): _nothing,
    id(getattr(types, "CapsuleType", weakref.ReferenceType)): _nothing,
    id(re.Pattern): _nothing,
    **dict.fromkeys(map(id, (SimpleNamespace, UnionType, itemgetter, attrgetter, methodcaller)), gc.get_referents),
    # These are known by name where they arrive.
    id(logging.Logger): _nothing,
    id(logging.RootLogger): _nothing,
    # What was computed before does not go along.
    id(type(lru_cache(_nothing))): _attributes,
    # Which classes count as subclasses: nobody sees their content by that.
    id(type(vars(abc.ABC)["_abc_impl"])): _nothing,
    **dict.fromkeys(map(id, (Struct, NotImplementedType)), _nothing),
    **dict.fromkeys(map(id, (slice, Fraction, bytearray, datetime, time)), _leaf),
    **dict.fromkeys(
        map(id, (MethodDescriptorType, WrapperDescriptorType, GetSetDescriptorType, MemberDescriptorType, _FieldType)),
        _nothing,
    ),
    id(BuiltinFunctionType): _builtin_function_parts,
    id(MethodType): _method_parts,
    id(partial): _partial_parts,
    id(ModuleType): _module_parts,
    id(CellType): _cell_parts,
    id(ContextVar): _variable_parts,
    id(property): _property_parts,
    id(staticmethod): _wrapper_parts,
    id(classmethod): _wrapper_parts,
    id(FunctionType): _function_parts,
    **dict.fromkeys(
        map(id, (MappingProxyType, type({}.keys()), type({}.values()), type({}.items()))), gc.get_referents
    ),
    id(object): _nothing,
}
