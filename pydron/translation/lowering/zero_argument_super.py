"""Write out ``super()`` as ``super(__class__, self)``: the short form looks for `self` in the frame, by position."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.quote import load
from pydron.translation.scope import own_nodes

if TYPE_CHECKING:
    from pydron.translation.lowering.context import Lowered

__all__ = ["lower_zero_argument_super"]


def lower_zero_argument_super(function: Lowered) -> None:
    """Give every ``super()`` of the function its two arguments."""
    if "__class__" not in function.scope.free or not function.scope.parameters:
        return
    first = function.scope.parameters[0]
    for node in own_nodes(function.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
            node.args = [load("__class__", node), load(first, node)]
