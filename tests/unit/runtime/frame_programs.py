"""Programs that loop over what pandas hands out, and look into it, as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import pydron

if TYPE_CHECKING:
    from collections.abc import Callable

    Program = Callable[[], object]


@pydron.functional
def f(x: Any, y: Any = 0) -> Any:
    if x == 13:
        raise ValueError(x)
    return x * 2 if isinstance(x, str) else float(x) + float(y)


@pydron.functional
def g(x: str) -> str:
    return x


@pydron.functional
def size(group: pd.DataFrame) -> int:
    return len(group)


def frame() -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2, 3, 4], "b": [0.5, 1.5, 2.5, 3.5], "text": list("xyxz")}, index=list("pqrs"))


def numbers() -> pd.DataFrame:
    return pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=["a", "b", "c"])


def elements() -> object:
    table = frame()
    dates = pd.Series(pd.date_range("2020-01-01", periods=4))
    found = [f(x) for x in table["a"]]
    found += [f(x) for x in table["text"]]
    found += [f(x.day) for x in dates]
    found += [f(label) for label in table.index]
    found += [f(label) for label in table.columns]
    return found


def pairs() -> object:
    table = frame()
    found: dict[object, object] = {}
    for place, x in enumerate(table["a"]):
        found[place] = f(x)
    for x, y in zip(table["a"], table["b"], strict=True):
        found[x, y] = f(x, y)
    return found


def tuples() -> object:
    table = frame()
    out: list[object] = []
    for row in table.itertuples():
        out.append((row.Index, f(row.a, row.b), type(row).__name__, type(row).__module__))
    for row in table.itertuples(index=False, name=None):
        out.append(f(row[0]))
    for row in table.rename(columns={"a": "def"}).itertuples(name="Row"):
        out.append((row._fields, f(row[1])))
    return out


def rows() -> object:
    table = frame()
    out = []
    for label, row in table.iterrows():
        out.append((label, f(row["a"], row.b), f(row["text"])))
    return out


def rows_of_numbers() -> object:
    table = numbers()
    return [f(row["a"], row.b) for _, row in table.iterrows()]


def groups() -> object:
    table = frame()
    sizes = {name: size(group) for name, group in table.groupby("text")}
    means = {}
    for name, group in table.groupby("text"):
        means[name] = f(group["a"].mean(), group.b.max())
    return sizes, means, [f(part.sum()) for _, part in table.groupby("text")["a"]]


def looks() -> object:
    table = frame()
    out = []
    for label in table.index:
        out.append(f(table.loc[label, "a"], table.at[label, "b"]))
    for place in range(len(table)):
        out.append(f(table.iloc[place, 0], table["b"].iloc[place]))
    return out, table[["a", "b"]].sum().to_list()


def changed_on_the_way(over: str) -> Program:
    def program() -> object:
        table = numbers() if over.startswith("number") else frame()
        out = []
        match over:
            case "series":
                column = table["a"]
                for x in column:
                    out.append(f(x))
                    if x == 2:
                        table.loc[table.index[3], "a"] = 99
                out += column.tolist()
            case "values":
                column = table["b"]
                for x in column:
                    out.append(f(x))
                    column.iloc[3] = x
                out += column.tolist()
            case "dtype":
                column = table["a"].astype(object)
                for x in column:
                    out.append(f(x))
                    column.iloc[3] = "text"
            case "tuples" | "numbers, tuples":
                for row in table.itertuples():
                    out.append(f(row.a, row.b))
                    table.loc[table.index[-1], "b"] = row.b + 10
            case _:
                for _, row in table.iterrows():
                    out.append(f(row["a"], row.b))
                    table.loc[table.index[-1], "b"] = row.b + 10
        return out, table.to_dict()

    return program


def some_columns() -> object:
    """A list of labels is read, too, once what is to be appended to it is there."""
    table = numbers()
    some = ["a"]
    some.append(g("b"))
    out = [f(x) for x in table[some].sum()]
    some.append(g("c"))
    return out, list(table[some].columns)


def wrong_arguments() -> object:
    table = frame()
    out: list[object] = []
    for wrong in ({"foo": 1}, {"index": True, "name": "A b"}, {"name": 3}, {"index": "yes"}):
        try:
            for row in table.itertuples(**wrong):
                out.append((f(row[0]), type(row).__name__, len(row)))
        except (TypeError, ValueError) as error:
            out.append(str(error))
    try:
        for row in table.itertuples(True, index=False):
            out.append(f(row.a))
    except TypeError as error:
        out.append(str(error))
    for _, row in table.iterrows(1):
        out.append(f(row.a))
    return out


class Shelf:
    """Has methods that are called like those of a frame."""

    def itertuples(self, count: int) -> list[int]:
        return [f(number) for number in range(count)]

    @pydron.functional
    def iterrows(self) -> list[tuple[int, int]]:
        return [(1, 2), (3, 4)]


class ScheduledShelf:
    @pydron.schedule
    def itertuples(self) -> list[int]:
        return [f(number) for number in range(3)]


def methods_of_that_name() -> object:
    found = [f(x) for x in Shelf().itertuples(3)]
    for x, y in Shelf().iterrows():
        found.append(f(x, y))
    for x in ScheduledShelf().itertuples():
        found.append(f(x))
    return found


def fails_on_the_way() -> object:
    table = pd.DataFrame({"a": [1, 13, 3], "b": [1.0, 2.0, 3.0]})
    out = []
    for row in table.itertuples():
        try:
            out.append(f(row.a))
        except ValueError as error:
            out.append(str(error))
            table.loc[2, "b"] = 77.0
        out.append(f(row.b))
    return out


def a_label_that_is_not_there() -> object:
    out = []
    for _, row in frame().iterrows():
        out.append(f(row["a"]))
        out.append(f(row["missing"]))
    return out


def stored_into_behind() -> object:
    values = np.zeros(4)
    series = pd.Series(values, copy=False)
    for place in range(4):
        values[place] = f(place)
    found = [f(x) for x in series]
    for place in range(4):
        values[place] = f(place, 1)
    return found, f(series.sum()), [f(x, y) for x, y in zip(series, series, strict=True)]


def more_than_once() -> object:
    """An iterator that has a name goes on where it stood."""
    table = frame()
    walk = table.itertuples()
    first = [f(row.a) for row, _ in zip(walk, range(2), strict=False)]
    return first, [f(row.a) for row in walk]


CHANGED = ["series", "values", "dtype", "tuples", "numbers, tuples", "rows", "numbers, rows"]
PROGRAMS: list[Program] = [
    elements, pairs, tuples, rows, rows_of_numbers, groups, looks, fails_on_the_way, a_label_that_is_not_there,
    stored_into_behind, more_than_once, some_columns, wrong_arguments, methods_of_that_name,
]  # fmt: skip


@pydron.schedule
def once_for_each_way() -> object:
    table = frame()
    out = [f(x) for x in table["b"]]
    out += [f(x) for x in table["text"]]
    for x, y in zip(table["a"], table["b"], strict=True):
        out.append(f(x, y))
    for row in table.itertuples():
        out.append(f(row.a, row.b))
    for _, row in table.iterrows():
        out.append(f(row["a"], row.b))
    for label in table.index:
        out.append(f(table.loc[label, "a"], table["b"].mean()))
    return out


@pydron.schedule
def once_for_each_group() -> object:
    found = {}
    for name, group in frame().groupby("text"):
        found[name] = size(group), f(group["a"].max())
    return found
