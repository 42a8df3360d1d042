"""What a function uses that keeps all of it undecorated: in comes its tree, out comes a reason, or nothing."""

from __future__ import annotations

import ast

from pydron.translation.nesting import DEEPEST, nests_too_deeply
from pydron.translation.private_names import defined_privately
from pydron.translation.scope import bound_in, names_bound, own_nodes, read_later

__all__ = ["has_asynchronous_comprehension", "is_asynchronous", "is_short_super", "native_reason"]

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp)

_FRAME_NAMES = {
    "locals": "locals() shows the variables themselves; name those that are needed",
    "vars": "vars() shows the variables themselves; name those that are needed",
    "dir": "dir() shows the variables themselves; name those that are needed",
    "exec": "exec() may read and bind any variable; move it to a function of its own",
    "eval": "eval() may read any variable; move it to a function of its own",
    "globals": "globals() may rebind any global; move it to a function of its own",
    "breakpoint": "breakpoint() shows the function to a person",
}
_FRAME_FUNCTIONS = {
    "_getframe": "it looks at its own frame",
    "_current_frames": "it looks at its own frame",
    "currentframe": "it looks at its own frame",
    "extract_stack": "it looks at the frames around it",
    "format_stack": "it looks at the frames around it",
    "print_stack": "it looks at the frames around it",
    "set_trace": "set_trace() shows the function to a person",
    "setprofile": "setprofile() shows the function to a tool",
    "settrace": "settrace() shows the function to a tool",
}
"""Functions of modules, named as attributes or, imported, by themselves."""
_INSPECT = frozenset({"stack", "trace"})


def has_asynchronous_comprehension(tree: ast.AST) -> bool:
    """Say whether a statement of a function holds a comprehension that awaits anything."""
    return any(isinstance(part, _COMPREHENSIONS) and is_asynchronous(part) for part in (tree, *own_nodes(tree)))


def is_asynchronous(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> bool:
    """Say whether a comprehension or generator expression awaits anything; what it goes over is evaluated outside."""
    first = node.generators[0].iter
    outside = {first, *own_nodes(first)}
    return any(
        isinstance(part, ast.Await) or getattr(part, "is_async", False)
        for part in own_nodes(node)
        if part not in outside
    )


def native_reason(tree: ast.FunctionDef, class_name: str | None = None) -> str | None:
    """Return why the whole function has to run as it is written, or None.

    Args:
        tree: of the function.
        class_name: the class whose private names it may use.
    """
    line = nests_too_deeply(tree)
    if line is not None:
        return f"line {line}: what is written there nests more than {DEEPEST} levels deep; give parts of it names"
    private = defined_privately(tree) if class_name and class_name.strip("_") else None
    if private is not None:
        return f"line {private.lineno}: {private.name} is private to class {class_name}; leave out an underscore"
    for node in own_nodes(tree):
        if isinstance(node, ast.GeneratorExp) and is_asynchronous(node):
            return f"line {node.lineno}: an asynchronous generator belongs to its event loop"
        reason = _frame_reason(node)
        if reason is not None:
            return f"line {node.lineno}: {reason}"  # type: ignore[attr-defined]
        if isinstance(node, (ast.Global, ast.Nonlocal)) and "__class__" in node.names:
            return f"line {node.lineno}: super() depends on __class__"
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return f"line {node.lineno}: import * binds names that are not written down; name them"
        if isinstance(node, ast.Call) and is_short_super(node) and not _keeps_first_parameter(tree):
            return f"line {node.lineno}: super() finds no first parameter"
        if isinstance(node, _COMPREHENSIONS) and (kept := _kept_by_inner(node)) and (kept := kept & bound_in(tree)):
            return f"line {node.lineno}: something keeps the comprehension's {min(kept)}; give it a name of its own"
    return None


def _kept_by_inner(node: ast.ListComp | ast.SetComp | ast.DictComp) -> frozenset[str]:
    """Return the variables of a comprehension that may live on in functions made in it."""
    captured = frozenset().union(*map(read_later, ast.walk(node)))
    return captured.intersection(name for generator in node.generators for name in names_bound(generator.target))


def is_short_super(node: ast.Call) -> bool:
    """Tell whether a call is ``super()``."""
    return isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args and not node.keywords


def _keeps_first_parameter(tree: ast.FunctionDef) -> bool:
    parameters = [*tree.args.posonlyargs, *tree.args.args]
    removed = {node.id for node in own_nodes(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)}
    return bool(parameters) and parameters[0].arg not in removed


def _frame_reason(node: ast.AST) -> str | None:
    """Return why a node shows the frame of the function to somebody, or None."""
    match node:
        case ast.Name(id=name):
            return _FRAME_NAMES.get(name) or _FRAME_FUNCTIONS.get(name)
        case ast.Attribute(value=ast.Name(id="builtins" | "__builtins__"), attr=name) if name in _FRAME_NAMES:
            return _FRAME_NAMES[name]
        case ast.Attribute(value=ast.Name(id="inspect"), attr=name) if name in _INSPECT:
            return "it looks at the frames around it"
        case ast.Attribute(attr=name):
            return _FRAME_FUNCTIONS.get(name)
    return None
