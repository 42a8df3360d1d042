"""The session itself: puts configuration, workers, scheduler and pool together, and takes them apart again."""

from __future__ import annotations

import atexit
import os
import secrets
import threading
from typing import TYPE_CHECKING, Self

from pydron.backend.cores import wanted_cores
from pydron.backend.launcher import Surroundings
from pydron.backend.registry import make_launcher
from pydron.backend.spawn import Spawned
from pydron.config import Multicore, load_config
from pydron.errors import LaunchError
from pydron.scheduler.events import WorkerLeft, WorkersUnavailable
from pydron.sessions.acts import Acts
from pydron.sessions.bridge import Bridge
from pydron.sessions.crew import Crew
from pydron.sessions.pool import SessionPool
from pydron.worker.likeness import describe

if TYPE_CHECKING:
    from types import TracebackType

    from pydron.config import Config
    from pydron.config.load import Source
    from pydron.transport.messages import Setup

__all__ = ["INLINE_LIMIT", "Session"]

INLINE_LIMIT = 64 * 1024
"""Results of more bytes stay on the worker until somebody wants them."""
_SILENCES = 60
"""Unanswered heartbeats after which a worker is taken for dead: C code may hold the interpreter for long."""


class Session:
    """One pool of workers. Nothing is started before the first call needs it."""

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
            check: prove for each call that it left its arguments alone.
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
        self.mode = self.config.mode
        self.check = os.environ.get("PYDRON_CHECK", "") not in {"", "0"} if check is None else check
        self.pid = os.getpid()
        """The process it belongs to; a fork of it needs a session of its own."""
        self._name = secrets.token_bytes(8)
        self._lock = threading.Lock()
        self._bridge: Bridge | None = None
        self._acts: Acts | None = None
        self._spares: list[Spawned] = []
        self._closed = False
        self.pool = SessionPool(self._hand_over)

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

    def start(self) -> None:
        """Start the workers now; without it they start with the first call."""
        self._open()
        assert self._bridge is not None
        assert self._acts is not None
        self._bridge.call(self._acts.crew.start)

    def close(self) -> None:
        """End all workers and the reactor thread. Runs that still wait are told that there are no workers any more."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            bridge, acts = self._bridge, self._acts
        atexit.unregister(self.close)
        if bridge is None or acts is None or self.pid != os.getpid():
            return

        def end() -> None:
            gone = [WorkerLeft(member.worker, "the session was closed", expected=True) for member in acts.crew.ready]
            acts.crew.close()
            self._end_spares()
            acts.asked(*self.pool.take())
            acts.happened(*gone, WorkersUnavailable(LaunchError("the session was closed")))
            acts.close()

        bridge.ask(end)
        bridge.stop()

    def _open(self) -> None:
        with self._lock:
            if self._closed:
                raise LaunchError("the session was closed")
            if self.pid != os.getpid():
                raise LaunchError("a session cannot be used by a fork of its process; make another one")
            if self._bridge is not None:
                return
            self._spares = _spawn_ahead(self.config)
            try:
                bridge = Bridge()
            except BaseException:
                self._end_spares()
                raise
            try:
                self._acts = bridge.ask(lambda: self._assemble(bridge))
            except BaseException:
                self._end_spares()
                bridge.stop()
                raise
            self._bridge = bridge
            atexit.register(self.close)

    def _assemble(self, bridge: Bridge) -> Acts:
        config = self.config
        surroundings = Surroundings(bridge.reactor, config.transport, config.nice, self._spares)
        launchers = [make_launcher(entry, surroundings) for entry in config.workers]
        acts = Acts(bridge.reactor, self.pool.deliver, self.pool.break_down, self.pool.observer.noted)
        silence = config.heartbeat_s * _SILENCES
        acts.crew = Crew(bridge.reactor, launchers, acts, self._describe, config.heartbeat_s, silence)
        if config.idle_timeout is not None:
            acts.rest_after(config.idle_timeout)
        return acts

    def _end_spares(self) -> None:
        while self._spares:
            self._spares.pop().end()

    def _describe(self, worker: str) -> Setup:
        return describe(worker, self._name, check=self.check, inline_limit=INLINE_LIMIT)

    def _hand_over(self) -> None:
        if self._bridge is None or self._closed or self.pid != os.getpid():
            self._open()
        assert self._bridge is not None
        self._bridge.call(self._take)

    def _take(self) -> None:
        assert self._acts is not None
        self._acts.asked(*self.pool.take())


def _spawn_ahead(config: Config) -> list[Spawned]:
    """Start the local worker processes that will be needed, before the slow imports of this process."""
    wanted = sum(wanted_cores(entry.cores) for entry in config.workers if isinstance(entry, Multicore))
    spares: list[Spawned] = []
    for _ in range(wanted):
        try:
            spares.append(Spawned(config.nice))
        except OSError:
            # It is tried again where it can be told.
            break
    return spares
