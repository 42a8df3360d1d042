"""Callables that the user has declared functional although they cannot carry a mark: builtins, and names in a file."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING

from pydron.runtime.effects.arrays import numpy_types
from pydron.runtime.effects.memory import class_dict, is_class

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FunctionalNames", "declare_functional", "is_declared_functional"]

# A declaration is a fact about the callable, not about a session. Kept alive, so that its identity stays its own.
_declared: dict[int, object] = {}


def declare_functional(callee: object) -> None:
    """State that calls of this very object have no side effect and depend on their arguments alone."""
    _declared[id(callee)] = callee


def is_declared_functional(callee: object) -> bool:
    """Tell whether `declare_functional` was called with this very object."""
    return id(callee) in _declared


class FunctionalNames:
    """The callables that patterns such as ``"scipy.ndimage.*"`` name.

    The last part may hold wildcards; these find public functions only. A name without wildcards may also be that of
    a class or a method. Modules are not imported: a pattern counts once the program has imported its module.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._waiting = list(patterns)
        self._found: dict[int, object] = {}

    def __contains__(self, callee: object) -> bool:
        """Tell whether a pattern names this very object."""
        if self._waiting:
            self._waiting = [pattern for pattern in self._waiting if not self._resolve(pattern)]
        return id(callee) in self._found

    def _resolve(self, pattern: str) -> bool:
        prefix, _, last = pattern.rpartition(".")
        names = _names_at(prefix)
        if names is None:
            return False
        for name, found in names.items():
            if name == last or (_is_function(found) and not name.startswith("_") and fnmatchcase(name, last)):
                self._found[id(found)] = found
        return True


def _names_at(path: str) -> dict[str, object] | None:
    """Return the names of an imported module, or of a class in one."""
    module, _, inside = path, "", ""
    while module and module not in sys.modules:
        module, _, last = module.rpartition(".")
        inside = f"{last}.{inside}" if inside else last
    place: object = sys.modules.get(module)
    if type(place) is not ModuleType or getattr(place.__dict__.get("__spec__"), "_initializing", False):
        return None
    names = dict(place.__dict__)
    for step in filter(None, inside.split(".")):
        place = names.get(step)
        if not is_class(place):
            return None
        names = dict(class_dict(place))  # type: ignore[arg-type]  # is_class has looked
    return names


def _is_function(found: object) -> bool:
    known = numpy_types()
    if known is not None and id(type(found)) in known.functions:
        return True
    return type(found) is FunctionType or type(found) is BuiltinFunctionType
