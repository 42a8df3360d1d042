"""Notices that the driver has reloaded a module: workers have imported what it was before."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__all__ = ["Reloads"]


class Reloads:
    """Asked by the import system, before its own finders, where a module is; finds nothing, and remembers reloads."""

    def __init__(self) -> None:
        self._any = False
        sys.meta_path.insert(0, self)

    def find_spec(self, _name: str, _path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        """Find nothing. A module that is to be loaded into is one that is reloaded."""
        if target is not None:
            self._any = True

    def taken(self) -> bool:
        """Say whether a module was reloaded since the last time."""
        noticed, self._any = self._any, False
        return noticed

    def close(self) -> None:
        """Be asked no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
