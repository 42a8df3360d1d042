"""Write assignments: to variables and places, unpacked, augmented; and deletions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.quote import at, load, store
from pydron.translation.trees import nodes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydron.translation.lowering.calls import Flattener

__all__ = ["assign", "augment", "delete"]


def augment(flattener: Flattener, node: ast.AugAssign) -> None:
    """Append an augmented assignment."""
    target = node.target
    if isinstance(target, ast.Name):
        _augment_name(flattener, node, target)
    elif isinstance(target, ast.Attribute):
        owner = flattener.atom(target.value)
        _augment_place(flattener, node, at(ast.Attribute(owner, target.attr, ast.Load()), target))
    elif isinstance(target, ast.Subscript):
        owner = flattener.kept(target.value, [target.slice])
        _augment_place(flattener, node, at(ast.Subscript(owner, _index(flattener, target.slice), ast.Load()), target))


def _augment_name(flattener: Flattener, node: ast.AugAssign, target: ast.Name) -> None:
    rebinds = any(isinstance(inner, ast.NamedExpr) and inner.target.id == target.id for inner in nodes_of(node.value))
    if target.id in flattener.fast and not rebinds:
        if not flattener.is_stable(node.value):  # the variable is read first
            flattener.out.append(at(ast.Expr(load(target.id, target)), target))
        value = _display(flattener, node.value) or flattener.atom(node.value)
        flattener.out.append(at(ast.AugAssign(target, node.op, value), node))
        return
    old = flattener.spill(load(target.id, target))
    value = flattener.atom(node.value)
    flattener.out.append(at(ast.AugAssign(store(old.id, node), node.op, value), node))
    assign(flattener, target, old, node)


def _display(flattener: Flattener, node: ast.expr) -> ast.expr | None:
    """Return a list display of atoms as it stands: adding it to a list does not wait for its elements."""
    if not isinstance(node, ast.List) or any(isinstance(element, ast.Starred) for element in node.elts):
        return None
    node.elts = flattener.atoms(node.elts)
    return node


def _augment_place(flattener: Flattener, node: ast.AugAssign, place: ast.Attribute | ast.Subscript) -> None:
    old = flattener.spill(place)
    value = flattener.atom(node.value)
    flattener.out.append(at(ast.AugAssign(store(old.id, node), node.op, value), node))
    stored = type(place)(**{**{name: getattr(place, name) for name in place._fields}, "ctx": ast.Store()})
    flattener.out.append(at(ast.Assign([at(stored, place)], old), node))


def assign(flattener: Flattener, target: ast.expr, value: ast.expr, node: ast.AST) -> None:
    """Append the assignment of a value to any target."""
    if isinstance(target, ast.Name):
        if target.id in flattener.fast or target.id.startswith("."):
            flattener.bind(at(ast.Assign([target], value), node))
        else:
            flattener.native(at(ast.Assign([target], flattener.named(value)), node))
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(flattener, target, value, node)
    elif isinstance(target, ast.Attribute):
        value = flattener.held(flattener.named(value), [target.value])
        owner = flattener.atom(target.value)
        place: ast.expr = at(ast.Attribute(owner, target.attr, ast.Store()), target)
        flattener.out.append(at(ast.Assign([place], value), node))
    elif isinstance(target, ast.Subscript):
        value = flattener.held(flattener.named(value), [target.value, target.slice])
        owner = flattener.kept(target.value, [target.slice])
        place = at(ast.Subscript(owner, _index(flattener, target.slice), ast.Store()), target)
        flattener.out.append(at(ast.Assign([place], value), node))
    else:  # pragma: no cover - the grammar has no other target
        raise AssertionError(target)  # noqa: TRY004 - no user can cause it


def _unpack(flattener: Flattener, target: ast.Tuple | ast.List, value: ast.expr, node: ast.AST) -> None:
    value = flattener.named(value)
    simple: list[ast.expr] = []
    later: list[tuple[ast.expr, ast.Name]] = []
    for element in target.elts:
        inner = element.value if isinstance(element, ast.Starred) else element
        if isinstance(inner, ast.Name) and inner.id in flattener.fast and not later:
            name = inner
        else:
            name = store(flattener.names.fresh(), inner)
            later.append((inner, load(name.id, inner)))
        simple.append(at(ast.Starred(name, ast.Store()), element) if isinstance(element, ast.Starred) else name)
    flattener.bind(at(ast.Assign([at(ast.Tuple(simple, ast.Store()), target)], value), node))
    for inner, read in later:
        assign(flattener, inner, read, node)


def delete(flattener: Flattener, node: ast.Delete) -> None:
    """Append the deletion of any targets."""
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id in flattener.fast:
            flattener.out.append(at(ast.Delete([target]), node))
        elif isinstance(target, ast.Attribute):
            owner = flattener.atom(target.value)
            flattener.native(at(ast.Delete([at(ast.Attribute(owner, target.attr, ast.Del()), target)]), node))
        elif isinstance(target, ast.Subscript):
            owner = flattener.kept(target.value, [target.slice])
            place = at(ast.Subscript(owner, _index(flattener, target.slice), ast.Del()), target)
            flattener.native(at(ast.Delete([place]), node))
        elif isinstance(target, (ast.Tuple, ast.List)):
            delete(flattener, at(ast.Delete(target.elts), node))
        else:
            flattener.native(at(ast.Delete([target]), node))


def _index(flattener: Flattener, node: ast.expr) -> ast.expr:
    """Return an index made of atoms: a name, a constant, a slice of them, a tuple of those."""
    if isinstance(node, ast.Slice):
        return _with_parts(node, iter(flattener.atoms(_parts(node))))
    if isinstance(node, ast.Tuple) and any(isinstance(part, ast.Slice) for part in node.elts):
        values = iter(flattener.atoms([part for element in node.elts for part in _parts(element)]))
        return at(ast.Tuple([_with_parts(element, values) for element in node.elts], ast.Load()), node)
    return flattener.atom(node)


def _parts(node: ast.expr) -> list[ast.expr]:
    """Return what is evaluated for one dimension of an index."""
    if not isinstance(node, ast.Slice):
        return [node]
    return [part for part in (node.lower, node.upper, node.step) if part is not None]


def _with_parts(node: ast.expr, values: Iterator[ast.expr]) -> ast.expr:
    """Return one dimension of an index, of atoms."""
    if not isinstance(node, ast.Slice):
        return next(values)
    bounds = (node.lower, node.upper, node.step)
    return at(ast.Slice(*[next(values) if part is not None else None for part in bounds]), node)
