"""The function under translation, as the lowerings pass it on."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from pydron.translation.quote import Names
from pydron.translation.scope import Scope
from pydron.translation.source import Source

__all__ = ["Lowered"]


@dataclass(slots=True)
class Lowered:
    """A function's tree on its way down, with what every lowering needs to know of it."""

    source: Source
    tree: ast.FunctionDef
    scope: Scope
    names: Names = field(default_factory=Names)
    handled: set[ast.AST] = field(default_factory=set)
    """Statements that run natively as they stand."""
