"""What translation keeps to, verified after each pass for every function that a generated program schedules.

Each lowering removes something of the language and leaves every node with a place in the user's source; the graph keeps
its own laws (`pydron.dataflow.check`).
"""

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from pydron import compiled
from pydron.dataflow import GraphError, check
from pydron.translation.lowering import LOWERINGS
from pydron.translation.lowering.assertions import lower_assertions
from pydron.translation.lowering.asynchronous import lower_asynchronous
from pydron.translation.lowering.calls import lower_calls
from pydron.translation.lowering.loop_continue import lower_continue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydron.dataflow import Graph
    from pydron.translation.lowering.context import Lowered

__all__ = ["LawError", "enforced", "verify"]


class LawError(AssertionError):
    """A lowering left what it removes, or lost a place."""


@contextmanager
def enforced() -> Iterator[None]:
    """Verify every translation meanwhile; raise at the end what was broken, as a program may swallow it before."""
    build: Callable[[Lowered], Graph] = vars(compiled)["build"]
    broken: list[AssertionError] = []

    def lower_verified(function: Lowered) -> None:
        for lowering in LOWERINGS:
            lowering(function)
            note(lambda: verify(function, lowering))  # noqa: B023 - called at once

    def build_verified(function: Lowered) -> Graph:
        graph = build(function)
        note(lambda: check(graph))
        return graph

    def note(verification: Callable[[], None]) -> None:
        try:
            verification()
        except (LawError, GraphError) as error:
            broken.append(error)

    try:
        with patch.multiple(compiled, lower=lower_verified, build=build_verified):
            yield
    finally:
        if broken:
            raise broken[0]


def verify(function: Lowered, lowering: Callable[[Lowered], None]) -> None:
    """Verify what is true of a function after one of the lowerings.

    Raises:
        LawError: it is not.
    """
    _verify_places(function, lowering)
    left = LEFT.get(lowering)
    if left is not None and (node := left(function)) is not None:
        raise _broken(function, lowering, node, "is left")


def _verify_places(function: Lowered, lowering: Callable[[Lowered], None]) -> None:
    tree = function.tree
    first, last = tree.lineno, tree.end_lineno or 0
    for statement in _statements(tree.body):
        for node in (statement, *_expressions(statement)):
            if not first <= getattr(node, "lineno", 0) <= (node.end_lineno or 0) <= last:  # type: ignore[attr-defined]
                raise _broken(function, lowering, node, "has no place in the source")


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a function, inner ones included, other functions' left out."""
    for statement in body:
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        yield from _statements(getattr(statement, "prelude", []))
        for _, value in ast.iter_fields(statement):
            for part in value if isinstance(value, list) else ():
                if isinstance(part, ast.stmt):
                    yield from _statements([part])
                elif isinstance(part, (ast.ExceptHandler, ast.match_case)):
                    yield from _statements(part.body)


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions of one statement that its function's own frame evaluates."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            continue
        if isinstance(child, ast.expr):
            yield child
        if isinstance(child, ast.Lambda):
            for default in (*child.args.defaults, *filter(None, child.args.kw_defaults)):
                yield default
                yield from _expressions(default)
        elif isinstance(child, ast.GeneratorExp):
            yield child.generators[0].iter
            yield from _expressions(child.generators[0].iter)
        else:
            yield from _expressions(child)


def _assertion(function: Lowered) -> ast.AST | None:
    return next((each for each in _statements(function.tree.body) if isinstance(each, ast.Assert)), None)


def _asynchronous(function: Lowered) -> ast.AST | None:
    statements = _statements(function.tree.body)
    return next((each for each in statements if isinstance(each, (ast.AsyncFor, ast.AsyncWith))), None)


def _continue(function: Lowered) -> ast.AST | None:
    statements = list(_statements(function.tree.body))
    endings = [inner for each in statements for inner in _statements(getattr(each, "finalbody", []))]
    if any(isinstance(each, ast.Continue) for each in endings):
        return None  # there it also drops an error
    native = {inner for each in statements if isinstance(each, ast.TryStar) for inner in _statements([each])}
    return next((each for each in statements if isinstance(each, ast.Continue) and each not in native), None)


def _inner_call(function: Lowered) -> ast.AST | None:
    """Return a call, ``await`` or walrus that is part of something larger."""
    for statement in _lowered_statements(function, function.tree.body):
        allowed = [getattr(statement, "value", None), getattr(statement, "iter", None)]
        if isinstance(allowed[0], ast.Await):
            allowed.append(allowed[0].value)
        for node in _expressions(statement):
            if isinstance(node, ast.NamedExpr) or (isinstance(node, (ast.Call, ast.Await)) and node not in allowed):
                return node
    return None


def _lowered_statements(function: Lowered, body: list[ast.stmt]) -> Iterator[ast.stmt]:
    native = {inner for each in function.handled if isinstance(each, ast.stmt) for inner in _statements([each])}
    return (each for each in _statements(body) if each not in native and not isinstance(each, ast.FunctionDef))


LEFT: dict[Callable[[Lowered], None], Callable[[Lowered], ast.AST | None]] = {
    lower_asynchronous: _asynchronous,
    lower_assertions: _assertion,
    lower_continue: _continue,
    lower_calls: _inner_call,
}
"""How to find what a lowering promises to remove."""


def _broken(function: Lowered, lowering: Callable[[Lowered], None], node: ast.AST, what: str) -> LawError:
    place = f"{function.source.filename}:{getattr(node, 'lineno', '?')}"
    name = lowering.__name__
    return LawError(f"{name}: {ast.unparse(node)} {what}, {place} in\n{ast.unparse(function.tree)}")
