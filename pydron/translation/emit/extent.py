"""How far the effect of a node reaches: what it mentions, where it may jump to, what it may store into."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from pydron.dataflow.nodes import (
    Branch,
    Call,
    Compute,
    ForLoop,
    Jump,
    Leave,
    Native,
    RegionNode,
    Store,
    WhileLoop,
    regions_of,
)
from pydron.translation.lowering.calls import BIND
from pydron.translation.lowering.loop_continue import contains_jump
from pydron.translation.trees import nodes_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from pydron.dataflow.nodes import Graph, Node, Region

__all__ = ["MUTATORS", "Extents", "Step", "is_bind", "is_unpacked", "loop_state", "read_method"]

_NONE: frozenset[str] = frozenset()

Step: TypeAlias = tuple[str, object]
"""From an object to a part of it: to the ``"attribute"`` of a name, to the ``"item"`` at a key, or to the ``"item at"``
what a variable holds."""

MUTATORS = frozenset(
    [
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "sort",
        "reverse",
        "add",
        "discard",
        "update",
        "setdefault",
        "popitem",
        "appendleft",
        "popleft",
        "extendleft",
        "fill",
        "__setitem__",
        "put",
        "itemset",
        "resize",
        "difference_update",
        "intersection_update",
        "symmetric_difference_update",
    ]
)


class Extents:
    """How far each node of a graph reaches with all that is inside it: one walk from the innermost nodes outwards."""

    def __init__(self, graph: Graph) -> None:
        self.outputs: dict[int, tuple[str, ...]] = {}
        """By tick, the variables that a region or unit returns."""
        self._mentioned: dict[int, frozenset[str]] = {}
        self._stored: dict[int, frozenset[str]] = {}
        """Variables that hold what is stored into."""
        self._attributes: dict[int, dict[str, frozenset[str]]] = {}
        """Which attributes are stored, by variable."""
        self._handled: dict[int, frozenset[str]] = {}
        """Of the variables whose attributes are stored, those with which something else is done than to read some."""
        self._loose: dict[int, frozenset[str]] = {}
        """Variables that a native statement may leave unbound as it goes to the next round or out of a loop."""
        self._sizes: dict[int, int] = {}
        self._jumps: set[int] = set()
        self._leaves: set[int] = set()
        self._owners = _NONE.union(*map(_attribute_stored, graph.by_tick.values()))
        self._sources = _sources(graph.by_tick.values())
        for node in reversed(graph.by_tick.values()):
            self._add(node)

    def _add(self, node: Node) -> None:
        tick = node.tick
        self.outputs[tick] = tuple(sorted(node.binds & node.live_after))
        self._mentioned[tick] = node.reads | node.binds
        self._stored[tick] = _stored(node)
        self._attributes[tick] = _attribute_stored(node)
        self._handled[tick] = self._handled_by(node)
        self._loose[tick] = _left_loose(node)
        self._sizes[tick] = 1
        if isinstance(node, Jump):
            self._jumps.add(tick)
        if _leaves(node):
            self._leaves.add(tick)
        regions = regions_of(node)
        if regions:
            self._add_inner(node, regions)

    def _add_inner(self, node: Node, regions: tuple[Region, ...]) -> None:
        tick = node.tick
        inner = [each.tick for region in regions for each in region.nodes]
        for known in (self._mentioned, self._stored, self._handled, self._loose):
            known[tick] = known[tick].union(*[known[each] for each in inner])
        self._attributes[tick] = _merged([self._attributes[each] for each in (tick, *inner)])
        self._sizes[tick] += sum(self._sizes[each] for each in inner)
        if isinstance(node, (ForLoop, WhileLoop)):
            regions = (node.orelse,)  # the body's jumps are its own
        if any(each.tick in self._jumps for region in regions for each in region.nodes):
            self._jumps.add(tick)
        if not self._leaves.isdisjoint(inner):
            self._leaves.add(tick)

    def mentioned(self, node: Node) -> frozenset[str]:
        """Return every variable that a node reads or binds, regions included."""
        return self._mentioned[node.tick]

    def size(self, node: Node) -> int:
        """Return how many nodes there are in a node, itself included."""
        return self._sizes[node.tick]

    def jumps_out(self, node: Node) -> bool:
        """Say whether a region may leave the loop around it by ``break``."""
        return isinstance(node, RegionNode) and node.tick in self._jumps

    def escapes(self, node: Node) -> bool:
        """Say whether a region may end other than at its end."""
        return isinstance(node, RegionNode) and (node.tick in self._jumps or node.tick in self._leaves)

    def receivers(self, node: Node, inputs: Iterable[str]) -> list[str]:
        """Return the inputs of a region that it may store into: later reads of those objects have to wait for it."""
        return sorted(self._stored[node.tick].intersection(inputs))

    def parts_stored(self, node: Node, inputs: Container[str]) -> list[tuple[str, tuple[Step, ...]]]:
        """Return how a region comes from its inputs to other objects that it may store into: ``self.rows[k]``."""
        found = (self._way_to(name, inputs) for name in sorted(self._stored[node.tick]) if name not in inputs)
        return [way for way in found if way is not None]

    def _way_to(self, name: str, inputs: Container[str]) -> tuple[str, tuple[Step, ...]] | None:
        steps: list[Step] = []
        at: ast.expr | None = self._sources.get(name)
        while at is not None:
            match at:
                case ast.Name(id=variable) if variable in inputs:
                    return variable, tuple(reversed(steps))
                case ast.Name(id=variable):
                    at = self._sources.get(variable)
                case ast.Attribute(value=owner, attr=attribute):
                    steps.append(("attribute", attribute))
                    at = owner
                case ast.Subscript(value=owner, slice=ast.Constant(value=key)):
                    steps.append(("item", key))
                    at = owner
                case ast.Subscript(value=owner, slice=ast.Name(id=key)) if key in inputs:
                    steps.append(("item at", key))
                    at = owner
                case _:
                    return None
        return None

    def attributes_stored(self, node: Node, name: str) -> frozenset[str] | None:
        """Return the only attributes of a variable's object that a node may store, or None if it may do more to it."""
        if name in self._handled[node.tick]:
            return None
        return self._attributes[node.tick].get(name)

    def attributes_stored_by_all(self, name: str) -> frozenset[str] | None:
        """Return the same of the whole function, for a variable of whose object attributes are stored."""
        if name not in self._owners or any(name in handled for handled in self._handled.values()):
            return None
        return _NONE.union(*[stored.get(name, _NONE) for stored in self._attributes.values()])

    def _handled_by(self, node: Node) -> frozenset[str]:
        """Return those of the variables whose attributes are stored that a node's own code hands on or stores anew."""
        mine = node.reads & self._owners
        if not mine:
            return _NONE
        match node:
            case Compute() | Store():
                code: ast.AST = node.code
            case Branch() | WhileLoop():
                code = node.test
            case _:
                return mine
        return mine & _used_whole(code)

    @property
    def stored(self) -> frozenset[str]:
        """Every variable whose object a node may store into."""
        return _NONE.union(*self._stored.values())

    def left_loose(self, loop: ForLoop | WhileLoop) -> list[str]:
        """Return variables that native statements in a loop may leave unbound as they end a round or the loop."""
        return sorted({name for node in loop.body.nodes for name in self._loose[node.tick]})


