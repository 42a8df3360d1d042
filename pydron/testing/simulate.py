"""`simulate`: scheduled functions on a simulated pool."""

from __future__ import annotations

from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

from pydron.context import simulated
from pydron.runtime.surroundings import RUN_AHEAD
from pydron.testing.pool import SimulatedPool

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["simulate"]


@contextmanager
def simulate(
    pool: SimulatedPool | None = None,
    *,
    strict: bool = False,
    run_ahead: int = RUN_AHEAD,
    natives: bool = True,
    inline: float = 0.0,
    **options: object,
) -> Iterator[SimulatedPool]:
    """Run the scheduled functions that this thread calls on a simulated pool.

    Args:
        pool: the pool; without it one is made from the other arguments, see `SimulatedPool`.
        strict: raise `TranslationError` where a function would run sequentially.
        run_ahead: how many operations may be unretired before fibers wait.
        natives: run code with nothing in it to run in parallel as it is written, as always outside of tests.
        inline: how likely a call is made in the driver, as calls are that are too short to be sent.
        options: what `SimulatedPool` takes: ``seed=``, ``workers=``, ``order=``, …
    """
    chosen = pool if pool is not None else SimulatedPool(**options)  # type: ignore[arg-type]
    chance = Random(str(options.get("seed")))

    def inlines(_account: object) -> bool:
        return chance.random() < inline

    with simulated(chosen, strict=strict, run_ahead=run_ahead, natives=natives, inlines=inlines if inline else None):
        yield chosen
