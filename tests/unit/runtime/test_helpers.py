"""Undecorated functions that lead to functional calls are parts of the run that calls them."""

from __future__ import annotations

import gc
import warnings
import weakref
from functools import partial
from typing import TYPE_CHECKING, cast

import pytest

import pydron
from pydron.context import adopt, simulated
from pydron.runtime.forecasts import MISSING
from pydron.runtime.helpers import leads_to, part_of_run
from pydron.runtime.marks import Functional, functional_of
from pydron.runtime.parts import Parts
from pydron.runtime.surroundings import Surroundings
from pydron.scheduler.cost import TRIALS, CostModel
from pydron.testing import SimulatedPool, simulate
from tests.written import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import FunctionType

    from pydron.runtime.plan import Plan

TEXT = """
import functools, statistics, warnings
import pydron

@pydron.functional
def f(x):
    return x * 7 % 5

def step(x, *, offset=0):
    y = f(x)
    return f(y) + offset if y > 2 else y

def outer(x):
    return step(x, offset=1)

def made(k):
    def inner(x):
        return f(x) + k
    return inner

add_two = made(2)

def fall(x):
    return fall(x - 1) + f(x) if x > 0 else 0

class Model:
    @pydron.functional
    def score(self, x):
        return x + 1

class Pipeline:
    def __init__(self):
        self.model, self.seen = Model(), []

    def step(self, x):
        return self.model.score(x)

    def noted(self, x):
        self.seen.append(x)
        y = self.model.score(x)
        self.seen.append(y)
        return y

    @pydron.schedule
    def run(self):
        return [self.step(x) for x in range(6)]

    @pydron.schedule
    def run_noted(self):
        out = []
        for x in range(6):
            out.append(self.noted(x))
        return out, self.seen

class Scaled:
    def __init__(self, by):
        self.by = by

    def __call__(self, x):
        return f(x) * self.by

    @property
    def scaled(self):
        return f(self.by) + 1

    @property
    @pydron.schedule
    def planned(self):
        return f(self.by) + 2

    @staticmethod
    def plus(x):
        return f(x) + 1

    @classmethod
    def apply(cls, x, *, by=1):
        return cls(by)(x)

twice = Scaled(2)

@pydron.schedule
def of_objects():
    thrice = Scaled(3)
    return [twice(x) + thrice(x) for x in range(6)]

@pydron.schedule
def of_properties():
    several = [Scaled(x) for x in range(6)]
    return [each.scaled + each.planned for each in several], [getattr(each, "scaled") for each in several]

@pydron.schedule
def of_lambdas():
    base = 3
    plus = lambda x: f(x) + base
    ranked = sorted(range(6), key=lambda x: -f(x))
    return [plus(x) for x in range(6)], ranked, list(filter(lambda x: f(x) > base, range(6)))

@pydron.schedule
def of_classes():
    return [Scaled.plus(x) + Scaled.apply(x, by=2) for x in range(6)]

@pydron.schedule
def of_partials():
    ahead, scaled = functools.partial(step, offset=2), functools.partial(Scaled.apply, by=3)
    return [ahead(x) + scaled(x) for x in range(6)]

@pydron.schedule
def listed():
    return [step(x) for x in range(6)]

@pydron.schedule
def summed():
    total = 0
    for x in range(6):
        total += outer(x)
    return total

@pydron.schedule
def mapped():
    return list(map(step, range(6))), max(range(6), key=outer)

@pydron.schedule
def closed():
    return [add_two(x) for x in range(6)]

@pydron.schedule
def inside():
    def inner(x):
        return step(x) + base
    base = 3
    return [inner(x) for x in range(6)]

@pydron.schedule
def falling():
    return fall(5), fall(4)

def piped():
    return Pipeline().run()

def piped_noted():
    return Pipeline().run_noted()

def plain(x):
    return statistics.mean([x, x]) + len(str(x))

def generator(x):
    yield f(x)

def warned(x):
    warnings.warn("old", stacklevel=2)
    return f(x)

def evaluated(x):
    return eval("f(x)")

@pydron.functional
async def ask(x):
    return x

def waits(x):
    return f(x), ask(x)
"""
WAITING = """
import asyncio
import pydron

@pydron.functional
async def ask(x):
    await asyncio.sleep(0)
    return x * 2

@pydron.functional
def f(x):
    return x + 1

def undecorated(x):
    return asyncio.run(ask(f(x)))

def given(function, x):
    made = function(f(x))
    return asyncio.run(made) if asyncio.iscoroutine(made) else made

@pydron.schedule
def main():
    def inner(x):
        return ask(f(x))
    out = []
    for x in range(3):
        out.append(undecorated(x))
        out.append(given(ask, x))
        out.append(given(f, x))
        out.append(inner(x))
    return out
"""
ROUNDS = {
    "listed": 2,
    "of_objects": 1,
    "of_properties": 1,
    "of_lambdas": 1,
    "of_classes": 1,
    "of_partials": 2,
    "summed": 2,
    "mapped": 2,
    "closed": 1,
    "inside": 2,
    "falling": 1,
    "piped": 1,
    "piped_noted": 1,
}
"""How many calls come one after the other."""


def check(name: str, around: AbstractContextManager[object]) -> None:
    """See that a program of the text gives what it gives when it runs sequentially."""
    with written(TEXT) as names:
        main = cast("Callable[[], object]", names[name])
        with around:
            found = main()
        with pydron.session(mode="sequential"):
            assert found == main()


def second_long(*_: object) -> float:
    return 1.0


@pytest.mark.parametrize("name", ROUNDS)
def test_their_calls_run_side_by_side(name: str) -> None:
    pool = SimulatedPool(workers=20, order="time", durations=second_long)
    check(name, simulated(pool))
    assert pool.clock.now == ROUNDS[name]


