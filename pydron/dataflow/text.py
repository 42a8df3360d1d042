"""The graph as text: one line a node, stable, for golden files and for people."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.dataflow.nodes import Branch, Finally, ForLoop, Graph, Part, Region, Try, WhileLoop, With

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Node

__all__ = ["label", "to_text"]


def to_text(graph: Graph) -> str:
    """Return the graph as text.

    Each line holds tick, kind, code and, after ``|``, the variables read and bound.
    """
    lines = [f"graph {graph.name}({', '.join(graph.parameters)})"]
    _region(graph.root, 1, lines)
    return "\n".join(lines) + "\n"


def label(node: Node) -> str:
    """Return the code of a node, on one line."""
    match node:
        case Branch():
            return f"if {ast.unparse(node.test)}"
        case ForLoop():
            return f"for {node.item} in {ast.unparse(node.iterable)}"
        case WhileLoop():
            return f"while {ast.unparse(node.test)}"
        case Part():
            return type(node.code).__name__.lower()
        case Try() | Finally():
            return "try"
        case With():
            return f"with {node.manager}"
        case _:
            return ast.unparse(node.code).splitlines()[0]


def _region(region: Region, depth: int, lines: list[str]) -> None:
    for node in region.nodes:
        kind = type(node).__name__.lower()
        ports = f"{' '.join(sorted(node.reads)) or '-'} → {' '.join(sorted(node.binds)) or '-'}"
        lines.append(f"{node.tick:4d} {'    ' * depth}{kind}: {label(node)}  | {ports}")
        for name, inner in _inner(node):
            if inner.nodes:
                lines.append(f"     {'    ' * depth}  {name}")
                _region(inner, depth + 1, lines)


def _inner(node: Node) -> list[tuple[str, Region]]:
    match node:
        case Try():
            handlers = [(_clause(handler.code), handler.part.body) for handler in node.handlers]
            orelse = [("else", node.orelse.body)] if node.orelse is not None else []
            return [("body", node.body.body), *handlers, *orelse]
        case Finally():
            return [("body", node.body.body), ("finally", node.final.body)]
        case With():
            return [("body", node.body.body)]
        case _:
            return [(name, getattr(node, name)) for name in ("prelude", "body", "orelse") if hasattr(node, name)]


def _clause(handler: ast.ExceptHandler) -> str:
    kind = f" {ast.unparse(handler.type)}" if handler.type is not None else ""
    name = f" as {handler.name}" if handler.name else ""
    return f"except{kind}{name}"
