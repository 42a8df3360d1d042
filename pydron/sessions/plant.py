"""What a session consists of while its workers are wanted: the reactor's thread, the acts of the scheduler, the crew.

Slow to import; the session imports it when the first worker processes are under way.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from pydron.backend.cores import usable_cores
from pydron.backend.launcher import Surroundings
from pydron.backend.registry import make_launcher
from pydron.scheduler.events import WorkerLeft, WorkersUnavailable
from pydron.sessions.acts import Acts
from pydron.sessions.bridge import Bridge
from pydron.sessions.crew import Crew
from pydron.sessions.reloads import Reloads

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.backend.spawn import Spawned
    from pydron.config import Config
    from pydron.errors import LaunchError
    from pydron.sessions.pool import SessionPool
    from pydron.transport.messages import Setup

__all__ = ["Plant"]

_ALERT = 0.0004
"""Seconds that who waits for the only task there is stays awake for it: to fall asleep and be woken takes longer than a
short call. There is a core for that while the task is on another."""
_SILENCES = 60
"""Unanswered heartbeats after which a worker is taken for dead: C code may hold the interpreter for long."""


class Plant:
    """Runs from when it is made until `close`."""

    def __init__(
        self, config: Config, pool: SessionPool, spares: list[Spawned], describe: Callable[[str], Setup]
    ) -> None:
        """Start the reactor's thread; workers start when the first task arrives.

        Args:
            config: which workers there are to be.
            pool: where tasks come from and outcomes go.
            spares: local worker processes that were started ahead.
            describe: makes the first message to a worker.

        Raises:
            ConfigError: the configuration asks for what cannot be had here.
        """
        self._config = config
        self._pool = pool
        self._spares = spares
        self._describe = describe
        self._alert = _ALERT if usable_cores() > 1 else 0.0
        self.bridge = Bridge()
        self._reloads = Reloads()
        try:
            self.acts = self.bridge.ask(self._assemble)
            self.bridge.lender = self
        except BaseException:
            self._reloads.close()
            self.bridge.stop()
            raise

    def start(self) -> None:
        """Start the workers now."""
        self.bridge.call(self.acts.crew.start)

    def take(self) -> None:
        """Have what is in the pool done soon. May be called in any thread."""
        self.bridge.call(self._take)

    # The reactor in a thread that waits.

    def is_asked(self) -> bool:
        """Say whether the main thread waits for the only task there is."""
        return self._pool.is_waited_for and self.acts.is_lone

    def borrower(self) -> Callable[[], None] | None:
        """Return what lets the main thread go on, if it still waits."""
        return self._pool.borrower()

    def taken_back(self) -> None:
        """Take what is in the pool: nothing is handed over while the reactor is lent."""
        self._take()

    def turn_until(self, is_over: Callable[[], bool], end: float | None) -> None:
        """Turn the borrowed reactor until there is nothing to wait for, or the time has come, and give it back."""
        reactor = self.bridge.reactor
        needed = True
        try:
            self._take()
            sleeps_at = monotonic() + self._alert
            while reactor.running and not is_over():
                now = monotonic()
                if end is not None and now >= end:
                    break
                if now < sleeps_at:
                    reactor.turn(0.0)
                else:
                    reactor.turn(None if end is None else end - now)
            needed = not self.acts.is_idle
        finally:
            self.bridge.give_back(needed=needed)

    def close(self, told: LaunchError | None) -> None:
        """End all workers and the thread.

        Args:
            told: what runs that still wait will raise; without it they wait for ever.
        """
        self._reloads.close()
        self.bridge.ask(lambda: self._end(told))
        self.bridge.stop()

    def _assemble(self) -> Acts:
        config, reactor = self._config, self.bridge.reactor
        surroundings = Surroundings(reactor, config.transport, config.nice, self._spares)
        launchers = [make_launcher(entry, surroundings) for entry in config.workers]
        acts = Acts(reactor, self._pool.deliver, self._pool.break_down, self._pool.observer.noted)
        acts.tells_sites = self._pool.checks
        silence = config.heartbeat_s * _SILENCES
        acts.crew = Crew(reactor, launchers, acts, self._describe, self._pool.depot, config.heartbeat_s, silence)
        if config.idle_timeout is not None:
            acts.rest_after(config.idle_timeout)
        return acts

    def _take(self) -> None:
        if self._reloads.taken():
            self.acts.drain()
        self.acts.all_happened(self._pool.take())
        if keys := self._pool.idle_functions():
            self.acts.forget(keys)
        self._pool.taken()

    def _end(self, told: LaunchError | None) -> None:
        acts = self.acts
        gone = [WorkerLeft(member.worker, "the session was closed", expected=True) for member in acts.crew.ready]
        acts.crew.close()
        while self._spares:
            self._spares.pop().end()
        if told is not None:
            acts.all_happened(self._pool.take())
            acts.happened(*gone, WorkersUnavailable(told))
        acts.close()
        self._pool.snapshots.close()
        self._pool.depot.close()
