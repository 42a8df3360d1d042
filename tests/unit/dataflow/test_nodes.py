"""Nodes in program order, and what can be asked of them."""

from __future__ import annotations

import ast

import pytest

from pydron.dataflow import nodes
from pydron.dataflow.nodes import Call, Compute, Finally, Handler, Part, Region, Try, With, parts_of, regions_of
from tests.unit.dataflow.hand_made import Maker, loop_graph, names, parsed


def test_a_walk_goes_in_program_order_through_all_regions() -> None:
    assert [node.tick for node in loop_graph().root.walk()] == [1, 2, 3, 4, 5, 6, 7]


def part(tick: int, *inside: int) -> Part:
    body = Region([Compute(each, parsed("a = 1"), frozenset(), names("a")) for each in inside])
    return Part(tick, parsed("pass"), frozenset(), names("a"), body=body)


def test_parts_come_in_program_order() -> None:
    handlers = tuple(
        Handler(ast.ExceptHandler(None, name, []), part(tick, tick + 1)) for tick, name in ((4, "e"), (6, None))
    )
    statement = Try(1, parsed("pass"), frozenset(), names("a"), body=part(2, 3), handlers=handlers, orelse=part(8, 9))
    assert [each.tick for each in parts_of(statement)] == [2, 4, 6, 8]
    assert [node.tick for node in Region([statement]).walk()] == list(range(1, 10))
    assert [handler.name for handler in statement.handlers] == ["e", None]
    statement.orelse = None
    assert [each.tick for each in parts_of(statement)] == [2, 4, 6]


def test_other_statements_with_parts() -> None:
    final = Finally(1, parsed("pass"), frozenset(), names("a"), body=part(2, 3), final=part(4, 5))
    manager = With(6, parsed("pass"), names("m"), names("a"), manager="m", entered=".e", body=part(7))
    assert [node.tick for node in Region([final, manager]).walk()] == list(range(1, 8))


def test_simple_nodes_have_no_regions() -> None:
    assert regions_of(Maker().compute("a = 1")) == ()


@pytest.mark.parametrize("text,target", [("a = g(x)", "a"), ("g(x)", None), ("_t1 = x.m(1)", ".t1")])
def test_a_call_and_its_target(text: str, target: str | None) -> None:
    call = Maker().call(text)
    assert call.target == target
    assert isinstance(call.call, ast.Call)


def test_a_node_is_itself_and_no_other() -> None:
    one, two = (Call(1, parsed("g()"), frozenset(), frozenset()) for _ in range(2))
    assert one != two
    assert len({one, two}) == 2


def test_the_line_is_that_of_the_code() -> None:
    code = ast.parse("\n\na = 1").body[0]
    assert Compute(1, code, frozenset(), frozenset()).line == 3
    assert Compute(1, ast.Pass(), frozenset(), frozenset()).line == 0


def test_every_kind_of_node_is_exported() -> None:
    kinds = set(nodes.Node.__args__)
    assert {kind.__name__ for kind in kinds} <= set(nodes.__all__)
