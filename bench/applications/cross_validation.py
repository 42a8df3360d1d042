"""Which model with which parameter predicts best: models, parameters and folds in nested loops, means of scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

import pydron

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.applications import Each

Numbers = NDArray[Any]

SAMPLES = 1800
FEATURES = 12
FOLDS = 5


@dataclass
class Linear:
    """A weighted sum of the features."""

    weights: Numbers

    def predict(self, x: Numbers) -> Numbers:
        """Return what is expected for each row."""
        return x @ self.weights


@dataclass
class Neighbours:
    """The mean of the samples nearby."""

    x: Numbers
    y: Numbers
    count: int

    def predict(self, x: Numbers) -> Numbers:
        """Return what is expected for each row."""
        away = (x**2).sum(axis=1)[:, None] + (self.x**2).sum(axis=1) - 2 * x @ self.x.T
        nearest = np.argsort(away, axis=1)[:, : self.count]
        return cast("Numbers", self.y[nearest].mean(axis=1))


@dataclass
class Kernel:
    """A weighted sum of how near the samples are."""

    x: Numbers
    weights: Numbers
    gamma: float

    def predict(self, x: Numbers) -> Numbers:
        """Return what is expected for each row."""
        return nearness(x, self.x, self.gamma) @ self.weights


Model = Linear | Neighbours | Kernel


def nearness(a: Numbers, b: Numbers, gamma: float) -> Numbers:
    """Return how near each row of one table is to each of another."""
    away = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return cast("Numbers", np.exp(-gamma * away))


@pydron.functional
def fit_linear(x: Numbers, y: Numbers, penalty: float) -> Linear:
    """Fit a ridge regression."""
    return Linear(np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y))


@pydron.functional
def fit_neighbours(x: Numbers, y: Numbers, count: float) -> Neighbours:
    """Remember the samples."""
    return Neighbours(x, y, int(count))


@pydron.functional
def fit_kernel(x: Numbers, y: Numbers, gamma: float) -> Kernel:
    """Fit a kernel ridge regression."""
    return Kernel(x, np.linalg.solve(nearness(x, x, gamma) + 0.1 * np.eye(len(x)), y), gamma)


@pydron.functional
def score(model: Model, x: Numbers, y: Numbers) -> float:
    """Return the share of the variance that a model explains."""
    return float(1 - ((model.predict(x) - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())


MODELS: dict[str, tuple[Callable[[Numbers, Numbers, float], Model], list[float]]] = {
    "linear": (fit_linear, [0.01, 0.1, 1.0, 10.0, 100.0]),
    "neighbours": (fit_neighbours, [1, 3, 5, 9, 15, 25]),
    "kernel": (fit_kernel, [0.003, 0.01, 0.03, 0.1, 0.3, 1.0]),
}


def prepare() -> tuple[Numbers, Numbers]:
    """Return features and targets."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(SAMPLES, FEATURES))
    return x, np.sin(x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.2 * x[:, 3] + rng.normal(0.0, 0.1, SAMPLES)


def split(samples: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the rows to learn from and those to test with, for each fold."""
    parts = np.array_split(np.random.default_rng(2).permutation(samples), FOLDS)
    return [(np.concatenate(parts[:fold] + parts[fold + 1 :]), parts[fold]) for fold in range(FOLDS)]


@pydron.schedule
def run(x: Numbers, y: Numbers) -> tuple[str, float, Model, dict[tuple[str, float], Any]]:
    folds = split(len(y))
    means = {}
    best = None
    for name, (fit, parameters) in MODELS.items():
        for parameter in parameters:
            scores = []
            for train, test in folds:
                model = fit(x[train], y[train], parameter)
                scores.append(score(model, x[test], y[test]))
            mean = np.mean(scores)
            means[name, parameter] = mean
            print(f"{name} {parameter}: {mean:.3f} +- {np.std(scores):.3f}")
            if best is None or mean > means[best]:
                best = (name, parameter)
    assert best is not None
    name, parameter = best
    return name, parameter, MODELS[name][0](x, y, parameter), means


def one_fold(what: tuple[str, float, NDArray[np.int64], NDArray[np.int64]], x: Numbers, y: Numbers) -> float:
    """Fit and score a model on one fold."""
    name, parameter, train, test = what
    return score(MODELS[name][0](x[train], y[train], parameter), x[test], y[test])


def by_hand(each: Each, x: Numbers, y: Numbers) -> tuple[str, float, Model, dict[tuple[str, float], Any]]:
    folds = split(len(y))
    cases = [(name, parameter) for name, (_, parameters) in MODELS.items() for parameter in parameters]
    all_scores = iter(each(one_fold, [(*case, *fold) for case in cases for fold in folds], x, y))
    means = {}
    for name, parameter in cases:
        scores = [next(all_scores) for _ in folds]
        means[name, parameter] = np.mean(scores)
        print(f"{name} {parameter}: {means[name, parameter]:.3f} +- {np.std(scores):.3f}")
    name, parameter = max(means, key=means.__getitem__)
    return name, parameter, MODELS[name][0](x, y, parameter), means
