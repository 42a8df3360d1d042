"""Write the reading of a property that leads to functional calls as a call, ``getattr(x, "name")``.

Only by name: what is read may have no such property, and then it is an attribute like any other.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.quote import at, constant, load
from pydron.translation.trees import OwnCode

if TYPE_CHECKING:
    from pydron.translation.lowering.context import Lowered

__all__ = ["READ", "lower_properties"]

READ = ".read"
"""The builtin `getattr`."""


class _Properties(OwnCode):
    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if node.attr not in self._names or not isinstance(node.ctx, ast.Load):
            return node
        return at(ast.Call(load(READ, node), [node.value, constant(node.attr, node)], []), node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Leave methods that are called."""
        method = node.func if isinstance(node.func, ast.Attribute) else None
        self.generic_visit(node)
        if method is not None and isinstance(node.func, ast.Call):
            method.value = node.func.args[0]
            node.func = method
        return node


def lower_properties(function: Lowered) -> None:
    """Replace the reading of such properties in the function."""
    properties = function.premises.properties
    if properties:
        transformer = _Properties(properties)
        function.tree.body = [transformer.visit(statement) for statement in function.tree.body]
