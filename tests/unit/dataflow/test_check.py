"""A graph that breaks a law, made so on purpose, is reported; each law has its own."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, cast

import pytest

from pydron.dataflow import GraphError, check
from pydron.dataflow.nodes import Branch, Call, ForLoop, Jump, WhileLoop
from tests.unit.dataflow.hand_made import Maker, graph_of, loop_graph, names, parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.dataflow import Graph
    from pydron.dataflow.nodes import Node


def test_a_graph_that_keeps_the_laws() -> None:
    check(loop_graph())


def loop_of(graph: Graph) -> ForLoop:
    return cast("ForLoop", graph.root.nodes[1])


def branch_of(graph: Graph) -> Branch:
    return cast("Branch", loop_of(graph).body.nodes[1])


def swap_ticks(graph: Graph) -> None:
    one, two = loop_of(graph).body.nodes[0], graph.root.nodes[0]
    one.tick, two.tick = two.tick, one.tick
    graph.by_tick = {node.tick: node for node in graph.root.walk()}


def repeat_a_tick(graph: Graph) -> None:
    graph.root.nodes[1].tick = graph.root.nodes[0].tick


def forget_a_tick(graph: Graph) -> None:
    del graph.by_tick[4]


def know_another(graph: Graph) -> None:
    graph.by_tick[99] = graph.root.nodes[0]


def another_under_its_tick(graph: Graph) -> None:
    graph.by_tick[4] = graph.root.nodes[0]


def hide_a_port(graph: Graph) -> None:
    loop_of(graph).binds -= {"a"}


def hide_an_inner_port(graph: Graph) -> None:
    branch_of(graph).binds -= {".t"}


def read_too_early(graph: Graph) -> None:
    nodes = branch_of(graph).body.nodes
    nodes[0], nodes[1] = nodes[1], nodes[0]
    nodes[0].tick, nodes[1].tick = nodes[1].tick, nodes[0].tick
    graph.by_tick = {node.tick: node for node in graph.root.walk()}


def read_what_is_never_bound(graph: Graph) -> None:
    graph.root.nodes[2].reads |= {".never"}


def nest_a_call(graph: Graph) -> None:
    call = branch_of(graph).body.nodes[0]
    assert isinstance(call, Call)
    call.call.args[0] = ast.parse("h(y)", mode="eval").body


def nest_a_keyword(graph: Graph) -> None:
    call = branch_of(graph).body.nodes[0]
    assert isinstance(call, Call)
    call.call.keywords.append(ast.keyword("k", ast.parse("y + 1", mode="eval").body))


def call_an_expression(graph: Graph) -> None:
    call = branch_of(graph).body.nodes[0]
    assert isinstance(call, Call)
    call.call.func = ast.parse("y[0].m", mode="eval").body


def jump_out_of_nothing(graph: Graph) -> None:
    jump = Jump(99, parsed("pass"), frozenset(), frozenset(), graph.variables, graph.variables)
    graph.root.nodes.append(jump)
    graph.by_tick[99] = jump


def jump_in_the_else_of_a_loop(graph: Graph) -> None:
    jump = Jump(7, parsed("pass"), frozenset(), frozenset(), graph.variables, graph.variables)
    graph.root.nodes[2].tick = 8
    loop_of(graph).orelse.nodes.append(jump)
    graph.by_tick = {node.tick: node for node in graph.root.walk()}


def live_stranger(graph: Graph) -> None:
    branch_of(graph).live_after |= {"stranger"}


def bound_stranger(graph: Graph) -> None:
    branch_of(graph).bound_before |= {"stranger"}


def read_what_is_dead(graph: Graph) -> None:
    graph.root.nodes[2].live_before -= {"a"}


def die_between(graph: Graph) -> None:
    loop_of(graph).body.nodes[0].live_after -= {"a"}


BREAKS: dict[str, list[Callable[[Graph], None]]] = {
    "ticks grow in program order": [swap_ticks, repeat_a_tick],
    "each tick is known to the graph": [forget_a_tick, another_under_its_tick],
    "the graph knows no ticks but those of its nodes": [know_another],
    "what a region binds shows at the ports of the node around it": [hide_a_port, hide_an_inner_port],
    "a synthetic variable is bound before it is read": [read_too_early, read_what_is_never_bound],
    "the parts of a call are variables or constants": [nest_a_call, nest_a_keyword, call_an_expression],
    "a break stands in a loop": [jump_out_of_nothing, jump_in_the_else_of_a_loop],
    "only variables of the graph are live": [live_stranger],
    "only variables and parameters are known to be bound": [bound_stranger],
    "what a node reads is live before it": [read_what_is_dead],
    "what is live before a node is live after the one that it follows": [die_between],
}


@pytest.mark.parametrize(
    "law,break_it",
    [(law, break_it) for law, ways in BREAKS.items() for break_it in ways],
    ids=lambda given: given if isinstance(given, str) else given.__name__,
)
def test_a_broken_law_is_reported(law: str, break_it: Callable[[Graph], None]) -> None:
    graph = loop_graph()
    break_it(graph)
    with pytest.raises(GraphError, match=law) as caught:
        check(graph)
    assert "graph f(x)" in str(caught.value)


def test_the_node_and_its_line_are_named() -> None:
    graph = loop_graph()
    nest_a_call(graph)
    with pytest.raises(GraphError, match=r"tick 5 \(line 1\)"):
        check(graph)


def test_a_jump_in_a_branch_in_a_loop_is_fine() -> None:
    graph = loop_graph()
    jump = Jump(7, parsed("pass"), frozenset(), frozenset(), graph.variables, graph.variables)
    graph.root.nodes[2].tick = 8
    branch_of(graph).orelse.nodes.append(jump)
    graph.by_tick = {node.tick: node for node in graph.root.walk()}
    check(graph)


def while_graph(prelude_binds: str) -> Graph:
    make = Maker()
    loop = WhileLoop(0, parsed("while _t: pass"), names(".t"), names(prelude_binds), test=ast.Name(".t", ast.Load()))
    loop.tick = next(make._ticks)
    nodes: list[Node] = [make.call(f"{prelude_binds.replace('.', '_')} = g(x)", "x", prelude_binds)]
    loop.prelude.nodes = nodes
    graph = graph_of([loop])
    graph.variables |= {".t"}
    return graph


def test_the_test_of_a_loop_reads_what_its_prelude_binds() -> None:
    check(while_graph(".t"))
    with pytest.raises(GraphError, match="a synthetic variable is bound before it is read by the test of a loop"):
        check(while_graph("a"))
