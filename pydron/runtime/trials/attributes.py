"""Attributes in a trial: plain ones, properties, and stores to what the trial has made."""

from __future__ import annotations

import operator
from types import BuiltinFunctionType, FunctionType, MemberDescriptorType, MethodType, WrapperDescriptorType
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects import Effect, classify_delitem, classify_setitem, plain_attribute, plain_setattr
from pydron.runtime.effects.chance import random_class
from pydron.runtime.effects.memory import class_dict, class_mro, is_class
from pydron.runtime.effects.trust import is_atom
from pydron.runtime.trials.core import Core
from pydron.runtime.trials.lookup import MISSING, find, name_of, owner_of

if TYPE_CHECKING:
    from pydron.runtime.effects import Verdict

__all__ = ["CONTAINERS", "Attributes", "Late", "Super"]

CONTAINERS = frozenset(map(id, (list, dict, set, str, bytes, tuple, frozenset, int, float)))
"""Types whose methods are known by name."""
_GENERIC = (object, tuple, list, dict, set, str, int, float, BaseException)
"""Classes whose own ``__getattribute__`` is that of `object`."""
_CLASS_NAMES = frozenset({"__name__", "__qualname__", "__module__"})


class Late:
    """A method of a builtin object, read before its arguments are evaluated."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: object, name: str) -> None:
        self.owner = owner
        self.name = name


class Super:
    """What ``super(cls, owner)`` stands for."""

    __slots__ = ("bases", "owner")

    def __init__(self, owner: object, bases: tuple[type, ...]) -> None:
        self.owner = owner
        self.bases = bases


class Attributes(Core):
    """The attributes; mixed into the trial."""

    __slots__ = ()

    def attribute(self, owner: object, name: str) -> object:
        """``owner.name``."""
        self.step()
        if type(owner) is Super:
            return self._inherited(owner, name)
        if is_atom(owner):
            return self.do(getattr, owner, name)
        if plain_attribute(owner, name):
            self.read(owner)
            return self.do(getattr, owner, name)
        found = find(type(owner), name)
        if type(found) is property and type(found.fget) is FunctionType and self._reads_generically(owner):
            return self.call(found.fget, owner)
        if type(owner) is type and (name in _CLASS_NAMES or self._is_special_method(owner, name)):
            return self.do(getattr, owner, name)
        self.stop(f"reading {name} of {name_of(type(owner))} is not known to be pure")

    def _is_special_method(self, cls: type, name: str) -> bool:
        """Say whether a class gives a special method of its own instances, not one of its metaclass."""
        found, meta = find(cls, name), find(type, name)
        if meta is MISSING or find(type(meta), "__set__") is not MISSING:
            return False
        return type(found) in {FunctionType, WrapperDescriptorType, BuiltinFunctionType, staticmethod}

    def _reads_generically(self, owner: object) -> bool:
        cls = type(owner)
        generic = any(owner_of(cls, "__getattribute__") is base for base in _GENERIC)
        return generic and find(cls, "__getattr__") is MISSING and not is_class(owner)

    def method(self, owner: object, name: str) -> object:
        """``owner.name``, which is about to be called."""
        if id(type(owner)) in CONTAINERS or type(owner) is random_class():
            return Late(owner, name)
        if type(owner) is Super or plain_attribute(owner, name) or is_atom(owner) or type(owner) is type:
            return self.attribute(owner, name)
        if type(find(type(owner), name)) is property:
            return self.attribute(owner, name)
        return Late(owner, name)

    # super

    def make_super(self, cls: object, owner: object) -> Super:
        """``super(cls, owner)``."""
        mro = class_mro(cast("type", owner) if is_class(owner) else type(owner))
        if not is_class(cls) or not any(parent is cls for parent in mro):
            self.stop("super() is used in a way that is not known")
        place = next(place for place, parent in enumerate(mro) if parent is cls)
        return Super(owner, mro[place + 1 :])

    def _inherited(self, above: Super, name: str) -> object:
        found: object = MISSING
        for parent in above.bases:
            found = class_dict(parent).get(name, MISSING)
            if found is not MISSING:
                break
        owner = above.owner
        if type(found) is staticmethod or (name == "__new__" and found is not MISSING):
            return found.__func__ if type(found) is staticmethod else found
        if type(found) is classmethod:
            return MethodType(found.__func__, owner if is_class(owner) else type(owner))
        if type(found) is property and type(found.fget) is FunctionType and not is_class(owner):
            return self.call(found.fget, owner)
        if found is MISSING or is_class(owner) or not callable(found):
            self.stop(f"super().{name} is not known to be pure")
        return MethodType(found, owner)

    # stores

    def set_attribute(self, value: object, owner: object, name: str) -> None:
        """``owner.name = value``."""
        self.step()
        found = find(type(owner), name)
        if type(found) is property and type(found.fset) is FunctionType and self._writes_generically(owner):
            self.call(found.fset, owner, value)
            return
        if not self.is_own(owner):
            self.stop(f"it stores into {name} of a {name_of(type(owner))} that it has not made")
        if not plain_setattr(owner, name):
            self.stop(f"storing into {name} of {name_of(type(owner))} is not known to be harmless")
        self.do(setattr, owner, name, value)

    def _writes_generically(self, owner: object) -> bool:
        return find(type(owner), "__setattr__") is vars(object)["__setattr__"] and not is_class(owner)

    def force_attribute(self, owner: object, name: object, value: object) -> None:
        """``object.__setattr__(owner, name, value)``."""
        if not self.is_own(owner) or type(name) is not str:
            self.stop(f"it stores into a {name_of(type(owner))} that it has not made")
        found = find(type(owner), name)
        plain = found is MISSING or type(found) is MemberDescriptorType or find(type(found), "__set__") is MISSING
        if not plain or is_class(owner):
            self.stop(f"storing into {name} of {name_of(type(owner))} is not known to be harmless")
        self.do(object.__setattr__, owner, name, value)

    def set_item(self, value: object, owner: object, index: object) -> None:
        """``owner[index] = value``."""
        self.step()
        verdict = classify_setitem(owner, index, value)
        if verdict.is_known:
            self._change(verdict, owner, index, value)
            self.do(operator.setitem, owner, index, value)
            return
        method = find(type(owner), "__setitem__")
        if type(method) is not FunctionType or is_class(owner):
            self.stop(f"storing into a {name_of(type(owner))} is not known to be harmless")
        self.call(method, owner, index, value)

    def delete_item(self, owner: object, index: object) -> None:
        """``del owner[index]``."""
        self.step()
        self._change(classify_delitem(owner, index), owner, index)
        self.do(operator.delitem, owner, index)

    def _change(self, verdict: Verdict, *operands: object) -> None:
        owner = operands[0]
        if not self.is_own(owner):
            self.stop(f"it stores into a {name_of(type(owner))} that it has not made")
        if verdict.effect is not Effect.WRITES:
            self.stop(f"storing into a {name_of(type(owner))} is not known to be harmless")
        for place in (*verdict.shallow, *verdict.deep):
            self.read(operands[cast("int", place)])
