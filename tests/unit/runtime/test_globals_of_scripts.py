"""Functional functions of a script go with what they refer to: what scripts usually have must not make them wait."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import pandas as pd
import pytest

import pydron
from pydron.testing import simulate
from tests.written import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GLOBALS = {
    "a logger": ("logger = logging.getLogger('script')", "logger.debug('%s', x)"),
    "a logger with more to say": ("log = logging.LoggerAdapter(logging.getLogger('script'), {})", "log.debug('%s', x)"),
    "a cached function": ("@lru_cache\ndef table(n): return list(range(n))", "table(3)[x % 3]"),
    "an abstract class": (
        """
class Shape(ABC):
    @abstractmethod
    def area(self): ...
class Square(Shape):
    def area(self): return 4
Shape.register(int)
""",
        "Square().area()",
    ),
    "a generic class": ("T = TypeVar('T')\nclass Box(Generic[T]):\n    size = 3", "Box[int]().size"),
    "a protocol": ("@runtime_checkable\nclass Named(Protocol):\n    name: str", "isinstance(x, Named)"),
    "names of types": (
        "Value = int | None\nRow = Union[int, list[str]]\nText = NewType('Text', str)",
        "(Value, Row, Text)",
    ),
    "a getter": ("first = itemgetter(0)\nname = attrgetter('real')", "first([x]) + name(x)"),
    "a binary format": ("header = Struct('i')", "header.pack(x)"),
    "a time zone": ("zone = ZoneInfo('UTC')", "datetime.now(zone)"),
    "a context variable": ("level = ContextVar('level', default=1)", "level.get()"),
}
IMPORTS = """
import logging
from abc import ABC, abstractmethod
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from operator import attrgetter, itemgetter
from struct import Struct
from typing import Generic, NewType, Protocol, TypeVar, Union, runtime_checkable
from zoneinfo import ZoneInfo
"""
LOOP = """
def main(f):
    out = []
    for x in range(4):
        out.append(f(x))
    return out
"""


@pytest.mark.parametrize("definition, use", GLOBALS.values(), ids=GLOBALS)
def test_calls_of_functions_that_use_it_run_side_by_side(definition: str, use: str) -> None:
    text = f"{IMPORTS}\n{definition}\ndef f(x):\n    {use}\n    return x\n{LOOP}"
    with written(text) as names, simulate(workers=4, order="time", durations=lambda *_: 1.0) as pool:
        f = pydron.functional(cast("Callable[[int], int]", names["f"]))
        main = pydron.schedule(cast("Callable[[object], object]", names["main"]))
        assert main(f) == [0, 1, 2, 3]
    assert pool.clock.now == 1


def test_what_is_stored_into_what_they_refer_to_is_waited_for() -> None:
    text = f"""{IMPORTS}
TABLE = []
@lru_cache
def size(n):
    return len(TABLE)
def f(x):
    return size(x)
def g(x):
    return x
def main(f, g):
    TABLE.append(g(1))
    a = f(1)
    TABLE.append(g(2))
    return a, f(2)
"""
    with written(text) as names, simulate(workers=4, seed=1):
        functions = [pydron.functional(cast("Callable[[int], int]", names[name])) for name in "fg"]
        main = pydron.schedule(cast("Callable[..., object]", names["main"]))
        assert main(*functions) == (1, 2)


CLASS = """
import pydron

class Model:
    @pydron.functional
    def score(self, x):
        return x + 1

    @pydron.schedule
    def run(self):
        out = []
        for x in range(4):
            out.append(self.score(x))
        self.results = out
        return out
"""


def test_functional_methods_of_a_class_with_scheduled_ones_run_side_by_side() -> None:
    with written(CLASS) as names, simulate(workers=4, order="time", durations=lambda *_: 1.0) as pool:
        assert cast("type", names["Model"])().run() == [1, 2, 3, 4]
    assert pool.clock.now == 1


def test_a_partial_of_a_functional_function_is_one_too() -> None:
    text = "def main(f):\n    g = partial(f, 1)\n    return [g(x) for x in range(4)]"
    with written(text, partial=partial) as names, simulate(workers=4, order="time", durations=lambda *_: 1.0) as pool:
        main = pydron.schedule(cast("Callable[[object], object]", names["main"]))
        assert main(pydron.functional(lambda *given: max(given))) == [1, 1, 2, 3]
    assert pool.clock.now == 1


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2020-01-01", periods=4),
        pd.timedelta_range("1h", periods=4),
        pd.period_range("2020-01", periods=4, freq="M"),
        pd.interval_range(0, 4),
        pd.CategoricalIndex(list("abca")),
    ],
    ids=lambda index: type(index).__name__,
)
def test_rounds_over_an_index_of_pandas_do_not_wait_for_each_other(index: Iterable[object]) -> None:
    text = "def main(index, f):\n    out = []\n    for x in index: out.append(f(x))\n    return out"
    with written(text) as names, simulate(workers=4, order="time", durations=lambda *_: 1.0) as pool:
        main = pydron.schedule(cast("Callable[..., object]", names["main"]))
        assert main(index, pydron.functional(partial(str))) == list(map(str, index))
    assert pool.clock.now == 1
