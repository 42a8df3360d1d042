"""hyperparameter search with early stopping, classes, dataclasses, logging"""

import logging, math, sys, random
from dataclasses import dataclass, field
import numpy as np
import pydron

logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(name)s %(message)s", level=logging.INFO)
log = logging.getLogger("search")


@dataclass(order=True)
class Trial:
    score: float
    params: dict = field(compare=False)
    history: list = field(default_factory=list, compare=False)

    def record(self, value):
        self.history.append(value)
        return self

    @property
    def best(self):
        return min(self.history, default=math.inf)


class Board:
    def __init__(self):
        self.trials = []
        self.counts = {}

    def add(self, trial):
        self.trials.append(trial)
        key = trial.params["kind"]
        self.counts[key] = self.counts.get(key, 0) + 1

    def top(self, n):
        return sorted(self.trials)[:n]

    def __len__(self):
        return len(self.trials)


@pydron.functional
def train(params, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=2000)
    for _ in range(20):
        x = np.tanh(x * params["lr"] + params["bias"])
    if params["kind"] == "bad" and seed % 5 == 0:
        raise ValueError(f"diverged with seed {seed}")
    return float(np.mean(x**2))


@pydron.schedule
def search(kinds, seeds):
    board = Board()
    failures = []
    for kind in kinds:
        for i, seed in enumerate(seeds, start=1):
            params = {"kind": kind, "lr": 0.1 * i, "bias": seed / 10}
            try:
                score = train(params, seed)
            except ValueError as error:
                log.warning("trial %s/%d failed: %s", kind, seed, error)
                failures.append((kind, seed, str(error)))
                continue
            else:
                trial = Trial(score, params).record(score)
            if score < 0.01:
                log.info("tiny %s %.4f", kind, score)
                again = train({**params, "lr": params["lr"] * 2}, seed + 1)
                trial.record(again)
            board.add(trial)
    best, *rest = board.top(4)
    print(f"best {best.score:.6f} {best.params!r} of {len(board)}; counts={board.counts}")
    for place, t in enumerate(rest, 2):
        print(place, f"{t.score:.6f}", t.best == t.score, sep="\t")
    return [t.score for t in board.trials], failures


if __name__ == "__main__":
    print(search(["good", "bad", "ugly"], range(7)))
