"""The text of a graph: one line for each node, regions indented under their names."""

from __future__ import annotations

from pydron.dataflow import to_text
from tests.unit.dataflow.hand_made import loop_graph
from tests.written import graph_of

LOOP = """\
graph f(x)
   1     compute: a = 0  | - → a
   2     forloop: for .item in x  | x → .item .t a y
           body
   3         compute: y = .item  | .item → y
   4         branch: if y  | y → .t a
               body
   5             call: .t = g(y, 1)  | y → .t
   6             compute: a += .t  | .t a → a
   7     leave: return a  | a → -
"""


def test_the_text_of_a_graph() -> None:
    graph = loop_graph()
    assert to_text(graph) == LOOP
    assert str(graph) == LOOP


def test_the_text_is_the_same_each_time() -> None:
    source = "def f(x):\n    b, a = {c for c in x}, [g(d) for d in x]\n    return a, b\n"
    assert len({str(graph_of(source)) for _ in range(3)}) == 1


def test_code_over_several_lines_takes_one() -> None:
    text = str(graph_of("def f(x):\n    class A:\n        y = x\n    return A\n"))
    assert "native: class A:  | A → A\n" in text
    assert len(text.splitlines()) == 3
