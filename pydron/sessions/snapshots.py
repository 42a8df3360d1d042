"""Snapshots of large arguments: one copy for as many calls as see the same bytes.

A call sees what its arguments hold at its place in the program. An array that is an argument of twenty calls and is
not changed between them needs one copy, not twenty; but nobody tells when it is changed. So the bytes are compared with
the copy, which takes half the time of a copy. Where the system tells what was written to, the pages are marked before
that, and later calls only look at the marks.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

from pydron.transport.shelf import LARGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.sessions.depot import Depot
    from pydron.transport.pages import PageWatch, Watch
    from pydron.transport.segments import Extent
    from pydron.transport.shelf import Shelf

__all__ = ["Snapshots"]

_HELD = 256 * 1024 * 1024
"""Bytes of snapshots that are held although no call needs them now."""
_AGE = 10.0
"""Seconds for which they are held."""
_WATCHED = 1024 * 1024
"""Smaller buffers are compared: that takes no longer."""
_WATCHED_AT_ONCE = 16 * 1024 * 1024
"""Smaller buffers are marked when they are shown for the second time: many are shown only once."""

_AHEAD = 512 * 1024 * 1024
"""Bytes of snapshots for calls that have not ended."""
_PATIENCE = 2.0
"""Seconds without an end of a call after which there may be more."""
_IN_VAIN = 64
"""Calls that end without giving anything back after which there may be more."""
_PAUSE = 0.001

Key = tuple[int, int]
"""Address and length of a buffer. It says where to look, not what is there: the bytes are compared."""


class _Known:
    """A snapshot of what was at an address."""

    __slots__ = ("changes", "extent", "used", "watch")

    def __init__(self, extent: Extent, changes: int, watch: Watch | None) -> None:
        self.extent = weakref.ref(extent)
        self.used = time.monotonic()
        """When it was last shown."""
        self.changes = changes
        """How often there was something else, since it was last the same."""
        self.watch = watch
        """Tells whether there is something else now."""


class Snapshots:
    """The snapshots of one session. May be used by any thread."""

    def __init__(self, depot: Depot, flush: Callable[[], None], ended: Callable[[], int]) -> None:
        """Make them.

        Args:
            depot: where they go.
            flush: sends on the calls that need those made so far.
            ended: tells how many calls have ended.
        """
        self._ended = ended
        self._depot = depot
        depot.pulse = self.age
        self._flush = flush
        self._most = _AHEAD
        """Bytes in use from which on it is waited for calls to end."""
        self._lock = threading.Lock()
        self._known: dict[Key, _Known] = {}
        self._held: OrderedDict[Key, Extent] = OrderedDict()
        self._bytes_held = 0
        self._watch: PageWatch | None = None
        self._can_watch = True
        self.written = 0
        """How many copies were made."""

    def keep(self, raw: memoryview) -> Extent | None:
        """Return a snapshot of a large buffer; None if it is not large or there is no room."""
        if raw.nbytes < LARGE:
            return None
        try:
            return self._keep(raw)
        except OSError:
            # Too many open files, or mappings. What is not kept is copied.
            return None

    def _keep(self, raw: memoryview) -> Extent | None:
        shelf = self._depot.shelf()
        if shelf is None:
            return None
        from pydron.transport.pages import address_of

        key = address_of(raw), raw.nbytes
        with self._lock:
            known = self._known.get(key)
            extent = None if known is None else self._same(known, raw, key[0])
            if extent is None:
                self._forget(key)
                changes = 0 if known is None else known.changes + 1
                at_once = not changes and raw.nbytes >= _WATCHED_AT_ONCE
                self._hold_back(shelf, raw.nbytes)
                watch = self._mark(key[0], raw.nbytes) if at_once else None
                extent = shelf.keep(raw)
                if extent is not None:
                    self.written += 1
                    self._remember(key, _Known(extent, changes, watch), extent)
            elif known is not None:
                known.used = time.monotonic()
                if key in self._held:
                    self._held.move_to_end(key)
            return extent

    def age(self) -> None:
        """Let go of what has not been shown for some time. Nothing tells when an array is gone.

        A weak reference would, but arrays that somebody refers to weakly cannot be resized.
        """
        if not self._known or not self._lock.acquire(blocking=False):
            return
        try:
            limit = time.monotonic() - _AGE
            for key in [key for key, known in self._known.items() if known.used < limit]:
                self._forget(key)
            if not self._held and (shelf := self._depot.shelf()) is not None:
                shelf.trim()
        finally:
            self._lock.release()

    def close(self) -> None:
        """Hold nothing any more."""
        with self._lock:
            self._known.clear()
            self._held.clear()
            self._can_watch = False
            if self._watch is not None:
                self._watch.close()
                self._watch = None

    def _same(self, known: _Known, raw: memoryview, address: int) -> Extent | None:
        """Return the snapshot if it shows what the buffer holds now."""
        from pydron.transport.pages import same_bytes

        extent = known.extent()
        if extent is None:
            return None
        if known.watch is not None and self._untouched(known.watch, raw, extent, address):
            return extent
        # Marked before they are compared: what is written from now on shows. Not what changes all the time.
        known.watch = self._mark(address, raw.nbytes) if not known.changes else None
        if not same_bytes(raw, extent.view()):
            return None
        known.changes = 0
        return extent

    def _untouched(self, watch: Watch, raw: memoryview, extent: Extent, address: int) -> bool:
        """Tell whether no page was written to, and the ends beside the whole pages are the same."""
        from pydron.transport.pages import same_bytes

        assert self._watch is not None
        if not self._watch.untouched(watch):
            return False
        view = extent.view()
        begin, end = watch.first - address, watch.last - address
        return same_bytes(raw[:begin], view[:begin]) and same_bytes(raw[end:], view[end:])

    def _hold_back(self, shelf: Shelf, nbytes: int) -> None:
        """Let calls catch up, if much is in use: whoever makes arguments must not outrun those who read them.

        The calls that hold it may be endless, and those to come may be what the program needs; or their arguments are
        kept because results may have to be computed again. So when calls end and nothing is given back, or no call ends
        for some time, there may be more.
        """
        used = shelf.used()
        if used + nbytes <= self._most:
            return
        while self._held and used + nbytes > self._most:
            self._forget(next(iter(self._held)))
            used = shelf.used()
        self._flush()
        deadline, ended = time.monotonic() + _PATIENCE, self._ended()
        while used and used + nbytes > self._most:
            time.sleep(_PAUSE)
            now = shelf.used()
            if now < used:
                deadline, ended = time.monotonic() + _PATIENCE, self._ended()
            elif time.monotonic() > deadline or self._ended() - ended > _IN_VAIN:
                self._most += _AHEAD
            used = now
        if used + nbytes <= _AHEAD:
            self._most = _AHEAD

    def _mark(self, address: int, length: int) -> Watch | None:
        if length < _WATCHED or not self._can_watch:
            return None
        if self._watch is None:
            from pydron.transport.pages import PageWatch

            try:
                self._watch = PageWatch()
            except OSError:
                self._can_watch = False
                return None
        return self._watch.mark(address, length)

    def _remember(self, key: Key, known: _Known, extent: Extent) -> None:
        self._known[key] = known
        self._held[key] = extent
        self._bytes_held += extent.nbytes
        while self._bytes_held > _HELD:
            _, oldest = self._held.popitem(last=False)
            self._bytes_held -= oldest.nbytes
        self._tidy()

    def _tidy(self) -> None:
        """Drop what is known of snapshots that are gone, now and then."""
        if len(self._known) > 2 * len(self._held) + 64:
            for key in [key for key, known in self._known.items() if known.extent() is None]:
                del self._known[key]

    def _forget(self, key: Key) -> None:
        known = self._known.pop(key, None)
        if known is not None and known.watch is not None and self._watch is not None:
            self._watch.forget(known.watch)
        extent = self._held.pop(key, None)
        if extent is not None:
            self._bytes_held -= extent.nbytes
