"""A worker never outlives its driver."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

__all__ = ["die", "tie_to_parent"]

_PR_SET_PDEATHSIG = 1


def tie_to_parent(parent: int) -> None:
    """Ask the kernel to kill this process with its parent.

    The closed connection says the same, but is not read while C code holds the interpreter.
    """
    if sys.platform != "linux":
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return
    if os.getppid() != parent:
        die()


def die() -> NoReturn:
    """End this process at once, whatever it is doing, and the processes that its tasks have started."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
