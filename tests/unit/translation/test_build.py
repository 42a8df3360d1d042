"""Statements become nodes: of which kind, at which tick, with which ports."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from pydron.dataflow import check
from pydron.dataflow.nodes import ForLoop, Matching, Try, WhileLoop, With
from pydron.translation.build import build
from pydron.translation.lowering import lower
from tests.written import lowered

if TYPE_CHECKING:
    from pydron.dataflow import Graph

KINDS = {
    "a = x + 1": "Compute",
    "a = g(x)": "Call",
    "g(x)": "Call",
    "x.m(1)": "Call",
    "x.a = 1": "Store",
    "x[0] = 1": "Store",
    "x[0:2] = 1": "Store",
    "x += 1": "Compute",
    "a, b = x": "Compute",
    "x": "Compute",
    "x.a": "Compute",
    "del x": "Compute",
    "def a(): pass": "Make",
    "a = lambda: 1": "Compute",
    "return x": "Leave",
    "raise x": "Raise",
    "raise": "Raise",
    "import a": "Native",
    "class A: pass": "Native",
    "del x[0]": "Native",
    "async def a(): pass": "Native",
    "if x: pass": "Branch",
    "for a in x: pass": "ForLoop",
    "while x: pass": "WhileLoop",
    "try: g(x)\n    except E: pass": "Try",
    "try: g(x)\n    finally: pass": "Finally",
    "with x: pass": "Compute With",
    "match x:\n        case 1: pass": "Compute Matching Branch",
    "try: g(x)\n    except* E: pass": "Native",
    "pass": "",
}


def graph_of(text: str) -> Graph:
    function = lowered(f"def f(x):\n    {text}\n")
    lower(function)
    graph = build(function)
    check(graph)
    return graph


@pytest.mark.parametrize("text", KINDS)
def test_the_kind_of_a_statement(text: str) -> None:
    graph = graph_of(text)
    assert " ".join(type(node).__name__ for node in graph.root.nodes) == KINDS[text]


PORTS = {
    "a = x + b": ("b x", "a"),
    "x += b": ("b x", "x"),
    "x[b] = c": ("b c x", ""),
    "del x": ("x", "x"),
    "import a.b": ("a", "a"),
    "a, *b = x": ("x", "a b"),
    "a = [c for c in (x, b)]": ("b x", "a"),
    "def a(y=1): return x": ("", "a"),
}


@pytest.mark.parametrize("text", PORTS)
def test_the_ports_of_a_statement(text: str) -> None:
    node = graph_of(f"b = c = 1\n    {text}").root.nodes[-1]
    reads, binds = PORTS[text]
    assert (node.reads, node.binds) == (frozenset(reads.split()), frozenset(binds.split()))


def test_globals_and_intrinsics_have_no_ports() -> None:
    graph = graph_of("assert x.m(G(x)), H")
    names = {name for node in graph.root.walk() for name in node.reads | node.binds}
    assert not names & {"G", "H", ".bind", ".AssertionError"}
    assert graph.variables == {name for name in names if name != "x"} | {"x"}


def test_variables_of_inner_functions_have_no_ports() -> None:
    graph = graph_of("a = g(x)\n    b = a\n    return lambda: a")
    assert "a" not in graph.variables
    assert all("a" not in node.reads | node.binds for node in graph.root.walk())


def test_ticks_count_in_program_order_from_one() -> None:
    graph = graph_of(
        "try:\n        for a in x:\n            if g(a): break\n        else: h()\n"
        "    except E: k()\n    finally:\n        while g(x): h()\n    return x"
    )
    assert [node.tick for node in graph.root.walk()] == list(range(1, len(graph.by_tick) + 1))


def test_a_region_binds_what_is_bound_inside() -> None:
    graph = graph_of("for a, b in x:\n        with g(a) as c:\n            if c: d = 1\n            else: e = 2")
    (loop,) = graph.root.nodes
    assert isinstance(loop, ForLoop)
    assert {name for name in loop.binds if name[0] != "."} == set("abcde")
    (manager,) = [node for node in loop.body.nodes if isinstance(node, With)]
    assert {name for name in manager.binds if name[0] != "."} == set("cde")


def test_what_the_test_of_a_loop_needs_is_evaluated_each_time() -> None:
    (loop,) = graph_of("while g(x) and x: h(x)").root.nodes
    assert isinstance(loop, WhileLoop)
    assert [ast.unparse(node.code).splitlines()[0] for node in loop.prelude.nodes][:2] == [
        ".flag1 = False",
        ".t2 = g(x)",
    ]
    assert ast.unparse(loop.test) == ".flag1"


def test_the_name_of_a_handler_shows() -> None:
    (node,) = graph_of("try: g(x)\n    except E as error: pass").root.nodes
    assert isinstance(node, Try)
    assert node.handlers[0].name == "error"
    assert "error" in node.binds


def test_patterns_leave_names_as_they_are_where_they_do_not_fit() -> None:
    graph = graph_of("match x:\n        case [a, b] if a: pass")
    matching = graph.root.nodes[1]
    assert {name for name in matching.reads if name[0] != "."} == {"a", "b"}
    assert {name for name in matching.binds if name[0] != "."} == {"a", "b"}


@pytest.mark.parametrize(
    "pattern,simple",
    [
        ("[1, 'a', *_]", True),
        ("{'k': -1}", True),
        ("int(y)", True),
        ("G(y)", False),
        ("G.y", False),
        ("str() | G.y", False),
    ],
)
def test_which_patterns_run_no_code_of_the_users(pattern: str, simple: bool) -> None:
    matching = graph_of(f"match x:\n        case {pattern}: pass").root.nodes[1]
    assert isinstance(matching, Matching)
    assert matching.simple is simple
