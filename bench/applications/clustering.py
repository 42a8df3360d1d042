"""Groups among points: k-means from several starts, each until it stays where it is; the best of them."""

from __future__ import annotations

import math
from inspect import unwrap
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

import pydron

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.applications import Each

Numbers = NDArray[np.float64]

POINTS = 60_000
DIMENSIONS = 6
CLUSTERS = 10
STARTS = 6
CHUNKS = 4
ROUNDS = 40


class Part(NamedTuple):
    """What a part of the points says about where the centres should be."""

    sums: Numbers
    counts: Numbers
    cost: float


class Clusters(NamedTuple):
    """Centres, and how far the points are from them."""

    centres: Numbers
    cost: float
    rounds: int


@pydron.functional
def assign(points: Numbers, centres: Numbers) -> Part:
    """Assign each point to the nearest centre."""
    away = (centres**2).sum(axis=1) - 2 * points @ centres.T
    nearest = away.argmin(axis=1)
    sums = np.zeros_like(centres)
    np.add.at(sums, nearest, points)
    cost = float((away.min(axis=1) + (points**2).sum(axis=1)).sum())
    return Part(sums, np.bincount(nearest, minlength=len(centres)).astype(float), cost)


def choose(points: Numbers, seed: int) -> Numbers:
    """Return points to start from."""
    return points[np.random.default_rng(seed).choice(len(points), CLUSTERS, replace=False)]


@pydron.schedule
def k_means(chunks: list[Numbers], centres: Numbers) -> Clusters:
    """Move the centres until they stay where they are."""
    rounds, step = 0, math.inf
    while rounds < ROUNDS and step >= 0.01:
        rounds += 1
        sums = np.zeros_like(centres)
        counts = np.zeros(len(centres))
        cost = 0.0
        for chunk in chunks:
            part = assign(chunk, centres)
            sums += part.sums
            counts += part.counts
            cost += part.cost
        moved = sums / np.maximum(counts, 1)[:, None]
        step = np.abs(moved - centres).max()
        centres = moved
    return Clusters(centres, cost, rounds)


def prepare() -> tuple[Numbers]:
    """Return the points."""
    rng = np.random.default_rng(6)
    middles = rng.uniform(-5.0, 5.0, (CLUSTERS, DIMENSIONS))
    return (middles[rng.integers(CLUSTERS, size=POINTS)] + rng.normal(0.0, 1.2, (POINTS, DIMENSIONS)),)


@pydron.schedule
def run(points: Numbers) -> Clusters:
    chunks = np.array_split(points, CHUNKS)
    best = None
    for start in range(STARTS):
        found = k_means(chunks, choose(points, start))
        print(f"start {start}: {found.rounds} rounds, cost {found.cost:.1f}")
        if best is None or found.cost < best.cost:
            best = found
    assert best is not None
    return best


def one_start(start: int, points: Numbers) -> Clusters:
    """Find the clusters from one start."""
    plain = cast("Callable[[list[Numbers], Numbers], Clusters]", unwrap(k_means))
    return plain(np.array_split(points, CHUNKS), choose(points, start))


def by_hand(each: Each, points: Numbers) -> Clusters:
    found = each(one_start, range(STARTS), points)
    for start, clusters in enumerate(found):
        print(f"start {start}: {clusters.rounds} rounds, cost {clusters.cost:.1f}")
    return cast("Clusters", min(found, key=lambda clusters: clusters.cost))
