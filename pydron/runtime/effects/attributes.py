"""Which attribute reads and stores run no user code and touch nothing but the object itself.

The rules follow ``object.__getattribute__`` and ``type.__getattribute__``, looking without running anything.
"""

from __future__ import annotations

from collections import namedtuple
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import cast

from pydron.runtime.effects.arrays import numpy_types
from pydron.runtime.effects.memory import class_dict, class_mro, instance_dict, is_class
from pydron.runtime.effects.trust import has_plain_keys

__all__ = [
    "MISSING",
    "defines",
    "gets_generically",
    "has_finalizer",
    "is_in_slot",
    "plain_attribute",
    "plain_setattr",
    "static_lookup",
]

MISSING = object()

_FieldType = type(namedtuple("_Field", "field").__dict__["field"])  # noqa: PYI024  # for its descriptor alone

_PLAIN_BASES = frozenset(
    map(
        id,
        (object, list, dict, tuple, set, frozenset, str, bytes, bytearray, int, float, complex, range, slice, type,
         ModuleType, FunctionType, BuiltinFunctionType, BaseException),
    )
)  # fmt: skip
"""Builtin types whose own ``__getattribute__`` and ``__setattr__`` are the generic ones."""

_METHOD_TYPES = frozenset(
    map(id, (FunctionType, MethodDescriptorType, WrapperDescriptorType, ClassMethodDescriptorType, staticmethod))
)
"""Descriptors that only bind."""

_ARRAY_ATTRIBUTES = frozenset({"T", "dtype", "imag", "itemsize", "nbytes", "ndim", "real", "shape", "size", "strides"})
_ALIASES = frozenset({"__dict__", "__weakref__", "__closure__", "__globals__", "__defaults__", "__kwdefaults__"})
"""Names that hand out memory under another identity, or change the meaning of the object itself."""


def plain_attribute(obj: object, name: str) -> bool:
    """Tell whether ``obj.name`` provably runs no user code: it gives what is stored, a bound method, or AttributeError.

    Ask again when the object or its class may have changed.
    """
    if name in _ALIASES:
        return False
    cls = type(obj)
    if cls is ModuleType:
        return _plain_module_attribute(cast("ModuleType", obj), name)
    mro = class_mro(cls)
    if is_class(obj):
        return _plain_class_attribute(cast("type", obj), mro, name)
    found: object = MISSING
    owner: type = object
    custom_miss = False
    for parent in mro:
        names = class_dict(parent)
        if "__getattribute__" in names and id(parent) not in _PLAIN_BASES:
            return False
        if "__getattr__" in names:
            custom_miss = True
        if found is MISSING and name in names:
            found, owner = names[name], parent
    if _is_data_descriptor(found):
        return not custom_miss and _reads_plainly(found, owner, name)
    return _plain_instance_attribute(obj, name, found, custom_miss)


def gets_generically(cls: type) -> bool:
    """Say whether its instances read attributes in the one way there is unless a class says otherwise."""
    for parent in class_mro(cls):
        names = class_dict(parent)
        if "__getattr__" in names or ("__getattribute__" in names and id(parent) not in _PLAIN_BASES):
            return False
    return True


def _plain_instance_attribute(obj: object, name: str, found: object, custom_miss: bool) -> bool:
    names = instance_dict(obj)
    if names is not None:
        if not has_plain_keys(names):
            return False
        if name in names:
            return True
    if found is MISSING:
        return not custom_miss
    return _binds_plainly(found)


def _plain_module_attribute(module: ModuleType, name: str) -> bool:
    names = module.__dict__
    return has_plain_keys(names) and name in names


def _plain_class_attribute(cls: type, meta_mro: tuple[type, ...], name: str) -> bool:
    for parent in meta_mro:
        names = class_dict(parent)
        if "__getattribute__" in names and id(parent) not in _PLAIN_BASES:
            return False
        if name in names and parent is not object:
            return False  # a property of the metaclass, or one of those of `type`
    found = static_lookup(class_mro(cls), name)
    return found is not MISSING and (_binds_plainly(found) or id(type(found)) in _CLASS_LEVEL)


# Read from the class these give themselves.
_CLASS_LEVEL = frozenset(map(id, (property, MemberDescriptorType, GetSetDescriptorType, _FieldType)))


def static_lookup(mro: tuple[type, ...], name: str) -> object:
    """Return what the first of the classes that defines a name has there, or `MISSING`."""
    for parent in mro:
        found = class_dict(parent).get(name, MISSING)
        if found is not MISSING:
            return found
    return MISSING


def defines(value: object, *names: str) -> bool:
    """Tell whether the value's class or one of its bases has one of the names."""
    for parent in class_mro(type(value)):
        defined = class_dict(parent)
        for name in names:
            if name in defined:
                return True
    return False


def _is_data_descriptor(found: object) -> bool:
    return found is not MISSING and defines(found, "__set__", "__delete__")


def _reads_plainly(descriptor: object, owner: type, name: str) -> bool:
    kind = type(descriptor)
    if kind is MemberDescriptorType or kind is _FieldType:
        return True
    if kind is not GetSetDescriptorType:
        return False
    known = numpy_types()
    if known is not None and id(owner) == known.array:
        return name in _ARRAY_ATTRIBUTES
    return id(owner) in _PLAIN_BASES


def _binds_plainly(found: object) -> bool:
    if id(type(found)) in _METHOD_TYPES:
        return True
    if type(found) is classmethod:
        return type(found.__func__) is FunctionType
    return not defines(found, "__get__")


def plain_setattr(obj: object, name: str) -> bool:
    """Tell whether ``obj.name = value`` provably runs no user code and changes nothing but the object's own memory.

    False for classes and modules: what is stored there is seen through other objects. An old value that goes away
    must not have a finalizer.
    """
    cls = type(obj)
    mro = class_mro(cls)
    if name in _ALIASES or is_class(obj) or any(parent is ModuleType for parent in mro):
        return False
    found: object = MISSING
    for parent in mro:
        names = class_dict(parent)
        if ("__setattr__" in names or "__delattr__" in names) and id(parent) not in _PLAIN_BASES:
            return False
        if found is MISSING and name in names:
            found = names[name]
    if type(found) is MemberDescriptorType:
        return _replaces_quietly(_slot_value(found, obj))
    names_now = instance_dict(obj)
    if names_now is None or _is_data_descriptor(found) or not has_plain_keys(names_now):
        return False
    return _replaces_quietly(names_now.get(name))


def is_in_slot(obj: object, name: str) -> bool:
    """Tell whether ``obj.name = value`` stores into a slot, where the object's dictionary does not show it."""
    return type(static_lookup(class_mro(type(obj)), name)) is MemberDescriptorType


def _slot_value(descriptor: MemberDescriptorType, obj: object) -> object:
    try:
        return descriptor.__get__(obj)
    except AttributeError:
        return None


def _replaces_quietly(old: object) -> bool:
    return not has_finalizer(old)


def has_finalizer(value: object) -> bool:
    """Tell whether the value's class defines ``__del__``, which runs when a store drops the last reference."""
    return defines(value, "__del__")
