"""A worker never outlives its driver."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["die", "tie_to_parent"]

_PR_SET_PDEATHSIG = 1


def tie_to_parent(parent: int, gone: Callable[[], None]) -> None:
    """Ask the kernel to kill this process with its parent.

    The closed connection says the same, but is not read while C code holds the interpreter.

    Args:
        parent: number of the parent.
        gone: called if the parent is gone already.
    """
    if sys.platform != "linux":
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return
    if os.getppid() != parent:
        gone()


def die() -> NoReturn:
    """End this process at once, whatever it is doing, and the processes that its tasks have started."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
