"""Write ``match`` as tests and branches: each case asks whether its pattern fits, then its guard, then comes its block.

::

    match f(x):                     .subject1 = f(x)
        case [a, b] if p(a):        match .subject1:
            use(a)            →         case [a, b]: .fits2 = True
        case _:                         case _: .fits2 = False
            other()                 if .fits2 and p(a): use(a)
                                    else: other()

What is left of the statement binds names and runs no other code of the user's than a class may have for being matched.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.quote import at, load, quote, store
from pydron.translation.scope import names_bound
from pydron.translation.trees import nodes_of

if TYPE_CHECKING:
    from pydron.translation.lowering.context import Lowered

__all__ = ["captures", "is_simple", "split_cases"]

_SIMPLE_CLASSES = frozenset(
    ("bool", "bytes", "bytearray", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple")
)


def is_simple(pattern: ast.pattern) -> bool:
    """Say whether fitting a pattern runs no code but that of the subject's own type."""
    return all(
        isinstance(node.cls, ast.Name) and node.cls.id in _SIMPLE_CLASSES
        if isinstance(node, ast.MatchClass)
        else not isinstance(node, ast.MatchValue) or _is_literal(node.value)
        for node in nodes_of(pattern)
    )


def _is_literal(node: ast.expr) -> bool:
    return all(
        isinstance(part, (ast.Constant, ast.UnaryOp, ast.USub, ast.BinOp, ast.Add, ast.Sub)) for part in nodes_of(node)
    )


def captures(node: ast.Match) -> frozenset[str]:
    """Return the names that the patterns of a statement may bind."""
    return frozenset(name for case in node.cases for name in names_bound(case.pattern))


def split_cases(function: Lowered, node: ast.Match) -> list[ast.stmt]:
    """Return a statement as tests and branches."""
    subject = function.names.fresh("subject")
    taken = at(ast.Assign([store(subject, node.subject)], node.subject), node.subject)
    return [taken, *_split(function, node.cases, subject)]


def _split(function: Lowered, cases: list[ast.match_case], subject: str) -> list[ast.stmt]:
    if not cases:
        return []
    case, *others = cases
    pattern = case.pattern
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:  # fits everything
        name = pattern.name
        bind = [] if name is None else quote("_Name = _Subject", pattern, _Name=name, _Subject=subject)
        if case.guard is None:
            return [*bind, *case.body]
        return [*bind, at(ast.If(case.guard, case.body, _split(function, others, subject)), pattern)]
    fits = function.names.fresh("fits")
    test: ast.expr = load(fits, pattern)
    if case.guard is not None:
        test = at(ast.BoolOp(ast.And(), [test, case.guard]), case.guard)
    asked = _ask(pattern, subject, fits)
    function.matching.add(asked)
    return [asked, at(ast.If(test, case.body, _split(function, others, subject)), pattern)]


def _ask(pattern: ast.pattern, subject: str, fits: str) -> ast.Match:
    (yes,), (no,) = (quote(f"_Fits = {answer}", pattern, _Fits=fits) for answer in (True, False))
    cases = [ast.match_case(pattern, None, [yes])]
    if not _fits_everything(pattern):  # what follows a pattern that does must not be written
        cases.append(ast.match_case(at(ast.MatchAs(None, None), pattern), None, [no]))
    return at(ast.Match(load(subject, pattern), cases), pattern)


def _fits_everything(pattern: ast.pattern) -> bool:
    match pattern:
        case ast.MatchAs(pattern=inner):
            return inner is None or _fits_everything(inner)
        case ast.MatchOr(patterns=patterns):
            return any(map(_fits_everything, patterns))
        case _:
            return False
