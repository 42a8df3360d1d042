"""Each lowering, shown on small functions: what goes in and what comes out."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydron.translation import lowering
from pydron.translation.lowering.assertions import lower_assertions
from pydron.translation.lowering.asynchronous import lower_asynchronous
from pydron.translation.lowering.calls import lower_calls
from pydron.translation.lowering.loop_continue import lower_continue
from pydron.translation.lowering.properties import lower_properties
from pydron.translation.lowering.written_loops import as_written, keep_loops
from pydron.translation.lowering.zero_argument_super import lower_zero_argument_super
from pydron.translation.premises import Premises
from tests.golden.pages import check_page
from tests.written import lowered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.translation.lowering.context import Lowered
    from tests.conftest import Golden

PAGES = Path(__file__).with_name("cases") / "lowerings"
LOWERINGS: dict[str, Callable[[Lowered], None]] = {
    "assertions": lower_assertions,
    "asynchronous": lower_asynchronous,
    "calls": lower_calls,
    "comprehensions": lower_calls,
    "consumers": lower_calls,
    "loop_continue": lower_continue,
    "loops": lower_calls,
    "match_cases": lower_calls,
    "properties": lower_properties,
    "short_circuit": lower_calls,
    "sources": lower_calls,
    "targets": lower_calls,
    "wrappers": lower_calls,
    "written_loops": keep_loops,
    "zero_argument_super": lower_zero_argument_super,
}


class _Shown(ast.NodeTransformer):
    """Shows in the tree what a lowering notes beside it."""

    def __init__(self, function: Lowered) -> None:
        self._native = function.handled

    def visit(self, node: ast.AST) -> ast.AST:
        native = node in self._native
        prelude = getattr(node, "prelude", None)
        shown: ast.AST = self.generic_visit(node)
        if prelude and isinstance(shown, ast.While):
            shown.body = [_under(".before_each_test", [self.visit(each) for each in prelude]), *shown.body]
        return _under(".native", [shown]) if native else shown


def _under(heading: str, body: list[ast.AST]) -> ast.stmt:
    return ast.With([ast.withitem(ast.Name(heading, ast.Load()))], body)  # type: ignore[arg-type]


def lower_by(lower: Callable[[Lowered], None], source: str) -> str:
    """Return a function after one lowering, as text."""
    function = lowered(source)
    function.premises = Premises(properties=frozenset(("area",)))
    lower(function)
    return ast.unparse(ast.fix_missing_locations(_Shown(function).visit(function.tree)))


def loops_as_written(source: str) -> str:
    """Return what is kept of the loops of a function, when it has been lowered."""
    function = lowered(source)
    lowering.lower(function)
    loops = (node for node in ast.walk(function.tree) if isinstance(node, (ast.For, ast.While)))
    return "\n\n".join(ast.unparse(as_written(function, loop)) for loop in loops)


@pytest.mark.parametrize("name", LOWERINGS)
def test_lowered_form(name: str, golden: Golden) -> None:
    lower = LOWERINGS[name]
    become = loops_as_written if lower is keep_loops else lambda source: lower_by(lower, source)
    check_page(golden, PAGES / f"{name}.md", become, "python")


def test_every_lowering_has_a_page() -> None:
    modules = {path.stem for path in Path(lowering.__file__).parent.glob("*.py")} - {"__init__", "context"}
    assert modules == set(LOWERINGS) == {path.stem for path in PAGES.iterdir()}


def test_every_step_has_a_page() -> None:
    assert set(lowering.LOWERINGS) <= set(LOWERINGS.values())