@pytest.mark.parametrize("name", ROUNDS)
@pytest.mark.parametrize("seed", range(5))
def test_in_any_order_they_mean_the_same(name: str, seed: int) -> None:
    check(name, simulate(workers=4, seed=seed))


@pytest.mark.parametrize("name", ROUNDS)
def test_where_all_calls_are_quick_they_are_called_as_they_are(name: str) -> None:
    pool = SimulatedPool()
    check(name, simulated(pool, inlines=lambda _account: True))
    assert pool.clock.now == 0


@pytest.mark.parametrize("name", ROUNDS)
def test_their_slow_calls_run_side_by_side_however_quick_they_were(name: str) -> None:
    pool = SimulatedPool(workers=20, order="time", durations=second_long)
    check(name, simulated(pool, inlines=lambda account: not isinstance(account, Functional)))
    assert pool.clock.now == ROUNDS[name]


def test_which_are_called_as_they_are() -> None:
    with written(TEXT) as names:
        step, waits = cast("FunctionType", names["step"]), cast("FunctionType", names["waits"])
        costs = CostModel()
        with simulate() as pool:
            surroundings = Surroundings(pool, lambda _: None, adopt, inlines=costs.inlines, observe=costs.observe)
        parts = Parts(surroundings)

        def call(function: FunctionType) -> object:
            return parts.call_if_quick(function, (1,), {})

        def note(function: FunctionType) -> None:
            part = parts.find(function)
            assert part is not None
            for _ in range(TRIALS):
                parts.note(cast("Plan", part.plan()), function)

        note(step)
        assert call(step) is MISSING  # not before its calls are known to be quick
        for _ in range(TRIALS):
            costs.observe(functional_of(names["f"]), 1e-6)
        assert call(step) == 2
        note(waits)
        assert call(waits) is MISSING  # only a run calls coroutine functions to their end
        costs.observe(functional_of(names["f"]), 1.0)
        assert call(step) is MISSING


def test_which_functions_are_parts() -> None:
    with written(TEXT) as names:
        functions = {name: cast("FunctionType", names[name]) for name in names if callable(names[name])}
        with simulate(seed=1):
            functions["listed"]()
        for name in ("step", "outer", "add_two", "fall"):
            assert part_of_run(functions[name], None) is not None, name
        for name in ("plain", "generator", "warned", "evaluated"):
            assert part_of_run(functions[name], None) is None, name
        assert leads_to(functions["plain"]) is None
        assert leads_to(functions["outer"]) == "f"
        assert leads_to(functions["warned"]) == "f"


def test_no_function_whose_code_is_not_what_its_source_says() -> None:
    with written(TEXT) as names:
        step = cast("FunctionType", names["step"])
        with simulate(seed=1):
            cast("Callable[[], object]", names["listed"])()
        code = step.__code__
        rewritten = code.replace(co_consts=tuple(each + 1 if type(each) is int else each for each in code.co_consts))
        assert part_of_run(step, None) is not None
        step.__code__ = rewritten
        assert part_of_run(step, None) is None


def test_functions_that_the_configuration_calls_functional() -> None:
    with written(TEXT) as names:
        plain = cast("FunctionType", names["plain"])
        assert leads_to(plain, {len}) is None  # a name of Python's own
        outer = cast("FunctionType", written_function("def g(x): return x\ndef outer(x): return g(x)", "outer"))
        assert leads_to(outer, {outer.__globals__["g"]}) == "g"


def written_function(text: str, name: str) -> object:
    with written(text) as names:
        return names[name]


def test_they_raise_as_plain_functions_do() -> None:
    text = (
        TEXT
        + """
def failing(x):
    y = f(x)
    return 1 / (y - 3)

@pydron.schedule
def main(*args):
    out = []
    for x in range(6):
        out.append(failing(x))
    return out

@pydron.schedule
def wrong():
    return step(1), step(1, 2)
"""
    )
    with written(text) as names:
        for name, kind, line in (("main", ZeroDivisionError, "return 1 / (y - 3)"), ("wrong", TypeError, "step(1, 2)")):
            main = cast("Callable[[], object]", names[name])
            shown = []
            for around in (partial(simulate, workers=4, seed=3), partial(pydron.session, mode="sequential")):
                with around(), pytest.raises(kind) as raised:
                    main()
                own = raised.traceback[1:]
                shown.append([(entry.name, entry.lineno, str(entry.statement).strip()) for entry in own])
            assert shown[0] == shown[1]
            assert line in shown[0][-1][2]


@pytest.mark.parametrize("seed", range(5))
def test_in_them_calls_of_coroutine_functions_give_coroutines(seed: int) -> None:
    with written(WAITING) as names:
        main = cast("Callable[[], object]", names["main"])
        with pydron.session(mode="sequential"):
            expected = main()
        assert expected == [2, 2, 2, 2, 4, 4, 3, 4, 6, 6, 4, 6]
        with simulate(workers=4, seed=seed):
            assert main() == expected


def test_nobody_is_told_of_functions_that_cannot_be_parts() -> None:
    text = (
        TEXT
        + """
@pydron.schedule
def main():
    return [evaluated(f(x)) for x in range(3)]
"""
    )
    with written(text) as names, simulate(workers=4, seed=1), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cast("Callable[[], object]", names["main"])() == [0, 4, 3]


def test_nothing_keeps_them() -> None:
    with written(TEXT) as names:
        with simulate(workers=4, seed=1):
            cast("Callable[[], object]", names["inside"])()
            cast("Callable[[], object]", names["closed"])()
        gone = weakref.ref(cast("FunctionType", names["add_two"]))
        del names["add_two"]
        gc.collect()
        assert gone() is None
