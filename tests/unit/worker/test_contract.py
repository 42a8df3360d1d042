"""Calls that change their arguments are found, and told where."""

from __future__ import annotations

import functools
import random
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pydron
from pydron.errors import ContractError
from pydron.worker.contract import Witness

if TYPE_CHECKING:
    from collections.abc import Callable


class Thing:
    def __init__(self) -> None:
        self.parts = [1, {"a": [2]}]
        self.name = "thing"

    def rename(self) -> None:
        self.name = "other"


def process(thing: object, *, option: object = None) -> None: ...


def witnessed(change: Callable[[Thing, dict[str, object]], object]) -> str:
    thing = Thing()
    option: dict[str, object] = {"key": (1, [2])}
    witness = Witness("process", process, (thing,), {"option": option})
    change(thing, option)
    with pytest.raises(ContractError) as caught:
        witness.compare()
    return caught.value.breach


def test_a_call_that_keeps_the_contract() -> None:
    thing = Thing()
    witness = Witness("process", process, (thing,), {"option": {}})
    witness.compare()


@pytest.mark.parametrize(
    "change,where",
    [
        (lambda thing, _: thing.parts.append(3), "thing.parts"),
        (lambda thing, _: thing.parts[1]["a"].append(3), "thing.parts[1]['a']"),
        (lambda _, option: option["key"][1].clear(), "option['key'][1]"),
        (lambda _, option: option.update(more=1), "option"),
    ],
    ids=["attribute", "deep", "keyword", "new key"],
)
def test_the_place_is_told(change: Callable[[Thing, dict[str, object]], object], where: str) -> None:
    assert witnessed(change) == f"has changed its argument {where}: work on a copy of it, and return that"


def test_a_method_that_changes_its_owner() -> None:
    thing = Thing()
    witness = Witness("Thing.rename", thing.rename, (), {})
    thing.rename()
    with pytest.raises(ContractError, match=r"self\.name"):
        witness.compare()


def test_what_cannot_be_pickled_is_not_judged() -> None:
    Witness("process", process, (threading.Lock(),), {}).compare()


def breach_of(function: Callable[..., object], *args: object) -> str:
    witness = Witness("it", function, args, {})
    result = function(*args)
    with pytest.raises(ContractError) as caught:
        witness.compare()
        witness.repeat(result)
    return caught.value.breach


def line_of(text: str) -> str:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return f"{__file__}:{next(number for number, line in enumerate(lines, 1) if line.endswith(f'#: {text}'))}"


HISTORY: list[object] = []
STATE = {"n": 0}


def remember(x: object) -> None:
    HISTORY.append(x)  #: history


def sort(values: list[int]) -> int:
    lowest = min(values)
    if values:
        values.sort()  #: sort
    values = [0]
    return lowest


def look_up(key: str) -> None:
    remember(key)


def draw(x: float) -> float:
    return x + random.random()  #: draw


def draw_array(n: int) -> object:
    return np.random.rand(n)  # noqa: NPY002  #: array


def make_counter() -> Callable[[int], int]:
    counts: list[int] = []

    def count(x: int) -> int:
        counts.append(x)  #: count
        return x

    return count


@pytest.mark.parametrize(
    "function,argument,what",
    [
        (sort, [3, 1, 2], "has changed its argument values[0] at {sort}"),
        (look_up, "ada", "has changed the global HISTORY at {history}"),
        (draw, 1.0, "has used the global state of random at {draw}"),
        (draw_array, 2, "has used the global state of numpy.random at {array}"),
        (make_counter(), 1, "has changed counts, a variable of the function around it, at {count}"),
    ],
    ids=["argument", "global", "random", "numpy", "outer"],
)
def test_the_line_is_told(function: Callable[..., object], argument: object, what: str) -> None:
    place = re.sub(r"\{(\w+)\}", lambda match: line_of(match[1]), what)
    assert breach_of(function, argument).startswith(place + ": ")


def test_what_a_method_changes_is_found_in_its_line() -> None:
    thing = Thing()
    assert "argument self.name at " in breach_of(thing.rename)


def test_another_result() -> None:
    numbers = iter(range(9))
    assert breach_of(lambda _: {"a": [1, next(numbers)]}, 1).startswith("gives another result (in ['a'][1]) when it is")

    def fails_later(_: object) -> int:
        if next(numbers) > 2:
            raise KeyError
        return 1

    assert breach_of(fails_later, 1).startswith("raises KeyError when it is called again with the same arguments")


@pytest.mark.parametrize(
    "function",
    [
        lambda x: {str(x), "b", "c"},
        lambda x: [float("nan"), x],
        np.arange,
        lambda x: (Thing(), x),
        lambda x: STATE["n"] + x,
        lambda x: random.Random(x).random(),
        lambda x: sorted([x, 2, 1]),
    ],
    ids=["set", "nan", "array", "object", "global", "seed", "list"],
)
def test_what_keeps_the_promise_is_not_accused(function: Callable[..., object]) -> None:
    witness = Witness("it", function, (3,), {})
    result = function(3)
    witness.compare()
    witness.repeat(result)
    witness.find_alias(result, (__file__, 1))


def first_of(rows: list[list[int]]) -> list[int]:
    return rows[0]


def array_view(array: object) -> object:
    return array[1:]  # type: ignore[index]


CALLERS = """
def tells(rows, f):
    first = f(rows)
    return first is rows[0]

def changes(rows, f):
    for _ in range(2):
        rows.append(1)
        first = f(rows)

def changes_before(rows, f):
    rows.append(1)
    first = f(rows)
    return first

def asks_for_none(rows, f):
    first = f(rows)
    return first is not None

def stores(rows, f):
    first = f(rows)
    first[0] = 1

def adds(rows, f):
    first = f(rows)
    first += [1]
"""


@pytest.mark.parametrize("function,argument", [(first_of, [[1], [2]]), (array_view, np.arange(4))])
@pytest.mark.parametrize(
    "caller,text",
    [
        ("tells", "first is rows[0]"),
        ("changes", "rows.append(1)"),
        ("changes_before", None),
        ("asks_for_none", None),
        ("stores", "first[0] = 1"),
        ("adds", "first += [1]"),
    ],
)
def test_a_result_that_is_an_argument(
    function: Callable[..., object], argument: object, caller: str, text: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "caller.py"
    file.write_text(CALLERS, encoding="utf-8")
    lines = CALLERS.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(f"def {caller}("))
    line = next(number for number, each in enumerate(lines[begin:], begin + 1) if "f(rows)" in each)
    witness = Witness("it", function, (argument,), {})
    result = function(argument)
    witness.compare()
    if text is None:
        witness.find_alias(result, (str(file), line))
    else:
        with pytest.raises(ContractError, match=re.escape(f"can tell ({text})")):
            witness.find_alias(result, (str(file), line))


def test_a_copy_is_no_alias() -> None:
    rows = [[1], [2]]
    for result in (list(rows[0]), 5, "text", np.arange(3).copy()):
        Witness("it", first_of, (rows,), {}).find_alias(result, (__file__, 1))


def test_code_is_looked_at_where_it_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDRON_CHECK", "1")
    for given in (draw, draw_array, functools.partial(draw, 1.0), staticmethod(draw)):
        with pytest.raises(ContractError, match="uses the global state of"):
            pydron.functional(given)
    pydron.functional(first_of)
    pydron.functional([].count)
    monkeypatch.setenv("PYDRON_CHECK", "0")
    pydron.functional(functools.partial(draw, 1.0))
