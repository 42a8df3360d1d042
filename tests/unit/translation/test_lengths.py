"""Code of twice the length makes about twice as much code, whatever its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

import pydron
from pydron.compiled import translate
from pydron.testing import simulate
from tests.written import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType


class Tally:
    """Adds up what it is told, one call at a time."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def add(self, value: int) -> Tally:
        """Keep a value."""
        self.seen.append(value)
        return self


@pydron.functional
def f(value: int) -> int:
    """Return the value."""
    return value


def chain(length: int) -> str:
    """Calls of methods, each of which has to be waited for."""
    return "def f():\n    return tally()" + "".join(f".add(g({number}))" for number in range(length)) + ".seen"


def elif_chain(length: int) -> str:
    """Tests of one pending value."""
    clauses = "".join(f"    elif x == {number}: return g({number} * 2)\n" for number in range(1, length))
    return f"def f():\n    x = g({length - 1})\n    if x == 0: return 0\n{clauses}"


def straight(length: int) -> str:
    """Statements that need each other, with effects in between."""
    steps = "".join(f"    x = g(x + {number})\n    out.add(x)\n" for number in range(length))
    return f"def f():\n    x = 0\n    out = tally()\n{steps}    return out.seen"


def nested(length: int) -> str:
    """Branches in branches, each on a value that is pending."""
    steps = ""
    for depth in range(length):
        margin = "    " * (depth + 1)
        steps += f"{margin}x = g(x + {depth})\n{margin}out.add(x)\n{margin}if x >= 0:\n"
    return f"def f():\n    x = 0\n    out = tally()\n{steps}{'    ' * (length + 1)}out.add(x)\n    return out.seen"


def instructions(text: str) -> int:
    """Return how much code a run of the function makes, once it has given the right result."""
    with written(text, g=f, tally=Tally) as names:
        function = cast("FunctionType", names["f"])
        with simulate(workers=2, seed=3):
            assert pydron.schedule(function)() == function()
        return sum(len(code.co_code) for code in translate(function)._codes.values())


@pytest.mark.parametrize("shape", [chain, elif_chain, straight])
def test_twice_the_length_is_twice_the_code(shape: Callable[[int], str]) -> None:
    assert instructions(shape(80)) < 2.4 * instructions(shape(40))


def test_what_is_nested_is_written_once() -> None:
    assert instructions(nested(16)) < 2.6 * instructions(nested(8))
