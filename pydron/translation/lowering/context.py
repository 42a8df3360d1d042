"""The function under translation, as the lowerings pass it on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydron.translation.premises import USUAL, Premises
from pydron.translation.quote import Names

if TYPE_CHECKING:
    import ast

    from pydron.translation.mentions import Definitions
    from pydron.translation.scope import Scope
    from pydron.translation.source import Source

__all__ = ["Lowered", "Span", "Unrolled"]

Span = tuple[int, int, int, int]
"""First line, last line, first column, last column."""


@dataclass(frozen=True, slots=True)
class Unrolled:
    """Where a comprehension stood that became a loop. Before Python 3.12 it had a frame of its own."""

    span: Span
    first: Span
    """Its first iterable, which is evaluated outside of that frame."""
    name: str
    """What the frame is called."""
    called: Span | None = None
    """Where the frame around stands meanwhile, if elsewhere."""
    is_generator: bool = False
    """It was a generator expression."""
    is_coroutine: bool = False
    """It was an asynchronous comprehension."""
    is_call: bool = False
    """It was a call of `map` or `filter`, whose calls stand where it stood."""


@dataclass(slots=True)
class Lowered:
    """A function's tree on its way down, with what every lowering needs to know of it."""

    source: Source
    tree: ast.FunctionDef
    scope: Scope
    plain: Definitions = field(default_factory=dict)
    """Variables that can only hold functions and classes defined in the function."""
    premises: Premises = USUAL
    names: Names = field(default_factory=Names)
    unrolled: list[Unrolled] = field(default_factory=list)
    """Comprehensions that became loops."""
    written: dict[ast.AST, ast.stmt] = field(default_factory=dict)
    """Loops as the user wrote them."""
    unsteady: set[ast.AST] = field(default_factory=set)
    """Loops that may take items out of what they go over."""
    restored: set[ast.AST] = field(default_factory=set)
    """Loops that may store items into what they go over."""
    handled: set[ast.AST] = field(default_factory=set)
    """Statements that run natively as they stand."""
    bets: set[ast.AST] = field(default_factory=set)
    """``if`` statements whose loop most likely goes on after them."""
    matching: set[ast.AST] = field(default_factory=set)
    """``match`` statements that are left to ask whether one pattern fits."""
