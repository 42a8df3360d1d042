"""What a run gets from outside: the pool, and the decisions that are not its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from types import FunctionType

    from pydron.runtime.marks import Functional
    from pydron.runtime.trials.core import Twin
    from pydron.tasks import Captured, Pool

__all__ = ["Surroundings", "never"]

RUN_AHEAD = 8192
"""Unretired entries past which fibers wait."""


def never(_account: object) -> bool:
    """Have no call made in the driver."""
    return False


def _ignore(_account: object, _seconds: float, _size: int | None, _packing: float) -> None:
    pass


def _has_no_twin(function: FunctionType) -> tuple[str, int]:
    return "its source is not looked at", function.__code__.co_firstlineno


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The outside of a run."""

    pool: Pool
    show: Callable[[tuple[Captured, ...]], None]
    """Show what a call wrote; called when the call retires."""
    adopt: Callable[[object], Functional | None]
    """Return the promise that the configuration gives to a callable it names, if it can."""
    functional_names: Container[object] | None = None
    """The callables that the configuration calls functional."""
    ordered_names: Container[object] | None = None
    """The callables that the configuration calls ordered."""
    inlines: Callable[[object], bool] = field(default=never)
    """Say whether the calls of a functional function, or of an undecorated one, are cheaper to make in the driver."""
    observe: Callable[[object, float, int | None, float], None] = field(default=_ignore)
    """Learn how many seconds a call took, how many bytes its result has if that is known, and how long its arguments
    took to pickle."""
    natives: bool = True
    """Run code with nothing to run in parallel as it is written. It means the same otherwise, but takes longer."""
    run_ahead: int = RUN_AHEAD
    twin: Twin = field(default=_has_no_twin)
    """Give the code of a function's twin."""
