"""The shipped form of functional callables, known by content, and made again when what they refer to has changed.

A function that a worker can import is a reference. Any other is taken apart by cloudpickle: its code, and the values at
that moment of the globals and closure cells that it reads. Those values are watched: before each reuse of the shipped
form they are compared, by identity where the object cannot change, by content where it can.
"""

from __future__ import annotations

import builtins
import hashlib
import types
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydron.errors import UnpicklableError
from pydron.tasks import Function, Payload
from pydron.transport.codec import dumps, dumps_function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Functions", "digest"]

_ABSENT = object()
_MOST = 4096
_UNCHANGING = (type(None), bool, int, float, complex, str, bytes, type, types.ModuleType, types.BuiltinFunctionType)
_NamespaceRead = tuple["Mapping[str, object]", str, object, bytes | None]
_CellRead = tuple[types.CellType, object, bytes | None]


@dataclass(frozen=True, slots=True)
class _Shipped:
    """A callable, its shipped form, and what it read when that was made."""

    callable: object
    function: Function
    names: tuple[_NamespaceRead, ...]
    cells: tuple[_CellRead, ...]

    def is_current(self) -> bool:
        """Tell whether pickling the callable again would give the same."""
        for namespace, name, value, content in self.names:
            now = namespace.get(name, _ABSENT)
            if now is not value or (content is not None and _content(now) != content):
                return False
        for cell, value, content in self.cells:
            now = _inside(cell)
            if now is not value or (content is not None and _content(now) != content):
                return False
        return True


class Functions:
    """Ships callables. Belongs to one session; called from any thread of the user."""

    def __init__(self) -> None:
        self._shipped: OrderedDict[int, _Shipped] = OrderedDict()

    def ship(self, function: Callable[..., object], name: str) -> Function:
        """Return the shipped form of a callable.

        Raises:
            UnpicklableError: it cannot travel.
        """
        known = self._shipped.get(id(function))
        if known is not None and known.is_current():
            return known.function
        shipped = _ship(function, name)
        if isinstance(function, types.FunctionType | types.BuiltinFunctionType | type):
            self._shipped[id(function)] = shipped
            if len(self._shipped) > _MOST:
                self._shipped.popitem(last=False)
        return shipped.function


def _ship(function: Callable[..., object], name: str) -> _Shipped:
    try:
        payload, opened = dumps_function(function)
    except MemoryError:
        raise
    except Exception as error:
        from pydron.transport.culprits import find_culprit

        culprit = find_culprit(function, error)
        raise UnpicklableError(name, "callable", culprit.path, culprit.type_name, culprit.reason) from None
    names = tuple(read for each in opened for read in _names_read(each))
    cells = tuple(read for each in opened for read in _cells_read(each))
    return _Shipped(function, Function(digest(payload), name, payload), names, cells)


def digest(payload: Payload) -> bytes:
    """Return what identifies a payload by content."""
    state = hashlib.blake2b(payload.data, digest_size=16)
    for buffer in payload.buffers:
        state.update(buffer)
    return state.digest()


def _names_read(function: types.FunctionType) -> Iterable[_NamespaceRead]:
    namespace = function.__globals__
    for name in _global_names(function.__code__):
        value = namespace.get(name, _ABSENT)
        if value is not _ABSENT or not hasattr(builtins, name):
            yield namespace, name, value, _content_if_mutable(value)
    for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        if (content := _content_if_mutable(value)) is not None:
            yield {"": value}, "", value, content


def _cells_read(function: types.FunctionType) -> Iterable[_CellRead]:
    for cell in function.__closure__ or ():
        value = _inside(cell)
        yield cell, value, _content_if_mutable(value)


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


def _content_if_mutable(value: object) -> bytes | None:
    """Return a digest of something that can change in place, None for what cannot."""
    if value is _ABSENT or isinstance(value, (*_UNCHANGING, types.FunctionType)):
        return None
    return _content(value)


def _content(value: object) -> bytes | None:
    try:
        return digest(dumps(value, copy=False))
    except Exception:
        # Whether it can be shipped at all is decided when the function is.
        return None
