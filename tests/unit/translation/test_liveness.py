"""What is said to be live and bound is so on every walk over the graph; and no more is said than need be."""

from __future__ import annotations

import ast
import contextlib
import types
from random import Random
from typing import TYPE_CHECKING

import pytest

from pydron.compiled import NotTranslatable, translate
from pydron.dataflow.nodes import Part, Try
from pydron.translation.build import build
from pydron.translation.lowering import lower
from tests.property.harness import loaded
from tests.property.programs import generate
from tests.unit.translation.walks import walk
from tests.written import lowered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydron.dataflow import Graph, Node


def graph_of(text: str) -> Graph:
    function = lowered(text)
    lower(function)
    return build(function)


def graphs(seed: int) -> Iterator[Graph]:
    """Yield the graphs of all functions of a generated program; there are none if it is none of Python's."""
    with contextlib.ExitStack() as stack:
        try:
            program = stack.enter_context(loaded(generate(seed)))
        except SyntaxError:
            return
        codes = [program.code]
        while codes:
            code = codes.pop()
            codes += [each for each in code.co_consts if isinstance(each, types.CodeType)]
            cells = tuple(types.CellType() for _ in code.co_freevars)
            try:
                yield translate(types.FunctionType(code, {}, None, None, cells)).graph
            except NotTranslatable:
                continue


def check_walk(graph: Graph, rng: Random) -> None:
    """Verify along one walk, from its end, what is live; and what is bound."""
    live: set[str] = set()
    for event in reversed(walk(graph, rng, rng.choice((0, 0.05, 0.2)))):
        node = event.node
        if event.kind == "read":
            live.add(event.name)
        elif event.kind == "change":
            live.discard(event.name)
        elif event.kind == "before":
            assert node is not None
            assert live <= node.live_before, told(graph, node, "is live before", live - node.live_before)
            assert node.bound_before <= event.bound, told(graph, node, "is bound", node.bound_before - event.bound)
        elif event.kind == "after":
            assert node is not None
            assert live <= node.live_after, told(graph, node, "is live after", live - node.live_after)
        else:
            assert isinstance(node, Part)
            assert live <= node.live_raised, told(graph, node, "is live if it raises", live - node.live_raised)


def told(graph: Graph, node: Node, what: str, names: set[str] | frozenset[str]) -> str:
    return f"{sorted(names)} {what} tick {node.tick} in\n{graph}"


def test_walks_find_nothing_that_was_not_said(seed: int) -> None:
    rng = Random(seed)
    count = 0
    for _ in range(25):
        for graph in graphs(rng.randrange(1 << 30)):
            count += 1
            for _walk in range(12):
                check_walk(graph, rng)
    assert count > 50


NASTY = {
    "unbound in a later iteration": """
        a = 1
        for i in x:
            g(a)
            if g(i): del a
            elif i: continue
            while g(i):
                b = a
                del b
            else:
                b = 2
        return a, b
    """,
    "unbound in a body that raises": """
        a = b = 1
        try:
            del a
            b = g(x)
            a = g(b)
        except E as b:
            g(a)
        except F as a:
            g(b)
        return a, b
    """,
    "read after leaving through finally": """
        a = b = c = 1
        for i in x:
            try:
                if g(i):
                    a = g(1)
                    break
                if i: return b
                b = g(2)
            finally:
                c = g(c)
            a = b = 2
        else:
            return c
        return a
    """,
    "swallowed by a manager inside of a try": """
        a = b = 1
        try:
            with g(x) as m, g(m):
                a = g(1)
                b = g(2)
                a = g(3)
            b = 3
        except E:
            return a
        finally:
            g(b)
        return b
    """,
    "a match in a loop": """
        for i in x:
            match g(i):
                case [a, *b] if g(a): c = a
                case {"k": c}: del c
                case c: break
            import d
        else:
            c = 1
        return a, b, c, d
    """,
    "every variable is bound": """
        e = 1
        try:
            a = g(x)
        except E as e:
            a = 1
        return e
    """,
}


