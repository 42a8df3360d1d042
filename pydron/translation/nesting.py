"""Trees that nest deeply: translation goes down them by recursion, which is its own and not the user's to bound."""

from __future__ import annotations

import gc
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from pydron.translation.trees import children

if TYPE_CHECKING:
    import ast
    from types import TracebackType

__all__ = ["DEEPEST", "Depth", "nests_too_deeply"]

DEEPEST = 1000
"""Levels of a tree that translation goes down. The compiler itself stops at a few times as many."""
_FRAMES = 25 * DEEPEST
"""On the stack while it does."""
_MANY = 100_000
"""Objects that are made before garbage is looked for."""


def nests_too_deeply(tree: ast.AST) -> int | None:
    """Return the line where a tree goes down more than `DEEPEST` levels, or None."""
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in children(node)]
        if not level:
            return None
    return next((line for node in level if (line := getattr(node, "lineno", None)) is not None), None)


class Depth:
    """A ``with`` statement in which the recursion limit leaves room to go down `DEEPEST` levels.

    Garbage is looked for less often in it: thousands of nodes are made that live until a frame is compiled, and none is
    part of a cycle.
    """

    _lock = threading.Lock()
    _inside = 0
    """In all threads."""
    _before = 0
    """The limit outside."""
    _within = 0
    _young = (0, 0, 0)
    """The thresholds of the garbage collector outside."""

    def __enter__(self) -> None:
        with Depth._lock:
            if not Depth._inside:
                if sys.getrecursionlimit() != Depth._within:
                    Depth._before = sys.getrecursionlimit()
                Depth._within = Depth._before + _FRAMES
                sys.setrecursionlimit(Depth._within)
                Depth._young = gc.get_threshold()
                if 0 < Depth._young[0] < _MANY:
                    gc.set_threshold(_MANY, *Depth._young[1:])
            Depth._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with Depth._lock:
            Depth._inside -= 1
            if Depth._inside:
                return
            if sys.getrecursionlimit() == Depth._within:
                # where the user's own code would fit, and we on top of it do not, the next to leave has to do it
                with suppress(RecursionError):
                    sys.setrecursionlimit(Depth._before)
            if gc.get_threshold() == (_MANY, *Depth._young[1:]):
                gc.set_threshold(*Depth._young)
