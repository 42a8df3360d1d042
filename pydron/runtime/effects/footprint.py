"""Which attributes of an argument a function reads: of an object that is written to, only they go along with a call.

A method that is called for each item reads the model's weights, while the loop adds to the model's list of results.
The bytecode tells: wherever it loads the parameter, an attribute of that is what it loads next. Methods and properties
of the object that it uses are looked at in the same way.
"""

from __future__ import annotations

import copyreg
import dis
import sys
from functools import lru_cache
from types import CodeType, FunctionType, MemberDescriptorType
from typing import TYPE_CHECKING

from pydron.runtime.effects.attributes import MISSING, defines, static_lookup
from pydron.runtime.effects.memory import class_dict, class_mro, instance_dict
from pydron.runtime.effects.reach import PICKLE_HOOKS
from pydron.runtime.effects.trust import has_plain_keys

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["part_read"]

_LOADS = frozenset(
    ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST",
     "LOAD_FAST_BORROW_LOAD_FAST_BORROW", "LOAD_DEREF")
)  # fmt: skip
"""What leaves a variable on top of the stack; those that handle two leave the second there."""
_CAPTURES = frozenset(("MAKE_CELL", "LOAD_CLOSURE", "LOAD_FAST", "LOAD_FAST_BORROW"))
"""What happens to the cell of a variable before an inner function has it."""
_SAYS_CALLED = sys.version_info >= (3, 12)
"""Whether the lowest bit of the argument of ``LOAD_ATTR`` says that a method is loaded to be called."""
_FRAME_TRICKS = frozenset(("locals", "vars", "eval", "exec", "_getframe", "currentframe", "stack"))
_OWN_WAYS = (*PICKLE_HOOKS, "__setstate__", "__getattribute__", "__getattr__", "__del__")
"""What shows that an object is more than its attributes."""


def part_read(function: object, place: int | str, value: object, is_settled: Callable[[str], bool]) -> object | None:
    """Return an object of the same class that has the attributes alone which a call reads of an argument.

    Args:
        function: what is called.
        place: position of the argument, or its keyword.
        value: the argument.
        is_settled: says whether an attribute is what it will be at the call.

    Returns:
        The object; None if the call may see more of the argument, or one of the attributes is still to come.
    """
    names = instance_dict(value)
    if names is None or not has_plain_keys(names) or not _is_its_attributes(type(value)):
        return None
    read = _attributes_read(function, place, type(value), names)
    if read is None or not all(map(is_settled, read)):
        return None
    try:
        part = object.__new__(type(value))
    except TypeError:  # there is more to it, in C
        return None
    mine = instance_dict(part)
    assert mine is not None
    mine.update((name, found) for name, found in names.items() if name in read)
    return part


def _is_its_attributes(cls: type) -> bool:
    """Say whether an object of the class is what its attributes are."""
    if any(registered is cls for registered in copyreg.dispatch_table):
        return False
    for parent in class_mro(cls)[:-1]:
        defined = class_dict(parent)
        if any(name in defined for name in _OWN_WAYS):
            return False
        if any(type(found) is MemberDescriptorType for found in defined.values()):
            return False
    return True


def _attributes_read(function: object, place: int | str, cls: type, names: dict[str, object]) -> frozenset[str] | None:
    mro = class_mro(cls)
    read: set[str] = set()
    pending: list[tuple[object, int | str]] = [(function, place)]
    done: set[tuple[CodeType, str]] = set()
    while pending:
        function, place = pending.pop()
        parameter = _parameter(function, place)
        if parameter is None:
            return None
        if parameter in done:
            continue
        done.add(parameter)
        mentions = _mentions(*parameter)
        if mentions is None:
            return None
        for name, is_called in mentions:
            found = static_lookup(mro, name)
            if type(found) is property:
                pending.append((found.fget, 0))
            elif defines(found, "__set__", "__delete__"):
                return None
            else:
                read.add(name)
                if name in names or type(found) is staticmethod or type(found) is classmethod:
                    continue
                if type(found) is FunctionType and is_called:
                    pending.append((found, 0))
                elif found is MISSING or defines(found, "__get__"):
                    return None
    return frozenset(read)


def _parameter(function: object, place: int | str) -> tuple[CodeType, str] | None:
    """Return the code of a function and what it calls an argument."""
    if type(function) is not FunctionType:
        return None
    code = function.__code__
    if isinstance(place, int):
        return (code, code.co_varnames[place]) if place < code.co_argcount else None
    own = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
    return (code, place) if place in own else None


@lru_cache(maxsize=1024)
def _mentions(code: CodeType, variable: str) -> frozenset[tuple[str, bool]] | None:
    """Return the attributes that code reads of a variable, and whether it calls them; None if it does anything else."""
    # ``super()`` takes the first argument without a word.
    if not _FRAME_TRICKS.isdisjoint(code.co_names) or "__class__" in code.co_freevars:
        return None
    found: set[tuple[str, bool]] = set()
    instructions = list(dis.get_instructions(code))
    is_captured = variable in code.co_cellvars
    for each, following in zip(instructions, [*instructions[1:], None], strict=True):
        if each.opcode not in dis.haslocal and each.opcode not in dis.hasfree:
            continue
        handled = each.argval if isinstance(each.argval, tuple) else (each.argval,)
        if variable not in handled:
            continue
        attribute = _attribute(following)
        if attribute is not None and handled.index(variable) == len(handled) - 1 and each.opname in _LOADS:
            found.add(attribute)
        elif not (is_captured or variable in code.co_freevars) or each.opname not in _CAPTURES:
            return None
    for inner in code.co_consts:
        if type(inner) is CodeType:
            if variable not in inner.co_freevars:
                if not _FRAME_TRICKS.isdisjoint(inner.co_names):
                    return None
                continue
            mentions = _mentions(inner, variable)
            if mentions is None:
                return None
            found |= mentions
    return frozenset(found)


def _attribute(instruction: dis.Instruction | None) -> tuple[str, bool] | None:
    """Return the attribute that an instruction loads, and whether that is called."""
    if instruction is None or instruction.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
        return None
    called = instruction.opname == "LOAD_METHOD" or (_SAYS_CALLED and bool((instruction.arg or 0) & 1))
    return instruction.argval, called
