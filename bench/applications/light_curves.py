"""Which stars change their brightness, and how often: a coarse search for periods, a fine one near what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import pydron

if TYPE_CHECKING:
    from bench.applications import Each

Numbers = NDArray[np.float64]

SERIES = 30
NIGHTS = 600
COARSE = 5000
FINE = 3000


@dataclass
class Variable:
    """A star that changes."""

    star: int
    period: float
    power: float
    shape: list[float]


@pydron.functional
def observe(star: int) -> tuple[Numbers, Numbers]:
    """Return when a star was observed, and how bright it was."""
    rng = np.random.default_rng(star)
    times = np.sort(rng.uniform(0.0, 400.0, NIGHTS))
    phase = 2 * np.pi * times / rng.uniform(0.7, 15.0)
    change = 0.0 if star % 3 == 0 else 0.4
    return times, 12.0 + change * (np.sin(phase) + 0.3 * np.sin(2 * phase)) + rng.normal(0.0, 0.3, NIGHTS)


@pydron.functional
def strongest(times: Numbers, brightness: Numbers, frequencies: Numbers) -> tuple[float, float]:
    """Return the frequency with the greatest power, and that power."""
    change = brightness - brightness.mean()
    best, most = 0.0, 0.0
    for part in np.array_split(frequencies, max(1, len(frequencies) // 500)):
        angles = 2 * np.pi * np.outer(part, times)
        powers = (np.cos(angles) @ change) ** 2 + (np.sin(angles) @ change) ** 2
        top = int(powers.argmax())
        if powers[top] > most:
            best, most = float(part[top]), float(powers[top])
    return best, 2 * most / len(times) / float(change @ change)


@pydron.functional
def fold(times: Numbers, brightness: Numbers, period: float) -> list[float]:
    """Return the mean brightness in ten parts of the period."""
    phases = (times / period) % 1.0
    return [float(brightness[(phases * 10).astype(int) == part].mean()) for part in range(10)]


def prepare() -> tuple[list[int]]:
    """Return the numbers of the stars."""
    return (list(range(SERIES)),)


@pydron.schedule
def run(stars: list[int]) -> list[Variable]:
    frequencies = np.linspace(0.05, 1.6, COARSE)
    step = frequencies[1] - frequencies[0]
    found = []
    for star in stars:
        times, brightness = observe(star)
        frequency, power = strongest(times, brightness, frequencies)
        if power < 0.15:
            continue
        near = np.linspace(frequency - step, frequency + step, FINE)
        frequency, power = strongest(times, brightness, near)
        shape = fold(times, brightness, 1 / frequency)
        print(f"star {star}: every {1 / frequency:.4f} days, by {max(shape) - min(shape):.2f}")
        found.append(Variable(star, 1 / frequency, power, shape))
    found.sort(key=lambda variable: -variable.power)
    return found


def one_star(star: int, frequencies: Numbers) -> Variable | None:
    """Do all that there is to do for a star."""
    step = frequencies[1] - frequencies[0]
    times, brightness = observe(star)
    frequency, power = strongest(times, brightness, frequencies)
    if power < 0.15:
        return None
    near = np.linspace(frequency - step, frequency + step, FINE)
    frequency, power = strongest(times, brightness, near)
    return Variable(star, 1 / frequency, power, fold(times, brightness, 1 / frequency))


def by_hand(each: Each, stars: list[int]) -> list[Variable]:
    found = [variable for variable in each(one_star, stars, np.linspace(0.05, 1.6, COARSE)) if variable]
    for variable in found:
        amplitude = max(variable.shape) - min(variable.shape)
        print(f"star {variable.star}: every {variable.period:.4f} days, by {amplitude:.2f}")
    found.sort(key=lambda variable: -variable.power)
    return found
