"""Which fresh objects only one local variable can see: in comes the graph, out come the ticks that make them.

A store to such an object, made while earlier calls are unfinished, cannot be observed by anyone and runs at once. The
variable may be stored into, read, and passed to calls (the runtime watches those); it is not handed to a second name,
put into a container, or returned.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.dataflow.nodes import Call, Compute, Leave, Raise, Store
from pydron.translation.trees import nodes_of

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Graph, Node

__all__ = ["young_variables"]


def young_variables(graph: Graph) -> frozenset[int]:
    """Return the ticks of the nodes that make objects which only a local variable can see."""
    leaking = {name for node in graph.by_tick.values() for name in _leaks(node)}
    return frozenset(
        node.tick
        for node in graph.by_tick.values()
        if isinstance(node, Compute) and _makes_container(node) and not node.binds & leaking
    )


def _makes_container(node: Compute) -> bool:
    code = node.code
    return (
        isinstance(code, ast.Assign)
        and isinstance(code.targets[0], ast.Name)
        and isinstance(code.value, (ast.List, ast.Dict, ast.Set))
    )


def _leaks(node: Node) -> frozenset[str]:
    """Return variables whose object the node may make visible elsewhere in a way the runtime does not watch."""
    match node:
        case Compute(code=ast.Expr(value=ast.Name())):
            return frozenset()
        case Compute(code=ast.Assign(value=value) | ast.Expr(value=value)):
            return _handed_on(value)
        case Compute() | Call() | Store() | Leave() | Raise():
            return frozenset()
        case _:
            return frozenset()


def _handed_on(value: ast.expr) -> frozenset[str]:
    """Return names that become part of the value, not only operands of it."""
    match value:
        case ast.Name(id=name):
            return frozenset((name,))
        case ast.Attribute() | ast.Subscript() | ast.Compare() | ast.JoinedStr() | ast.Constant() | ast.UnaryOp():
            return frozenset()
        case _:
            return frozenset(inner.id for inner in nodes_of(value) if isinstance(inner, ast.Name))
