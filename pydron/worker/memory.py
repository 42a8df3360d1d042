"""How much memory a worker may use, what happens to the call that wants more, and what is kept for the next call.

A quarter of it is for the values that the worker holds; those beyond go to disk. The rest is for the process itself.
The system refuses what exceeds it, so the call that asks for too much fails, with a `MemoryError` like on a machine
that is full, and neither the worker nor the machine does. Only Linux can do this.
"""

from __future__ import annotations

import os
import sys
import time

__all__ = ["MemoryLimit", "keep_freed_memory"]

_OFTEN = 0.1
"""Seconds after which it is looked again how much is in use."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST = 32 * 1024 * 1024
"""Bytes up to which the C library comes to keep an array's memory by itself, once one of that size was freed."""


def keep_freed_memory() -> None:
    """Have the C library keep what a call frees for the next, which is likely to need as much.

    It gives large blocks back to the system at once, and the next call pays for each page anew. It learns not to from
    the sizes that a program frees, but not enough in a worker, which holds little else. Not where somebody has set it.
    """
    if any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return
    try:
        import ctypes

        mallopt = ctypes.CDLL(None).mallopt
    except (ImportError, OSError, AttributeError):
        return  # not the GNU library
    mallopt(_M_MMAP_THRESHOLD, _LARGEST)
    mallopt(_M_TRIM_THRESHOLD, 2 * _LARGEST)


class MemoryLimit:
    """The limit of this process."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.stored = limit // 4
        """Bytes for values."""
        self._process = limit - self.stored
        self._next = 0.0
        self._able = sys.platform == "linux"

    def adjust(self) -> None:
        """Let the process grow to its limit from what it uses now."""
        now = time.monotonic()
        if now < self._next or not self._able:
            return
        self._next = now + _OFTEN
        import resource

        try:
            with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - done often
                _, resident, shared, _, _, data, _ = map(int, file.read().split())
        except OSError:
            self._able = False
            return
        page = resource.getpagesize()
        # What is reserved and not used, such as the stacks of threads, does not count against it.
        growth = max(0, self._process - (resident - shared) * page)
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        allowed = data * page + growth
        resource.setrlimit(resource.RLIMIT_DATA, (allowed if hard < 0 else min(allowed, hard), hard))

    def explain(self, error: BaseException, worker: str) -> None:
        """Tell the reader of an error that there is a limit."""
        if isinstance(error, MemoryError) and self._able:
            error.add_note(
                f"worker {worker} may use {self.limit / 1e6:.0f} MB of memory: `memory` of its entry in pydron.conf"
            )
