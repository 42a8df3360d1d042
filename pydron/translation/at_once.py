"""Generator expressions and lambdas that do not outlive the statement they stand in: a builtin is done with them.

What they read of the function around need not be kept for them, as it is for those that may be used again later.
"""

from __future__ import annotations

import ast
import builtins
from types import CodeType
from typing import TYPE_CHECKING

from pydron.translation.scope import bound_in, names_declared, own_nodes, set_consumed
from pydron.translation.trees import nodes_of

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from types import FunctionType

__all__ = ["builtins_of", "mark_consumed", "may_consume", "shadowed"]

_CONSUMERS: dict[str, object] = {
    builtin.__name__: builtin
    for builtin in (all, any, dict, filter, frozenset, list, map, max, min, next, set, sorted, sum, tuple)
}
_MEANT = {**_CONSUMERS, "super": super}
"""Builtins that are translated for what they do."""
_LAZY = frozenset(("filter", "map"))
"""Those that take an element when they are asked for one."""
_BY_KEY = frozenset(("max", "min", "sorted"))
_TAKERS = frozenset((ast.ListComp, ast.SetComp, ast.DictComp, ast.Call))
_JOIN = "join"
"""The method of texts that takes all elements at once."""


def builtins_of(code: CodeType) -> frozenset[str]:
    """Return the names of builtins that a function is translated by, if it mentions them, in comprehensions too."""
    return frozenset(_MEANT.keys() & _mentioned(code))


def may_consume(code: CodeType, tree: ast.FunctionDef) -> bool:
    """Say whether there may be something to mark in a function."""
    if _mentioned(code).isdisjoint((*_CONSUMERS, _JOIN)):
        return False
    return any(_taken(node, _CONSUMERS.keys()) for node in own_nodes(tree) if node.__class__ in _TAKERS)


def _mentioned(code: CodeType) -> frozenset[str]:
    inner = (_mentioned(const) for const in code.co_consts if type(const) is CodeType)
    return frozenset(code.co_names).union(*inner)


def shadowed(function: FunctionType, names: frozenset[str]) -> frozenset[str]:
    """Return those of the names that do not mean the builtins in a function, as far as its module says."""
    known, plain = function.__globals__, vars(builtins)
    return frozenset(name for name in names if known.get(name, plain.get(name)) is not _MEANT[name])


def mark_consumed(tree: ast.FunctionDef, others: frozenset[str]) -> None:
    """Mark what builtins take and keep nothing of in a function.

    Args:
        tree: the function.
        others: names that do not mean the builtin.
    """
    own = others | bound_in(tree) | names_declared(tree)
    meant = _CONSUMERS.keys() - own
    for node in own_nodes(tree):
        if node.__class__ not in _TAKERS:
            continue
        for taken in _taken(node, meant):
            if not _binds_outside(taken):
                set_consumed(taken)


def _binds_outside(taken: ast.expr) -> bool:
    """Say whether a generator expression may bind variables of the function: when they are bound it has been made."""
    if not isinstance(taken, ast.GeneratorExp):
        return False
    return any(isinstance(node, ast.NamedExpr) for node in nodes_of(taken))


def _taken(node: ast.AST, meant: AbstractSet[str]) -> list[ast.expr]:
    """Return what an expression makes no use of afterwards; `meant` are the names that mean the builtins."""
    match node:
        case ast.ListComp() | ast.SetComp() | ast.DictComp():
            return _applied(node.generators[0].iter, meant)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in meant - _LAZY:
            keys = [each.value for each in keywords if each.arg == "key" and name in _BY_KEY]
            taken: list[ast.expr] = [key for key in keys if isinstance(key, ast.Lambda)]
            if args and (len(args) == 1 or name not in _BY_KEY):  # of several arguments one is the result
                taken += [args[0]] if isinstance(args[0], ast.GeneratorExp) else _applied(args[0], meant)
            return taken
        case ast.Call(func=ast.Attribute(value=text, attr=name), args=[source]) if name == _JOIN and _is_text(text):
            return [source] if isinstance(source, ast.GeneratorExp) else _applied(source, meant)
    return []


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _applied(source: ast.expr, meant: AbstractSet[str]) -> list[ast.expr]:
    """Return the lambda that `map` or `filter` applies to elements which are all taken at once."""
    match source:
        case ast.Call(func=ast.Name(id=name), args=[ast.Lambda() as function, *_]) if name in meant & _LAZY:
            return [function]
    return []
