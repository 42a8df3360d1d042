"""The page of the language says of each construct what comes out when it is run: what waits, and how long it takes."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pydron
from pydron.observe.verdicts import Kind
from pydron.testing import simulate
from tests.docs.snippets import blocks
from tests.property.harness import UNDECORATED
from tests.unit.semantics.test_catalogue import PROGRAMS, title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random
    from types import ModuleType

    from pydron.tasks import Task

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "language.md"
OUTCOME = re.compile(r"<!-- outcome -->\n\n(.*)")
BEYOND = {"15", "48", "55", "ordered"}
"""Rows of the catalogue that are about no construct: arrays, what surrounds a call, classes that travel, effects."""


def imported(path: Path) -> ModuleType:
    """Import the programs of the page as one module."""
    path.write_text("\n".join(block.text for block in blocks(PAGE) if block.language == "python"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ModuleType, ModuleType]]:
    """Give the programs with and without decorators."""
    folder = tmp_path_factory.mktemp("language")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pydron", UNDECORATED)
        plain = imported(folder / "plain_examples.py")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pydron.PydronWarning)
        yield imported(folder / "language_examples.py"), plain


def names() -> list[str]:
    """List the functions that are the examples: the last of each block but the first."""
    found = [re.findall(r"^(?:async )?def (\w+)\(xs\)", block.text, re.MULTILINE) for block in blocks(PAGE)]
    return [functions[-1] for functions in found if functions]


def result_of(function: Callable[[list[int]], object]) -> object:
    value = function([1, 2, 3, 4])
    if inspect.isgenerator(value):
        return list(value)
    return asyncio.run(value) if inspect.iscoroutine(value) else value


def measured(function: Callable[[list[int]], object]) -> tuple[object, str]:
    """Run an example on eight workers on which a call takes a second; return its result and the line for the page."""
    calls = 0

    def second(_task: Task, _chance: Random) -> float:
        nonlocal calls
        calls += 1
        return 1.0

    with (
        warnings.catch_warnings(),
        simulate(workers=8, order="time", durations=second) as pool,
    ):
        warnings.simplefilter("ignore", pydron.PydronWarning)
        value = result_of(function)
    took = f"{counted(calls, 'call')}, {counted(pool.clock.now, 'second')}"
    kind = kind_of(function, calls)
    return value, f"**{kind.value}** · {took}" if calls else f"**{kind.value}**"


def counted(number: float, what: str) -> str:
    return f"{number:g} {what}" if number == 1 else f"{number:g} {what}s"


def kind_of(function: Callable[[list[int]], object], calls: int) -> Kind:
    """Return what holds an example up most."""
    try:
        kinds = {verdict.kind for verdict in pydron.explain(function).verdicts}
    except TypeError:
        return Kind.NATIVE  # it stays as it is
    return max(kinds, key=list(Kind).index, default=Kind.PARALLEL if calls else Kind.NATIVE)


@pytest.mark.parametrize("name", names())
def test_an_example_means_what_it_meant(name: str, examples: tuple[ModuleType, ModuleType]) -> None:
    scheduled, plain = (getattr(module, name) for module in examples)
    assert repr(measured(scheduled)[0]) == repr(result_of(plain))


def test_the_outcomes_are_those_of_the_page(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pydron.PydronWarning)
        examples = imported(tmp_path / "new_examples.py")  # the page is about first calls: later ones know more
    lines = [measured(getattr(examples, name))[1] for name in names()]
    text = PAGE.read_text(encoding="utf-8")
    assert len(OUTCOME.findall(text)) == len(lines)
    if request.config.getoption("--update-golden"):
        given = iter(lines)
        PAGE.write_text(OUTCOME.sub(lambda _: f"<!-- outcome -->\n\n{next(given)}", text), encoding="utf-8")
        return
    assert OUTCOME.findall(text) == lines


def test_each_row_of_the_catalogue_is_on_the_page() -> None:
    tested = {re.split(r"[ :]", title(program))[0] for program in PROGRAMS}
    named = {
        row for rows in re.findall(r"<!-- rows: (.*?) -->", PAGE.read_text(encoding="utf-8")) for row in rows.split()
    }
    assert named == tested - BEYOND
