"""The cheap test that lets an expression run at once: every operand has a type whose operators run no user code.

What cannot be proved statically is guarded at run time by this test; if it fails, the runtime is asked operation by
operation.
"""

from __future__ import annotations

import ast

from pydron.translation.quote import at, loads, quote_expression
from pydron.translation.reading import perhaps_read, surely_read
from pydron.translation.scope import names_read
from pydron.translation.trees import nodes_of

__all__ = ["concrete", "has_inner_scope", "trusted"]

_INNER = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


def has_inner_scope(node: ast.expr) -> bool:
    """Say whether an expression holds a comprehension or lambda."""
    return any(isinstance(inner, _INNER) for inner in nodes_of(node))


def trusted(node: ast.expr, fast: frozenset[str], origin: ast.AST, loose: frozenset[str]) -> ast.expr | None:
    """Return a test for "the expression may run now", or None if it always may.

    True if all operands are atoms, or if nothing is pending and no operand is a promise.

    Args:
        node: the expression.
        fast: the variables that may hold a promise.
        origin: where the test stands.
        loose: variables that the expression may come to read without a value; if so it has to be looked at closely.
    """
    names = sorted(names_read(node))
    mine = [name for name in names if name in fast]
    if has_inner_scope(node):
        return _quiet(mine, loose, origin)
    if not names or isinstance(node, ast.Name):
        return None
    if _is_plain_display(node):
        return concrete(mine, origin)
    quiet = _quiet(mine, loose, origin)
    if not perhaps_read(node) <= fast:  # a global that is not read need not exist
        return quiet
    # the test is what reads a variable first: if that fails, it is where the expression reads it
    places = _places(node)
    atoms = [quote_expression("_Id(_Type(_Name)) in _A", places[name], _Name=name) for name in _in_order(node, names)]
    return at(ast.BoolOp(ast.Or(), [_all(atoms, origin), quiet]), origin)


def _in_order(node: ast.expr, names: list[str]) -> list[str]:
    surely = surely_read(node)
    return [*surely, *(name for name in names if name not in surely)]


def _places(node: ast.expr) -> dict[str, ast.Name]:
    """Return where an expression reads each variable first."""
    reads = [part for part in nodes_of(node) if isinstance(part, ast.Name)]
    reads.sort(key=lambda read: (read.lineno, read.col_offset), reverse=True)
    return {read.id: read for read in reads}


def _is_plain_display(node: ast.expr) -> bool:
    """A list or tuple display of variables and constants runs no user code whatever they are."""
    return isinstance(node, (ast.List, ast.Tuple)) and all(
        isinstance(element, (ast.Name, ast.Constant)) for element in node.elts
    )


def concrete(names: list[str], origin: ast.AST) -> ast.expr | None:
    """Return a test for "none of these variables is a promise", or None if there are none."""
    if not names:
        return None
    return _all([quote_expression("_Type(_Name) is not _P", origin, _Name=name) for name in names], origin)


def _quiet(names: list[str], loose: frozenset[str], origin: ast.AST) -> ast.expr:
    if names:
        nothing_pending = quote_expression("_S.is_quiet(*_Names)", origin, _Names=loads(names, origin))
    else:
        nothing_pending = quote_expression("not _R.pending", origin)
    bound = [quote_expression("_Name is not _U", origin, _Name=name) for name in names if name in loose]
    return _all([nothing_pending, *bound], origin)


def _all(tests: list[ast.expr], origin: ast.AST) -> ast.expr:
    return tests[0] if len(tests) == 1 else at(ast.BoolOp(ast.And(), tests), origin)
