"""What is done with where it stands keeps nothing of the function around, and so holds nothing up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import pytest

import pydron
from pydron.testing import simulate
from tests.written import graph_of, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROUNDS = {
    "a list": "[f(i + k) for k in range(2)]",
    "a table": "{k: f(i + k) for k in range(2)}",
    "a sum": "sum(f(i + k) for k in range(2))",
    "a maximum by key": "max((f(i + k) for k in range(2)), key=lambda value: -value)",
    "one in another": "[sum(f(i + k + j) for k in range(1)) for j in range(2)]",
    "a function for each": "sum(map(lambda value: value * i, [f(i), f(-i)]))",
    "nothing to call": "f(sum(i * k for k in range(2)))",
}


@pytest.mark.parametrize("expression", ROUNDS.values(), ids=ROUNDS)
def test_iterations_do_not_wait_for_each_other(expression: str) -> None:
    with written(
        f"def main():\n    out = []\n    for i in range(4):\n        out.append({expression})\n    return out"
    ) as names:
        names["f"] = pydron.functional(partial(abs))
        plain = cast("Callable[[], object]", names["main"])
        with simulate(workers=8, order="time", durations=lambda *_: 1.0) as pool:
            assert pydron.schedule(plain)() == plain()
        assert pool.clock.now == 1


@pytest.mark.parametrize(
    "statement",
    [
        "kept.append(f(i) for _ in range(2))",
        "kept.extend(lambda: i for _ in range(2))",
        "kept.append(sum((lambda: i)() for _ in range(2)))",
        "kept.append(max((i for _ in range(2)), kept, key=len))",
        "kept.append(min(kept, lambda: i, key=len))",
        "kept.append(map(lambda _: i, kept))",
        "kept.append(sorted(kept, key=lambda _: (lambda: i)))",
    ],
)
def test_what_is_kept_sees_the_variable(statement: str) -> None:
    graph = graph_of(f"def f(kept):\n    for i in range(3):\n        {statement}")
    assert "i" not in graph.variables


def test_a_builtin_may_get_another_meaning() -> None:
    text = """
        def main():
            out = []
            for i in range(3):
                out.append(any(f(i + k) for k in range(2)))
            return out
    """
    kept: list[Iterable[int]] = []

    def keep(values: Iterable[int]) -> int:
        kept.append(values)
        return len(kept)

    with written(text) as names, simulate(workers=3, seed=1):
        names["f"] = pydron.functional(partial(abs))
        main = pydron.schedule(cast("Callable[[], object]", names["main"]))
        assert main() == [True, True, True]
        names["any"] = keep
        assert main() == [1, 2, 3]
        del names["any"]
        assert main() == [True, True, True]
    assert [list(values) for values in kept] == [[2, 3]] * 3
