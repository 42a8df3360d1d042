"""What options are worth: random paths of a price, more and more of them until the estimate is accurate enough."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import pydron

if TYPE_CHECKING:
    from bench.applications import Each

BATCHES = 8
PATHS = 10_000
STEPS = 60


class Option(NamedTuple):
    """Pays what the mean price is above the strike, unless the price falls below the barrier."""

    strike: float
    barrier: float
    volatility: float
    accuracy: float


@pydron.functional
def payoffs(option: Option, seed: int) -> tuple[float, float]:
    """Follow some paths; return the sum of what they pay, and that of the squares."""
    steps = np.random.default_rng(seed).normal(0.0, option.volatility / math.sqrt(STEPS), (PATHS, STEPS))
    prices = 100.0 * np.exp(np.cumsum(steps - option.volatility**2 / STEPS / 2, axis=1))
    paid = np.maximum(prices.mean(axis=1) - option.strike, 0.0)
    paid[prices.min(axis=1) < option.barrier] = 0.0
    return float(paid.sum()), float((paid**2).sum())


@pydron.schedule
def value(option: Option) -> tuple[float, int]:
    """Return the mean of what an option pays, and how many paths that took."""
    total, squares, paths, seed = 0.0, 0.0, 0, 0
    error = math.inf
    while error > option.accuracy:
        for _ in range(BATCHES):
            paid, squared = payoffs(option, seed)
            total += paid
            squares += squared
            paths += PATHS
            seed += 1
        mean = total / paths
        error = math.sqrt((squares / paths - mean**2) / paths)
        print(f"strike {option.strike}: {paths} paths, {mean:.3f} +- {error:.3f}")
    return mean, paths


def prepare() -> tuple[list[Option]]:
    """Return the options."""
    return ([Option(95.0, 80.0, 0.2, 0.012), Option(100.0, 70.0, 0.3, 0.018), Option(110.0, 60.0, 0.4, 0.02)],)


@pydron.schedule
def run(options: list[Option]) -> dict[float, tuple[float, int]]:
    return {option.strike: value(option) for option in options}


def batch(seed: int, option: Option) -> tuple[float, float]:
    """Follow some paths."""
    return payoffs(option, seed)


def by_hand(each: Each, options: list[Option]) -> dict[float, tuple[float, int]]:
    values = {}
    for option in options:
        total, squares, paths, seed = 0.0, 0.0, 0, 0
        error = math.inf
        while error > option.accuracy:
            for paid, squared in each(batch, range(seed, seed + BATCHES), option):
                total += paid
                squares += squared
                paths += PATHS
            seed += BATCHES
            mean = total / paths
            error = math.sqrt((squares / paths - mean**2) / paths)
            print(f"strike {option.strike}: {paths} paths, {mean:.3f} +- {error:.3f}")
        values[option.strike] = mean, paths
    return values
