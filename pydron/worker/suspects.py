"""What can be seen in the code of a functional callable, without calling it, that breaks its promise: by line.

In comes a function; out come the places where it binds a global or a variable of the function around it, or names a
function that draws from the global state of `random` or `numpy.random`.
"""

from __future__ import annotations

import dis
import sys
from dataclasses import dataclass
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RANDOM_ADVICE", "Suspect", "draws_globally", "plain_function", "suspects"]

_BINDS_GLOBAL = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL"})
_BINDS_OUTER = frozenset({"STORE_DEREF", "DELETE_DEREF"})
_READS_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_READS_MEMBER = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
RANDOM_ADVICE = {
    "random": "draw from a random.Random(seed), with the seed among the arguments",
    "numpy.random": "draw from a numpy.random.default_rng(seed), with the seed among the arguments",
}
"""What to do instead, for each module that keeps a global state."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A place in a function that breaks its promise whenever it is reached."""

    breach: str
    name: str
    """What is bound, or the module whose state is used."""
    filename: str
    line: int
    advice: str

    def __str__(self) -> str:
        return f"{self.breach} at {self.filename}:{self.line}: {self.advice}"


def plain_function(callee: object) -> FunctionType | None:
    """Return the Python function behind a callable, if it is one, a bound method or a partial of one."""
    while isinstance(callee, partial):
        callee = callee.func
    if isinstance(callee, MethodType):
        callee = callee.__func__
    return callee if isinstance(callee, FunctionType) else None


def suspects(function: FunctionType) -> list[Suspect]:
    """Return the suspicious places of a function and those inside it, in the order of the code."""
    return [*_places(function.__code__, frozenset(function.__code__.co_freevars), function.__globals__)]


def _places(code: CodeType, outer: frozenset[str], names: dict[str, object]) -> Iterator[Suspect]:
    line = code.co_firstlineno
    instructions = list(dis.get_instructions(code))
    for place, step in enumerate(instructions):
        line = (step.positions.lineno if step.positions is not None else None) or line
        if step.opname in _BINDS_GLOBAL:
            yield Suspect(
                f"writes the global {step.argval}", step.argval, code.co_filename, line,
                "take it as an argument, and return the new value",
            )  # fmt: skip
        elif step.opname in _BINDS_OUTER and step.argval in outer:
            yield Suspect(
                f"writes {step.argval}, a variable of the function around it,", step.argval, code.co_filename, line,
                "take it as an argument, and return the new value",
            )  # fmt: skip
        elif step.opname in _READS_GLOBAL:
            found = _resolve(names.get(step.argval), instructions[place + 1 :])
            module = draws_globally(found)
            if module is not None:
                name = getattr(found, "__name__", "")
                yield Suspect(
                    f"uses the global state of {module} ({name})", module, code.co_filename, line, RANDOM_ADVICE[module]
                )
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _places(constant, outer.intersection(constant.co_freevars), names)


def _resolve(found: object, rest: list[dis.Instruction]) -> object:
    """Return what a dotted name stands for, as far as it goes through modules."""
    for step in rest:
        if not isinstance(found, ModuleType) or step.opname not in _READS_MEMBER:
            break
        found = getattr(found, step.argval, None)  # numpy imports its parts as they are asked for
    return found


def draws_globally(callee: object) -> str | None:
    """Return the module whose global state a callable uses, None if it uses none."""
    owner = getattr(callee, "__self__", None)
    if owner is None:
        return None
    for module, holder, name in (("random", "random", "_inst"), ("numpy.random", "numpy.random.mtrand", "_rand")):
        loaded = sys.modules.get(holder)
        if loaded is not None and owner is vars(loaded).get(name):
            return module
    return None