@pytest.mark.parametrize("name", NASTY)
def test_walks_over_nasty_functions(name: str, seed: int) -> None:
    graph = graph_of(f"def f(x):{NASTY[name]}")
    rng = Random(seed)
    for _ in range(1500):
        check_walk(graph, rng)


LIVE = {
    "a value that is read later": ("a = g()\nb = h()\nreturn a", {"b = h()": "a", "a = g()": "a"}),
    "one that is bound anew": ("a = g()\na = h()\nreturn a", {"a = g()": ""}),
    "one branch reads it": ("a = g()\nif x: return a\nreturn x", {"a = g()": "a x"}),
    "the next iteration reads it": (
        "a = 0\nfor i in x:\n    h(a)\n    a = g(i)\nreturn x",
        {"a = g(i)": "a x", "a = 0": "a x"},
    ),
    "a handler reads it": ("a = 1\ntry:\n    a = g()\n    h()\nexcept E:\n    return a", {"a = g()": "a", "h()": "a"}),
    "finally reads it": ("a = 1\ntry:\n    return g()\nfinally:\n    h(a)", {".t1 = g()": ".t1 a"}),
    "the test of a loop": ("a = 1\nwhile g(a): a = h()\nreturn x", {"a = h()": "a x"}),
}  # fmt: skip


@pytest.mark.parametrize("name", LIVE)
def test_what_is_live_after(name: str) -> None:
    text, expected = LIVE[name]
    body = "\n".join(f"    {line}" for line in text.splitlines())
    graph = graph_of(f"def f(x):\n{body}\n")
    after = {node_text(node): node.live_after for node in graph.root.walk()}
    for code, names in expected.items():
        assert {each for each in after[code] if not each.startswith(".item")} == set(names.split()), f"{code}\n{graph}"


def node_text(node: Node) -> str:
    return ast.unparse(node.code).splitlines()[0]


BOUND = {
    "parameters": ("return x", "x"),
    "assigned": ("a = 1\nreturn x", "a x"),
    "deleted": ("a = 1\ndel a\nreturn x", "x"),
    "one branch": ("if x: a = b = 1\nelse: a = 2\nreturn x", "a x"),
    "the other branch left": ("if x: a = 1\nelse: return\nreturn x", "a x"),
    "the body of a for": ("for a in x: b = 1\nreturn x", "x"),
    "unbound in a later iteration": ("a = 1\nfor i in x:\n    h(a)\n    del a\nreturn x", "x"),
    "a while with break": ("while True:\n    a = 1\n    if g(): break\nelse:\n    a = 2\nreturn x", "a x"),
    "try": ("try:\n    a = g()\nexcept E:\n    b = 1\nreturn x", "x"),
    "try and every handler": ("try:\n    a = g()\nexcept E:\n    a = 1\nreturn x", "a x"),
    "the name of a handler, where all else is bound": (
        "e = 1\ntry:\n    a = g()\nexcept E as e:\n    a = 1\nreturn x",
        "a x",
    ),
    "finally": ("try:\n    a = g()\nfinally:\n    b = 1\nreturn x", "a b x"),
    "with may swallow": ("with x:\n    a = g()\nreturn x", "x"),
    "match": ("match x:\n    case [a]: b = 1\n    case _: b = 2\nreturn x", "b x"),
    "native statements may bind or not": ("class a: pass\nimport b\nreturn x", "x"),
}


@pytest.mark.parametrize("name", BOUND)
def test_what_is_certainly_bound(name: str) -> None:
    text, expected = BOUND[name]
    body = "\n".join(f"    {line}" for line in text.splitlines())
    graph = graph_of(f"def f(x):\n{body}\n")
    (last,) = [node for node in graph.root.nodes if node_text(node) == "return x"]
    assert {each for each in last.bound_before if not each.startswith(".")} == set(expected.split()), str(graph)


def test_what_is_read_if_a_body_raises() -> None:
    graph = graph_of("def f(x):\n    a = b = c = 1\n    try: a = g(b)\n    except E: h(a)\n    return c\n")
    (node,) = [node for node in graph.root.nodes if isinstance(node, Try)]
    assert node.body.live_raised == {"a", "c"}
    assert node.body.live_after == {"a", "c"}
