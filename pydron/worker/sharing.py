"""Segments of the host that a worker is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydron.transport.loans import Loans
    from pydron.transport.segments import Grant
    from pydron.transport.shelf import Shelf

__all__ = ["open_segments", "open_shelf"]


def open_shelf(grants: Iterable[Grant], loans: Loans) -> Shelf | None:
    """Open the segments for the worker's own buffers; return None if there are none, or it cannot reach them."""
    from pydron.transport.segments import Segment
    from pydron.transport.shelf import Arena, Shelf, memory_left

    arenas = []
    try:
        for grant in grants:
            segment = Segment.open(grant, write=True)
            loans.know(segment)
            arenas.append(Arena(segment, lambda segment=segment: memory_left(segment)))  # type: ignore[misc]
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
