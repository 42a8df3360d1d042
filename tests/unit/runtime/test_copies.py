"""What only looks at containers of results waits for these results, and not until all that comes before has retired."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pydron
from pydron.testing import simulate

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 8
Numbers = list[float]


@pydron.functional
def f(*numbers: float) -> float:
    return sum(numbers) + 1


@pydron.functional
def g(value: Any) -> float:
    return float(np.sum(value))


class Record:
    def __init__(self, number: int) -> None:
        self.number = number
        self.total = 0.0
        self.value = self.more = 0.0


def mean(values: Numbers) -> float:
    return sum(values) / len(values)


def sums_of_rows(xs: list[int]) -> object:
    return [g(sum([f(x, y) for y in range(2)])) for x in xs]


def rows_that_were_filled_before(xs: list[int]) -> object:
    rows: list[Numbers] = [[] for _ in xs]
    for x in xs:
        for y in range(2):
            rows[x].append(f(x, y))
    return [g(max(row) - min(row) + len(row)) for row in rows]


def rows_as_arguments(xs: list[int]) -> object:
    rows = [[f(x, y) for y in range(2)] for x in xs]
    return [g(row) for row in rows], g(rows)


def helpers(xs: list[int]) -> object:
    means = {}
    for x in xs:
        values = [f(x, y) for y in range(2)]
        means[x] = g(mean(values) + np.mean(values))
    return means


def slices(xs: list[int]) -> object:
    values = [f(x) for x in xs]
    return [g(sum(values[k : k + 3]) / 3) for k in range(0, len(values), 3)]


def elements_of_elements(xs: list[int]) -> object:
    rows = [[f(x, y) for y in range(2)] for x in xs]
    return [g(rows[x][0] + rows[x][1]) for x in xs]


def tables(xs: list[int]) -> object:
    table: dict[int, dict[int, float]] = {}
    for x in xs:
        table[x] = {}
        for y in range(2):
            table[x][y] = f(x, y)
    sums = {x: g(sum(row.values())) for x, row in table.items()}
    return sums, [g(table.get(x, {}).get(0)) for x in xs]


def groups(xs: list[int]) -> object:
    found = defaultdict(list)
    for x in xs:
        found[x % 3].append(f(x))
    return {key: g(values) for key, values in found.items()}


def attributes(xs: list[int]) -> object:
    records = []
    for x in xs:
        record = Record(x)
        record.value = f(x)
        records.append(record)
    for record in records:
        record.more = g(record.value)
    return [record.more for record in records]


def chosen_of_each_round(xs: list[int]) -> object:
    out = []
    for n in range(3):
        values = [f(x, n) for x in xs]
        out.append(g([value for value in values if value > 2]))
    return out


def squares_of_each_round(xs: list[int]) -> object:
    out = []
    for n in range(3):
        values = [f(x, n) for x in xs]
        out.append(g(sum(value * value for value in values)))
    return out


def rows_put_together(xs: list[int]) -> object:
    out = []
    for n in range(3):
        rows = [[f(x, n), f(x)] for x in xs]
        out.append(g([value for row in rows for value in row]))
        out.append(g(list({x: row[0] for x, row in enumerate(rows)})))
    return out


def spread_over_arguments(xs: list[int]) -> object:
    out = []
    for n in range(3):
        values = [f(x, n) for x in xs]
        out.append(f(*values))
    return out


def attributes_of_all(xs: list[int]) -> object:
    out = []
    for n in range(3):
        records = [Record(x) for x in xs]
        for record in records:
            record.value = f(record.number, n)
        out.append(g([record.value for record in records]))
    return out


def filled_behind_a_branch(xs: list[int]) -> object:
    out = []
    for x in xs:
        large: Numbers = []
        if f(x) > 1:
            large.append(x)
        for value in large:
            result = f(value)
            out.append(result)
    return out


def backwards(xs: list[int]) -> object:
    out = []
    for n in range(3):
        values = [f(x, n) for x in xs]
        for value in reversed(values):
            result = f(value)
            out.append(result)
    return out


def tables_of_pairs(xs: list[int]) -> object:
    out = []
    for n in range(3):
        named = dict(zip("abc", [f(x, n) for x in range(3)], strict=False))
        numbered = dict(enumerate([f(x, n) for x in xs]))
        out.append(g(named["a"] + numbered[1]))
    return out


def best_of_a_table(xs: list[int]) -> object:
    out = []
    for n in range(3):
        table: dict[int, Any] = {x: f(x, n) for x in xs}
        best: Any = table.get
        out.append(g(max(table, key=best)))
        ranking = sorted(table.items(), key=lambda item: item[1])
        out.append(g([ranking[0][1], ranking[-1][1]]))
    return out


def groups_by_default(xs: list[int]) -> object:
    out = []
    for n in range(3):
        found: dict[int, Numbers] = {}
        for x in xs:
            found.setdefault(x % 3, []).append(f(x, n))
        out.append([g(values) for values in found.values()])
    return out


def partly_given(xs: list[int]) -> object:
    add_one = partial(f, 1)
    return [g(add_one(x)) for x in xs]


PROGRAMS = [
    sums_of_rows, rows_that_were_filled_before, rows_as_arguments, helpers, slices, elements_of_elements, tables,
    groups, attributes, chosen_of_each_round, squares_of_each_round, rows_put_together, spread_over_arguments,
    attributes_of_all, filled_behind_a_branch, backwards, tables_of_pairs, best_of_a_table, groups_by_default,
    partly_given,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_two_calls_after_each_other_take_as_long_as_two_calls(program: Callable[[list[int]], object]) -> None:
    xs = list(range(COUNT))
    expected = program(xs)
    with simulate(workers=64, order="time", durations=lambda *_: 1.0) as pool:
        assert pydron.schedule(program)(xs) == expected
        assert pool.clock.now == 2.0


def test_calls_behind_a_branch_are_made_at_once() -> None:
    def main(xs: list[int]) -> object:
        out: list[object] = []
        for x in xs:
            if f(x) > 0:
                out.append([f(x, y) for y in range(4)])
                row = []
                for y in range(3):
                    number = f(x, y, 1)
                    row.append(number)
                out.append(row)
        return out

    xs = list(range(COUNT))
    with simulate(workers=100, order="time", durations=lambda *_: 1.0) as pool:
        assert pydron.schedule(main)(xs) == main(xs)
        assert pool.clock.now == 2.0


def test_a_large_container_is_not_copied_again_and_again() -> None:
    def main() -> float:
        values = [float(x) for x in range(200_000)]
        values.append(f(1))
        return sum([g(sum(values)) for _ in range(30)])

    with simulate(workers=4, order="time", durations=lambda *_: 1.0):
        assert pydron.schedule(main)() == main()


@pydron.schedule
def lists_in_branches(numbers: list[int]) -> list[list[float]]:
    found = []
    for number in numbers:
        if f(number) > number:
            many = int(f(1, 1)) - 1
            parts = [f(number + part) for part in range(many)]
            found.append(parts)
    return found


def test_a_list_that_is_made_and_filled_in_a_branch_that_waits_holds_up_nothing_after_it() -> None:
    with simulate(workers=4 * COUNT, order="time", durations=lambda *_: 1.0) as pool:
        found = lists_in_branches(list(range(COUNT)))
    assert found == [[number + 1, number + 2] for number in range(COUNT)]
    assert pool.clock.now == 3
