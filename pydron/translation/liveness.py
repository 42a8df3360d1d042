"""Which variables are read later, and which certainly have a value: two passes over the regions of a graph.

The first runs against program order (live variables), the second along it (definite assignment); both are the textbook
analyses (Aho, Lam, Sethi, Ullman, *Compilers*, 9.2) on structured code, so a loop is repeated until nothing changes and
nothing else needs a fixed point.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, cast

from pydron.dataflow.nodes import (
    REGION_KINDS,
    Branch,
    Finally,
    ForLoop,
    Graph,
    Handler,
    Jump,
    Leave,
    Matching,
    Native,
    Part,
    Raise,
    Region,
    Try,
    WhileLoop,
    With,
)

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Node, RegionNode

__all__ = ["annotate"]

Names: TypeAlias = frozenset[str]
_NONE: Names = frozenset()
_ENDS = frozenset((Jump, Leave, Raise))
"""Kinds of nodes after which control goes elsewhere."""
_NEVER = ""
"""Stands among the names that are bound where control never comes: there every name is."""


def annotate(graph: Graph) -> None:
    """Fill in `live_before`, `live_after`, `live_raised` and `bound_before` of every node."""
    _live_region(graph.root, _Exits(_NONE, _NONE, _NONE))
    _bound_region(graph.root, frozenset(graph.parameters), graph.variables | {_NEVER}, [])


@dataclass(frozen=True, slots=True)
class _Exits:
    """What is live where a region may be left for."""

    after: Names
    at_break: Names
    """After the loop around."""
    raised: Names
    """Where an error goes."""
    returned: Names = _NONE
    """Where ``return`` goes."""

    def then(self, after: Names) -> _Exits:
        return replace(self, after=after | self.raised)


def _live_region(region: Region, exits: _Exits) -> Names:
    """Return what is live before the region."""
    after = exits.after | exits.raised
    for node in reversed(region.nodes):
        if node.__class__ in REGION_KINDS:
            # what a region binds may be wanted where a jump out of it leads to
            node.live_after |= after | exits.at_break
            after = _live_inside(cast("RegionNode", node), exits.then(after)) | exits.raised
        else:
            node.live_after |= after
            after = _live_statement(node, after, exits) | exits.raised
        node.live_before |= after
    return after


def _live_statement(node: Node, after: Names, exits: _Exits) -> Names:
    if node.__class__ not in _ENDS:
        return (after - node.binds) | node.reads
    match node:
        case Jump():
            return exits.at_break
        case Leave():
            return node.reads | exits.returned
        case _:
            return node.reads


def _live_inside(node: RegionNode, exits: _Exits) -> Names:
    match node:
        case Branch():
            return _live_region(node.body, exits) | _live_region(node.orelse, exits) | node.reads
        case ForLoop():
            return _live_loop(node, exits) | node.reads
        case WhileLoop():
            return _live_while(node, exits)
        case Try():
            return _live_try(node, exits)
        case Finally():
            return _live_finally(node, exits)
        case With():
            # a manager may swallow the error, and sees to what comes after
            left = exits.raised | exits.after | node.reads
            inside = replace(exits, after=left, raised=left)
            return (_live_part(node.body, inside) - {node.entered}) | node.reads
        case Part():
            return _live_part(node, exits)


def _live_part(part: Part, exits: _Exits) -> Names:
    part.live_after |= exits.after | exits.raised | exits.at_break
    part.live_raised |= exits.raised
    part.live_before |= _live_region(part.body, exits)
    return part.live_before


def _live_try(node: Try, exits: _Exits) -> Names:
    raised = exits.raised | node.reads
    for handler in node.handlers:
        raised |= _live_part(handler.part, exits) - {handler.name or ""}
    after = exits.after if node.orelse is None else _live_part(node.orelse, exits)
    return _live_part(node.body, replace(exits, after=after, raised=raised))


def _live_finally(node: Finally, exits: _Exits) -> Names:
    everywhere = exits.after | exits.at_break | exits.raised | exits.returned
    final = _live_part(node.final, replace(exits, after=everywhere))
    return _live_part(node.body, _Exits(final, final, final, final))


def _live_loop(node: ForLoop, exits: _Exits) -> Names:
    head = _live_region(node.orelse, exits)
    while True:
        inside = _live_region(node.body, replace(exits, after=head, at_break=exits.after)) - {node.item}
        if inside <= head:
            return head
        head |= inside


def _live_while(node: WhileLoop, exits: _Exits) -> Names:
    head = _NONE
    while True:
        out = _live_region(node.orelse, exits)
        tested = _live_region(node.body, replace(exits, after=head, at_break=exits.after)) | out | node.reads
        before = _live_region(node.prelude, replace(exits, after=tested, at_break=exits.after))
        if before <= head:
            return head
        head |= before


def _bound_region(region: Region, bound: Names, everything: Names, breaks: list[Names]) -> Names:
    """Return what is certainly bound after the region; a region that never ends binds everything."""
    for node in region.nodes:
        node.bound_before = bound - {_NEVER}
        if node.__class__ in REGION_KINDS:
            bound = _bound_inside(cast("RegionNode", node), bound, everything, breaks)
        else:
            bound = _bound_statement(node, bound, everything, breaks)
    return bound


def _bound_statement(node: Node, bound: Names, everything: Names, breaks: list[Names]) -> Names:
    if node.__class__ not in _ENDS:
        return (bound - _may_unbind(node)) | _certainly(node)
    if isinstance(node, Jump):
        breaks.append(bound)
    return everything


def _bound_inside(node: RegionNode, bound: Names, everything: Names, breaks: list[Names]) -> Names:
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
        case Try() | Finally() | With():
            return _bound_guarded(node, bound, everything, breaks)
        case Part():
            return _bound_part(node, bound, everything, breaks)


def _bound_part(part: Part, bound: Names, everything: Names, breaks: list[Names]) -> Names:
    part.bound_before = bound - {_NEVER}
    return _bound_region(part.body, bound, everything, breaks)


def _bound_guarded(node: Try | Finally | With, bound: Names, everything: Names, breaks: list[Names]) -> Names:
    """Where an error comes up, all that the body binds may still be to come, and all it unbinds may be gone."""
    raised = bound - _unbound(node.body.body)
    match node:
        case With():
            return _bound_part(node.body, bound | {node.entered}, everything, breaks) & raised
        case Finally():
            inner: list[Names] = []
            through = _bound_part(node.body, bound, everything, inner)
            final = _bound_part(node.final, raised, everything, breaks)
            gone = _unbound(node.final.body)
            breaks += [each - gone for each in inner]
            # its own assignments are certain; the body's only where the body came through
            return everything if _NEVER in through else (through - gone) | final
        case Try():
            through = _bound_part(node.body, bound, everything, breaks)
            if node.orelse is not None:
                through = _bound_part(node.orelse, through, everything, breaks)
            return _meet([through, *(_bound_handler(each, raised, everything, breaks) for each in node.handlers)])


def _bound_handler(handler: Handler, bound: Names, everything: Names, breaks: list[Names]) -> Names:
    names = frozenset((handler.name,)) if handler.name else _NONE
    inner: list[Names] = []
    caught = _bound_part(handler.part, bound | names, everything, inner)
    breaks += [each - names for each in inner]
    return caught if _NEVER in caught else caught - names


def _meet(sets: list[Names]) -> Names:
    met = sets[0]
    for other in sets[1:]:
        met &= other
    return met


def _certainly(node: Node) -> Names:
    if (isinstance(node, Native) and not isinstance(node.code, ast.Assign)) or _is_delete(node):
        return _NONE
    if isinstance(node, Matching):
        return frozenset(name for name in node.binds if name.startswith("."))
    return node.binds


def _may_unbind(node: Node) -> Names:
    if node.__class__ is Native or _is_delete(node):
        return node.binds
    if isinstance(node, Try):
        return frozenset(handler.name for handler in node.handlers if handler.name)
    return _NONE


def _is_delete(node: Node) -> bool:
    return node.code.__class__ is ast.Delete


def _unbound(region: Region) -> Names:
    return frozenset(name for node in region.walk() for name in _may_unbind(node))
