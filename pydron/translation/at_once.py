"""Generator expressions that do not outlive the statement they stand in: a builtin takes their elements at once.

What they read of the function around need not be kept for them, as it is for those that may be asked for more later.
"""

from __future__ import annotations

import ast
import builtins
from types import CodeType
from typing import TYPE_CHECKING

from pydron.translation.scope import names_bound, own_nodes
from pydron.translation.trees import nodes_of

if TYPE_CHECKING:
    from types import FunctionType

__all__ = ["consumers_of", "mark_consumed", "shadowed"]

_CONSUMERS: dict[str, object] = {
    builtin.__name__: builtin for builtin in (all, any, dict, frozenset, list, max, min, next, set, sorted, sum, tuple)
}


def consumers_of(code: CodeType) -> frozenset[str]:
    """Return the names of such builtins that a function mentions, in comprehensions too."""
    found = frozenset(_CONSUMERS.keys() & code.co_names)
    return found.union(*(consumers_of(const) for const in code.co_consts if type(const) is CodeType))


def shadowed(function: FunctionType, names: frozenset[str]) -> frozenset[str]:
    """Return those of the names that do not mean the builtins in a function, as far as its module says."""
    known, plain = function.__globals__, vars(builtins)
    return frozenset(name for name in names if known.get(name, plain.get(name)) is not _CONSUMERS[name])


def mark_consumed(tree: ast.FunctionDef, others: frozenset[str]) -> bool:
    """Mark the generator expressions of a function that are consumed where they stand; return whether there are any.

    Args:
        tree: the function.
        others: names that do not mean the builtin.
    """
    own = others.union(*(names_bound(statement) for statement in tree.body), _parameters(tree), _declared(tree))
    found = False
    for node in own_nodes(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.GeneratorExp):
            function = node.func
            if isinstance(function, ast.Name) and function.id in _CONSUMERS and function.id not in own:
                node.args[0].consumed = found = True  # type: ignore[attr-defined]
    return found


def _parameters(tree: ast.FunctionDef) -> frozenset[str]:
    return frozenset(node.arg for node in nodes_of(tree.args) if isinstance(node, ast.arg))


def _declared(tree: ast.FunctionDef) -> frozenset[str]:
    return frozenset(
        name for node in own_nodes(tree) if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names
    )
