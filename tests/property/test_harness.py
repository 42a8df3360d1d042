"""The harness notices executors that are wrong, and nothing else."""

from __future__ import annotations

import gc
from random import Random
from typing import TYPE_CHECKING

import pytest

from pydron import compiled
from pydron.translation.lowering.assertions import lower_assertions
from pydron.translation.lowering.asynchronous import lower_asynchronous
from pydron.translation.lowering.calls import lower_calls
from pydron.translation.lowering.loop_continue import lower_continue
from tests.property.harness import (
    PLAIN,
    Endless,
    Loaded,
    OverrunError,
    Tally,
    Way,
    check,
    failure_plans,
    loaded,
    simulated,
)
from tests.property.laws import LEFT, LawError, verify
from tests.property.minimise import minimise
from tests.property.programs import Program, generate
from tests.property.wrong import REWRITES, WRONG_WAYS
from tests.written import lowered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.dataflow import Graph
    from pydron.translation.lowering.context import Lowered

PROGRAMS = 1500
"""Among so many programs each wrong executor must show."""


def noticed(right: Loaded, wrong: Loaded, way: Way, rng: Random) -> str:
    """Return the part in which a wrong run differs: without failures, or with one."""
    expected = right.run(PLAIN, {})
    plans = [{}, *failure_plans(right.calls, rng, 3)]
    for failures in plans:
        expected = right.run(PLAIN, failures)
        try:
            actual = wrong.run(way, failures)
        except OverrunError:
            continue
        if part := expected.difference(actual):
            return part
    return ""


@pytest.mark.parametrize("name", REWRITES)
def test_notices_a_wrong_meaning(name: str) -> None:
    for seed in range(PROGRAMS):
        program = generate(seed)
        try:
            with loaded(program) as right, loaded(program, REWRITES[name]) as wrong:
                wrong.filename = right.filename
                if noticed(right, wrong, PLAIN, Random(seed)):
                    return
        except (SyntaxError, OverrunError):
            continue
    pytest.fail(f"none of {PROGRAMS} programs shows that {name!r} is wrong")


@pytest.mark.parametrize("way", WRONG_WAYS, ids=lambda way: way.name)
def test_notices_a_wrong_call(way: Way) -> None:
    for seed in range(PROGRAMS):
        try:
            with loaded(generate(seed)) as program:
                if noticed(program, program, way, Random(seed)):
                    return
        except (SyntaxError, OverrunError):
            continue
    pytest.fail(f"none of {PROGRAMS} programs shows that {way.name!r} is wrong")


def test_finds_no_difference_between_a_program_and_itself() -> None:
    for seed in range(200):
        try:
            with loaded(generate(seed)) as program:
                assert not noticed(program, program, PLAIN, Random(seed)), seed
        except (SyntaxError, OverrunError):
            continue


def test_generator_is_a_function_of_its_seed() -> None:
    assert generate(7).source == generate(7).source
    assert generate(7).source != generate(8).source


def test_minimises_to_what_matters() -> None:
    source = """
def arguments():
    return ([1],)

def drive(xs):
    n = 3
    for i in range(2):
        xs.append(i)
        if i:
            print(n, [e for e in xs if e])
    return xs
"""
    small = minimise(Program("small", source), lambda program: "print(" in program.source)
    assert small.source == "def arguments():\n    pass\n\ndef drive(xs):\n    print(0)\n"


def test_a_program_that_ran_leaves_nothing_behind() -> None:
    def namespaces(name: str) -> int:
        gc.collect()
        return sum(type(each) is dict and each.get("__name__") == name for each in gc.get_objects())

    for seed in range(6):
        program = generate(seed)
        check(program, Random(seed), Tally(), most_failures=2)
        assert namespaces(program.name) == 0, program.source


def test_notices_a_graph_that_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    build: Callable[[Lowered], Graph] = vars(compiled)["build"]

    def build_wrongly(function: Lowered) -> Graph:
        graph = build(function)
        graph.by_tick[0] = graph.root.nodes[0]
        return graph

    monkeypatch.setattr(compiled, "build", build_wrongly)
    found = check(generate(1), Random(1), Tally(), most_failures=0)
    assert found is not None
    assert "the graph knows no ticks but those of its nodes" in str(found)


LEFTOVERS: dict[Callable[[Lowered], None], str] = {
    lower_asynchronous: "async def f(xs):\n    async with xs:\n        pass",
    lower_assertions: "def f(x):\n    while x:\n        assert x",
    lower_continue: "def f(xs):\n    for x in xs:\n        with x:\n            continue",
    lower_calls: "def f(x):\n    return x + g(x)",
}


@pytest.mark.parametrize("lowering", LEFT, ids=lambda lowering: lowering.__name__)
def test_notices_what_a_lowering_has_left(lowering: Callable[[Lowered], None]) -> None:
    function = lowered(LEFTOVERS[lowering])
    with pytest.raises(LawError, match="is left"):
        verify(function, lowering)
    lowering(function)
    verify(function, lowering)


def test_notices_a_node_without_a_place() -> None:
    function = lowered("def f(x):\n    return x")
    verify(function, lower_assertions)
    del function.tree.body[0].value.lineno  # type: ignore[attr-defined]
    with pytest.raises(LawError, match="has no place in the source"):
        verify(function, lower_assertions)


CHANGED_LATER = """
import pydron

def arguments():
    return ()

@pydron.schedule
def main():
    box = Box(1, [])
    number = f_int(1, (0, box))
    box.v = number
    return number

def drive():
    return main()
"""


def test_a_call_that_is_made_with_what_changes_later_ends() -> None:
    with loaded(Program("changed_later", CHANGED_LATER)) as it:
        expected = it.run(PLAIN, {})
        assert not expected.difference(it.run(simulated(0, durations=Endless(it.calls)), {}))
