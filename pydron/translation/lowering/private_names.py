"""Write out the private names of a class: ``self.__x`` in class ``C`` becomes ``self._C__x``.

CPython does this while it compiles the class; generated code is compiled outside of it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.trees import children

if TYPE_CHECKING:
    from pydron.translation.lowering.context import Lowered

__all__ = ["lower_private_names"]

_NAME_FIELDS = ("id", "attr", "arg", "name", "asname", "rest")


def lower_private_names(function: Lowered) -> None:
    """Replace every private name of the function by the name it stands for."""
    class_name = (function.source.class_name or "").lstrip("_")
    if not class_name:
        return
    pending: list[ast.AST] = [function.tree.args, *function.tree.body]
    while pending:
        node = pending.pop()
        _mangle(node, class_name)
        if not isinstance(node, ast.ClassDef):  # an inner class has private names of its own
            pending.extend(children(node))


def _mangle(node: ast.AST, class_name: str) -> None:
    for field in _NAME_FIELDS:
        value = getattr(node, field, None)
        if isinstance(value, str):
            setattr(node, field, _mangled(value, class_name))
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        node.names = [_mangled(name, class_name) for name in node.names]


def _mangled(name: str, class_name: str) -> str:
    if name.startswith("__") and not name.endswith("__") and "." not in name:
        return f"_{class_name}{name}"
    return name
