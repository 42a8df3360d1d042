"""Segments of the host that a worker is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydron.transport.loans import Loans
    from pydron.transport.segments import Grant
    from pydron.transport.shelf import Shelf
    from pydron.worker.memory import MemoryLimit

__all__ = ["Sharing", "open_segments", "open_shelf"]


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a worker has of the memory of its host."""

    loans: Loans
    shelf: Shelf | None
    """Where its large buffers go; None if nobody else could read them there."""
    memory: MemoryLimit | None


def open_shelf(grants: Iterable[Grant], loans: Loans, limit: int | None = None) -> Shelf | None:
    """Open the segments for the worker's own buffers.

    Args:
        grants: the segments, those in memory first.
        loans: takes note of them.
        limit: bytes that may be held in memory, if that is limited.

    Returns:
        None if there are no segments, or the worker cannot reach them.
    """
    from pydron.transport.segments import Segment
    from pydron.transport.shelf import Arena, Shelf

    arenas = []
    try:
        for grant in grants:
            segment = Segment.open(grant, write=True)
            loans.know(segment)
            arenas.append(Arena(segment, limit))
    except OSError:
        return None
    return Shelf(arenas) if arenas else None


def open_segments(grants: Iterable[Grant], loans: Loans) -> None:
    """Open segments of others.

    Raises:
        OSError: they cannot be reached.
    """
    from pydron.transport.segments import Segment

    for grant in grants:
        loans.know(Segment.open(grant))
