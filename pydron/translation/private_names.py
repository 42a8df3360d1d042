"""Write out the private names of a class: ``self.__x`` in class ``C`` becomes ``self._C__x``.

CPython does this while it compiles the class; generated code is compiled outside of it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.scope import evaluated_outside
from pydron.translation.trees import children

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["defined_privately", "has_private_names", "write_private_names"]

_NAME_FIELDS = ("id", "attr", "arg", "name", "asname", "rest")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def has_private_names(tree: ast.FunctionDef) -> bool:
    """Say whether a function would read differently outside of a class."""
    return any(map(_is_private, (name for node in _within(tree) for name in _names(node))))


def write_private_names(tree: ast.FunctionDef, class_name: str) -> None:
    """Replace every private name of a method by the name it stands for.

    What is defined under such a name keeps it: it tells its name to who asks. See `defined_privately`.
    """
    prefix = "_" + class_name.lstrip("_")
    for node in _within(tree):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            node.names = [_written(name, prefix) for name in node.names]
        elif not isinstance(node, _DEFINITIONS):
            for field in _NAME_FIELDS:
                value = getattr(node, field, None)
                if isinstance(value, str):
                    setattr(node, field, _written(value, prefix))


def defined_privately(tree: ast.FunctionDef) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
    """Return a function or class with a private name that a method defines."""
    return next((node for node in _within(tree) if isinstance(node, _DEFINITIONS) and _is_private(node.name)), None)


def _within(tree: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield the nodes of a method whose names belong to its class: those of a class inside belong to that."""
    pending: list[ast.AST] = [tree.args, *tree.body]
    while pending:
        node = pending.pop()
        yield node
        pending += evaluated_outside(node) if isinstance(node, ast.ClassDef) else children(node)


def _names(node: ast.AST) -> Iterator[str]:
    values = [getattr(node, field, None) for field in _NAME_FIELDS]
    return (name for name in (*values, *getattr(node, "names", ())) if isinstance(name, str))


def _written(name: str, prefix: str) -> str:
    return prefix + name if _is_private(name) else name


def _is_private(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__") and "." not in name
