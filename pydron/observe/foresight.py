"""Foreseeing what will stop a trial: effects that can be seen in the source of a function before it was ever called."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.runtime.trials import Obstacle
from pydron.translation.emit.extent import MUTATORS
from pydron.translation.scope import names_bound, own_nodes
from pydron.translation.source import NoSourceError, find_source

if TYPE_CHECKING:
    from types import FunctionType

__all__ = ["foresee"]

_WRITERS = frozenset({"print", "open", "input", "exec", "eval", "setattr", "delattr"})


def foresee(function: FunctionType) -> Obstacle | None:
    """Return what is likely to stop every trial of a function; None if nothing can be seen."""
    try:
        tree = find_source(function).tree
    except NoSourceError:
        return None
    own = _made_here(tree)
    for node in sorted(own_nodes(tree), key=lambda each: getattr(each, "lineno", 0)):
        reason = _reason(node, own)
        if reason is not None:
            code = function.__code__
            return Obstacle(reason, function.__qualname__, code.co_filename, getattr(node, "lineno", 0))
    return None


def _made_here(tree: ast.FunctionDef) -> frozenset[str]:
    """Return variables whose objects the function may have made: its own, without the parameters."""
    own = frozenset(name for statement in tree.body for name in names_bound(statement))
    first = tree.args.args[:1] if tree.name in {"__init__", "__post_init__"} else []
    return own | {argument.arg for argument in first}


def _reason(node: ast.AST, own: frozenset[str]) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in _WRITERS and name not in own:
            return f"{name}() writes"
        case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in MUTATORS and _is_foreign(owner, own):
            return f"{name}() changes a {ast.unparse(owner)} that it has not made"
        case ast.Attribute(value=owner, ctx=ast.Store()) | ast.Subscript(value=owner, ctx=ast.Store()):
            if _is_foreign(owner, own):
                return f"it stores into {ast.unparse(owner)}, which it has not made"
    return None


def _is_foreign(owner: ast.expr, own: frozenset[str]) -> bool:
    """Say whether an object is certainly none that the function has made: a name that it never binds."""
    return isinstance(owner, ast.Name) and owner.id not in own
