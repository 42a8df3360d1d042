"""Puts the large buffers of this process into segments of its own, and uses their room again.

Memory that was written once is much faster to write again than fresh memory, so some of what becomes free is kept. What
does not fit into memory goes to a file in the directory for temporary files, and what does not fit there stays out.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from pydron.transport.segments import Extent, memory_directory, whole_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydron.transport.segments import Place, Segment

__all__ = ["LARGE", "Arena", "Shelf"]

LARGE = 256 * 1024
"""Smaller buffers travel in frames: mapping them costs more than it saves."""
_WARM = 256 * 1024 * 1024
"""Free bytes that are kept to be written again."""
_STEP = 64 * 1024 * 1024
"""Bytes of fresh memory after which it is looked again how much there is."""
_AGAIN = 1.0
"""Seconds after which it is looked again when there was not enough."""


class Arena:
    """The extents of one segment."""

    def __init__(self, segment: Segment, limit: int | None = None) -> None:
        """Make one.

        Args:
            segment: where they are.
            limit: bytes that may be in use if the segment is in memory, should that be limited.
        """
        self.segment = segment
        self.used = 0
        """Bytes of extents."""
        self._in_memory = is_in_memory(segment)
        """Whether what was written once can be written again whatever else happens: there are no copies on write."""
        self._limit = limit if self._in_memory else None
        self._free: list[tuple[int, int]] = []
        """Warm parts by offset, none next to another."""
        self._warm = 0
        self._end = 0
        """Where nothing was ever written."""
        self._allowance = 0
        self._patience = 0.0
        self._ended: deque[Place] = deque()

    def keep(self, raw: memoryview) -> Extent | None:
        """Write a buffer; return where, None if there is no room."""
        self.reclaim()
        length = whole_pages(raw.nbytes)
        if self._limit is not None and self.used + length > self._limit:
            return None
        offset = self._again(length)
        known = offset is not None
        if offset is None:
            offset = self._fresh(length)
        if offset is None or not self._write(raw, offset, overwrite=known and self._in_memory):
            return None
        self.used += length
        return Extent(self.segment, offset, raw.nbytes, self._ended)

    def _write(self, raw: memoryview, offset: int, *, overwrite: bool) -> bool:
        try:
            (self.segment.overwrite if overwrite else self.segment.write)(raw, offset)
        except OSError:
            self.segment.drop(offset, whole_pages(raw.nbytes))
            self._patience = time.monotonic() + _AGAIN
            return False
        return True

    def trim(self) -> None:
        """Give back what is free and was written."""
        self.reclaim()
        free, self._free, self._warm = self._free, [], 0
        for offset, length in free:
            self.segment.drop(offset, length)

    def reclaim(self) -> None:
        """Take back the room of extents that nobody refers to any more."""
        while self._ended:
            _, offset, nbytes = self._ended.popleft()
            length = whole_pages(nbytes)
            self.used -= length
            self._release(offset, length)

    def _again(self, length: int) -> int | None:
        """Take room that was written before."""
        for index, (offset, size) in enumerate(self._free):
            if size >= length:
                if size == length:
                    del self._free[index]
                else:
                    self._free[index] = (offset + length, size - length)
                self._warm -= length
                return offset
        return None

    def _fresh(self, length: int) -> int | None:
        """Take room at the end."""
        if length > self._allowance and not self._look(length):
            return None
        self._allowance -= length
        offset = self._end
        self._end += length
        return offset

    def _look(self, length: int) -> bool:
        if time.monotonic() < self._patience:
            return False
        left = self._left()
        if left < length:
            self._patience = time.monotonic() + _AGAIN
            return False
        self._allowance = max(length, min(left, _STEP))
        return True

    def _left(self) -> int:
        """Return how many bytes can be added without harm: neither the file system nor the machine may run full."""
        file_system = os.fstatvfs(self.segment.descriptor)
        room = (file_system.f_bavail - file_system.f_blocks // 16) * file_system.f_frsize
        return min(room, _memory_available()) if self._in_memory else room

    def _release(self, offset: int, length: int) -> None:
        if self._warm + length > _WARM and self.segment.drop(offset, length):
            return
        self._warm += length
        free = self._free
        index = next((index for index, (other, _) in enumerate(free) if other > offset), len(free))
        if index < len(free) and free[index][0] == offset + length:
            length += free.pop(index)[1]
        if index and sum(free[index - 1]) == offset:
            before, size = free[index - 1]
            free[index - 1] = (before, size + length)
        else:
            free.insert(index, (offset, length))


class Shelf:
    """The arenas of one process, the fastest first. May be used by any thread."""

    def __init__(self, arenas: Sequence[Arena]) -> None:
        self._arenas = arenas
        self._lock = threading.Lock()

    def keep(self, raw: memoryview) -> Extent | None:
        """Write a large buffer; return where it is, None if it is not large or there is no room."""
        return None if raw.nbytes < LARGE else self.put(raw)

    def put(self, raw: memoryview) -> Extent | None:
        """Write a buffer of any size; return where it is, None if there is no room."""
        with self._lock:
            for arena in self._arenas:
                extent = arena.keep(raw)
                if extent is not None:
                    return extent
        return None

    def trim(self) -> None:
        """Give memory that is kept to be written again back to the system."""
        with self._lock:
            for arena in self._arenas:
                arena.trim()

    def used(self) -> int:
        """Return how many bytes are in use."""
        with self._lock:
            for arena in self._arenas:
                arena.reclaim()
            return sum(arena.used for arena in self._arenas)

    def close(self) -> None:
        """Give memory back to the system, that of the extents when they end."""
        with self._lock:
            arenas, self._arenas = self._arenas, ()
        for arena in arenas:
            arena.segment.orphan()


def _memory_available() -> int:
    """Return the bytes of memory that can be had without harm to others."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123 - bare workers start fast
            lines = dict(line.split(":", 1) for line in file)
    except OSError:
        return 1 << 62
    total, available = (int(lines[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    return min(available - total // 8, _group_available())


def _group_available() -> int:
    """Return the bytes of memory that are left to the control group of this process."""
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:  # noqa: PTH123
            most = file.read().strip()
        if most == "max":
            return 1 << 62
        with open("/sys/fs/cgroup/memory.current", encoding="ascii") as file:  # noqa: PTH123
            return int(most) * 7 // 8 - int(file.read())
    except (OSError, ValueError):
        return 1 << 62


def is_in_memory(segment: Segment) -> bool:
    """Tell whether a segment is in memory."""
    return os.fstat(segment.descriptor).st_dev == _device_of_memory()


def _device_of_memory() -> int | None:
    directory = memory_directory()
    return None if directory is None else os.stat(directory).st_dev  # noqa: PTH116 - bare workers start fast
