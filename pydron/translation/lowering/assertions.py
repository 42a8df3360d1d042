"""Write ``assert test, message`` as ``if not test: raise AssertionError(message)``.

The class is the builtin one even where the user has another under that name, as in CPython.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, cast

from pydron.translation.quote import at, load
from pydron.translation.trees import OwnStatements

if TYPE_CHECKING:
    from pydron.translation.lowering.context import Lowered

__all__ = ["ASSERTION_ERROR", "lower_assertions"]

ASSERTION_ERROR = ".AssertionError"


class _Assertions(OwnStatements):
    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        error: ast.expr = load(ASSERTION_ERROR, node)
        if node.msg is not None:
            error = at(ast.Call(error, [node.msg], []), node)
        failed: ast.stmt = at(ast.Raise(error, None), node)
        passed: ast.stmt = at(ast.Pass(), node)
        return at(ast.If(node.test, [passed], [failed]), node)


def lower_assertions(function: Lowered) -> None:
    """Replace the assertions of the function; under ``python -O`` there are none to replace."""
    if __debug__:
        transformer = _Assertions()
        function.tree.body = [transformer.visit(statement) for statement in function.tree.body]
    else:
        function.tree.body = [_without(statement) for statement in function.tree.body]


class _NoAssertions(_Assertions):
    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        return at(ast.Pass(), node)


def _without(statement: ast.stmt) -> ast.stmt:
    return cast("ast.stmt", _NoAssertions().visit(statement))
