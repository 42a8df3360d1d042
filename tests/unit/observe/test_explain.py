"""`pydron.explain` says of each line what holds it up, why, and what would help; the lines say what is expected."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pydron
from pydron.errors import PydronWarning
from pydron.observe.explain import Kind
from pydron.testing import simulate
from tests.unit.observe.cases import explained

if TYPE_CHECKING:
    from collections.abc import Callable

LINES = Path(explained.__file__).read_text(encoding="utf-8").splitlines()
EXPECTED = re.compile(r"#: (?P<kind>\w+)(?:: (?P<text>.*))?$")

BEFORE = [explained.calls, explained.statements, explained.Climber.climb_all]


def expected(function: Callable[..., object]) -> dict[int, tuple[str, str]]:
    """Return kind and text for each line of a function that says so."""
    code = function.__wrapped__.__code__ if hasattr(function, "__wrapped__") else function.__code__
    end = max(line for _, _, line in code.co_lines() if line)
    found = {}
    for number in range(code.co_firstlineno, end + 1):
        match = EXPECTED.search(LINES[number - 1])
        if match:
            found[number] = match["kind"], match["text"] or ""
    return found


def check(function: Callable[..., object]) -> None:
    explanation = pydron.explain(function)
    said = {verdict.line: explanation.of_line(verdict.line) for verdict in explanation.verdicts}
    wanted = expected(function)
    assert {line: kind.value for line, kind in said.items() if kind} == {
        line: kind for line, (kind, _) in wanted.items()
    }
    for line, (_, text) in wanted.items():
        verdicts = [verdict for verdict in explanation.verdicts if verdict.line == line]
        assert any(text in f"{verdict.reason} {verdict.advice}" for verdict in verdicts), (line, text, verdicts)


@pytest.mark.parametrize("function", BEFORE, ids=lambda function: function.__name__)
def test_before_the_function_was_called(function: Callable[..., object]) -> None:
    check(function)


def test_after_it_was_called_it_is_known_what_stopped_it() -> None:
    with simulate(seed=1, order="reverse"):
        explained.met([1, 2, 3])
    check(explained.met)


def test_a_function_that_runs_as_it_is_written() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PydronWarning)
        explanation = pydron.explain(explained.generator)
    (verdict,) = explanation.verdicts
    assert verdict.kind is Kind.NATIVE
    assert "exec()" in verdict.reason


def test_text_shows_source_reason_and_advice() -> None:
    text = str(pydron.explain(explained.calls))
    assert text.startswith(f"calls, {explained.__file__}\n")
    line = next(number for number, source in enumerate(LINES, 1) if source.startswith("        look(v)"))
    shown = text[text.index(f"{line:5}  blocking   ") :].splitlines()
    look = explained.look.__code__.co_firstlineno + 1
    assert shown[0].endswith(LINES[line - 1])
    assert shown[1].strip() == f"look(): append() changes a LOG that it has not made (look, line {look})"
    assert shown[2].strip() == "→ return a new value, and let the scheduled function store it"


def test_temporary_variables_are_not_shown() -> None:
    for function in (explained.calls, explained.statements):
        assert not re.search(r"\.[a-z]+\d", str(pydron.explain(function)).replace(explained.__file__, ""))


def test_a_function_that_is_not_scheduled() -> None:
    with pytest.raises(TypeError, match="scale is not a scheduled function"):
        pydron.explain(explained.scale)
