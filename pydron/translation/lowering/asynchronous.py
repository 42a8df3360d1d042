"""Write ``async for`` and ``async with`` with ``await``: what they await is told by the kind of the `ast.Await`.

::

    async for x in xs:          .it1 = <iter> xs
        body                →   while .next2 := <next> .it1:
    else:                           x = .next2[0]
        rest                        body
                                else:
                                    rest

    async with m as x:          .left1 = <enter> m
        body                →   .failed2 = False
                                try:
                                    try:
                                        x = .left1[1]
                                        body
                                    except BaseException as .error3:
                                        .failed2 = True
                                        if not <leave> (.left1[0], .error3): raise
                                finally:
                                    if not .failed2: <leave> (.left1[0], None)

A step of an iterator is a tuple of what it gave, empty at its end.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.quote import at, load, quote, store
from pydron.translation.trees import OwnStatements

if TYPE_CHECKING:
    from pydron.translation.lowering.context import Lowered
    from pydron.translation.quote import Names

__all__ = ["awaited", "iterate", "lower_asynchronous"]


def lower_asynchronous(function: Lowered) -> None:
    """Remove asynchronous loops and managers from the function."""
    rewriter = _Rewriter(function.names)
    function.tree.body = [each for statement in function.tree.body for each in rewriter.rewritten(statement)]


def awaited(value: ast.expr, kind: str, origin: ast.AST) -> ast.expr:
    """Return a value as it is awaited in a certain way."""
    node = at(ast.Await(value), origin)
    node.kind = kind  # type: ignore[attr-defined]
    return node


def iterate(
    names: Names, target: ast.expr, iterable: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], origin: ast.AST
) -> list[ast.stmt]:
    """Return an asynchronous loop as a ``while``."""
    iterator, step = names.fresh("it"), names.fresh("next")
    begin = at(ast.Assign([store(iterator, origin)], awaited(iterable, "iter", iterable)), origin)
    item = at(ast.Subscript(load(step, target), at(ast.Constant(0), target), ast.Load()), target)
    bind = at(ast.Assign([target], item), target)
    place = origin if isinstance(origin, ast.expr) else iterable  # a comprehension takes its steps in its own frame
    test = at(ast.NamedExpr(store(step, place), awaited(load(iterator, place), "next", place)), place)
    return [begin, at(ast.While(test, [bind, *body], orelse), origin)]


class _Rewriter(OwnStatements):
    def __init__(self, names: Names) -> None:
        self._names = names

    def rewritten(self, statement: ast.stmt) -> list[ast.stmt]:
        result = self.visit(statement)
        return result if isinstance(result, list) else [result]

    def visit_AsyncFor(self, node: ast.AsyncFor) -> list[ast.stmt]:
        self.generic_visit(node)
        return iterate(self._names, node.target, node.iter, node.body, node.orelse, node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> list[ast.stmt]:
        first, *others = node.items
        if others:
            node.body = [at(ast.AsyncWith(others, node.body), node)]
        self.generic_visit(node)
        manager = first.context_expr
        left, failed, error = (self._names.fresh(stem) for stem in ("left", "failed", "error"))
        body = node.body
        if first.optional_vars is not None:
            target = first.optional_vars
            body = [at(ast.Assign([target], _item(left, 1, target)), target), *body]
        enter = at(ast.Assign([store(left, manager)], awaited(manager, "enter", manager)), manager)
        swallow = awaited(_pair(_item(left, 0, manager), load(error, manager), manager), "leave", manager)
        catch = [
            *quote("_Failed = True", manager, _Failed=failed),
            at(ast.If(at(ast.UnaryOp(ast.Not(), swallow), manager), [at(ast.Raise(None, None), manager)], []), manager),
        ]
        handler = at(ast.ExceptHandler(load(".BaseException", manager), error, catch), manager)
        leave = awaited(_pair(_item(left, 0, manager), at(ast.Constant(None), manager), manager), "leave", manager)
        fine = at(ast.UnaryOp(ast.Not(), load(failed, manager)), manager)
        final: list[ast.stmt] = [at(ast.If(fine, [at(ast.Expr(leave), manager)], []), manager)]
        guarded = at(ast.Try(body, [handler], [], []), node)
        return [enter, *quote("_Failed = False", manager, _Failed=failed), at(ast.Try([guarded], [], [], final), node)]


def _item(name: str, index: int, origin: ast.AST) -> ast.expr:
    return at(ast.Subscript(load(name, origin), at(ast.Constant(index), origin), ast.Load()), origin)


def _pair(first: ast.expr, second: ast.expr, origin: ast.AST) -> ast.expr:
    return at(ast.Tuple([first, second], ast.Load()), origin)
