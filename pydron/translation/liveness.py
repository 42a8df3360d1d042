"""Which variables are read later, and which certainly have a value: two passes over the regions of a graph.

The first runs against program order (live variables), the second along it (definite assignment); both are the textbook
analyses (Aho, Lam, Sethi, Ullman, *Compilers*, 9.2) on structured code, so a loop is repeated until nothing changes and
nothing else needs a fixed point.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from pydron.dataflow.nodes import Branch, ForLoop, Graph, Jump, Leave, Native, Raise, Region, WhileLoop

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Node

__all__ = ["annotate"]

Names: TypeAlias = frozenset[str]
_NONE: Names = frozenset()


def annotate(graph: Graph) -> None:
    """Fill in `reads`, `live_after` and `bound_before` of every node."""
    _live_region(graph.root, _NONE, _NONE)
    _bound_region(graph.root, frozenset(graph.parameters), graph.variables, [])


def _live_region(region: Region, after: Names, at_break: Names) -> Names:
    """Return what is live before the region, given what is live after it and after the loop around."""
    for node in reversed(region.nodes):
        node.live_after |= after
        after = _live_node(node, after, at_break)
        node.live_before |= after
    return after


def _live_node(node: Node, after: Names, at_break: Names) -> Names:
    match node:
        case Branch():
            branches = _live_region(node.body, after, at_break) | _live_region(node.orelse, after, at_break)
            return branches | node.reads
        case ForLoop():
            return _live_loop(node, after, at_break) | node.reads
        case WhileLoop():
            return _live_while(node, after, at_break)
        case Jump():
            return at_break
        case Leave() | Raise():
            return node.reads
        case _:
            return (after - node.binds) | node.reads


def _live_loop(node: ForLoop, after: Names, at_break: Names) -> Names:
    head = _live_region(node.orelse, after, at_break)
    while True:
        inside = _live_region(node.body, head, after) - {node.item}
        if inside <= head:
            return head
        head |= inside


def _live_while(node: WhileLoop, after: Names, at_break: Names) -> Names:
    head = _NONE
    while True:
        out = _live_region(node.orelse, after, at_break)
        tested = _live_region(node.body, head, after) | out | node.reads
        before = _live_region(node.prelude, tested, after)
        if before <= head:
            return head
        head |= before


def _bound_region(region: Region, bound: Names, everything: Names, breaks: list[Names]) -> Names:
    """Return what is certainly bound after the region; a region that never ends binds everything."""
    for node in region.nodes:
        node.bound_before = bound
        bound = _bound_node(node, bound, everything, breaks)
    return bound


def _bound_node(node: Node, bound: Names, everything: Names, breaks: list[Names]) -> Names:
    match node:
        case Branch():
            taken = _bound_region(node.body, bound, everything, breaks)
            return taken & _bound_region(node.orelse, bound, everything, breaks)
        case ForLoop():
            inner: list[Names] = []
            # a later iteration begins with what an earlier one may have unbound
            _bound_region(node.body, (bound - _unbound(node.body)) | {node.item}, everything, inner)
            done = _bound_region(node.orelse, bound - _unbound(node.body), everything, breaks)
            return _meet([done, *inner])
        case WhileLoop():
            inner = []
            start = bound - _unbound(node.body) - _unbound(node.prelude)
            tested = _bound_region(node.prelude, start, everything, inner)
            _bound_region(node.body, tested, everything, inner)
            done = _bound_region(node.orelse, tested, everything, breaks)
            return _meet([done, *inner])
        case Jump():
            breaks.append(bound)
            return everything
        case Leave() | Raise():
            return everything
        case _:
            return (bound - _may_unbind(node)) | _certainly(node)


def _meet(sets: list[Names]) -> Names:
    met = sets[0]
    for other in sets[1:]:
        met &= other
    return met


def _certainly(node: Node) -> Names:
    if (isinstance(node, Native) and not isinstance(node.code, ast.Assign)) or _is_delete(node):
        return _NONE
    return node.binds


def _may_unbind(node: Node) -> Names:
    return node.binds if isinstance(node, Native) or _is_delete(node) else _NONE


def _is_delete(node: Node) -> bool:
    return isinstance(node.code, ast.Delete)


def _unbound(region: Region) -> Names:
    return frozenset(name for node in region.walk() for name in _may_unbind(node))
