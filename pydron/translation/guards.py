"""The cheap test that lets an expression run at once: every operand has a type whose operators run no user code.

What cannot be proved statically is guarded at run time by this test; if it fails, the runtime is asked operation by
operation.
"""

from __future__ import annotations

import ast

from pydron.translation.quote import at, constant, loads, quote_expression
from pydron.translation.reading import perhaps_read, surely_read
from pydron.translation.scope import names_read
from pydron.translation.trees import children, nodes_of

__all__ = ["concrete", "has_inner_scope", "holds", "trusted"]

_INNER = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


def has_inner_scope(node: ast.expr) -> bool:
    """Say whether an expression holds a comprehension or lambda."""
    return any(isinstance(inner, _INNER) for inner in nodes_of(node))


def trusted(node: ast.expr, fast: frozenset[str], origin: ast.AST, loose: frozenset[str]) -> ast.expr | None:
    """Return a test for "the expression may run now", or None if it always may.

    True if all operands are atoms, attributes of variables among them, or if nothing is pending and no operand is a
    promise.

    Args:
        node: the expression.
        fast: the variables that may hold a promise.
        origin: where the test stands.
        loose: variables that the expression may come to read without a value; if so it has to be looked at closely.
    """
    names = sorted(names_read(node))
    mine = [name for name in names if name in fast]
    if has_inner_scope(node):
        return _nothing_pending(mine, loose, origin)
    if not names or isinstance(node, ast.Name):
        return None
    if _is_plain_display(node):
        return concrete(mine, origin, loose)
    nothing_pending = _nothing_pending(mine, loose, origin)
    if not perhaps_read(node) <= fast:  # a global that is not read need not exist
        return nothing_pending
    # the test is what reads a variable first: if that fails, it is where the expression reads it
    places = _places(node)
    attributes = _attributes(node, fast)
    atoms: list[ast.expr] = []
    for name in _in_order(node, names):
        if name in attributes:
            atoms += [holds(name, attribute, places[name], "holds_atom") for attribute in attributes[name]]
        else:
            atoms.append(quote_expression("_Id(_Type(_Name)) in _A", places[name], _Name=name))
    tests = [_all(atoms, origin), nothing_pending]
    return at(ast.BoolOp(ast.Or(), tests if not attributes else tests[::-1]), origin)


def holds(owner: str, attribute: str, origin: ast.AST, question: str) -> ast.expr:
    """Return a question to the runtime about an attribute of a variable."""
    return quote_expression(f"_S.{question}(_Owner, _Name)", origin, _Owner=owner, _Name=constant(attribute, origin))


def _attributes(node: ast.expr, fast: frozenset[str]) -> dict[str, list[str]]:
    """Return the variables of which an expression reads nothing but attributes, and these."""
    found: dict[str, list[str]] = {}
    whole: list[ast.AST] = [node]
    bare: set[str] = set()
    for part in whole:  # grows on the way
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in fast:
            found.setdefault(part.value.id, []).append(part.attr)
        elif isinstance(part, ast.Name):
            bare.add(part.id)
        else:
            whole += children(part)
    return {name: list(dict.fromkeys(attributes)) for name, attributes in found.items() if name not in bare}


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


def concrete(names: list[str], origin: ast.AST, loose: frozenset[str] = frozenset()) -> ast.expr | None:
    """Return a test for "none of these variables is a promise", or None if there are none; see `trusted`."""
    if not names:
        return None
    tests = [quote_expression("_Type(_Name) is not _P", origin, _Name=name) for name in names]
    return _all([*tests, *_bound(names, loose, origin)], origin)


def _nothing_pending(names: list[str], loose: frozenset[str], origin: ast.AST) -> ast.expr:
    if names:
        test = quote_expression("_S.nothing_pending(*_Names)", origin, _Names=loads(names, origin))
    else:
        test = quote_expression("not _R.pending", origin)
    return _all([test, *_bound(names, loose, origin)], origin)


def _bound(names: list[str], loose: frozenset[str], origin: ast.AST) -> list[ast.expr]:
    return [quote_expression("_Name is not _U", origin, _Name=name) for name in names if name in loose]


def _all(tests: list[ast.expr], origin: ast.AST) -> ast.expr:
    return tests[0] if len(tests) == 1 else at(ast.BoolOp(ast.And(), tests), origin)
