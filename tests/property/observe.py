"""What a run of a program left behind, in a form that can be compared.

Values become flat tuples of tokens. Mutable objects are numbered in the order in which they are met, over the whole
observation, so that two names for one object and two equal objects look different.
"""

from __future__ import annotations

import re
import sys
import types
from dataclasses import dataclass

import numpy as np

Tokens = tuple[object, ...]

PRELUDE = "prelude.py"
OURS = "pydron"
OUR_NOTE = "raised by functional "


@dataclass(frozen=True, slots=True)
class Observation:
    """All that a user can see of one run."""

    result: Tokens
    error: Tokens
    trace: tuple[tuple[str, str, int], ...]
    """File, function and line of each frame of the user's own, outermost first."""
    output: str
    effects: Tokens
    """The effect log, and the other globals."""
    arguments: Tokens

    def difference(self, other: Observation) -> str:
        """Return the name of the first part that differs, or nothing."""
        for part in ("error", "result", "effects", "output", "arguments", "trace"):
            if getattr(self, part) != getattr(other, part):
                return part
        return ""


class Tokenizer:
    """Turns values into tokens; knows the objects it has met."""

    def __init__(self) -> None:
        self.met: dict[int, int] = {}
        self.memories: dict[int, int] = {}
        """The owners of arrays' memory: views of one array are aliases too."""
        self.alive: list[object] = []
        self.tokens: list[object] = []

    def of(self, value: object) -> Tokens:
        self.tokens = []
        self.visit(value)
        return tuple(self.tokens)

    def visit(self, value: object) -> None:
        kind = type(value)
        if kind in ATOMS:
            self.tokens.append((kind.__name__, value))
        elif isinstance(value, np.generic):
            self.tokens.append((kind.__name__, value.item()))
        elif kind is tuple:
            self.sequence("tuple", value)  # type: ignore[arg-type]
        elif isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | types.ModuleType):
            self.tokens.append(("named", getattr(value, "__qualname__", value.__name__)))
        elif (number := self.met.get(id(value))) is not None:
            self.tokens.append(("again", number))
        else:
            self.met[id(value)] = len(self.met)
            self.alive.append(value)
            self.mutable(value, kind)

    def mutable(self, value: object, kind: type) -> None:
        name = kind.__qualname__
        if isinstance(value, dict):
            self.tokens.append((name, len(value)))
            for key, item in value.items():
                self.visit(key)
                self.visit(item)
        elif isinstance(value, set | frozenset):
            self.tokens.append((name, tuple(sorted(map(repr, value)))))
        elif isinstance(value, list):
            self.sequence(name, list.__getitem__(value, slice(None)))
        elif isinstance(value, BaseException):
            self.exception(value)
        elif isinstance(value, np.ndarray):
            self.array(value)
        elif kind.__module__.partition(".")[0] == OURS:
            self.tokens.append(("foreign", kind.__module__, name))
        else:
            self.tokens.append((name, "object"))
        self.fields(value)

    def sequence(self, name: str, items: list[object] | tuple[object, ...]) -> None:
        self.tokens.append((name, len(items)))
        for item in items:
            self.visit(item)

    def array(self, value: np.ndarray) -> None:
        owner = value
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        self.alive.append(owner)
        memory = self.memories.setdefault(id(owner), len(self.memories))
        self.tokens.append(("array", str(value.dtype), repr(value.tolist()), value.flags.writeable, memory))

    def fields(self, value: object) -> None:
        try:
            fields = object.__getattribute__(value, "__dict__")
        except AttributeError:
            fields = {}
        for name, item in fields.items():
            if name != "__notes__":
                self.tokens.append(("field", name))
                self.visit(item)
        for name in getattr(type(value), "__slots__", ()):
            if hasattr(value, name):
                self.tokens.append(("slot", name))
                self.visit(getattr(value, name))

    def exception(self, error: BaseException) -> None:
        notes = [note for note in getattr(error, "__notes__", ()) if not note.startswith(OUR_NOTE)]
        self.tokens.append((type(error).__qualname__, tuple(notes), error.__suppress_context__))
        self.sequence("args", error.args)
        if isinstance(error, BaseExceptionGroup):
            self.sequence("group", error.exceptions)
        for name, link in (("cause", error.__cause__), ("context", error.__context__)):
            if link is not None:
                self.tokens.append(name)
                self.visit(link)


ATOMS = frozenset({int, bool, float, complex, str, bytes, type(None), type(...), type(NotImplemented), range, slice})


def frames(error: BaseException, filename: str) -> tuple[tuple[str, str, int], ...]:
    """Return the user's frames of a traceback.

    Python 3.11 gives an unbound variable the line of the statement before, once it has specialised the code: there the
    line of such an error does not count.
    """
    found: list[tuple[str, str, int]] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == filename:
            found.append(("program", code.co_name, trace.tb_lineno))
        elif code.co_filename.endswith(PRELUDE):
            found.append(("prelude", code.co_name, trace.tb_lineno))
        trace = trace.tb_next
    if found and sys.version_info < (3, 12) and isinstance(error, NameError) and UNBOUND.fullmatch(str(error)):
        found[-1] = (*found[-1][:2], 0)
    return tuple(found)


UNBOUND = re.compile(r"cannot access (?:local|free) variable '(\w+)' where it is not associated with a value.*")


def globals_of(namespace: dict[str, object]) -> dict[str, object]:
    """Return the global variables that a program can change."""
    return {
        name: value
        for name, value in namespace.items()
        if type(value) in STATEFUL and not name.startswith("__") and name not in CONSTANT
    }


STATEFUL = frozenset({int, str, list, dict, set})
CONSTANT = frozenset({"FAIL", "SPECIAL", "PLAIN"})
