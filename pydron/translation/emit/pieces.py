"""Small pieces of syntax."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.quote import at, quote_expression, store

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["assign", "constants", "index_object", "spread_values", "stores"]


def stores(names: Iterable[str], origin: ast.AST) -> list[ast.expr]:
    """Return variables as targets."""
    return [store(name, origin) for name in names]


def constants(values: Iterable[str], origin: ast.AST) -> list[ast.expr]:
    """Return constants."""
    return [at(ast.Constant(value), origin) for value in values]


def assign(target: str, value: ast.expr, origin: ast.AST) -> ast.stmt:
    """Return an assignment to a variable."""
    return at(ast.Assign([store(target, origin)], value), origin)


def spread_values(call: ast.Call) -> list[ast.expr]:
    """Return what is spread over the arguments of a call."""
    values = [argument.value for argument in call.args if isinstance(argument, ast.Starred)]
    return values + [keyword.value for keyword in call.keywords if keyword.arg is None]


def index_object(node: ast.expr) -> ast.expr:
    """Return an index as an object: ``a:b`` becomes ``slice(a, b, None)``."""
    if isinstance(node, ast.Slice):
        none = at(ast.Constant(None), node)
        parts = [part if part is not None else none for part in (node.lower, node.upper, node.step)]
        return quote_expression("_S.slice(*_Parts)", node, _Parts=parts)
    if isinstance(node, ast.Tuple):
        return at(ast.Tuple([index_object(part) for part in node.elts], ast.Load()), node)
    return node
