"""Where calls are made, as a table: what was measured, and what is decided."""

from __future__ import annotations

import pytest

from pydron.scheduler.cost import LEAST, TRIALS, CostModel

QUICK, SLOW = 1e-6, 1.0

TABLE = [
    ("nothing is known", [], "ship"),
    ("too few quick calls", [QUICK] * (TRIALS - 1), "ship"),
    ("quick calls", [QUICK] * TRIALS, "inline"),
    ("slow calls", [SLOW] * 50, "ship"),
    ("a little below the price of shipping", [90e-6] * TRIALS, "inline"),
    ("a little above it", [110e-6] * 50, "ship"),
    ("one slow call sends it back at once", [QUICK] * 1000 + [SLOW], "ship"),
    ("a slow first call is forgiven", [SLOW] + [QUICK] * LEAST, "inline"),
    ("but not at once", [SLOW] + [QUICK] * (LEAST - 1), "ship"),
    ("quick for as long as before a slow call", ([QUICK] * 100 + [SLOW]) + [QUICK] * 100, "ship"),
    ("quick for eight times as long", ([QUICK] * 100 + [SLOW]) + [QUICK] * 800, "inline"),
]


@pytest.mark.parametrize("_name, seconds, decision", TABLE, ids=[row[0] for row in TABLE])
def test_decision(_name: str, seconds: list[float], decision: str) -> None:
    model = CostModel()
    for each in seconds:
        model.observe(b"f", each)
    assert model.decide(b"f") == decision


def test_calls_that_are_rarely_slow_hold_up_the_driver_a_few_times_only() -> None:
    model = CostModel()
    held_up = 0
    for number in range(100_000):
        seconds = SLOW if number % 1000 == 999 else QUICK
        held_up += seconds == SLOW and model.decide(b"f") == "inline"
        model.observe(b"f", seconds)
    assert held_up == 1


def test_what_is_dear_to_ship_is_made_here_though_it_takes_longer() -> None:
    model = CostModel()
    for _ in range(TRIALS):
        model.observe("big", 0.01, 100_000_000)
        model.observe("small", 0.01, 100)
    assert (model.decide("big"), model.decide("small")) == ("inline", "ship")


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
