"""Whether the code that asks runs inside a task."""

from __future__ import annotations

import threading

__all__ = ["in_task", "mark"]

_STATE = threading.local()


def in_task() -> bool:
    """Tell whether the current thread runs a functional call for a driver."""
    return getattr(_STATE, "running", False)


def mark(running: bool) -> None:
    """Note that the current thread begins or ends a functional call."""
    _STATE.running = running
