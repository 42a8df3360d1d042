"""Large buffers in files that all processes of one host map: written once, never copied on their way.

A *segment* is a file without a name, in memory where there is such a place. An *extent* is the part of it that holds
one buffer. Readers map extents privately: what they write goes to pages of their own and is seen by nobody else.

Nothing is left behind, however the processes end: the file is gone with the last descriptor and mapping. Other
processes of the user find it as an open file of its owner, below ``/proc``. Where there is no such thing, large buffers
travel in frames like all others.

An extent is given back, to be written again, when nobody can read it any more: not before the last object on top of a
mapping is gone. A process that was forked keeps reading what was mapped then, so that is never given back.
"""

from __future__ import annotations

import mmap
import os
import sys
import weakref
from typing import TYPE_CHECKING

from pydron.mappings import PrivateMemory

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

__all__ = ["Extent", "Grant", "Mapping", "Place", "Segment", "can_share", "memory_directory", "whole_pages"]

Place = tuple[int, int, int]
"""An extent on the wire: number of the segment, offset, length."""

Grant = tuple[int, str, int, int]
"""What another process needs to open a segment, on the wire: number, path, device and inode."""

_MEMORY = "/dev/shm"  # noqa: S108 - files in it have no name
_WINDOW = 64 * 1024 * 1024
"""Bytes of a segment that are mapped for writing at least."""
_TURN = 4 * 1024 * 1024
"""Bytes after which other threads may have a turn."""
_NO_FILE = {"trackfd": False} if sys.version_info >= (3, 13) else {}


class Mapping(PrivateMemory):
    """A private mapping of an extent, which lives at least as long."""

    extent: Extent


_MAPPED: weakref.WeakSet[Mapping] = weakref.WeakSet()


class Segment:
    """One file, open in this process. Closed when nobody refers to it any more."""

    def __init__(self, number: int, descriptor: int) -> None:
        self.number = number
        self.descriptor = descriptor
        self.live: dict[int, tuple[int, int]] = {}
        """Offset and length of the extents known to this process, by their identity."""
        self.pinned: list[tuple[int, int]] = []
        """Offset and length of what a fork of this process may read for ever."""
        self._window: mmap.mmap | None = None
        self.orphaned = False
        """Nobody writes here any more."""

    @classmethod
    def create(cls, number: int, directory: str) -> Segment:
        """Make a segment.

        Raises:
            OSError: there can be no file in this directory.
        """
        return cls(number, _nameless(directory))

    @classmethod
    def open(cls, grant: Grant, *, write: bool = False) -> Segment:
        """Open a segment of another process.

        Raises:
            OSError: it is not there any more, or cannot be reached.
        """
        number, path, *identity = grant
        descriptor = os.open(path, (os.O_RDWR if write else os.O_RDONLY) | os.O_CLOEXEC)
        found = os.fstat(descriptor)
        if [found.st_dev, found.st_ino] != identity:
            os.close(descriptor)
            raise FileNotFoundError(f"segment {number} is gone")
        return cls(number, descriptor)

    def grant(self) -> Grant:
        """Tell other processes how to open it."""
        found = os.fstat(self.descriptor)
        return (self.number, f"/proc/{os.getpid()}/fd/{self.descriptor}", found.st_dev, found.st_ino)

    def write(self, data: memoryview, offset: int) -> None:
        """Write bytes.

        Raises:
            OSError: there is no room.
        """
        # Not through a mapping: that would end the process where the file system is full.
        while data:
            written = os.pwrite(self.descriptor, data, offset)
            data = data[written:]
            offset += written

    def read(self, offset: int, length: int) -> bytearray:
        """Copy bytes out."""
        copied = bytearray(length)
        left = memoryview(copied)
        while left:
            count = os.preadv(self.descriptor, [left], offset)
            left = left[count:]
            offset += count
        return copied

    def overwrite(self, data: memoryview, offset: int) -> None:
        """Write bytes where there were some before, in a segment in memory: nearly twice as fast."""
        end = offset + data.nbytes
        if self._window is None or len(self._window) < end:
            size = max(_WINDOW, 1 << (end - 1).bit_length())
            if os.fstat(self.descriptor).st_size < size:
                os.ftruncate(self.descriptor, size)
            self._window = mmap.mmap(self.descriptor, size)
        with memoryview(self._window) as window:
            for start in range(0, data.nbytes, _TURN):
                part = data[start : start + _TURN]
                window[offset + start : offset + start + part.nbytes] = part

    def drop(self, offset: int, length: int) -> bool:
        """Give the memory of a part back to the system; return whether that can be done."""
        if not hasattr(mmap, "MADV_REMOVE"):
            return False
        try:
            with mmap.mmap(self.descriptor, length, offset=offset) as part:
                part.madvise(mmap.MADV_REMOVE)
        except (OSError, ValueError):
            return False
        return True

    def orphan(self) -> None:
        """Give back all memory but that of extents known here, and theirs when they end: the writer is gone."""
        if self.orphaned or self.descriptor < 0:
            return
        self.orphaned = True
        self._window = None
        end = 0
        size = os.fstat(self.descriptor).st_size
        for offset, length in [*sorted([*self.live.values(), *self.pinned]), (size, 0)]:
            if offset > end:
                self.drop(end, offset - end)
            end = max(end, offset + whole_pages(length))
        self._close_if_done()

    def ended(self, extent: Extent, *, pinned: bool) -> bool:
        """Take note that an extent has ended; return whether its room can be used again."""
        self.live.pop(id(extent), None)
        if pinned:
            self.pinned.append((extent.offset, extent.nbytes))
        elif not self.orphaned:
            return True
        else:
            self.drop(extent.offset, whole_pages(extent.nbytes))
        if self.orphaned:
            self._close_if_done()
        return False

    def _close_if_done(self) -> None:
        if not self.live:
            self.close()

    def close(self) -> None:
        """Close the file; what is mapped stays."""
        self._window = None
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self, ending: Callable[[], bool] = sys.is_finalizing) -> None:
        # At the very end of the process the modules are gone already, and the system closes.
        if not ending():
            self.close()


