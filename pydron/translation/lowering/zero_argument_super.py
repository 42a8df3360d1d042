"""Write out ``super()`` as ``super(__class__, self)``: the short form looks for `self` in the frame, by position."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from pydron.translation.features import is_short_super
from pydron.translation.quote import load
from pydron.translation.scope import evaluated_outside
from pydron.translation.trees import children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydron.translation.lowering.context import Lowered

__all__ = ["lower_zero_argument_super"]

_OTHER_FRAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_GENERATORS = (ast.GeneratorExp,) if sys.version_info >= (3, 12) else (
    ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp,
)  # fmt: skip
"""In these `self` is not the first variable of the frame, so the short form fails there, and goes on to."""


def lower_zero_argument_super(function: Lowered) -> None:
    """Give every ``super()`` of the function its two arguments."""
    scope = function.scope
    if "__class__" not in scope.free or not scope.parameters or "super" in _names_known(function):
        return
    first = scope.parameters[0]
    for statement in function.tree.body:
        for node in _in_frame(statement):
            if isinstance(node, ast.Call) and is_short_super(node):
                node.args = [load("__class__", node), load(first, node)]


def _names_known(function: Lowered) -> frozenset[str]:
    """Return the names that do not mean builtins."""
    scope = function.scope
    return function.premises.shadowed.union(scope.fast, scope.cells, scope.free)


def _in_frame(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and everything below that is evaluated in the function's own frame."""
    yield node
    if isinstance(node, _GENERATORS):
        below: list[ast.AST] = [node.generators[0].iter]
    elif isinstance(node, _OTHER_FRAMES):
        below = evaluated_outside(node)
    else:
        below = children(node)
    for child in below:
        yield from _in_frame(child)
