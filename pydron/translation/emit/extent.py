"""How far the effect of a node reaches: what it mentions, where it may jump to, what it may store into."""

from __future__ import annotations

import ast

from pydron.dataflow.nodes import (
    Call,
    Compute,
    ForLoop,
    Jump,
    Leave,
    Native,
    Node,
    Region,
    RegionNode,
    Store,
    WhileLoop,
    regions_of,
)
from pydron.translation.lowering.calls import BIND
from pydron.translation.lowering.loop_continue import contains_jump

__all__ = ["MUTATORS", "escapes", "is_unpacked", "jumps_out", "loop_state", "mentioned", "receivers"]


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


def mentioned(node: Node) -> frozenset[str]:
    """Return every variable that a node reads or binds, regions included."""
    region = Region([node])
    return frozenset(name for each in region.walk() for name in each.reads | each.binds)


def loop_state(node: Node) -> tuple[str, str, str]:
    """Return the hidden variables of a ``for`` loop: what it walks over, how many items it took, what to watch."""
    return f".source{node.tick}", f".count{node.tick}", f".key{node.tick}"


def is_unpacked(loop: ForLoop) -> bool:
    """Say whether nothing sees an item of a loop but the unpacking of it."""
    match loop.body.nodes[:1]:
        case [Compute(code=ast.Assign(targets=[ast.Tuple(elts=elements)], value=ast.Name(id=loop.item)))]:
            return not any(isinstance(element, ast.Starred) for element in elements)
        case _:
            return False


def jumps_out(node: Node) -> bool:
    """Say whether a node may leave the loop around it by ``break``."""
    if not isinstance(node, RegionNode):
        return False
    regions = (node.orelse,) if isinstance(node, (ForLoop, WhileLoop)) else regions_of(node)
    return any(_has_jump(region) for region in regions)


def _has_jump(region: Region) -> bool:
    return any(isinstance(node, Jump) or jumps_out(node) for node in region.nodes)


def escapes(node: Node) -> bool:
    """Say whether a region may end other than at its end."""
    if not isinstance(node, RegionNode):
        return False
    if jumps_out(node):
        return True
    return any(
        isinstance(inner, Leave) or (isinstance(inner, Native) and _returns(inner.code))
        for inner in Region([node]).walk()
    )


def _returns(code: ast.stmt) -> bool:
    return contains_jump([code], (ast.Return,)) or any(
        isinstance(inner, ast.Return) for inner in ast.walk(code) if not isinstance(code, ast.FunctionDef)
    )


def receivers(node: Node, inputs: frozenset[str]) -> list[str]:
    """Return the inputs of a region that it may store into: later reads of those objects have to wait for it."""
    found: set[str] = set()
    for inner in Region([node]).walk():
        match inner:
            case Store(
                code=ast.Assign(
                    targets=[ast.Attribute(value=ast.Name(id=name)) | ast.Subscript(value=ast.Name(id=name))]
                )
            ):
                found.add(name)
            case Call(call=call):
                function = call.func
                if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                    if function.attr in MUTATORS:
                        found.add(function.value.id)
                elif isinstance(function, ast.Name) and function.id == BIND:
                    owner, method = call.args
                    if isinstance(owner, ast.Name) and isinstance(method, ast.Constant) and method.value in MUTATORS:
                        found.add(owner.id)
            case Compute(code=ast.AugAssign(target=ast.Name(id=name))):
                found.add(name)
            case _:
                pass
    return sorted(found & inputs)
