"""Keep every loop as the user wrote it beside what the lowerings make of it.

It runs that way where nothing in it can be run in parallel.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.scope import own_nodes
from pydron.translation.trees import copy_tree

if TYPE_CHECKING:
    from pydron.translation.lowering.context import Lowered

__all__ = ["as_written", "keep_loops"]


def keep_loops(function: Lowered) -> None:
    """Take a copy of every loop of the function."""
    for node in own_nodes(function.tree):
        if isinstance(node, (ast.For, ast.While)):
            function.written[node] = copy_tree(node)


def as_written(function: Lowered, loop: ast.For | ast.While) -> ast.For | ast.While:
    """Return the copy of a loop, one that a lowering has made as it is now."""
    written = function.written.get(loop)
    return written if isinstance(written, (ast.For, ast.While)) else copy_tree(loop)
