"""Operators in a trial: those of builtin types, and the special methods of classes written in Python."""

from __future__ import annotations

import operator
import sys
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects import (
    Effect,
    classify_binary,
    classify_inplace,
    classify_subscript,
    classify_truth,
    classify_unary,
)
from pydron.runtime.effects.operators import is_plain_index
from pydron.runtime.effects.trust import FOREIGN, is_atom, survey
from pydron.runtime.trials.attributes import Attributes
from pydron.runtime.trials.generated import compared_fields
from pydron.runtime.trials.lookup import MISSING, find, is_subclass, is_users, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydron.runtime.effects.arrays import Array

__all__ = ["Operators", "operator_of", "rehearse_inplace"]

_BINARY: dict[str, tuple[Callable[..., object], str, str]] = {
    "+": (operator.add, "__add__", "__radd__"),
    "-": (operator.sub, "__sub__", "__rsub__"),
    "*": (operator.mul, "__mul__", "__rmul__"),
    "@": (operator.matmul, "__matmul__", "__rmatmul__"),
    "/": (operator.truediv, "__truediv__", "__rtruediv__"),
    "//": (operator.floordiv, "__floordiv__", "__rfloordiv__"),
    "%": (operator.mod, "__mod__", "__rmod__"),
    "**": (operator.pow, "__pow__", "__rpow__"),
    "<<": (operator.lshift, "__lshift__", "__rlshift__"),
    ">>": (operator.rshift, "__rshift__", "__rrshift__"),
    "|": (operator.or_, "__or__", "__ror__"),
    "^": (operator.xor, "__xor__", "__rxor__"),
    "&": (operator.and_, "__and__", "__rand__"),
}
_COMPARE: dict[str, tuple[Callable[..., object], str, str]] = {
    "==": (operator.eq, "__eq__", "__eq__"),
    "!=": (operator.ne, "__ne__", "__ne__"),
    "<": (operator.lt, "__lt__", "__gt__"),
    "<=": (operator.le, "__le__", "__ge__"),
    ">": (operator.gt, "__gt__", "__lt__"),
    ">=": (operator.ge, "__ge__", "__le__"),
}
_INPLACE: dict[str, Callable[[object, object], object]] = {
    "+": operator.iadd,
    "-": operator.isub,
    "*": operator.imul,
    "@": operator.imatmul,
    "/": operator.itruediv,
    "//": operator.ifloordiv,
    "%": operator.imod,
    "**": operator.ipow,
    "<<": operator.ilshift,
    ">>": operator.irshift,
    "|": operator.ior,
    "^": operator.ixor,
    "&": operator.iand,
}
_UNARY: dict[str, tuple[Callable[..., object], str]] = {
    "-": (operator.neg, "__neg__"),
    "+": (operator.pos, "__pos__"),
    "~": (operator.invert, "__invert__"),
}
_OBJECTS = tuple(vars(object)[name] for name in ("__eq__", "__lt__", "__le__", "__gt__", "__ge__"))
_OBJECT_NE = vars(object)["__ne__"]

_Candidate = tuple[object, object, object]
"""A special method, its receiver, and the other operand."""


def operator_of(symbol: str, *operands: object) -> Callable[[], object]:
    """Return what applies an operator to one or two operands."""
    if len(operands) == 1:
        return partial(_UNARY[symbol][0], *operands)
    table = _BINARY if symbol in _BINARY else _COMPARE
    return partial(table[symbol][0], *operands)


def rehearse_inplace(symbol: str, array: object, value: object) -> None:
    """Do ``array op= value`` to a copy of the array."""
    _INPLACE[symbol](cast("Array", array).copy(), value)


