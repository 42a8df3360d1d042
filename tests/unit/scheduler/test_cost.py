"""Where calls are made, as a table: what was measured, and what is decided."""

from __future__ import annotations

import pytest

from pydron.scheduler.cost import LEAST, SHIP_COST, TRIALS, CostModel

QUICK, SLOW = 1e-6, 1.0
HERE, THERE = None, 10
"""Bytes of what travelled, if anything did."""

Observed = list[tuple[float, int | None]]


def shipped(seconds: float, count: int = 1) -> Observed:
    return [(seconds, THERE)] * count


def made_here(seconds: float, count: int = 1) -> Observed:
    return [(seconds, HERE)] * count


TABLE = [
    ("nothing is known", [], "ship"),
    ("too few quick calls", shipped(QUICK, TRIALS - 1), "ship"),
    ("quick calls", shipped(QUICK, TRIALS), "inline"),
    ("slow calls", shipped(SLOW, 50), "ship"),
    ("a little below the price of shipping", shipped(SHIP_COST * 0.9, TRIALS), "inline"),
    ("a little above it", shipped(SHIP_COST * 1.1, 50), "ship"),
    ("a slow first call is forgiven", shipped(SLOW) + shipped(QUICK, LEAST + 1), "inline"),
    ("but not at once", shipped(SLOW) + shipped(QUICK, LEAST - 1), "ship"),
    ("one slow call here sends it back at once", made_here(QUICK, 1000) + made_here(SLOW), "ship"),
    ("for long", made_here(QUICK, 1000) + made_here(SLOW) + shipped(QUICK, 10_000), "ship"),
    ("but not for ever", made_here(QUICK, 1000) + made_here(SLOW) + shipped(QUICK, 60_000), "inline"),
    ("a hiccup is forgiven if enough was saved", made_here(QUICK, 1000) + made_here(0.015), "inline"),
    ("and not if not", made_here(QUICK, 100) + made_here(0.015), "ship"),
]


@pytest.mark.parametrize("_name, observed, decision", TABLE, ids=[row[0] for row in TABLE])
def test_decision(_name: str, observed: Observed, decision: str) -> None:
    model = CostModel()
    for seconds, size in observed:
        model.observe(b"f", seconds, size)
    assert model.decide(b"f") == decision


def test_calls_that_are_rarely_slow_hold_up_the_driver_a_few_times_only() -> None:
    model = CostModel()
    held_up = 0
    for number in range(100_000):
        seconds = SLOW if number % 1000 == 999 else QUICK
        here = model.decide(b"f") == "inline"
        held_up += seconds == SLOW and here
        model.observe(b"f", seconds, HERE if here else THERE)
    assert 1 <= held_up <= 3


def test_what_is_dear_to_ship_is_made_here_though_it_takes_longer() -> None:
    model = CostModel()
    for _ in range(TRIALS):
        model.observe("big", 0.01, 100_000_000)
        model.observe("small", 0.01, 100)
    assert (model.decide("big"), model.decide("small")) == ("inline", "ship")


def test_what_takes_long_to_pickle_is_made_here_until_it_may_have_changed() -> None:
    model = CostModel()
    for _ in range(TRIALS):
        model.observe("f", 0.01, 100, 0.1)
    for _ in range(100):
        assert model.decide("f") == "inline"
        model.observe("f", 0.01)
    for _ in range(1000):
        model.observe("f", 0.01)
    assert model.decide("f") == "ship"
    model.observe("f", 0.01, 100, 0.0)
    assert model.decide("f") == "ship"


def test_bytes_that_are_not_known_do_not_change_what_is_known() -> None:
    model = CostModel()
    model.observe("f", QUICK, 1000)
    model.observe("f", QUICK)
    assert model.functions["f"].bytes == 1000
    assert model.functions["f"].calls == 2


def test_shipping_can_be_forced() -> None:
    model = CostModel(ship=True)
    for _ in range(100):
        model.observe("f", QUICK)
    assert model.decide("f") == "ship"


def test_functions_are_judged_apart() -> None:
    model = CostModel()
    for _ in range(100):
        model.observe("quick", QUICK)
        model.observe("slow", SLOW)
    assert (model.decide("quick"), model.decide("slow")) == ("inline", "ship")


def test_memory_is_bounded() -> None:
    model = CostModel()
    for number in range(25_000):
        model.observe(number, QUICK)
    assert len(model.functions) <= 10_000
