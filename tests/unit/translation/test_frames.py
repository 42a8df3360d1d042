"""Which frames are written, and when."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, cast

import pytest

import pydron
from pydron.compiled import translate
from pydron.dataflow.nodes import Branch, WhileLoop
from pydron.testing import simulate
from tests.written import written

if TYPE_CHECKING:
    from types import FunctionType


@pydron.functional
def g(value: int) -> int:
    """Return the value."""
    return value


def kinds_of(text: str, **given: object) -> dict[str, int]:
    """Return how many frames of each kind a run asks for, once it has given the right result."""
    with written(text, g=g, **given) as names:
        function = cast("FunctionType", names["f"])
        with simulate(workers=2, seed=3):
            assert pydron.schedule(function)() == function()
        kinds = [str(key[0]) for key in translate(function)._codes]
    return {kind: kinds.count(kind) for kind in kinds}


def test_a_loop_as_written_is_written_when_it_runs_so() -> None:
    loop = "    for each in range(3):\n        total += each\n"
    assert kinds_of(f"def f():\n    total = 0\n{loop}    return total + g(1)")["native"] == 1
    parallel = loop.replace("each\n", "g(each)\n")
    assert "native" not in kinds_of(f"def f():\n    total = 0\n{parallel}    return total")


@pytest.mark.parametrize(
    "body",
    [
        "if each == 2: return total",
        "if each == 2: break",
        "del total; total = each",
        "last = each",
        "try: total += [][each]\n        except IndexError as error: last = str(error)",
    ],
)
def test_such_a_loop_hands_on_what_it_binds(body: str) -> None:
    text = (
        f"def f():\n    total = 0\n    for each in range(5):\n        total += each\n        {body}\n"
        "    try: last\n    except NameError: last = None\n    return total, each, last, g(total)"
    )
    assert kinds_of(text)["native"] == 1


def test_tests_of_one_value_share_a_frame() -> None:
    clauses = "".join(f"    elif x == {number}:\n        y = g({number})\n        y += g(y)\n" for number in range(8))
    text = f"def f():\n    x = g(9)\n    y = 0\n    if x > 20: y = g(x)\n{clauses}    return y"
    assert kinds_of(text)["region"] == 1


def test_every_operand_is_waited_for() -> None:
    seen: list[tuple[int, ...]] = []

    def note(*values: int) -> int:
        seen.append(values)
        return sum(values)

    text = "def f():\n    a, b, c = g(1), g(2), g(3)\n    d = note(c, a, b)\n    return [a, b, c, d, note(d, g(d))]"
    kinds_of(text, note=note)
    assert seen == [(3, 1, 2), (6, 6)] * 2


def test_frames_get_what_few_need_wherever_it_is_written() -> None:
    test = "sum(map(lambda each: each + g(0), values)) > 2"
    text = f"def f():\n    values = [g(1), 2]\n    while {test}:\n        values.pop()\n    return values"
    kinds_of(text)
    with written(text, g=g) as names:
        translation = translate(cast("FunctionType", names["f"]))
    with_test = translation.code(("entry", 0)).co_varnames
    assert ".consumes" not in with_test
    loop = next(tick for tick, node in translation.graph.by_tick.items() if isinstance(node, WhileLoop))
    assert ".consumes" in translation.code(("region", loop)).co_varnames


def test_what_is_written_of_a_node_is_the_same_tree_in_every_frame() -> None:
    text = "def f():\n    x = g(1)\n    if x > 0:\n        y = g(x)\n        y = y + x\n    else: y = x\n    return y"
    with written(text, g=g) as names:
        translation = translate(cast("FunctionType", names["f"]))
    branch = next(node for node in translation.graph.by_tick.values() if isinstance(node, Branch))
    request = f"(yield ['unit {branch.body.nodes[0].tick}', x])"
    found = [
        [
            each
            for each in ast.walk(translation.tree(key))
            if isinstance(each, ast.Yield) and ast.unparse(each) == request
        ]
        for key in (("entry", 0), ("region", branch.tick))
    ]
    assert len(found[0]) == 1
    assert found[0][0] is found[1][0]


def test_a_resumption_finds_the_variables_as_they_were() -> None:
    text = (
        "def f():\n    rounds = []\n    state = [0]\n    for k in range(4):\n        seen = g(state[0])\n"
        "        rounds.append((k, seen, len(state)))\n        change(state, g(k))\n    return rounds, state"
    )

    def change(state: list[int], value: int) -> None:
        state[0] += value

    assert "resume" in kinds_of(text, change=change)


class Row:
    """Something with attributes."""

    def __init__(self) -> None:
        self.kind, self.names = 2, ["a"]

    @property
    def size(self) -> int:
        """Code of the user's."""
        return len(self.names)


def test_plain_attributes_are_read_where_they_stand_although_something_is_pending() -> None:
    text = (
        "def f():\n    row = Row()\n    total = 0\n    first = g(1)\n    for k in range(3):\n"
        "        if row.kind > k:\n            total += row.kind\n            names = row.names\n"
        "    return first, total, names"
    )
    assert kinds_of(text, Row=Row)["unit"] == 1, "but that of the result"
    assert kinds_of(text.replace(".kind", ".size"), Row=Row)["unit"] > 1


def test_an_attribute_that_is_missing_or_changes_is_read_in_its_turn() -> None:
    def change(row: Row) -> bool:
        row.kind += 1
        return True

    text = (
        "def f():\n    row = Row()\n    seen = [g(1)]\n    for k in range(3):\n"
        "        if row.kind > k and change(row): seen.append(row.kind)\n"
        "    try: row.kind == row.missing\n    except AttributeError as error: seen.append(str(error))\n    return seen"
    )
    kinds_of(text, Row=Row, change=change)
