"""What the shipped form of a function was made from, watched for changes, without keeping the function alive.

A namespace or cell may hold the function itself, so both are found through a weak reference to it, and functions and
classes that it reads are referred to weakly too. Of what can change in place only a digest is kept.
"""

from __future__ import annotations

import builtins
import hashlib
import types
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydron.transport.codec import dumps

if TYPE_CHECKING:
    from pydron.tasks import Payload

__all__ = ["Watch", "digest", "watch"]

_ABSENT = object()
_FIXED = (type(None), bool, int, float, complex, str, bytes, types.ModuleType, types.BuiltinFunctionType)
_REFERRED = (types.FunctionType, type)


def digest(payload: Payload) -> bytes:
    """Return what identifies a payload by content."""
    state = hashlib.blake2b(payload.data, digest_size=16)
    for buffer in payload.raw:
        state.update(buffer)
    return state.digest()


@dataclass(frozen=True, slots=True)
class _Same:
    """The very object."""

    value: object

    def holds(self, now: object) -> bool:
        return now is self.value


@dataclass(frozen=True, slots=True)
class _Referred:
    """The very function or class, which may be gone by now."""

    value: weakref.ref[object]

    def holds(self, now: object) -> bool:
        return now is self.value()


@dataclass(frozen=True, slots=True)
class _Equal:
    """Something with this content, at the same address: two names of one object are not two equal objects."""

    address: int
    content: bytes

    def holds(self, now: object) -> bool:
        return id(now) == self.address and _content(now) == self.content


_Fact = _Same | _Referred | _Equal


@dataclass(frozen=True, slots=True)
class Watch:
    """What one function that was taken apart read at that moment."""

    function: weakref.ref[types.FunctionType]
    same: tuple[tuple[str, object], ...]
    """Globals that are the very object; the others are in `names`."""
    names: tuple[tuple[str, _Fact], ...]
    cells: tuple[tuple[int, _Fact], ...]
    defaults: tuple[tuple[object, _Equal], ...]

    def is_current(self) -> bool:
        """Tell whether the function would be taken apart to the same."""
        function = self.function()
        if function is None:
            return False
        namespace = function.__globals__
        for name, value in self.same:
            if namespace.get(name, _ABSENT) is not value:
                return False
        for name, fact in self.names:
            if not fact.holds(namespace.get(name, _ABSENT)):
                return False
        for at, fact in self.cells:
            now = _inside(function.__closure__[at])  # type: ignore[index]  # it has these cells
            if now is not fact.value if type(fact) is _Same else not fact.holds(now):
                return False
        return not self.defaults or all(fact.holds(value) for value, fact in self.defaults)


def watch(function: types.FunctionType) -> Watch:
    """Note what a function reads."""
    namespace = function.__globals__
    read = ((name, namespace.get(name, _ABSENT)) for name in sorted(_global_names(function.__code__)))
    names = [(name, _fact(value)) for name, value in read if value is not _ABSENT or not hasattr(builtins, name)]
    cells = [(at, _fact(_inside(cell))) for at, cell in enumerate(function.__closure__ or ())]
    defaults = [
        (value, fact)
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
        if isinstance(fact := _fact(value), _Equal)
    ]
    same = tuple((name, fact.value) for name, fact in names if isinstance(fact, _Same))
    others = tuple((name, fact) for name, fact in names if not isinstance(fact, _Same))
    return Watch(weakref.ref(function), same, others, tuple(cells), tuple(defaults))


def _fact(value: object) -> _Fact:
    if isinstance(value, _REFERRED):
        return _Referred(weakref.ref(value))
    if value is _ABSENT or isinstance(value, _FIXED):
        return _Same(value)
    content = _content(value)
    return _Same(value) if content is None else _Equal(id(value), content)


def _inside(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return _ABSENT


def _global_names(code: types.CodeType) -> set[str]:
    """Return the names that code, and code inside it, may look up in its globals."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _global_names(constant)
    return names


def _content(value: object) -> bytes | None:
    try:
        return digest(dumps(value, copy=False))
    except Exception:
        # Whether it can be shipped at all is decided when the function is.
        return None
