"""Whose memory a value is: the key by which reads are checked against queued stores."""

from __future__ import annotations

import gc
import sys
from array import array
from collections import defaultdict, deque
from types import GetSetDescriptorType, MappingProxyType
from typing import TYPE_CHECKING, cast

from pydron.mappings import PrivateMemory
from pydron.runtime.effects.arrays import Array, numpy_types

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["HEAP", "class_dict", "class_flags", "class_mro", "instance_dict", "is_class", "memory_key"]

_OWNERS = frozenset(
    map(
        id,
        (list, dict, defaultdict, set, deque, bytearray, tuple, frozenset, str, bytes, int, float, complex, bool,
         type(None), range, array),
    )
)  # fmt: skip
_DICT_VIEWS = frozenset(map(id, (type({}.keys()), type({}.values()), type({}.items()), MappingProxyType)))

class_mro: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
"""Gives ``cls.__mro__`` without asking a metaclass."""
class_dict: Callable[[type], Mapping[str, object]] = type.__dict__["__dict__"].__get__
"""Gives ``cls.__dict__`` without asking a metaclass."""
class_flags: Callable[[type], int] = type.__dict__["__flags__"].__get__
"""Gives ``cls.__flags__`` without asking a metaclass."""

HEAP = 1 << 9
"""The flag of classes made at run time (``Py_TPFLAGS_HEAPTYPE``)."""
_IS_CLASS = 1 << 31
"""The flag of metaclasses (``Py_TPFLAGS_TYPE_SUBCLASS``)."""


def is_class(value: object) -> bool:
    """Tell whether the value is a class."""
    return bool(class_flags(type(value)) & _IS_CLASS)


def instance_dict(value: object) -> dict[str, object] | None:
    """Return the dictionary of an instance without running user code; None where there is none to be had."""
    for cls in class_mro(type(value)):
        found = class_dict(cls).get("__dict__")
        if found is None:
            continue
        if type(found) is not GetSetDescriptorType:
            return None
        names = found.__get__(value)
        return names if type(names) is dict else None
    return None


def memory_key(value: object) -> int | None:
    """Return the identity of what owns the value's memory; None if that cannot be told.

    An array, a view and their buffer share a key; so do a dict and its views, an object and its ``__dict__``.
    """
    kind = id(type(value))
    if kind in _OWNERS:
        return id(value)
    if kind in _DICT_VIEWS:
        return _viewed_key(value)
    if type(value) is memoryview:
        return _buffer_key(value.obj)
    known = numpy_types()
    if known is not None:
        if kind == known.array:
            return _buffer_key(value)
        if kind in known.scalars:
            return id(value)
        if _is_array_like(type(value), known.array):
            return None
    names = instance_dict(value)
    return id(value) if names is None else id(names)


def _viewed_key(view: object) -> int | None:
    owners = gc.get_referents(view)
    return id(owners[0]) if len(owners) == 1 and type(owners[0]) in (dict, defaultdict) else None


def _is_array_like(cls: type, array_type: int) -> bool:
    return any(id(parent) == array_type for parent in class_mro(cls))


def _buffer_key(owner: object) -> int | None:
    known = numpy_types()
    array_type = known.array if known else 0
    while True:
        if id(type(owner)) == array_type:
            base = cast("Array", owner).base
            if base is None:
                return id(owner)
            owner = base
        elif type(owner) is memoryview:
            owner = owner.obj
        elif _is_dummy(owner):
            owner = owner.__dict__["base"]
        elif id(type(owner)) in _OWNERS or any(parent is PrivateMemory for parent in class_mro(type(owner))):
            return id(owner)
        else:
            return None


def _is_dummy(owner: object) -> bool:
    # numpy.lib.stride_tricks puts one of these between the views it makes and the array.
    tricks = sys.modules.get("numpy.lib._stride_tricks_impl") or sys.modules.get("numpy.lib.stride_tricks")
    return tricks is not None and type(owner) is tricks.__dict__.get("DummyArray")
