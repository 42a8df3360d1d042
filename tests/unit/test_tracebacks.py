"""The traceback of an error that leaves a scheduled function is that of the plain function, line for line."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING, cast

import pytest

import pydron
from pydron.testing import simulate
from tests.written import written

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = """
import asyncio
import pydron

@pydron.functional
def inverse(x):
    return 1 / x

@pydron.functional
async def asked(x):
    return 1 / x

@pydron.schedule
def called(x):
    return inverse(x) + 1

@pydron.schedule
def calling(x):
    return [called(y) for y in [1, x]]

@pydron.schedule
def caused(x):
    try:
        return inverse(x)
    except ZeroDivisionError as error:
        raise ValueError(x) from error

@pydron.schedule
def iterated(x):
    yield inverse(1)
    yield inverse(x)

@pydron.schedule
def delegated(x):
    yield from iterated(x)

@pydron.schedule
async def awaited(x):
    await asyncio.sleep(0)
    return inverse(x)

class Owner:
    @pydron.schedule
    def method(self, x):
        return inverse(x)

    @property
    @pydron.schedule
    def read(self):
        return inverse(0)

@pydron.schedule
def native(x):
    return 1 / x

def again(function):
    try:
        function(0)
    except ZeroDivisionError as error:
        kept = error
    raise kept

WAYS = {
    "call": lambda: calling(0),
    "again": lambda: again(calling),
    "cause": lambda: caused(0),
    "generator": lambda: [*iterated(0)],
    "delegation": lambda: [*delegated(0)],
    "coroutine": lambda: asyncio.run(awaited(0)),
    "method": lambda: [*map(Owner().method, [0])],
    "property": lambda: Owner().read,
    "waiting": lambda: asyncio.run(asked(0)),
    "nothing parallel": lambda: native(0),
    "too few arguments": lambda: Owner().method(),
    "too many arguments": lambda: calling(1, 2),
}
"""
PLAIN = re.sub(
    "@pydron[.](functional|schedule)", "@plain", TEXT.replace("import pydron", "plain = lambda function: function")
)
WAYS = re.findall('"(.*)":', TEXT)


def shown(text: str, way: str) -> str:
    """Return what is printed of the error that one of the ways ends by."""
    with written(text) as names:
        try:
            cast("dict[str, Callable[[], object]]", names["WAYS"])[way]()
        except Exception:
            lines = traceback.format_exc().splitlines()[3:]  # the call above
            return re.sub("/written/[0-9]+", "", "\n".join(line for line in lines if not line.startswith("raised by")))
    raise AssertionError(way)


@pytest.mark.parametrize("way", WAYS)
def test_of_a_run(way: str) -> None:
    with simulate(seed=1):
        mine = shown(TEXT, way)
    assert mine == shown(PLAIN, way)


@pytest.mark.parametrize("way", WAYS)
def test_of_what_runs_as_it_is_written(way: str) -> None:
    with pydron.session(mode="sequential"):
        mine = shown(TEXT, way)
    assert mine == shown(PLAIN, way)