class Extent:
    """Stands for a buffer whose bytes are in a segment; they stay there while this object lives."""

    __slots__ = ("__weakref__", "_ended", "_pinned", "nbytes", "offset", "segment")

    def __init__(self, segment: Segment, offset: int, nbytes: int, ended: deque[Place]) -> None:
        """Make one.

        Args:
            segment: where the bytes are.
            offset: where they begin.
            nbytes: how many they are.
            ended: takes the place of the extent when nobody refers to it any more.
        """
        self.segment = segment
        self.offset = offset
        self.nbytes = nbytes
        self._ended = ended
        self._pinned = False
        segment.live[id(self)] = (offset, nbytes)

    @property
    def place(self) -> Place:
        """How it is called on the wire."""
        return (self.segment.number, self.offset, self.nbytes)

    def map(self) -> memoryview | bytearray:
        """Return the bytes, to be changed at will: nobody else sees that."""
        if len(_MAPPED) < _MOST:
            try:
                return memoryview(self._mapping(mmap.ACCESS_COPY))
            except OSError:
                # Too many mappings, or files: a copy does as well.
                pass
        return self.segment.read(self.offset, self.nbytes)

    def view(self) -> memoryview:
        """Return the bytes to be read."""
        return memoryview(self._mapping(mmap.ACCESS_READ))

    def _mapping(self, access: int) -> Mapping:
        mapping = Mapping(self.segment.descriptor, self.nbytes, access=access, offset=self.offset, **_NO_FILE)
        mapping.extent = self
        _MAPPED.add(mapping)
        return mapping

    def pin(self) -> None:
        """Leave the bytes where they are for good."""
        self._pinned = True

    def __del__(self, ending: Callable[[], bool] = sys.is_finalizing) -> None:
        if not ending() and self.segment.ended(self, pinned=self._pinned):
            self._ended.append(self.place)


def whole_pages(length: int) -> int:
    """Return how many bytes of a segment are set aside for a buffer."""
    return -(-length // mmap.PAGESIZE) * mmap.PAGESIZE


def can_share() -> bool:
    """Tell whether processes of one user can open each other's files here."""
    return os.path.isdir("/proc/self/fd") and sys.platform == "linux"  # noqa: PTH112 - fast


def memory_directory() -> str | None:
    """Return the directory for files in memory, None if there is none."""
    return _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None


def _nameless(directory: str) -> int:
    """Open a new file that has no name."""
    if hasattr(os, "O_TMPFILE"):
        try:
            return os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:
            # Not every file system can.
            pass
    import tempfile

    descriptor, path = tempfile.mkstemp(prefix="pydron-", dir=directory)
    os.unlink(path)  # noqa: PTH108 - bare workers start fast
    return descriptor


def _most_mappings() -> int:
    """Return how many mappings are left to the user; before Python 3.13 each of them is an open file."""
    if _NO_FILE:
        return 8192
    import resource

    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 8192 if soft == resource.RLIM_INFINITY else min(8192, soft // 4)


_MOST = _most_mappings()


def _pin_all() -> None:
    for mapping in list(_MAPPED):
        mapping.extent.pin()


os.register_at_fork(before=_pin_all)
