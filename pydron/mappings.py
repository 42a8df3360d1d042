"""Memory that large values are mapped into, as far as every layer needs to know it."""

from __future__ import annotations

import mmap

__all__ = ["PrivateMemory"]


class PrivateMemory(mmap.mmap):
    """A mapping that shares its memory with nothing else in this process, and whose file nobody writes to.

    So its identity tells whose memory it is, as with a `bytearray`. Of any other `mmap.mmap` that cannot be told: a
    file may be mapped twice.
    """