class Operators(Attributes):
    """The operators; mixed into the trial."""

    __slots__ = ()

    # arithmetic

    def binary(self, op: str, left: object, right: object) -> object:
        """``left op right``."""
        self.step()
        function, name, reflected = _BINARY[op]
        if is_atom(left) and is_atom(right):
            return self.do(function, left, right)
        verdict = classify_binary(op, left, right)
        if verdict.is_known:
            self.permit(verdict, (left, right))
            result = self.do(function, left, right)
            return self.born(result) if verdict.fresh else result
        self._operable(op, left, right)
        for candidate in self._arithmetic(left, right, name, reflected):
            result = self._attempt(candidate)
            if result is not NotImplemented:
                return result
        return self.do(function, left, right)

    def _operable(self, op: str, left: object, right: object) -> None:
        """Make sure that nothing but methods written in Python can come to run."""
        for operand in (left, right):
            plain = is_atom(operand) and not (op in {"%", "*"} and type(operand) in {str, bytes})  # these ask the other
            if not plain and not is_users(type(operand)):
                self.stop(f"{op} of {name_of(type(left))} and {name_of(type(right))} is not known to be pure")

    def _arithmetic(self, left: object, right: object, name: str, reflected: str) -> list[_Candidate]:
        mine, theirs = find(type(left), name), find(type(right), reflected)
        if type(left) is type(right):
            candidates = [(mine, left, right)]
        elif is_subclass(type(right), type(left)) and theirs is not find(type(left), reflected):
            candidates = [(theirs, right, left), (mine, left, right)]
        else:
            candidates = [(mine, left, right), (theirs, right, left)]
        return [each for each in candidates if each[0] is not MISSING and not is_atom(each[1])]

    def _attempt(self, candidate: _Candidate) -> object:
        method, receiver, other = candidate
        if type(method) is not FunctionType:
            self.stop(f"an operator of {name_of(type(receiver))} is not a plain method")
        return self.call(method, receiver, other)

    def inplace(self, op: str, left: object, right: object) -> object:
        """``left op= right``, without the binding."""
        if is_atom(left):
            return self.binary(op, left, right)
        self.step()
        verdict = classify_inplace(op, left, right)
        if verdict.effect is Effect.WRITES:
            self._changes(left, f"{op}=")
            for place in (*verdict.shallow, *verdict.deep):
                self.read((left, right)[cast("int", place)])
            return self.do(_INPLACE[op], left, right)
        method = find(type(left), f"__i{_BINARY[op][1][2:]}")
        if verdict.is_known or method is MISSING:
            return self.binary(op, left, right)
        result = self._attempt((method, left, right))
        return self.binary(op, left, right) if result is NotImplemented else result

    def _changes(self, owner: object, how: str) -> None:
        if not self.is_own(owner):
            self.stop(f"{how} changes a {name_of(type(owner))} that it has not made")

    def unary(self, op: str, value: object) -> object:
        """``-value`` and the like."""
        self.step()
        function, name = _UNARY[op]
        verdict = classify_unary(op, value)
        if verdict.is_known:
            self.permit(verdict, (value,))
            return self.do(function, value)
        method = find(type(value), name)
        if not is_users(type(value)) or type(method) is not FunctionType:
            self.stop(f"{op} of {name_of(type(value))} is not known to be pure")
        return self.call(method, value)

    # truth, and values that are asked for again

    def truth(self, value: object) -> bool:
        """``bool(value)``."""
        self.step()
        if is_atom(value):
            return bool(value)
        verdict = classify_truth(value)
        if verdict.is_known:
            self.permit(verdict, (value,))
            return bool(self.do(bool, value))
        for name, kind in (("__bool__", bool), ("__len__", int)):
            method = find(type(value), name)
            if method is MISSING:
                continue
            if type(method) is not FunctionType:
                break
            result = self.call(method, value)
            if type(result) is not kind or int(result) < 0:
                self.stop(f"{name} of {name_of(type(value))} gives no {kind.__name__}")
            return bool(result)
        self.stop(f"the truth of {name_of(type(value))} is not known to be pure")

    def test(self, value: object) -> bool:
        """``bool(value)``; the value may be asked for by `kept_value`."""
        truth = self.truth(value)
        self.value = value
        return truth

    def kept_value(self) -> object:
        """Return what was tested last."""
        return self.value

    # comparison

    def compare_on(self, op: str, left: object, right: object) -> object:
        """``left op right`` in a chain that goes on with `kept_right`."""
        result = self.compare(op, left, right)
        self.right = right
        return result

    def kept_right(self) -> object:
        """Return the right operand of the last comparison."""
        return self.right

    def compare(self, op: str, left: object, right: object) -> object:
        """``left op right``."""
        self.step()
        match op:
            case "is":
                return left is right
            case "is not":
                return left is not right
            case "in":
                return self._contains(right, left)
            case "not in":
                return not self._contains(right, left)
        return self._ordered(op, left, right)

    def _ordered(self, op: str, left: object, right: object) -> object:
        function, name, reflected = _COMPARE[op]
        if is_atom(left) and is_atom(right):
            return self.do(function, left, right)
        verdict = classify_binary(op, left, right)
        if verdict.is_known:
            self.permit(verdict, (left, right))
            return self.do(function, left, right)
        self._operable(op, left, right)
        mine, theirs = (find(type(left), name), left, right), (find(type(right), reflected), right, left)
        over = type(left) is not type(right) and is_subclass(type(right), type(left))
        for method, receiver, other in (theirs, mine) if over else (mine, theirs):
            result = self._compared(op, method, receiver, other)
            if result is not NotImplemented:
                return result
        if op in {"==", "!="}:
            return (left is right) is (op == "==")
        return self._incomparable(function, left, right)

    def _incomparable(self, function: Callable[[object, object], object], left: object, right: object) -> object:
        """Raise what Python raises; the methods have been tried and decline."""
        return self.do(function, left, right)

    def _compared(self, op: str, method: object, receiver: object, other: object) -> object:
        if is_atom(receiver) or any(method is each for each in _OBJECTS):
            return True if op == "==" and receiver is other else NotImplemented
        if method is _OBJECT_NE:
            result = self._compared("==", find(type(receiver), "__eq__"), receiver, other)
            return result if result is NotImplemented else not self.truth(result)
        if type(method) is not FunctionType:
            self.stop(f"{op} of {name_of(type(receiver))} is not a plain method")
        fields = compared_fields(type(receiver), method)
        if fields is None:
            return self.call(method, receiver, other)
        return self._compare_fields(op, fields, receiver, other)

    def _compare_fields(self, op: str, fields: Iterable[str], receiver: object, other: object) -> object:
        """Compare two instances of a dataclass as its generated method does."""
        if type(receiver) is not type(other):
            return NotImplemented
        try:
            mine = tuple([self.attribute(receiver, name) for name in fields])
            theirs = tuple([self.attribute(other, name) for name in fields])
        except AttributeError:  # which comes later in the method itself
            self.stop(f"a field of {name_of(type(receiver))} is missing")
        if not survey((mine, theirs)) & FOREIGN:
            return self.compare(op, mine, theirs)
        if op != "==":
            self.stop(f"{op} of the fields of {name_of(type(receiver))} is not known to be pure")
        for left, right in zip(mine, theirs, strict=True):
            if left is right and sys.version_info < (3, 13):
                continue
            if not self.truth(self.compare("==", left, right)):
                return False
        return True

    def _contains(self, container: object, item: object) -> bool:
        verdict = classify_binary("in", item, container)
        if verdict.is_known:
            self.permit(verdict, (item, container))
            return bool(self.do(operator.contains, container, item))
        method = find(type(container), "__contains__")
        if is_users(type(container)) and type(method) is FunctionType:
            return self.truth(self.call(method, container, item))
        if type(container) is not list and type(container) is not tuple:
            self.stop(f"a search in {name_of(type(container))} is not known to be pure")
        self.read(container)
        return any(each is item or self.truth(self.compare("==", each, item)) for each in container)

    # items

    def item(self, owner: object, index: object) -> object:
        """``owner[index]``."""
        self.step()
        verdict = classify_subscript(owner, index)
        if verdict.is_known:
            self.permit(verdict, (owner, index))
            result = self.do(operator.getitem, owner, index)
            return self.born(result) if verdict.fresh else result
        method = find(type(owner), "__getitem__")
        if method is vars(tuple)["__getitem__"] and is_plain_index(index):
            return self.do(operator.getitem, owner, index)
        if not is_users(type(owner)) or type(method) is not FunctionType:
            self.stop(f"reading an item of {name_of(type(owner))} is not known to be pure")
        return self.call(method, owner, index)

    @staticmethod
    def slice(lower: object, upper: object, step: object) -> slice:
        """``lower:upper:step``."""
        return slice(lower, upper, step)
