"""Loops over builtin iterators made in their heads: ``for i, x in enumerate(xs)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.quote import at, load, store

if TYPE_CHECKING:
    from pydron.translation.lowering.calls import Flattener

__all__ = ["ZIP", "is_wrapped", "wrapped"]

ZIP = ".zip"
"""The builtin `zip`."""
_ITERTOOLS = frozenset(
    ("product", "permutations", "combinations", "combinations_with_replacement", "chain", "islice", "pairwise")
)
_WRAPPERS = frozenset(("enumerate", "zip", "reversed", *_ITERTOOLS))
"""Names of builtin iterators that hold nothing but a place in what they go over."""
_WRAPPER = "wrapper"
"""How variables that hold one are called."""


def is_wrapped(flattener: Flattener, node: ast.expr) -> bool:
    """Say whether a loop goes over a wrapper made in its head, so that nothing else can see the iterator."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name.startswith((f".{_WRAPPER}", ZIP)):
            return True
        case ast.Call(func=ast.Name(id=name)) if name in _WRAPPERS and name not in flattener.fast:
            pass
        case ast.Call(func=ast.Attribute(value=ast.Name(id="itertools"), attr=name)) if name in _ITERTOOLS:
            pass
        case _:
            return False
    return not any(isinstance(argument, ast.Starred) for argument in node.args) and all(
        keyword.arg is not None for keyword in node.keywords
    )


def wrapped(flattener: Flattener, node: ast.expr) -> ast.expr:
    """Return the wrapper's call, of atoms: it belongs to the loop."""
    assert isinstance(node, ast.Call)
    if isinstance(node.func, ast.Attribute):
        wrapper = flattener.names.fresh(_WRAPPER)
        flattener.out.append(at(ast.Assign([store(wrapper, node.func)], node.func), node.func))
        node.func = load(wrapper, node.func)
    values = flattener.atoms([*node.args, *(word.value for word in node.keywords)])
    node.args = values[: len(node.args)]
    for keyword, value in zip(node.keywords, values[len(node.args) :], strict=True):
        keyword.value = value
    return node
