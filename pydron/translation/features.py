"""What a function uses that keeps all of it undecorated: in comes its tree, out comes a reason, or nothing."""

from __future__ import annotations

import ast

from pydron.translation.nesting import DEEPEST, nests_too_deeply
from pydron.translation.scope import own_nodes

__all__ = ["is_short_super", "native_reason"]

_FRAME_NAMES = {
    "locals": "locals() shows the variables themselves; name those that are needed",
    "vars": "vars() shows the variables themselves; name those that are needed",
    "dir": "dir() shows the variables themselves; name those that are needed",
    "exec": "exec() may read and bind any variable; move it to a function of its own",
    "eval": "eval() may read any variable; move it to a function of its own",
    "globals": "globals() may rebind any global; move it to a function of its own",
    "breakpoint": "breakpoint() shows the function to a person",
}
_FRAME_ATTRIBUTES = {
    "_getframe": "it looks at its own frame",
    "currentframe": "it looks at its own frame",
    "set_trace": "set_trace() shows the function to a person",
}


def native_reason(tree: ast.FunctionDef) -> str | None:
    """Return why the whole function has to run as it is written, or None."""
    line = nests_too_deeply(tree)
    if line is not None:
        return f"line {line}: what is written there nests more than {DEEPEST} levels deep; give parts of it names"
    for node in own_nodes(tree):
        if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
            return f"line {node.lineno}: a coroutine belongs to its event loop"
        if isinstance(node, ast.Name) and node.id in _FRAME_NAMES:
            return f"line {node.lineno}: {_FRAME_NAMES[node.id]}"
        if isinstance(node, ast.Attribute) and node.attr in _FRAME_ATTRIBUTES:
            return f"line {node.lineno}: {_FRAME_ATTRIBUTES[node.attr]}"
        if isinstance(node, (ast.Global, ast.Nonlocal)) and "__class__" in node.names:
            return f"line {node.lineno}: super() depends on __class__"
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return f"line {node.lineno}: import * binds names that are not written down; name them"
        if isinstance(node, ast.Call) and is_short_super(node) and not _keeps_first_parameter(tree):
            return f"line {node.lineno}: super() finds no first parameter"
    return None


def is_short_super(node: ast.Call) -> bool:
    """Tell whether a call is ``super()``."""
    return isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args and not node.keywords


def _keeps_first_parameter(tree: ast.FunctionDef) -> bool:
    parameters = [*tree.args.posonlyargs, *tree.args.args]
    removed = {node.id for node in own_nodes(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)}
    return bool(parameters) and parameters[0].arg not in removed
