"""What is known of a library that the program may import or not."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Imported"]

_T = TypeVar("_T")


class Imported(Generic[_T]):
    """What is to be known of a library: nothing until the program itself has completely imported it."""

    __slots__ = ("_found", "_learn", "_name", "_strange")

    def __init__(self, name: str, learn: Callable[[ModuleType], _T]) -> None:
        """Take note of the library.

        Args:
            name: of its module.
            learn: returns what is to be known. Raises where the module is not what it should be, or too old.
        """
        self._name = name
        self._learn = learn
        self._found: _T | None = None
        self._strange: object = None
        """A module of that name from which nothing can be learnt."""

    def known(self) -> _T | None:
        """Return what is known of the library, None as long as it is nothing."""
        if self._found is None and self._name in sys.modules:
            self._look(sys.modules[self._name])
        return self._found

    def _look(self, module: object) -> None:
        if module is self._strange or type(module) is not ModuleType:
            return
        if getattr(module.__dict__.get("__spec__"), "_initializing", False):
            return
        try:
            self._found = self._learn(module)
        except (AttributeError, KeyError, TypeError, ValueError):
            self._strange = module
