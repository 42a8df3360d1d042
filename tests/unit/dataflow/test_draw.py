"""A graph for other tools: its edges, as DOT text, as a networkx graph."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

import networkx as nx
import pytest

from pydron.dataflow import to_dot, to_networkx
from pydron.dataflow.draw import edges
from pydron.dataflow.nodes import Compute, Make
from tests.unit.dataflow.hand_made import Maker, graph_of, loop_graph
from tests.unit.translation.test_liveness import graphs
from tests.written import graph_of as written_graph

if TYPE_CHECKING:
    from pydron.dataflow import Graph


def test_the_edges_of_a_loop() -> None:
    found = edges(loop_graph())
    assert [(source, target) for source, target, name in found if name is None] == [(0, 2), (2, 4), (2, 7), (4, 5)]
    values = {(source, target, name) for source, target, name in found if name is not None}
    assert values >= {(0, 2, "x"), (2, 3, ".item"), (3, 4, "y"), (3, 5, "y"), (5, 6, ".t"), (1, 6, "a"), (2, 7, "a")}
    assert (1, 7, "a") not in values, "the loop may have changed it, and hands on what it was otherwise"
    assert (2, 6, "a") in values, "an earlier iteration"


def test_an_edge_comes_from_the_last_that_bound_a_variable() -> None:
    make = Maker()
    nodes = [make.compute("a = x", "x", "a"), make.compute("a = 1", "", "a"), make.compute("b = a", "a", "b")]
    assert edges(graph_of(list(nodes))) == [(0, 1, "x"), (2, 3, "a")]


def test_tokens_join_what_has_an_effect_in_program_order() -> None:
    graph = written_graph("def f(x):\n    g(x)\n    y = x + 1\n    x[0] = y\n    import a\n    return y\n")
    tokens = [(source, target) for source, target, name in edges(graph) if name is None]
    assert tokens == [(0, 1), (1, 3), (3, 4), (4, 5)]


def test_edges_go_forward_but_to_the_next_iteration(seed: int) -> None:
    rng = Random(seed)
    for _ in range(10):
        for graph in graphs(rng.randrange(1 << 30)):
            check_edges(graph)


def check_edges(graph: Graph) -> None:
    found = edges(graph)
    assert found == sorted(found, key=lambda edge: (edge[0], edge[1], edge[2] or ""))
    assert len(set(found)) == len(found)
    read = {(target, name) for _, target, name in found if name is not None}
    for source, target, name in found:
        assert source == 0 or source in graph.by_tick
        if name is None:
            assert source < target
            assert not isinstance(graph.by_tick[target], Compute | Make)
        else:
            assert name in graph.by_tick[target].reads
            assert name in graph.by_tick[source].binds if source else name in graph.parameters
    for node in graph.root.walk():
        certain = {name for name in node.reads if name in node.bound_before}
        assert {(node.tick, name) for name in certain} <= read, f"tick {node.tick} gets {sorted(certain)} from nowhere"


STATEMENT = re.compile(r'  (\d+)(?: -> (\d+))? \[(?:label="((?:[^"\\]|\\.)*)"(?:, shape=oval)?|style=dashed)\];')


@pytest.mark.parametrize(
    "text",
    ["def f(x):\n    return g('a\"b\\\\', x)\n", "def f(x):\n    for y in x:\n        g(y)\n    return f'{x}\\n'\n"],
)
def test_dot_is_well_formed_and_complete(text: str) -> None:
    graph = written_graph(text)
    first, second, *body, last = to_dot(graph).splitlines()
    assert (first, last) == ('digraph "f" {', "}")
    assert second == '  node [shape=box, fontname="monospace"];'
    found = [STATEMENT.fullmatch(line) for line in body]
    assert None not in found, body
    matches = [match for match in found if match is not None]
    assert [int(match[1]) for match in matches if match[2] is None] == [0, *graph.by_tick]
    arrows = [(int(match[1]), int(match[2]), match[3]) for match in matches if match[2] is not None]
    assert arrows == edges(graph)


def test_labels_are_quoted() -> None:
    assert r"""  1 [label=".t1 = g('a\"b')"];""" in to_dot(written_graph("def f(x):\n    return g('a\"b')\n"))


def test_the_networkx_graph() -> None:
    graph = loop_graph()
    drawn = to_networkx(graph)
    assert isinstance(drawn, nx.MultiDiGraph)
    assert drawn.name == "f"
    assert drawn.nodes[0] == {"kind": "entry", "label": "f(x)", "line": 0, "region": None}
    assert drawn.nodes[5] == {"kind": "call", "label": ".t = g(y, 1)", "line": 1, "region": 4}
    assert [drawn.nodes[tick]["region"] for tick in graph.by_tick] == [0, 0, 2, 2, 4, 4, 0]
    assert variables(drawn) == [(source, target, name or "") for source, target, name in edges(graph)]


def variables(drawn: nx.MultiDiGraph[int]) -> list[tuple[int, int, str]]:
    return sorted((source, target, data["variable"] or "") for source, target, data in drawn.edges(data=True))


def test_the_longest_chain_of_calls_can_be_asked_of_networkx() -> None:
    graph = written_graph("def f(x):\n    a = g(x)\n    b = g(x)\n    c = h(a)\n    return c, b\n")
    drawn = to_networkx(graph)
    values = nx.DiGraph((source, target) for source, target, name in variables(drawn) if name)
    kinds = [drawn.nodes[tick]["kind"] for tick in nx.dag_longest_path(values)]
    assert kinds.count("call") == 2
