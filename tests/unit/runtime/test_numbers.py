"""Arithmetic of numpy between functional calls holds nothing up, unless it has something to say."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pydron
from pydron.testing import simulate

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[tuple[int], np.dtype[np.float64]]

COUNT = 16


@pydron.functional
def load(number: int) -> Array:
    return np.arange(5.0) + number


@pydron.functional
def weigh(values: Array) -> float:
    return float(values.sum())


def standard(values: Array) -> Array:
    values = values - values.mean()
    values /= values.std() + 1
    return values


def operators(number: int) -> float:
    image = load(number)
    return weigh((image - 2.5) / 3 + -image)


def functions(number: int) -> float:
    image = load(number)
    return weigh(np.sqrt(image) + np.mean(image) + np.concatenate([image]))


def methods(number: int) -> float:
    return weigh(load(number).astype(np.float32).clip(1, number))


def branches(number: int) -> float:
    image = load(number)
    if image.mean() * 1.5 > 6:
        image = image[image > 4] - 1
    return weigh(image)


def helper(number: int) -> float:
    return weigh(standard(load(number)))


def noise(seed: int) -> Array:
    generator = np.random.default_rng(seed)
    return generator.normal(size=5) + generator.normal(1.0, 2.0, 5)


def drawing(number: int) -> float:
    return weigh(load(number) + noise(number))


@pytest.mark.parametrize(
    "step", [operators, functions, methods, branches, helper, drawing], ids=lambda step: step.__name__
)
def test_two_calls_for_each_take_as_long_as_two_calls(step: Callable[[int], float]) -> None:
    scheduled = pydron.schedule(step)
    step(0)  # what numpy does once takes longer than it is worth trying

    @pydron.schedule
    def main() -> list[float]:
        return [scheduled(number) for number in range(COUNT)]

    with simulate(workers=COUNT, order="time", durations=lambda *_: 1.0) as pool:
        weights = main()
        assert pool.clock.now == pytest.approx(2, abs=0.1)
    assert weights == [step(number) for number in range(COUNT)]


def test_what_takes_long_is_not_done_twice_all_the_time() -> None:
    slow: list[int] = []

    def crunch(values: Array) -> Array:
        slow.append(1)
        for _ in range(10):
            values = np.sort(np.tile(values, 20_000))[:5] / 1.5
        return values

    @pydron.schedule
    def main() -> list[float]:
        return [weigh(crunch(load(number))) for number in range(COUNT)]

    with simulate(workers=4, order="time", durations=lambda *_: 0.001):
        main()
    assert COUNT <= len(slow) < COUNT + COUNT // 2


@pytest.mark.parametrize("size", [10, 2000, 100_000])
def test_sums_in_place_hold_up_no_call_however_large_its_arguments(size: int) -> None:
    @pydron.schedule
    def add_up(chunks: list[Array]) -> Array:
        total = np.zeros(1)
        for chunk in chunks:
            total += weigh(chunk)
        return total

    chunks = [np.arange(float(size)) + number for number in range(8)]
    with simulate(workers=8, order="time", durations=lambda *_: 1.0) as pool:
        assert add_up(chunks) == sum(chunk.sum() for chunk in chunks)
    assert pool.clock.now == 1


def stacked(numbers: list[int]) -> Array:
    total = np.zeros(5)
    for number in numbers:
        total += load(number)
    return total


def chosen(numbers: list[int]) -> tuple[Array, int]:
    total, count = np.zeros(5), 0
    for number in numbers:
        image = load(number)
        if weigh(image) < 0:
            continue
        total += image
        count += 1
    return total, count


@pytest.mark.parametrize("function, rounds", [(stacked, 1), (chosen, 2)], ids=["plain", "in a branch"])
def test_adding_up_arrays_in_place_holds_up_no_call(function: Callable[[list[int]], object], rounds: int) -> None:
    numbers = list(range(COUNT))
    with simulate(workers=COUNT, order="time", durations=lambda *_: 1.0) as pool:
        found = pydron.schedule(function)(numbers)
    assert repr(found) == repr(function(numbers))
    assert pool.clock.now == rounds


@pydron.functional
def huge(number: int) -> Array:
    return np.full(3, 1e308 if number in {4, 5, 6} else 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_adding_up_in_place_warns_where_plain_python_does(seed: int) -> None:
    def overflow(numbers: list[int]) -> list[float]:
        total, seen = np.zeros(3), []
        for number in numbers:
            print(number)
            total += huge(number)
            seen.append(float(total[0]))
            print(number, "done")
        return seen

    def heard(function: Callable[[list[int]], list[float]]) -> tuple[object, list[str]]:
        said: list[str] = []
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("always")
            patch.setattr("builtins.print", lambda *words: said.append(" ".join(map(str, words))))
            patch.setattr(warnings, "showwarning", lambda message, *_: said.append(str(message)))
            return function(list(range(8))), said

    with simulate(seed=seed, workers=4):
        assert heard(pydron.schedule(overflow)) == heard(overflow)


def test_what_is_added_to_in_place_is_not_seen_early() -> None:
    @pydron.schedule
    def main(numbers: list[int]) -> list[float]:
        total = np.zeros(5)
        alias, sums = total, []
        for number in numbers:
            total += load(number)
            sums.append(weigh(alias))
        return sums

    with simulate(workers=4, seed=3):
        found = main(list(range(6)))
    plain = np.zeros(5)
    expected = [float((plain := plain + np.arange(5.0) + number).sum()) for number in range(6)]
    assert found == expected
