"""Calls that are declared ordered: what may run ahead of them, what they may be put on, how they end."""

from __future__ import annotations

import functools
import traceback
from typing import TYPE_CHECKING

import pytest

import pydron
from pydron.testing import simulate
from pydron.testing.pool import SimulatedPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

LOG: list[object] = []
STORE: dict[int, int] = {}


@pytest.fixture(autouse=True)
def empty() -> None:
    LOG.clear()
    STORE.clear()


@pydron.functional
def double(x: int) -> int:
    return 2 * x


@pydron.functional
def fail(x: int) -> int:
    raise ValueError(x)


@pydron.ordered
def show(*values: object) -> int:
    LOG.append(values)
    return len(LOG)


@pydron.ordered(writes="store")
def put(key: int, value: int) -> None:
    STORE[key] = value


@pydron.ordered(reads="store")
def get(key: int) -> int:
    return STORE.get(key, 0)


def seconds(function: Callable[..., object], *args: object) -> float:
    """Return how long a scheduled function takes with 8 workers where each call takes a second and nothing else any."""
    pool = SimulatedPool(workers=8, order="time", durations=lambda _task, _rng: 1.0)
    with simulate(pool):
        function(*args)
    return pool.clock.now


@pydron.schedule
def shows_each(xs: list[int]) -> None:
    for x in xs:
        y = double(x)
        show(y, xs)
        double(y)


@pydron.schedule
def puts_each(xs: list[int]) -> None:
    for x in xs:
        y = double(x)
        put(x, y)
        double(y)


@pydron.schedule
def reads_each(xs: list[int]) -> None:
    for x in xs:
        y = double(get(x))
        show(y)
        double(y)


@pydron.schedule
def reads_what_it_put(xs: list[int]) -> None:
    for x in xs:
        put(x, double(x))
        double(get(x))


@pydron.schedule
def uses_results(xs: list[int]) -> None:
    for x in xs:
        double(show(double(x)))


@pytest.mark.parametrize("function", [shows_each, puts_each, reads_each])
def test_calls_that_come_later_run_ahead(function: Callable[..., object]) -> None:
    assert seconds(function, list(range(4))) == 2


def test_what_is_used_is_waited_for() -> None:
    seconds(reads_what_it_put, [0, 1, 2])
    assert STORE == {0: 0, 1: 2, 2: 4}
    seconds(uses_results, [0, 1, 2])
    assert LOG == [(0,), (2,), (4,)]


@pydron.schedule
def finds_records(xs: list[int]) -> None:
    for x in xs:
        y = double(x)
        if y > get(1):
            put(1, y)


def test_calls_are_not_made_again_where_a_writer_turns_up_late() -> None:
    assert seconds(finds_records, [1, 2, 3, 4, 5]) == 1
    assert STORE == {1: 10}


def test_a_call_that_is_not_reached_is_not_made() -> None:
    @pydron.schedule
    def main() -> None:
        show("first")
        fail(1)
        show("second")
        put(1, 1)

    for order in ("program", "reverse", "random"):
        LOG.clear()
        with simulate(seed=3, order=order), pytest.raises(ValueError, match="1"):
            main()
        assert LOG == [("first",)]
        assert STORE == {}


def test_an_error_comes_from_the_line_of_the_call_and_before_later_ones() -> None:
    @pydron.ordered
    def save(x: int) -> None:
        raise OSError(x)

    @pydron.schedule
    def main() -> None:
        x = double(1)
        save(x)
        fail(x)

    with simulate(seed=1, order="reverse"), pytest.raises(OSError, match="2") as caught:
        main()
    entries = traceback.extract_tb(caught.value.__traceback__)
    assert [(each.name, each.line) for each in entries if "pydron" not in each.filename.split("/")[-3:]][-2:] == [
        ("main", "save(x)"),
        ("save", "raise OSError(x)"),
    ]


def test_the_names_of_a_configuration_are_output() -> None:
    import json

    @pydron.schedule
    def main(stream: object) -> None:
        for k in range(3):
            json.dump(double(k), stream)  # type: ignore[arg-type]
            double(k)

    class Lines(list[str]):
        def write(self, text: str) -> None:
            self.append(text)

    lines = Lines()
    with pydron.session({"ordered": ["json.dump"], "workers": [{"type": "threads", "count": 2}]}, ship=True):
        main(lines)
    assert lines == ["0", "2", "4"]


def test_what_comes_back_is_what_went_in() -> None:
    def plain(x: int) -> int:
        return x

    static = staticmethod(plain)
    part = functools.partial(plain, 1)
    for given in (plain, static, part, LOG.append):
        assert pydron.ordered(given) is given
    pydron.ordered()(plain)
    assert not vars(plain)


def test_resources_are_names() -> None:
    for wrong in ([2], [""], ""):
        with pytest.raises(TypeError, match="is the name of a resource"):
            pydron.ordered(reads=wrong)  # type: ignore[arg-type]


def test_what_cannot_be_ordered() -> None:
    def generator() -> Iterator[int]:
        yield 1

    async def coroutine() -> int:
        return 1

    async def both() -> AsyncIterator[int]:
        yield 1

    for given in (generator, coroutine, both):
        with pytest.raises(TypeError, match="what it does happens after the call"):
            pydron.ordered(given)
    with pytest.raises(TypeError, match=r"not 5 \(int\); options are given by name"):
        pydron.ordered(5)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="directly above the def"):
        pydron.ordered(property(lambda self: 1))  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="both functional and ordered"):
        pydron.ordered(double)
    with pytest.raises(TypeError, match="both functional and ordered"):
        pydron.functional(show)