def _sources(nodes: Iterable[Node]) -> dict[str, ast.expr]:
    """Return what is assigned to variables that have one assignment only."""
    sources: dict[str, ast.expr] = {}
    bound: set[str] = set()
    for node in nodes:
        if isinstance(node, RegionNode):
            continue
        match node:
            case Compute(code=ast.Assign(targets=[ast.Name(id=name)], value=value)):
                sources[name] = value
        for name in node.binds & bound:
            sources.pop(name, None)
        bound |= node.binds
    return sources


def loop_state(node: Node) -> tuple[str, str, str]:
    """Return the hidden variables of a ``for`` loop: what it walks over, how many items it took, what to watch."""
    # with a second dot, as a variable of the user's has it only if its name ends in a digit: see `Names`
    return f".source.{node.tick}", f".count.{node.tick}", f".key.{node.tick}"


def is_unpacked(loop: ForLoop) -> bool:
    """Say whether nothing sees an item of a loop but the unpacking of it."""
    match loop.body.nodes[:1]:
        case [Compute(code=ast.Assign(targets=[ast.Tuple(elts=elements)], value=ast.Name(id=loop.item)))]:
            return not any(isinstance(element, ast.Starred) for element in elements)
        case _:
            return False


def is_bind(node: Node) -> bool:
    """Say whether a node reads a method before its arguments are evaluated."""
    return isinstance(node, Call) and isinstance(node.call.func, ast.Name) and node.call.func.id == BIND


def read_method(node: Node) -> tuple[str, tuple[str, str]]:
    """Return the variable that such a node binds, the variable of the owner (or nothing) and the method's name."""
    assert isinstance(node, Call)
    assert node.target is not None
    owner, method = node.call.args
    assert isinstance(method, ast.Constant)
    return node.target, (owner.id if isinstance(owner, ast.Name) else "", str(method.value))


def _leaves(node: Node) -> bool:
    return isinstance(node, Leave) or (isinstance(node, Native) and contains_jump([node.code], (ast.Return,)))


def _left_loose(node: Node) -> frozenset[str]:
    if isinstance(node, Native) and contains_jump([node.code], (ast.Continue, ast.Break)):
        return frozenset(name for name in node.binds if not name.startswith("."))
    return _NONE


def _attribute_stored(node: Node) -> dict[str, frozenset[str]]:
    match node:
        case Store(code=ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attribute)])):
            return {name: frozenset((attribute,))}
        case _:
            return {}


def _merged(parts: list[dict[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    filled = [part for part in parts if part]
    if len(filled) < 2:
        return filled[0] if filled else {}
    merged: dict[str, frozenset[str]] = {}
    for part in filled:
        for name, attributes in part.items():
            merged[name] = merged.get(name, _NONE) | attributes
    return merged


def _used_whole(code: ast.AST) -> frozenset[str]:
    """Return the variables that are used other than for their attributes."""
    nodes = list(nodes_of(code))
    owners = {id(each.value) for each in nodes if isinstance(each, ast.Attribute)}
    return frozenset(each.id for each in nodes if isinstance(each, ast.Name) and id(each) not in owners)


def _stored(node: Node) -> frozenset[str]:
    match node:
        case Store(
            code=ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name)) | ast.Subscript(value=ast.Name(id=name))])
        ):
            return frozenset((name,))
        case Call(call=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method))) if method in MUTATORS:
            return frozenset((name,))
        case Call(call=ast.Call(func=ast.Name(id=function), args=[ast.Name(id=name), ast.Constant(value=method)])) if (
            function == BIND and method in MUTATORS
        ):
            return frozenset((name,))
        case Compute(code=ast.AugAssign(target=ast.Name(id=name))):
            return frozenset((name,))
        case _:
            return _NONE
