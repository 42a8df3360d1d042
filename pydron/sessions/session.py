"""The session itself: puts configuration, workers, scheduler and pool together, and takes them apart again."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from pydron.backend.cores import usable_cores, wanted_cores
from pydron.backend.spawn import Spawned
from pydron.config import Multicore, Threads, load_config
from pydron.errors import LaunchError
from pydron.interrupts import HeldBack
from pydron.worker.inside import is_checking

if TYPE_CHECKING:
    from types import TracebackType

    from pydron.config import Config
    from pydron.config.load import Source
    from pydron.sessions.plant import Plant
    from pydron.sessions.pool import SessionPool
    from pydron.transport.messages import Setup

__all__ = ["INLINE_LIMIT", "Session"]

_CLOSED = "the session was closed; calls that are still wanted must end before it does"
INLINE_LIMIT = 64 * 1024
"""Results of more bytes stay on the worker until somebody wants them."""


class Session:
    """One pool of workers. Nothing is started before there is a functional call, or likely to be one soon."""

    def __init__(
        self,
        config: Source = None,
        *,
        strict: bool | None = None,
        ship: bool | None = None,
        check: bool | None = None,
        mode: str | None = None,
        idle_timeout: float | None = None,
    ) -> None:
        """Make a session.

        Args:
            config: a file, plain values as they would stand in a file, or a finished configuration; None searches.
            strict: raise an error where a function would be run sequentially.
            ship: send every functional call to a worker, however short it is.
            check: prove for each call that it kept the promise of a functional callable.
            mode: "parallel" or "sequential".
            idle_timeout: stop workers after so many seconds without work.

        Raises:
            ConfigError: the configuration cannot be used.
        """
        given = {"strict": strict, "ship": ship, "mode": mode, "idle_timeout": idle_timeout}
        options = {name: value for name, value in given.items() if value is not None}
        self.config = load_config(source=config, options=options or None)
        self.strict = self.config.strict
        self.ship = self.config.ship
        # While the process ends no thread can be started: what is left runs in place.
        self.mode = self.config.mode if threading.main_thread().is_alive() else "sequential"
        self.check = is_checking() if check is None else check
        self.pid = os.getpid()
        """The process it belongs to; a fork of it needs a session of its own."""
        self._name = os.urandom(8)
        self._lock = threading.Lock()
        self._plant: Plant | None = None
        self._pool: SessionPool | None = None
        self._spares: list[Spawned] = []
        self._closed = False
        self._process_ends = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """Whether the session has ended."""
        return self._closed

    @property
    def pool(self) -> SessionPool:
        """What runs talk to."""
        if self._pool is None:
            from pydron.sessions.pool import SessionPool
            from pydron.waiting.rooms import WaitingRooms

            with self._lock:
                if self._pool is None:
                    rooms = WaitingRooms(self.config.waiting_at_once, check=self.check)
                    pool = SessionPool(
                        self._hand_over, self._plant_here, _slots(self.config), _limit(self.config), rooms
                    )
                    pool.checks = self.check
                    self._pool = pool
        return self._pool

    def expect_calls(self) -> None:
        """Start local worker processes, because calls are likely to come; they will wait to be told what for."""
        with self._lock:
            if not (self._closed or self._plant or self._spares) and self.pid == os.getpid():
                # One core is busy with what this process does meanwhile.
                self._spawn(max(1, usable_cores() - 1))

    def start(self) -> None:
        """Start the workers now; without it they start with the first call."""
        self._open().start()

    def close(self) -> None:
        """End all workers and the reactor thread. Runs that still wait are told that there are no workers any more."""
        # An interrupt before the section has nothing ended: the session is open, and can be closed again.
        with HeldBack(dropped=self._process_ends):
            with self._lock:
                if self._closed:
                    return
                self._closed = True
            atexit.unregister(self._at_exit)
            if self.pid == os.getpid():
                self._end()

    def _end(self) -> None:
        if self._plant is not None:
            self._plant.close(None if self._process_ends else LaunchError(_CLOSED))
            # What the scheduler still holds goes with it.
            self._plant = None
        self._end_spares()
        if "pydron.waiting.side" in sys.modules:
            self._leave_rooms()

    def _leave_rooms(self) -> None:
        from pydron.waiting.side import close_if_unused

        if self._pool is not None:
            self._pool.close_rooms()
        close_if_unused(silently=self._process_ends)

    def _at_exit(self) -> None:
        """Close, and say nothing to those that wait: daemon threads, which stop with the process wherever they are."""
        self._process_ends = True
        while not self._closed:
            with suppress(KeyboardInterrupt):  # another one has its effect already
                self.close()

    def _open(self) -> Plant:
        pool = self.pool
        if self._process_ends and threading.current_thread().daemon:
            threading.Event().wait()
        with HeldBack(), self._lock:
            if self._closed:
                raise LaunchError(_CLOSED)
            if self.pid != os.getpid():
                raise LaunchError("a session cannot be used by a fork of its process; make another one")
            if self._plant is None:
                self._spawn(_processes(self.config))
                from pydron.sessions.plant import Plant

                try:
                    self._plant = Plant(self.config, pool, self._spares, self._describe)
                except BaseException:
                    self._end_spares()
                    raise
            return self._plant

    def _spawn(self, most: int) -> None:
        """Start local worker processes until there are as many as will be needed, or `most`."""
        atexit.unregister(self._at_exit)
        atexit.register(self._at_exit)
        if threading.current_thread() is not threading.main_thread():
            # Workers end with the thread that started them. The reactor's, which starts the rest, lasts.
            return
        while len(self._spares) < min(most, _processes(self.config)):
            try:
                self._spares.append(Spawned(self.config.nice))
            except OSError:
                # It is tried again where it can be told.
                break

    def _end_spares(self) -> None:
        while self._spares:
            self._spares.pop().end()

    def _describe(self, worker: str) -> Setup:
        from pydron.worker.likeness import describe

        return describe(worker, self._name, check=self.check, inline_limit=INLINE_LIMIT)

    def _plant_here(self) -> Plant | None:
        return self._plant if self.pid == os.getpid() else None

    def _hand_over(self) -> None:
        plant = self._plant
        if plant is None or self._closed or self.pid != os.getpid():
            plant = self._open()
        plant.take()


def _slots(config: Config) -> int:
    """Return how many calls the local workers of a configuration can run at the same time."""
    threads = sum(wanted_cores(entry.count) for entry in config.workers if isinstance(entry, Threads))
    return max(1, _processes(config) + threads)


def _limit(config: Config) -> int | None:
    """Return how many bytes of arguments to hold in memory: a quarter of what limited workers may use."""
    limits = [
        wanted_cores(entry.cores) * entry.memory
        for entry in config.workers
        if isinstance(entry, Multicore) and entry.memory
    ]
    return sum(limits) // 4 if limits else None


def _processes(config: Config) -> int:
    """Return how many worker processes a configuration asks for on this machine."""
    return sum(wanted_cores(entry.cores) for entry in config.workers if isinstance(entry, Multicore))
