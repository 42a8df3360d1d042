"""Write short-circuit evaluation that holds calls as ``if``: ``a and f(x)``, ``f(x) if c else y``, ``a < f(x) < g(y)``.

Python tests the truth of each operand once. Where the result is only tested (`decide`) a flag is handed on instead of the
operand, so that no user ``__bool__`` runs twice.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.quote import at, load, quote, store

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.translation.lowering.calls import Flattener

__all__ = ["choose", "decide", "select"]


def select(flattener: Flattener, node: ast.IfExp) -> ast.expr:
    """Append a conditional expression and return the variable that holds its result."""
    result = flattener.names.fresh("either")

    def branch(value: ast.expr) -> list[ast.stmt]:
        return flattener.within(lambda: _set(flattener, result, flattener.value(value)))

    test = decide(flattener, node.test)
    flattener.out.append(at(ast.If(test, branch(node.body), branch(node.orelse)), node))
    return load(result, node)


def _set(flattener: Flattener, name: str, value: ast.expr) -> None:
    flattener.out.append(at(ast.Assign([store(name, value)], value), value))


def choose(flattener: Flattener, node: ast.BoolOp | ast.Compare) -> ast.expr:
    """Append ``and``, ``or`` or a chained comparison and return the variable that holds the operand it ends with."""
    result = flattener.names.fresh("either")
    if isinstance(node, ast.BoolOp):
        operands: list[Callable[[], ast.expr]] = [_operand(flattener, value) for value in node.values]
        goes_on = isinstance(node.op, ast.And)
    else:
        operands, goes_on = _links(flattener, node), True
    flattener.out += flattener.within(lambda: _chain(flattener, result, operands, goes_on, node))
    return load(result, node)


def _operand(flattener: Flattener, value: ast.expr) -> Callable[[], ast.expr]:
    return lambda: flattener.value(value)


def _links(flattener: Flattener, node: ast.Compare) -> list[Callable[[], ast.expr]]:
    """Return the comparisons of a chain; each evaluates its right operand, which the next one starts with."""
    left = [node.left]

    def link(operator: ast.cmpop, comparator: ast.expr) -> Callable[[], ast.expr]:
        def evaluate() -> ast.expr:
            first = flattener.atom(left[0])
            left[0] = flattener.atom(comparator)
            return at(ast.Compare(first, [operator], [left[0]]), node)  # type: ignore[no-any-return]

        return evaluate

    return [link(operator, comparator) for operator, comparator in zip(node.ops, node.comparators, strict=True)]


def _chain(
    flattener: Flattener, result: str, operands: list[Callable[[], ast.expr]], goes_on: bool, node: ast.expr
) -> None:
    """Append: evaluate an operand; if its truth says to go on, evaluate the next."""
    _set(flattener, result, operands[0]())
    if len(operands) > 1:
        rest = flattener.within(lambda: _chain(flattener, result, operands[1:], goes_on, node))
        stop = quote("pass", node)
        body, orelse = (rest, []) if goes_on else (stop, rest)
        flattener.out.append(at(ast.If(load(result, node), body, orelse), node))


def decide(flattener: Flattener, test: ast.expr) -> ast.expr:
    """Append what a test needs and return the expression whose truth is to be tested, once."""
    if not flattener.needs(test):
        return test
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return at(ast.UnaryOp(test.op, decide(flattener, test.operand)), test)  # type: ignore[no-any-return]
    if isinstance(test, ast.BoolOp):
        operands = [_decision(flattener, value) for value in test.values]
        return _flagged(flattener, operands, isinstance(test.op, ast.And), test)
    if isinstance(test, ast.Compare) and len(test.ops) > 1:
        return _flagged(flattener, _links(flattener, test), True, test)
    return flattener.flat(test)


def _decision(flattener: Flattener, value: ast.expr) -> Callable[[], ast.expr]:
    return lambda: decide(flattener, value)


def _flagged(
    flattener: Flattener, operands: list[Callable[[], ast.expr]], goes_on: bool, node: ast.expr
) -> ast.expr:
    """Append a chain of tests that sets a flag: true if all went on (``and``), false if all did (``or``)."""
    flag = flattener.names.fresh("flag")
    flattener.out += quote(f"_Flag = {not goes_on}", node, _Flag=flag)

    def test(remaining: list[Callable[[], ast.expr]]) -> None:
        condition = remaining[0]()
        if len(remaining) > 1:
            inner = flattener.within(lambda: test(remaining[1:]))
        else:
            inner = quote(f"_Flag = {goes_on}", node, _Flag=flag)
        body, orelse = (inner, []) if goes_on else (quote("pass", node), inner)
        flattener.out.append(at(ast.If(condition, body, orelse), node))

    test(operands)
    return load(flag, node)
