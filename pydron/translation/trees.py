"""Going through syntax trees: several times faster than `ast.iter_child_nodes` and `ast.walk`.

Nodes that say how an expression is used or which operator it applies are left out.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LEAVES", "OwnCode", "OwnStatements", "Rewriter", "children", "copy_tree", "nodes_of"]

_Tree = TypeVar("_Tree", bound=ast.AST)

_TEXTS = frozenset(
    ["arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "level", "module", "op", "ops", "simple",
     "type_comment"]
)  # fmt: skip
"""Fields that hold no nodes, but for contexts and operators."""
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    kind: tuple(name for name in kind._fields if name not in _TEXTS)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
} | dict.fromkeys((ast.Constant, ast.Global, ast.Nonlocal), ())
_METHODS = {kind: f"visit_{kind.__name__}" for kind in _FIELDS}
LEAVES = frozenset(kind for kind, names in _FIELDS.items() if not names)
"""Kinds of nodes that have nothing below them."""
_EXPRESSIONS = frozenset(kind for kind in _FIELDS if issubclass(kind, ast.expr))
_MIXED = frozenset((ast.Dict, ast.arguments))
"""Kinds with lists in which nodes may be left out."""
_NO_NODES = frozenset(
    ["boolop", "cmpop", "constant", "expr_context", "identifier", "int", "operator", "string", "unaryop"]
)
"""What fields may hold according to the grammar beside nodes, and contexts and operators."""


class _Readers(dict[type[ast.AST], "Callable[[Any], list[ast.AST]]"]):
    """By kind, a function that lists what is right below a node: ``lambda node: [node.func, *node.args, ...]``.

    It is written out when it is first needed, from the grammar in the docstring of the kind: most of the time of a
    translation goes by here.
    """

    def __missing__(self, kind: type[ast.AST]) -> Callable[[Any], list[ast.AST]]:
        name, _, members = (kind.__doc__ or "").rstrip(")").partition("(")
        parts = [_part(kind, *member.split()) for member in members.split(", ") if name == kind.__name__ and members]
        text = f"lambda node: [{', '.join(filter(None, parts))}]"
        reader = self[kind] = eval(text, {"AST": ast.AST})  # noqa: S307 - the grammar is Python's
        return cast("Callable[[Any], list[ast.AST]]", reader)


def _part(kind: type[ast.AST], what: str, field: str) -> str:
    """Return how what a field holds is listed."""
    if what.rstrip("*?") in _NO_NODES:
        return ""
    if what.endswith("?"):
        return f"*([node.{field}] if node.{field} is not None else [])"
    if what.endswith("*"):
        return f"*[each for each in node.{field} if each is not None]" if kind in _MIXED else f"*node.{field}"
    return f"node.{field}"


_below = _Readers()


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below another, in order."""
    return _below[node.__class__](node)


def nodes_of(tree: ast.AST) -> list[ast.AST]:
    """Return a tree and every node below it, in no order."""
    found = [tree]
    for node in found:  # grows on the way
        if node.__class__ not in LEAVES:
            found += _below[node.__class__](node)
    return found


def copy_tree(node: _Tree) -> _Tree:
    """Return a deep copy of a syntax tree, positions included. Many times faster than `copy.deepcopy`."""
    kind = node.__class__
    copied = kind.__new__(kind)
    fields = copied.__dict__ = node.__dict__.copy()
    for name in _FIELDS[kind]:
        value = fields.get(name)
        if value.__class__ is list:
            fields[name] = [copy_tree(each) if each.__class__ in _FIELDS else each for each in value]
        elif value.__class__ in _FIELDS:
            fields[name] = copy_tree(value)
    return copied


class Rewriter(ast.NodeTransformer):
    """A transformer that finds its methods faster, and goes by what has none of its own and nothing below."""

    def visit(self, node: ast.AST) -> Any:
        """Rewrite a node."""
        method = getattr(self, _METHODS[node.__class__], None)
        return self.generic_visit(node) if method is None else method(node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Rewrite what is right below a node."""
        fields = node.__dict__
        for name in _FIELDS[node.__class__]:
            value = fields.get(name)
            if value.__class__ is list:
                value[:] = self._rewritten(value)
            elif value.__class__ in _FIELDS:
                new = self.visit(value)
                if new is None:
                    del fields[name]
                else:
                    fields[name] = new
        return node

    def _rewritten(self, nodes: list[object]) -> list[object]:
        rewritten: list[object] = []
        for node in nodes:
            if node.__class__ not in _FIELDS:
                rewritten.append(node)
                continue
            new = self.visit(node)
            if new.__class__ is list:
                rewritten += new
            elif new is not None:
                rewritten.append(new)
        return rewritten


class OwnCode(Rewriter):
    """Rewrites what a function runs itself: functions and classes inside it stay as they are."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Leave it."""
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Leave it."""
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Leave it."""
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        """Leave it."""
        return node


class OwnStatements(OwnCode):
    """Rewrites statements that a function runs itself: expressions stay as they are."""

    def visit(self, node: ast.AST) -> Any:
        """Rewrite a node, if it is no expression."""
        return node if node.__class__ in _EXPRESSIONS else super().visit(node)
