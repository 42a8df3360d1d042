"""Going through syntax trees: several times faster than `ast.iter_child_nodes` and `ast.walk`, contexts left out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["children", "nodes_of"]


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below another, in order."""
    found: list[ast.AST] = []
    fields = node.__dict__
    for name in node._fields:
        value = fields.get(name)
        if isinstance(value, list):
            found += [each for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST) and name != "ctx":
            found.append(value)
    return found


def nodes_of(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield a tree and every node below it, in no order."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        pending += children(node)
