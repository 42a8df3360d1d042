"""Write short-circuit evaluation that holds calls as ``if``: ``a and f(x)``, ``f(x) if c else y``, ``a < f(x) < g(y)``.

Python tests the truth of each operand of a condition once, also where one such expression is an operand of another:
``if (a and b) or c`` goes from a false ``a`` straight to ``c``. So what is handed on from a test is a flag, not the
operand to be tested again.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from pydron.translation.quote import at, load, quote, store
from pydron.translation.truth import NESTED_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.translation.lowering.calls import Flattener

    Operand: TypeAlias = Callable[[str | None], ast.expr]
    """Appends the evaluation of an operand; leaves its value in a variable if one is named; returns what to test."""

__all__ = ["choose", "decide", "select"]


def select(flattener: Flattener, node: ast.IfExp) -> ast.expr:
    """Append a conditional expression and return the variable that holds its result."""
    result = flattener.names.fresh("either")

    def branch(value: ast.expr) -> list[ast.stmt]:
        return flattener.within(lambda: _set(flattener, result, flattener.value(value)))

    test = decide(flattener, node.test)
    flattener.out.append(at(ast.If(test, branch(node.body), branch(node.orelse)), node))
    return load(result, node)


def choose(flattener: Flattener, node: ast.BoolOp | ast.Compare) -> ast.expr:
    """Append ``and``, ``or`` or a chained comparison and return the variable that holds the operand it ends with."""
    result = flattener.names.fresh("either")
    operands = _operands(flattener, node)

    def evaluate(index: int) -> None:
        if index + 1 == len(operands):
            operands[index](result)
            return
        test = operands[index](result)
        rest = flattener.within(lambda: evaluate(index + 1))
        flattener.out.append(_branch(node, test, rest))

    evaluate(0)
    return load(result, node)


def decide(flattener: Flattener, test: ast.expr) -> ast.expr:
    """Append what a test needs and return the expression whose truth is to be tested, once."""
    return _settle(flattener, test, None) if flattener.needs(test) else test


def _set(flattener: Flattener, name: str, value: ast.expr) -> None:
    flattener.out.append(at(ast.Assign([store(name, value)], value), value))


def _operands(flattener: Flattener, node: ast.BoolOp | ast.Compare) -> list[Operand]:
    if isinstance(node, ast.Compare):
        return _links(flattener, node)
    return [_operand(flattener, value) for value in node.values]


def _operand(flattener: Flattener, value: ast.expr) -> Operand:
    return lambda result: _settle(flattener, value, result)


def _links(flattener: Flattener, node: ast.Compare) -> list[Operand]:
    """Return the comparisons of a chain; each evaluates its right operand, which the next one starts with."""
    left = [node.left]

    def link(operator: ast.cmpop, comparator: ast.expr) -> Operand:
        def evaluate(result: str | None) -> ast.expr:
            first = flattener.atom(left[0])
            left[0] = flattener.atom(comparator)
            return _handed_on(flattener, at(ast.Compare(first, [operator], [left[0]]), node), result)

        return evaluate

    return [link(operator, comparator) for operator, comparator in zip(node.ops, node.comparators, strict=True)]


def _handed_on(flattener: Flattener, value: ast.expr, result: str | None) -> ast.expr:
    if result is None:
        return value
    _set(flattener, result, value)
    return load(result, value)


def _settle(flattener: Flattener, node: ast.expr, result: str | None) -> ast.expr:
    """Append an expression; leave its value in `result` if that is named; return what to test for its truth, once.

    Without `result` the expression is a condition, and what is below ``not`` and in a chain is tested once, too. Where
    the value is wanted Python tests the value of those again.
    """
    if isinstance(node, ast.BoolOp) and (result is None or NESTED_ONCE):
        return _flagged(flattener, _operands(flattener, node), node, result)
    if result is not None:
        return _handed_on(flattener, flattener.flat(node), result)
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        return _flagged(flattener, _links(flattener, node), node, result)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return at(ast.UnaryOp(node.op, _settle(flattener, node.operand, None)), node)
    return flattener.flat(node)


def _flagged(
    flattener: Flattener, operands: list[Operand], node: ast.BoolOp | ast.Compare, result: str | None
) -> ast.expr:
    """Append a chain of tests that sets a flag: true if all went on (``and``), false if all did (``or``)."""
    flag = flattener.names.fresh("flag")
    goes_on = _goes_on(node)
    flattener.out += quote(f"_Flag = {not goes_on}", node, _Flag=flag)

    def test(index: int) -> None:
        condition = operands[index](result)
        if index + 1 < len(operands):
            inner = flattener.within(lambda: test(index + 1))
        else:
            inner = quote(f"_Flag = {goes_on}", node, _Flag=flag)
        flattener.out.append(_branch(node, condition, inner))

    test(0)
    return load(flag, node)


def _goes_on(node: ast.BoolOp | ast.Compare) -> bool:
    """Say which truth of an operand leads to the next one."""
    return isinstance(node, ast.Compare) or isinstance(node.op, ast.And)


def _branch(node: ast.BoolOp | ast.Compare, test: ast.expr, rest: list[ast.stmt]) -> ast.If:
    stop = quote("pass", node)
    body, orelse = (rest, []) if _goes_on(node) else (stop, rest)
    return at(ast.If(test, body, orelse), node)
