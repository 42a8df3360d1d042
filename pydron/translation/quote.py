"""Write generated code as text: `quote` turns a template with named holes into statements at the user's own position.

Synthetic names begin with a dot, which no user can spell, so they never meet a user's name. A template spells such a
name with a leading underscore and a capital, ``_S``; every such name that is not a hole becomes ``.S``.

Thousands of nodes are made for a function of some length, so a template is turned into a Python function that makes its
nodes, once: ``if _R.hold: yield _HOLD`` into ``[_new(If, {"test": _new(Attribute, ...), ..., **place})]``.
"""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Names", "at", "constant", "define", "load", "loads", "quote", "quote_expression", "store"]

_Node = TypeVar("_Node", bound=ast.AST)
Hole: TypeAlias = "str | ast.expr | list[ast.stmt] | list[ast.expr]"
Place: TypeAlias = dict[str, int]
"""Where a node stands in the user's file, as its attributes."""

_LOAD, _STORE = ast.Load(), ast.Store()


class Names:
    """Hands out fresh synthetic names: ``.t1``, ``.t2`` and so on."""

    def __init__(self) -> None:
        self._count = 0

    def fresh(self, stem: str = "t") -> str:
        """Return a name not handed out before."""
        self._count += 1
        gap = "." if stem[-1].isdigit() else ""  # a user's ``e1`` and 2 is not our ``e`` and 12
        return f".{stem}{gap}{self._count}"


def define(name: str, arguments: ast.arguments, body: list[ast.stmt]) -> ast.FunctionDef:
    """Return an undecorated function, whichever fields the interpreter's version has for it."""
    fields: dict[str, Any] = {"name": name, "args": arguments, "body": body, "decorator_list": []}
    if "type_params" in ast.FunctionDef._fields:
        fields["type_params"] = []
    return ast.FunctionDef(**fields)


def load(name: str, origin: ast.AST) -> ast.Name:
    """Return a read of a variable, placed at `origin`."""
    return _new(ast.Name, {"id": name, "ctx": _LOAD, **_place(origin)})


def loads(names: Iterable[str], origin: ast.AST) -> list[ast.expr]:
    """Return reads of variables, placed at `origin`."""
    place = _place(origin)
    return [_new(ast.Name, {"id": name, "ctx": _LOAD, **place}) for name in names]


def store(name: str, origin: ast.AST) -> ast.Name:
    """Return an assignment target, placed at `origin`."""
    return _new(ast.Name, {"id": name, "ctx": _STORE, **_place(origin)})


def constant(value: str | float | None, origin: ast.AST) -> ast.Constant:
    """Return a constant, placed at `origin`."""
    return _new(ast.Constant, {"value": value, **_place(origin)})


def at(node: _Node, origin: ast.AST) -> _Node:
    """Give a node, but not its children, the position of another."""
    node.__dict__.update(_place(origin))
    return node


def _place(origin: ast.AST) -> Place:
    known = origin.__dict__
    try:
        return {
            "lineno": known["lineno"],
            "col_offset": known["col_offset"],
            "end_lineno": known["end_lineno"],
            "end_col_offset": known["end_col_offset"],
        }
    except KeyError:
        return {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0, **_part(known)}


def _part(known: dict[str, int]) -> Place:
    return {name: known[name] for name in ("lineno", "col_offset", "end_lineno", "end_col_offset") if name in known}


def _on_one_line(origin: ast.AST) -> Place:
    place = _place(origin)
    if place["end_lineno"] != place["lineno"]:
        # the compiler gives the call of a method the line where what is left of the parenthesis ends
        place["end_lineno"], place["end_col_offset"] = place["lineno"], place["col_offset"]
    return place


def _new(kind: type[_Node], fields: dict[str, Any]) -> _Node:
    # half as long as calling the class
    node = kind.__new__(kind)
    node.__dict__ = fields
    return node


class _Constructor:
    """Writes the expression that makes the nodes of a template."""

    def __init__(self, holes: tuple[str, ...]) -> None:
        self._holes = holes

    def node(self, node: ast.AST) -> str:
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.expr_context):
            return type(node).__name__.upper()
        fields = [f"{name!r}: {self._value(getattr(node, name, None))}" for name in node._fields]
        placed = ["**place"] if node._attributes else []
        return f"_new({type(node).__name__}, {{{', '.join([*fields, *placed])}}})"

    def _value(self, value: object) -> str:
        if isinstance(value, list):
            return f"[{', '.join(map(self._element, value))}]"
        return self.node(value) if isinstance(value, ast.AST) else repr(value)

    def _element(self, value: object) -> str:
        match value:
            case ast.Expr(value=ast.Name(id=name)) if name in self._holes:
                return f"*_statements({name}, place)"
            case ast.Starred(value=ast.Name(id=name)) if name in self._holes:
                return f"*_elements({name}, place)"
            case _:
                return self._value(value)

    def _name(self, node: ast.Name) -> str:
        context = self.node(node.ctx)
        if node.id in self._holes:
            return f"_filled({node.id}, {context}, place)"
        synthetic = node.id[0] == "_" and node.id[1:2].isupper()
        name = "." + node.id[1:] if synthetic else node.id
        return f"_new(Name, {{'id': {name!r}, 'ctx': {context}, **place}})"


def _filled(hole: str | ast.expr, context: ast.expr_context, place: Place) -> ast.expr:
    return _new(ast.Name, {"id": hole, "ctx": context, **place}) if isinstance(hole, str) else hole


def _statements(hole: str | ast.expr | list[ast.stmt], place: Place) -> list[ast.stmt]:
    if isinstance(hole, list):
        return hole
    return [_new(ast.Expr, {"value": _filled(hole, _LOAD, place), **place})]


def _elements(hole: str | ast.expr | list[ast.expr], place: Place) -> list[ast.expr]:
    if isinstance(hole, list):
        return hole
    return [_new(ast.Starred, {"value": _filled(hole, _LOAD, place), "ctx": _LOAD, **place})]


_NAMES = vars(ast) | {
    "_new": _new,
    "_filled": _filled,
    "_statements": _statements,
    "_elements": _elements,
    "LOAD": _LOAD,
    "STORE": _STORE,
    "DEL": ast.Del(),
}
"""What a constructor is written with."""


@cache
def _constructor(text: str, *holes: str) -> Callable[..., list[ast.stmt]]:
    """Return a function of a place and the holes that makes the statements of a template."""
    made = _Constructor(holes)._value(ast.parse(text).body)
    making = f"lambda {', '.join(('place', *holes))}: {made}"
    return cast("Callable[..., list[ast.stmt]]", eval(making, _NAMES))  # noqa: S307 - templates are our own


def quote(text: str, origin: ast.AST, **holes: Hole) -> list[ast.stmt]:
    """Return the statements of a template.

    A hole is a name in the template. It is filled by a string (another name), by an expression, by a list of statements
    (the hole stands alone on a line), or by a list of expressions (the hole stands starred in a display or a call).
    """
    return _constructor(text, *holes)(_on_one_line(origin), **holes)


def quote_expression(text: str, origin: ast.AST, **holes: Hole) -> ast.expr:
    """Return the expression of a template; see `quote`."""
    (statement,) = quote(text, origin, **holes)
    assert isinstance(statement, ast.Expr)
    return statement.value
