"""Functional functions of a script go with what they refer to: what scripts usually have must not make them wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

import pydron
from pydron.testing import simulate
from tests.written import written

if TYPE_CHECKING:
    from collections.abc import Callable

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
