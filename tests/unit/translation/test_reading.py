"""What an expression reads for certain, in order, and what only perhaps: compared with what evaluating it reads."""

from __future__ import annotations

import ast
import warnings
from random import Random
from typing import TYPE_CHECKING

import pytest

from pydron.translation.reading import expression_of, perhaps_read, surely_read
from tests.property.programs import generate

if TYPE_CHECKING:
    from collections.abc import Iterator


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    "text,sure,perhaps",
    [
        ("a + b * a", "a b", ""),
        ("b + a", "b a", ""),
        ("a and b or c", "a", "b c"),
        ("a and a", "a", ""),
        ("b if a else c", "a", "b c"),
        ("b if a else a", "a", "b"),
        ("a < b < c", "a b", "c"),
        ("{a: b, **c, d: e}", "a b c d e", ""),
        ("f(a, *b, k=c)", "f a b c", "c"),
        ("a[b:c].d", "a b c", ""),
        ("f'{a}{b!r:{c}}'", "a b c", "b c"),
        ("a + b < c", "a b c", "c"),
        ("a < b", "a b", ""),
        ("lambda x=a: b", "a", ""),
        ("[x for x in a if b]", "a", "b"),
        ("a or (lambda: b)", "a", ""),
        ("(a or b) + c", "a c", "b"),
        ("1", "", ""),
    ],
)
def test_what_is_read(text: str, sure: str, perhaps: str) -> None:
    assert surely_read(expression(text)) == sure.split()
    assert perhaps_read(expression(text)) == frozenset(perhaps.split())


@pytest.mark.parametrize(
    "text,expected",
    [
        ("a = b", "b"),
        ("b", "b"),
        ("a += b", "a + b"),
        ("a.c += b", None),
        ("if a: b", "a"),
        ("while a: b", "a"),
        ("a.c = b", "(b, a.c)"),
        ("a[c] = b", "(b, a[c])"),
        ("for a in b: c", "b"),
        ("return a", None),
    ],
)
def test_the_expression_of_a_statement(text: str, expected: str | None) -> None:
    found = expression_of(ast.parse(f"def f():\n  {text}").body[0].body[0])  # type: ignore[attr-defined]
    assert (None if found is None else ast.unparse(found)) == expected


class Noted(dict[str, object]):
    """Variables that remember in which order they were read."""

    def __init__(self, rng: Random) -> None:
        super().__init__()
        self.rng = rng
        self.order: list[str] = []

    def __getitem__(self, name: str) -> object:
        if name not in self.order:
            self.order.append(name)
        return super().setdefault(name, self.rng.choice((0, 1, True, 3)))


def expressions() -> Iterator[ast.expr]:
    """Yield expressions of generated programs that numbers can stand in for the variables of."""
    kinds = (ast.BoolOp, ast.IfExp, ast.Compare, ast.BinOp)
    for seed in range(150):
        for node in ast.walk(ast.parse(generate(seed).source)):
            if isinstance(node, kinds) and not any(isinstance(each, ast.NamedExpr) for each in ast.walk(node)):
                yield node


def test_evaluation_reads_what_was_said_in_the_order_that_was_said() -> None:
    rng = Random(1)
    compared = 0
    for node in expressions():
        with warnings.catch_warnings(action="ignore"):
            code = compile(ast.fix_missing_locations(ast.Expression(node)), "", "eval")
        noted = Noted(rng)
        try:
            eval(code, {}, noted)
        except Exception:
            continue
        sure, perhaps = surely_read(node), perhaps_read(node)
        assert [name for name in noted.order if name in sure] == sure, ast.unparse(node)
        assert set(noted.order) <= {*sure, *perhaps}, ast.unparse(node)
        compared += 1
    assert compared > 100
