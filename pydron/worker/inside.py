"""Whether the code that asks runs inside a task."""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar

__all__ = ["in_task", "is_checking", "mark", "mark_context"]

_STATE = threading.local()
_CONTEXT: ContextVar[bool] = ContextVar("pydron inside", default=False)


def in_task() -> bool:
    """Tell whether the current thread, or the current task of an event loop, makes a functional call for a driver."""
    return getattr(_STATE, "running", False) or _CONTEXT.get()


def is_checking() -> bool:
    """Tell whether the user has asked by the environment that functional calls are checked."""
    return os.environ.get("PYDRON_CHECK", "") not in {"", "0"}


def mark(running: bool) -> None:
    """Note that the current thread begins or ends a functional call."""
    _STATE.running = running


def mark_context() -> None:
    """Note that what runs in the current context is a functional call."""
    _CONTEXT.set(True)
