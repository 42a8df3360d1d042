"""The event loop in a side thread that waiting calls of ordinary functions wait on.

There is one in a process, so that what a call leaves bound to its loop (a client with open connections) serves the next
call too. It starts with the first such call, and ends with the last session that had one, or with the process.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from typing import TYPE_CHECKING

from pydron.interrupts import HeldBack
from pydron.waiting import connections
from pydron.waiting.room import Room
from pydron.worker import diversion, inside

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["close_if_unused", "hold", "is_here", "let_go", "most_at_once"]

_PATIENCE = 2.0
"""Seconds that calls get to end when they are cancelled because the loop ends."""
_MOST, _LEAST = 10_000, 16
_lock = threading.RLock()


class _Side:
    """The loop, its thread and its room."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        connections.watch(self.loop)
        self.room = Room(self.loop, most_at_once())
        self.holders = 0
        self._closing = False
        diversion.enter()
        self.thread = threading.Thread(target=self._serve, name="pydron waiting", daemon=True)
        self.thread.start()

    def close(self, *, silently: bool) -> None:
        """Cancel what is under way, and end the thread; `silently`, tell nobody of the outcomes."""
        self.room.is_mute = silently
        self._closing = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        if self.thread is not threading.current_thread():
            self.thread.join()
        diversion.leave()

    def _serve(self) -> None:
        inside.mark(True)
        asyncio.set_event_loop(self.loop)
        self._until(lambda: self._closing, self.loop.run_forever)
        self.room.give_up()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self._once(lambda: self.loop.run_until_complete(asyncio.wait(left, timeout=_PATIENCE)))
        self._once(lambda: self.loop.run_until_complete(self.loop.shutdown_asyncgens()))
        self._once(lambda: self.loop.run_until_complete(self.loop.shutdown_default_executor()))
        asyncio.set_event_loop(None)
        self.loop.close()

    def _until(self, ended: Callable[[], bool], act: Callable[[], object]) -> None:
        while not ended():
            self._once(act)

    def _once(self, act: Callable[[], object]) -> None:
        try:
            act()
        except BaseException as error:  # a task of the user's raised what ends loops
            self.loop.call_exception_handler({"message": "a task ended the loop that it ran on", "exception": error})


_side: _Side | None = None


def hold(places: int | None = None) -> Room:
    """Return the room of the side thread, which stays until `let_go`; it has so many places from now on."""
    global _side
    with HeldBack(), _lock:
        if _side is None:
            atexit.unregister(_close)
            atexit.register(_close)
            _side = _Side()
        _side.holders += 1
        if places is not None:
            _side.room.places = places
        return _side.room


def let_go() -> None:
    """Take back a `hold`; the thread stays for others that may come."""
    with _lock:
        if _side is not None:
            _side.holders -= 1


def close_if_unused(*, silently: bool = False) -> None:
    """End the thread unless somebody holds it; `silently` if the process ends."""
    with _lock:
        if _side is not None and not _side.holders:
            _close(silently=silently)


def is_here() -> bool:
    """Say whether the current thread is that of the loop."""
    return _side is not None and _side.thread is threading.current_thread()


def most_at_once() -> int:
    """Return how many calls may wait at a time if nothing else is said: each may have a file or a connection open."""
    try:
        import resource
    except ImportError:  # no such limits
        return _MOST
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else max(_LEAST, min(_MOST, soft * 3 // 4))


def _close(*, silently: bool = True) -> None:
    global _side
    with _lock:
        side, _side = _side, None
    if side is not None:
        side.close(silently=silently)


def _forget() -> None:
    """Forget the thread in a fork, which does not have it."""
    global _side, _lock
    _side, _lock = None, threading.RLock()


os.register_at_fork(after_in_child=_forget)
