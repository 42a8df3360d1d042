"""Which variables an expression reads, in the order of evaluation, and which of them it surely comes to read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.scope import names_read, read_inside
from pydron.translation.trees import children

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["expression_of", "perhaps_read", "surely_read"]


_OPERATION = "an operation"
"""Stands among the names for something that may raise."""
_OPERATIONS = (ast.BinOp, ast.UnaryOp, ast.Attribute, ast.Subscript, ast.FormattedValue, ast.Starred, ast.Call)


def surely_read(node: ast.expr) -> list[str]:
    """Return the names that evaluating an expression surely reads unless it raises first, in that order."""
    return list(dict.fromkeys(name for name, sure in _reads(node, sure=True) if sure and name != _OPERATION))


def perhaps_read(node: ast.expr, own: frozenset[str] | None = None) -> frozenset[str]:
    """Return the names that an expression reads or not, as its ``and``, ``or``, ``if`` and operations go.

    Args:
        node: the expression.
        own: the names whose reading is looked after; reading another may raise, as an operation may. None: all.
    """
    read: set[str] = set()
    first: set[str] = set()
    may_have_raised = False
    for name, sure in _reads(node, sure=True):
        if name == _OPERATION:
            may_have_raised = True
            continue
        read.add(name)
        if sure and not may_have_raised:
            first.add(name)
        if own is not None and name not in own and not name.startswith("."):  # those are ours
            may_have_raised = True
    return frozenset(read - first)


def expression_of(code: ast.stmt) -> ast.expr | None:
    """Return what a simple statement or the head of a compound one evaluates first, as one expression."""
    match code:
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() as place], value=value):
            return ast.Tuple([value, place], ast.Load())
        case ast.Assign(value=value) | ast.Expr(value=value):
            return value
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            return ast.BinOp(ast.Name(name, ast.Load()), code.op, value)
        case ast.If(test=test) | ast.While(test=test):
            return test
        case ast.For(iter=iterable):
            return iterable
        case _:
            return None


def _reads(node: ast.AST, *, sure: bool) -> Iterator[tuple[str, bool]]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            yield name, sure
        case ast.BoolOp(values=[first, *others]):
            yield from _reads(first, sure=sure)
            for other in others:
                yield from _reads(other, sure=False)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield from _reads(test, sure=sure)
            for branch in (body, orelse):
                yield from _reads(branch, sure=False)
        case ast.Compare(left=left, comparators=[first, *others]):
            yield from _reads(left, sure=sure)
            yield from _reads(first, sure=sure)
            yield _OPERATION, sure
            for other in others:
                yield from _reads(other, sure=False)
        case ast.Dict(keys=keys, values=values):
            for pair in zip(keys, values, strict=True):
                for part in pair:
                    if part is not None:
                        yield from _reads(part, sure=sure)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield from _reads(node.generators[0].iter, sure=sure)
            yield _OPERATION, sure
            for name in sorted(names_read(node)):
                yield name, False  # there may be no element
        case ast.Lambda():
            inside = read_inside(node)
            for name in sorted(names_read(node)):
                yield name, sure and name not in inside
        case _:
            for child in children(node):
                yield from _reads(child, sure=sure)
            if isinstance(node, _OPERATIONS):
                yield _OPERATION, sure
