"""The segments of a session: where its processes put large buffers."""

from __future__ import annotations

import itertools
import tempfile
import threading
from typing import TYPE_CHECKING

from pydron.transport.segments import Segment, can_share, memory_directory
from pydron.transport.shelf import Arena, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Depot"]


class Depot:
    """Makes the segments of one session. May be used by any thread."""

    def __init__(self, limit: int | None = None) -> None:
        """Make one.

        Args:
            limit: bytes that the driver may hold in memory, if that is limited.
        """
        self._limit = limit
        self.open = can_share()
        """Whether processes of this host share segments at all."""
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._shelf: Shelf | None = None
        self.pulse: Callable[[], None] = lambda: None
        """Called by the reactor's thread now and then."""

    def shelf(self) -> Shelf | None:
        """Return where the driver itself puts large buffers, None if there is no such place."""
        if self._shelf is None and self.open:
            with self._lock:
                if self._shelf is None:
                    arenas = [Arena(segment, self._limit) for segment in self._both()]
                    self._shelf = Shelf(arenas)
                    self.open = bool(arenas)
        return self._shelf

    def close(self) -> None:
        """Keep nothing but what somebody still reads."""
        with self._lock:
            self.open = False
            shelf, self._shelf = self._shelf, None
        if shelf is not None:
            shelf.close()

    def segments_for_worker(self) -> list[Segment]:
        """Make the segments that a worker may write, the fastest first; none if there is no place for them."""
        return self._both() if self.open else []

    def _both(self) -> list[Segment]:
        made = []
        for directory in (memory_directory(), tempfile.gettempdir()):
            if directory is not None:
                try:
                    made.append(Segment.create(next(self._numbers), directory))
                except OSError:
                    # Then there is less room.
                    pass
        return made
