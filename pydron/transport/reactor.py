"""The event loop of a session: tells who can read or write, calls what is due, and takes calls from other threads.

Its methods and those of `pydron.transport.stream.Stream` are named, and behave, as Twisted's interfaces of reactors and
transports have it, so protocols of Twisted run on it. It does not import Twisted, which would take longer than all the
rest of the start: only connections that need TLS do.
"""

from __future__ import annotations

import heapq
import itertools
import selectors
import socket
import sys
import threading
import time
from collections import deque
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Descriptor", "Loss", "Reactor", "Timer"]


class Loss:
    """Why a connection is gone, in the shape of Twisted's `Failure`."""

    __slots__ = ("value",)

    def __init__(self, value: Exception) -> None:
        self.value = value


class Descriptor(Protocol):
    """Who waits for a file descriptor."""

    def fileno(self) -> int:
        """Return its number, the same from `addReader` to `removeReader`."""

    def doRead(self) -> object:
        """It can be read. Called for readers only."""

    def doWrite(self) -> object:
        """It can be written to. Called for writers only."""

    def connectionLost(self, reason: Loss) -> object:
        """The reactor has ended, or this descriptor has failed; it has been removed already."""


class Timer:
    """A call that is due later."""

    __slots__ = ("_call",)

    def __init__(self, function: Callable[..., object], arguments: tuple[object, ...]) -> None:
        self._call: tuple[Callable[..., object], tuple[object, ...]] | None = (function, arguments)

    def active(self) -> bool:
        """Tell whether it has neither been made nor cancelled."""
        return self._call is not None

    def cancel(self) -> None:
        """Do not make it."""
        self._call = None

    def fire(self) -> None:
        """Make it, unless that was done or cancelled."""
        call, self._call = self._call, None
        if call is not None:
            call[0](*call[1])


class Reactor:
    """Is turned by one thread at a time; all methods but `callFromThread` and `wake` belong to that thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._watched: dict[int, selectors.SelectorKey] = {}
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._calls: deque[tuple[Callable[..., object], tuple[object, ...]]] = deque()
        self.running = True
        """Whether it is to be turned on: nobody has stopped it."""
        try:
            self._waker = _Waker()
        except BaseException:
            self._selector.close()
            raise
        self.addReader(self._waker)

    # Descriptors.

    def addReader(self, reader: Descriptor) -> None:
        """Call `doRead` whenever there is something to read."""
        self._watch(reader, EVENT_READ)

    def addWriter(self, writer: Descriptor) -> None:
        """Call `doWrite` whenever there is room to write."""
        self._watch(writer, EVENT_WRITE)

    def removeReader(self, reader: Descriptor) -> None:
        """Call `doRead` no more."""
        self._unwatch(reader, EVENT_READ)

    def removeWriter(self, writer: Descriptor) -> None:
        """Call `doWrite` no more."""
        self._unwatch(writer, EVENT_WRITE)

    def _watch(self, descriptor: Descriptor, event: int) -> None:
        number = descriptor.fileno()
        known = self._watched.get(number)
        if known is None:
            self._watched[number] = self._selector.register(number, event, descriptor)
        elif not known.events & event:
            self._watched[number] = self._selector.modify(number, known.events | event, descriptor)

    def _unwatch(self, descriptor: Descriptor, event: int) -> None:
        number = descriptor.fileno()
        if not self._waits(descriptor, number, event):
            return
        rest = self._watched[number].events & ~event
        if rest:
            self._watched[number] = self._selector.modify(number, rest, descriptor)
        else:
            self._forget(number)

    def _waits(self, descriptor: Descriptor, number: int, event: int) -> bool:
        known = self._watched.get(number)
        return known is not None and known.data is descriptor and bool(known.events & event)

    def _forget(self, number: int) -> None:
        del self._watched[number]
        self._selector.unregister(number)

    # Calls.

    def callLater(self, delay: float, function: Callable[..., object], *arguments: object) -> Timer:
        """Call a function after so many seconds; with 0, when what is at hand is done."""
        timer = Timer(function, arguments)
        heapq.heappush(self._timers, (time.monotonic() + delay, next(self._numbers), timer))
        return timer

    def callFromThread(self, function: Callable[..., object], *arguments: object) -> None:
        """Have a function called in the reactor's thread, soon. May be called in any thread."""
        self._calls.append((function, arguments))
        self._waker.wake()

    @property
    def is_called(self) -> bool:
        """Whether there are calls from other threads to be made."""
        return bool(self._calls)

    def wake(self) -> None:
        """Let a turn that waits come to its end."""
        self._waker.wake()

    # Running.

    def turn(self, limit: float | None = None) -> None:
        """Wait until there is something to do, for `limit` seconds at most, and do it."""
        patience = self._patience()
        if limit is not None:
            patience = limit if patience is None else min(patience, limit)
        for key, events in self._selector.select(patience):
            self._serve(key.data, key.fd, events)
        for _ in range(len(self._calls)):
            function, arguments = self._calls.popleft()
            _guarded(function, *arguments)
        self._fire_timers()

    def stop(self) -> None:
        """Say that it is to be turned no more when what is at hand is done."""
        self.running = False

    def close(self) -> None:
        """Tell all descriptors that it is over. To be called when nobody turns it any more."""
        for key in list(self._watched.values()):
            self._forget(key.fd)
            _guarded(key.data.connectionLost, Loss(EOFError("the session has ended")))
        self._selector.close()

    def _patience(self) -> float | None:
        if self._calls:
            return 0.0
        while self._timers and not self._timers[0][2].active():
            heapq.heappop(self._timers)
        return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None

    def _serve(self, descriptor: Descriptor, number: int, events: int) -> None:
        # Who was served before it may have removed it.
        if events & EVENT_READ and self._waits(descriptor, number, EVENT_READ):
            self._step(descriptor, number, descriptor.doRead)
        if events & EVENT_WRITE and self._waits(descriptor, number, EVENT_WRITE):
            self._step(descriptor, number, descriptor.doWrite)

    def _step(self, descriptor: Descriptor, number: int, act: Callable[[], object]) -> None:
        problem = _guarded(act)
        if problem is not None:
            if self._waits(descriptor, number, EVENT_READ | EVENT_WRITE):
                self._forget(number)
            _guarded(descriptor.connectionLost, Loss(problem))

    def _fire_timers(self) -> None:
        due: list[Timer] = []
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            due.append(heapq.heappop(self._timers)[2])
        for timer in due:
            _guarded(timer.fire)


class _Waker:
    """Ends the reactor's wait from another thread."""

    def __init__(self) -> None:
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._awake = False

    def fileno(self) -> int:
        return self._near.fileno()

    def wake(self) -> None:
        # Whoever finds the mark set has added his call before the reactor takes the mark away and looks for calls.
        if not self._awake:
            self._awake = True
            try:
                self._far.send(b"\0")
            except OSError:
                # The reactor has ended.
                pass

    def doRead(self) -> None:
        self._near.recv(64)
        self._awake = False

    def doWrite(self) -> None:
        raise NotImplementedError

    def connectionLost(self, reason: Loss) -> None:  # noqa: ARG002
        self._near.close()
        self._far.close()


def _guarded(function: Callable[..., object], *arguments: object) -> Exception | None:
    """Call a function; what it raises is reported as for any thread, and must not end the reactor."""
    try:
        function(*arguments)
    except Exception as error:
        threading.excepthook(threading.ExceptHookArgs([*sys.exc_info(), threading.current_thread()]))
        return error
    return None
