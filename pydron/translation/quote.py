"""Write generated code as text: `quote` turns a template with named holes into statements at the user's own position.

Synthetic names begin with a dot, which no user can spell, so they never meet a user's name. A template spells such a
name with a leading underscore and a capital, ``_S``; every such name that is not a hole becomes ``.S``.
"""

from __future__ import annotations

import ast
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast

__all__ = ["Names", "at", "define", "load", "quote", "quote_expression", "store"]

_Node = TypeVar("_Node", bound=ast.AST)
Hole: TypeAlias = "str | ast.expr | list[ast.stmt] | list[ast.expr]"


class Names:
    """Hands out fresh synthetic names: ``.t1``, ``.t2`` and so on."""

    def __init__(self) -> None:
        self._count = 0

    def fresh(self, stem: str = "t") -> str:
        """Return a name not handed out before."""
        self._count += 1
        return f".{stem}{self._count}"


def define(name: str, arguments: ast.arguments, body: list[ast.stmt]) -> ast.FunctionDef:
    """Return an undecorated function, whichever fields the interpreter's version has for it."""
    fields: dict[str, Any] = {"name": name, "args": arguments, "body": body, "decorator_list": []}
    if "type_params" in ast.FunctionDef._fields:
        fields["type_params"] = []
    return ast.FunctionDef(**fields)


def load(name: str, origin: ast.AST) -> ast.Name:
    """Return a read of a variable, placed at `origin`."""
    return at(ast.Name(name, ast.Load()), origin)


def store(name: str, origin: ast.AST) -> ast.Name:
    """Return an assignment target, placed at `origin`."""
    return at(ast.Name(name, ast.Store()), origin)


_POSITION = ("lineno", "col_offset", "end_lineno", "end_col_offset")


def at(node: _Node, origin: ast.AST) -> _Node:
    """Give a node, but not its children, the position of another."""
    for name in _POSITION:
        setattr(node, name, getattr(origin, name, None) or (1 if name.endswith("lineno") else 0))
    return node


@cache
def _template(text: str) -> ast.Module:
    return ast.parse(text)


class _Fill:
    """Copies a template, filling holes and placing every node at one position."""

    def __init__(self, holes: dict[str, Hole], origin: ast.AST) -> None:
        self._holes = holes
        self._position = {
            name: getattr(origin, name, None) or (1 if name.endswith("lineno") else 0) for name in _POSITION
        }
        if self._position["end_lineno"] != self._position["lineno"]:
            # the compiler gives the call of a method the line where what is left of the parenthesis ends
            self._position |= {"end_lineno": self._position["lineno"], "end_col_offset": self._position["col_offset"]}

    def statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        filled: list[ast.stmt] = []
        for statement in body:
            hole = self._statement_hole(statement)
            if hole is None:
                filled.append(self.node(statement))
            else:
                filled.extend(hole)
        return filled

    def _statement_hole(self, statement: ast.stmt) -> list[ast.stmt] | None:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Name):
            hole = self._holes.get(statement.value.id)
            if isinstance(hole, list):
                return cast("list[ast.stmt]", hole)
        return None

    def node(self, node: _Node) -> _Node:
        if isinstance(node, ast.Name):
            return cast("_Node", self._name(node))
        copied = node.__class__.__new__(node.__class__)
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                value = self._list(value)
            elif isinstance(value, ast.AST):
                value = self.node(value)
            setattr(copied, name, value)
        if "lineno" in node._attributes:
            copied.__dict__.update(self._position)
        return copied

    def _list(self, values: list[object]) -> list[object]:
        if values and isinstance(values[0], ast.stmt):
            return list(self.statements(cast("list[ast.stmt]", values)))
        filled: list[object] = []
        for value in values:
            if isinstance(value, ast.Starred) and isinstance(value.value, ast.Name):
                hole = self._holes.get(value.value.id)
                if isinstance(hole, list):
                    filled.extend(hole)
                    continue
            filled.append(self.node(value) if isinstance(value, ast.AST) else value)
        return filled

    def _name(self, node: ast.Name) -> ast.expr:
        hole = self._holes.get(node.id)
        if hole is None:
            name = node.id
            if name[0] == "_" and name[1:2].isupper():
                name = "." + name[1:]
        elif isinstance(hole, str):
            name = hole
        else:
            return cast("ast.expr", hole)
        filled = ast.Name(name, node.ctx)
        filled.__dict__.update(self._position)
        return filled


def quote(text: str, origin: ast.AST, **holes: Hole) -> list[ast.stmt]:
    """Return the statements of a template.

    A hole is a name in the template. It is filled by a string (another name), by an expression, by a list of statements
    (the hole stands alone on a line), or by a list of expressions (the hole stands starred in a display or a call).
    """
    return _Fill(holes, origin).statements(_template(text).body)


def quote_expression(text: str, origin: ast.AST, **holes: Hole) -> ast.expr:
    """Return the expression of a template; see `quote`."""
    statement = _template(text).body[0]
    assert isinstance(statement, ast.Expr)
    return _Fill(holes, origin).node(statement.value)
