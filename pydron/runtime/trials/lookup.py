"""Looking at classes without running any of their code."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodDescriptorType

from pydron.runtime.effects.memory import HEAP, class_dict, class_flags, class_mro, is_class

__all__ = ["MISSING", "find", "has_finalizer", "is_subclass", "is_users", "name_of", "owner_of", "special"]

MISSING = object()

_qualname = type.__dict__["__qualname__"].__get__


def find(cls: type, name: str) -> object:
    """Return what a class or the nearest of its bases has under a name, as it is stored; `MISSING` if nothing."""
    for parent in class_mro(cls):
        found = class_dict(parent).get(name, MISSING)
        if found is not MISSING:
            return found
    return MISSING


def special(value: object, name: str) -> object:
    """Return a method as the language looks it up for its own use: bound, never of a metaclass; `MISSING` if none."""
    found = find(type(value), name)
    bind = find(type(found), "__get__")
    return found if bind is MISSING else bind(found, value, type(value))  # type: ignore[operator]


def owner_of(cls: type, name: str) -> type | None:
    """Return the class that a name comes from."""
    return next((parent for parent in class_mro(cls) if name in class_dict(parent)), None)


def is_subclass(cls: type, other: type) -> bool:
    """Say whether a class has another among its bases."""
    return any(parent is other for parent in class_mro(cls))


def is_users(cls: type) -> bool:
    """Say whether a class and all its bases but `object` are written in Python."""
    return all(parent is object or class_flags(parent) & HEAP for parent in class_mro(cls)) and cls is not object


def has_finalizer(cls: type) -> bool:
    """Say whether something happens when an instance goes away."""
    return find(cls, "__del__") is not MISSING


def name_of(value: object) -> str:
    """Return a name for a callable or a class, for people."""
    if is_class(value):
        return str(_qualname(value))
    if type(value) is FunctionType:
        return value.__qualname__
    if type(value) is BuiltinFunctionType or type(value) is MethodDescriptorType:
        return value.__qualname__
    return str(_qualname(type(value)))
