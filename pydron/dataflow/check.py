"""The laws of the graph, verified in tests for every function that is translated."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING

from pydron.dataflow.nodes import Call, ForLoop, Jump, Region, Try, WhileLoop, With, regions_of

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Graph, Node

__all__ = ["GraphError", "check"]


class GraphError(AssertionError):
    """A graph breaks a law. The message names the law, the node, and shows the graph."""


def check(graph: Graph) -> None:
    """Verify every law.

    * Ticks grow in program order, and the graph knows these and no others.
    * What a region's nodes bind shows at the ports of the node around them.
    * A synthetic variable is bound before it is read.
    * The parts of a call are variables or constants.
    * A ``break`` stands in a loop.
    * Only variables of the graph are live, and only they or parameters are known to be bound.
    * What a node reads is live before it, and what is live before a node is live after the one that it follows.

    Raises:
        GraphError: a law is broken.
    """
    _check_ticks(graph)
    _check_region(graph, graph.root, set(graph.parameters), in_loop=False)
    _check_liveness(graph, graph.root)


def _check_ticks(graph: Graph) -> None:
    last = count = 0
    for node in graph.root.walk():
        if node.tick <= last:
            raise _broken(graph, node, "ticks grow in program order")
        if graph.by_tick.get(node.tick) is not node:
            raise _broken(graph, node, "each tick is known to the graph")
        last = node.tick
        count += 1
    if count != len(graph.by_tick):
        raise GraphError(f"the graph knows no ticks but those of its nodes: {sorted(graph.by_tick)} in\n{graph}")


def _check_region(graph: Graph, region: Region, bound: set[str], *, in_loop: bool) -> None:
    for node in region.nodes:
        missing = {name for name in node.reads if name.startswith(".") and name not in bound}
        if missing and not isinstance(node, WhileLoop):  # its test reads what its prelude binds
            raise _broken(graph, node, f"a synthetic variable is bound before it is read: {sorted(missing)}")
        if isinstance(node, Call) and not _is_flat(node.call):
            raise _broken(graph, node, "the parts of a call are variables or constants")
        if isinstance(node, Jump) and not in_loop:
            raise _broken(graph, node, "a break stands in a loop")
        _check_inside(graph, node, bound, in_loop=in_loop)
        bound |= node.binds


def _check_inside(graph: Graph, node: Node, bound: set[str], *, in_loop: bool) -> None:
    inside = set(bound)
    if isinstance(node, ForLoop):
        inside.add(node.item)
    elif isinstance(node, With):
        inside.add(node.entered)
    elif isinstance(node, Try):
        inside |= {handler.name for handler in node.handlers if handler.name}
    is_loop = isinstance(node, ForLoop | WhileLoop)
    for region in regions_of(node):
        for inner in region.nodes:
            if not inner.binds <= node.binds:
                raise _broken(graph, node, "what a region binds shows at the ports of the node around it")
        repeated = is_loop and region is node.body  # type: ignore[union-attr]  # loops have one
        _check_region(graph, region, inside, in_loop=in_loop or repeated)
        inside |= {name for inner in region.nodes for name in inner.binds}
    if isinstance(node, WhileLoop) and not {name for name in node.reads if name.startswith(".")} <= inside:
        raise _broken(graph, node, "a synthetic variable is bound before it is read by the test of a loop")


def _check_liveness(graph: Graph, region: Region) -> None:
    for node in region.nodes:
        live = node.live_before | node.live_after
        if not live <= graph.variables:
            raise _broken(graph, node, f"only variables of the graph are live: {sorted(live - graph.variables)}")
        if not node.bound_before <= graph.variables.union(graph.parameters):
            raise _broken(graph, node, "only variables and parameters are known to be bound")
        if not isinstance(node, WhileLoop) and not node.reads <= node.live_before:
            raise _broken(graph, node, "what a node reads is live before it")
        for inner in regions_of(node):
            _check_liveness(graph, inner)
    for node, following in pairwise(region.nodes):
        if not following.live_before <= node.live_after:
            raise _broken(graph, node, "what is live before a node is live after the one that it follows")


def _is_flat(call: ast.Call) -> bool:
    callee = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return isinstance(callee, (ast.Name, ast.Constant)) and all(map(_is_atom, values))


def _is_atom(part: ast.expr) -> bool:
    return isinstance(part.value if isinstance(part, ast.Starred) else part, (ast.Name, ast.Constant))


def _broken(graph: Graph, node: Node, law: str) -> GraphError:
    return GraphError(f"{law}: tick {node.tick} (line {node.line}) in\n{graph}")
