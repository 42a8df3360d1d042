"""Graphs made by hand, node by node."""

from __future__ import annotations

import ast
from itertools import count
from typing import TYPE_CHECKING

from pydron.dataflow.nodes import Branch, Call, Compute, ForLoop, Graph, Leave, Region

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Node

__all__ = ["Maker", "graph_of", "loop_graph"]


class Maker:
    """Makes nodes with ticks that grow."""

    def __init__(self) -> None:
        self._ticks = count(1)

    def compute(self, text: str, reads: str = "", binds: str = "") -> Compute:
        return Compute(next(self._ticks), parsed(text), names(reads), names(binds))

    def call(self, text: str, reads: str = "", binds: str = "") -> Call:
        return Call(next(self._ticks), parsed(text), names(reads), names(binds))

    def leave(self, text: str, reads: str = "") -> Leave:
        code = parsed(f"def f():\n    {text}")
        assert isinstance(code, ast.FunctionDef)
        return Leave(next(self._ticks), code.body[0], names(reads), frozenset())


def parsed(text: str) -> ast.stmt:
    """Return one statement; ``_x`` stands for the synthetic name ``.x``."""
    (statement,) = ast.parse(text).body
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and node.id.startswith("_"):
            node.id = "." + node.id[1:]
    return statement


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def graph_of(nodes: list[Node], parameters: str = "x") -> Graph:
    """Return a graph with the liveness of its straight code: everything that it mentions is live everywhere."""
    root = Region(nodes)
    variables = names(parameters).union(*(node.reads | node.binds for node in root.walk()))
    graph = Graph("f", "f.py", tuple(parameters.split()), root, variables, {node.tick: node for node in root.walk()})
    for node in root.walk():
        node.live_before = node.live_after = variables
        node.bound_before = names(parameters)
    return graph


def loop_graph() -> Graph:
    """Return a graph with a branch in a loop."""
    make = Maker()
    first = make.compute("a = 0", "", "a")
    loop_tick = next(make._ticks)
    take = make.compute("y = _item", ".item", "y")
    branch_tick = next(make._ticks)
    call = make.call("_t = g(y, 1)", "y", ".t")
    add = make.compute("a += _t", "a .t", "a")
    branch = Branch(branch_tick, parsed("if y: pass"), names("y"), names(".t a"), test=ast.Name("y", ast.Load()))
    branch.body = Region([call, add])
    loop = ForLoop(loop_tick, parsed("for _item in x: pass"), names("x"), names(".item y .t a"), item=".item")
    loop.iterable, loop.body = ast.Name("x", ast.Load()), Region([take, branch])
    last = make.leave("return a", "a")
    return graph_of([first, loop, last])
