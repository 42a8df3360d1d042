"""Functional calls that are run in the driver, at the place where they stand, because shipping them costs more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.runtime.calls import Calls
    from pydron.runtime.marks import Functional

__all__ = ["run_inline"]


def run_inline(
    fiber: Calls,
    function: Callable[..., object],
    functional: Functional,
    args: tuple[object, ...],
    kwargs: dict[str, object],
    tick: int,
) -> object:
    """Return the result of the call, or a failed promise at its place in program order."""
    begun = time.perf_counter()
    try:
        result = function(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised at its turn
        return fiber.failed(error, tick)
    fiber.run.observe_inline(functional, time.perf_counter() - begun)
    return result
