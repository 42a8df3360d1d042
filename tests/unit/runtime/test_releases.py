"""When a run gives back the values of its calls."""

from __future__ import annotations

import gc
import weakref
from functools import partial
from typing import TYPE_CHECKING

import pytest

import pydron
from pydron.testing import simulate
from pydron.testing.simulation import ORDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def test_a_value_that_has_arrived_is_given_back_though_a_variable_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    seen: list[list[int]] = []

    def look() -> None:
        seen.append(given.copy())

    @pydron.functional
    def double(x: int) -> int:
        return 2 * x

    @pydron.schedule
    def main() -> int:
        a = double(1)
        look()
        b = double(2)
        look()
        return a + b

    with simulate(seed=1) as pool:
        monkeypatch.setattr(pool, "release", given.extend)
        assert main() == 6
    assert seen[1] == given[:1]
    assert len(given) == 2


class Large:
    """Takes much memory, one would think."""

    missing: int
    """Never set."""

    def __init__(self, v: int) -> None:
        self.v = v

    @property
    def size(self) -> int:
        return self.v


class Asking(Large):
    """Handles an error when it is asked for its size."""

    @property
    def size(self) -> int:
        try:
            return self.missing
        except AttributeError:
            return self.v


class Noting(Large):
    """Notes that it was asked."""

    @property
    def size(self) -> int:
        seen.append(self.v)
        return self.v


alive: list[weakref.ref[Large]] = []
seen: list[int] = []


@pydron.functional
def same(x: int) -> int:
    return x


@pydron.schedule
def constructs() -> int:
    large = Large(same(1))
    alive.append(weakref.ref(large))
    return same(large.v)


@pydron.schedule
def measures(kind: type[Large]) -> list[int]:
    out = []
    for i in range(3):
        large = kind(i)
        out.append(same(large.size))
        alive.append(weakref.ref(large))
    return out


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("function", [constructs, partial(measures, Asking), partial(measures, Noting)])
def test_what_a_function_has_let_go_of_is_gone_without_the_garbage_collector(
    function: Callable[[], object], order: str
) -> None:
    alive.clear()
    with simulate(seed=1, order=order):
        function()
        assert alive
        assert [each() for each in alive if each() is not None] == []
