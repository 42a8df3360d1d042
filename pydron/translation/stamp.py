"""When a file was written: a function is translated only from the text that it was compiled from."""

from __future__ import annotations

import os
from typing import TypeAlias

__all__ = ["Stamp", "stamp_of"]

Stamp: TypeAlias = tuple[int, int]
"""Time of the last change, and size."""


def stamp_of(filename: str) -> Stamp | None:
    """Return the stamp of a file, None if there is no such file."""
    try:
        status = os.stat(filename)  # noqa: PTH116 - every decorated function pays for it
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size
