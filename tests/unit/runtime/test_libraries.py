"""Objects of libraries as arguments: calls that take them run ahead, and see what is stored into what they share."""

from __future__ import annotations

import pathlib
import random
from collections import Counter, OrderedDict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import pydron
from pydron.testing import simulate

if TYPE_CHECKING:
    from collections.abc import Callable


@pydron.functional
def total(value: Any, number: int = 0) -> float:
    if isinstance(value, pd.DataFrame):
        value = value.to_numpy().sum()
    return float(value[0] if isinstance(value, list) else value) + number


@pydron.functional
def told(value: object, number: int) -> str:
    return f"{type(value).__name__} {number}"


MAKE: list[Callable[[], object]] = [
    lambda: pathlib.Path("a"),
    lambda: Counter("aab"),
    lambda: OrderedDict(a=1),
    lambda: Decimal(1),
    lambda: random.Random(1),
    lambda: np.random.default_rng(1),
    lambda: np.array([[1], None], dtype=object),
    lambda: sparse.csr_matrix([[1, 2]]),
    lambda: nx.path_graph(3),
    lambda: pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    lambda: pd.Series([1.0, 2.0], index=pd.date_range("2020", periods=2)),
    lambda: pd.Timestamp("2020"),
]


@pytest.mark.parametrize("make", MAKE, ids=lambda make: type(make()).__name__)
def test_calls_with_them_wait_for_nothing(make: Callable[[], object]) -> None:
    def main(values: list[object]) -> dict[int, str]:
        found = {}
        for number, value in enumerate(values):
            found[number] = told(value, number)
        return found

    values = [make() for _ in range(6)]
    with simulate(workers=8, order="time", durations=lambda *_: 1.0) as pool:
        assert pydron.schedule(main)(values) == main(values)
        assert pool.clock.now == 1.0


@pytest.mark.parametrize("order", ["program", "reverse", "time"])
def test_a_frame_is_as_of_its_place(order: str) -> None:
    def main(memory: np.ndarray[Any, Any]) -> list[float]:
        frame = pd.DataFrame(memory, copy=False)
        row: list[float] = []
        holder = pd.DataFrame({"rows": [row, None]})
        memory[0, 0] = total(1, 4)
        before = total(frame)
        row.append(total(2, 5))
        inside = total(holder["rows"].iloc[0])
        frame.iloc[1, 1] = 7.0
        return [before, inside, total(frame), total(pd.DataFrame(memory))]

    expected = main(np.zeros((2, 2)))
    with simulate(seed=3, workers=4, order=order):
        assert pydron.schedule(main)(np.zeros((2, 2))) == expected
