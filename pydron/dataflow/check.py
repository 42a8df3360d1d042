"""The laws of the graph, verified after each pass in tests."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.dataflow.nodes import Call, ForLoop, Region, regions_of

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Graph, Node

__all__ = ["GraphError", "check"]


class GraphError(AssertionError):
    """A graph breaks a law. The message names the law, the node, and shows the graph."""


def check(graph: Graph) -> None:
    """Verify every law.

    * Ticks grow in program order, and each is known to the graph.
    * What a region's nodes read and bind shows at the ports of the node around them.
    * A synthetic variable is bound before it is read.
    * The parts of a call are variables or constants.

    Raises:
        GraphError: a law is broken.
    """
    last = 0
    for node in graph.root.walk():
        if node.tick <= last:
            raise _broken(graph, node, "ticks grow in program order")
        if graph.by_tick.get(node.tick) is not node:
            raise _broken(graph, node, "each tick is known to the graph")
        last = node.tick
    _check_region(graph, graph.root, set(graph.parameters))


def _check_region(graph: Graph, region: Region, bound: set[str]) -> None:
    for node in region.nodes:
        missing = {name for name in node.reads if name.startswith(".") and name not in bound}
        if missing:
            raise _broken(graph, node, f"a synthetic variable is bound before it is read: {sorted(missing)}")
        if isinstance(node, Call) and not all(_is_atom(part) for part in node.call.args):
            raise _broken(graph, node, "the parts of a call are variables or constants")
        inside = set(bound)
        if isinstance(node, ForLoop):
            inside.add(node.item)
        for inner in regions_of(node):
            for each in inner.nodes:
                if not each.binds <= node.binds:
                    raise _broken(graph, node, "what a region binds shows at the ports of the node around it")
            _check_region(graph, inner, inside)
            inside |= {name for each in inner.nodes for name in each.binds}
        bound |= node.binds


def _is_atom(part: object) -> bool:
    return isinstance(part.value if isinstance(part, ast.Starred) else part, (ast.Name, ast.Constant))


def _broken(graph: Graph, node: Node, law: str) -> GraphError:
    return GraphError(f"{law}: tick {node.tick} (line {node.line}) in\n{graph}")
