"""Worker processes on this machine.

Each is a fresh interpreter, never a fork of the driver: the user's program may have threads, locks and open files. It
is told over its standard input where the driver is, and connects. What it writes goes to files in memory, which the
worker empties after each call; what is left in them when it dies tells why.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydron.backend.cores import wanted_cores
from pydron.backend.exits import watch_exit
from pydron.backend.launcher import LOCAL
from pydron.backend.spawn import Spawned
from pydron.config.records import Multicore
from pydron.transport.doorway import Doorway, TlsEntrance, UnixEntrance

if TYPE_CHECKING:
    from pydron.backend.launcher import Launcher, Observer, Surroundings
    from pydron.config.records import WorkerEntry
    from pydron.ids import WorkerId
    from pydron.transport.messages import Message
    from pydron.transport.peer import Listener, Peer

__all__ = ["LocalLauncher", "LocalWorker", "MulticoreBackend"]

_LINGER = 1.0
"""Seconds for which a connection may outlive its process: somebody else holds it open."""


class LocalWorker:
    """One worker process. It has ended when both its process and its connection are gone."""

    def __init__(self, launcher: LocalLauncher, worker: WorkerId, observer: Observer) -> None:
        self.worker = worker
        self.host = launcher.host
        self.pid = 0
        self._launcher = launcher
        self._observer = observer
        self._spawned: Spawned | None = None
        self._peer: Peer | None = None
        self._listener: Listener | None = None
        self._ticket = b""
        self._status: int | None = None
        self._ended = False

    def launch(self) -> None:
        """Start the process and invite it."""
        launcher = self._launcher
        try:
            self._spawned = launcher.spares.pop() if launcher.spares else Spawned(launcher.nice)
            # Only then: if this process is killed, it takes somebody who was invited to remove the way in.
            invitation = launcher.doorway.invite(self._joined)
            self._ticket = invitation.ticket
        except OSError as error:
            if self._spawned is not None:
                self._spawned.end()
            launcher.reactor.callLater(0, self._finish, f"could not be started: {error}")
            return
        self.pid = self._spawned.process.pid
        watch_exit(launcher.reactor, self._spawned.process, self._exited)
        self._spawned.tell(invitation.dumps())

    def stopped(self) -> bool:
        """Tell whether the process was stopped by a signal."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_bytes().rpartition(b")")[2].split()[0] in b"Tt"
        except (OSError, IndexError):
            return False

    def kill(self) -> None:
        """End the process and all that it has started."""
        if self._spawned is not None and self._status is None:
            self._spawned.kill()

    def abandon(self) -> None:
        """Kill, wait, and tell nobody."""
        self._ended = True
        if self._spawned is not None:
            self._spawned.end()
        if self._peer is not None:
            self._peer.hang_up("the session ends")
        self._close()

    # What happens to it.

    def _joined(self, peer: Peer) -> Listener | None:
        if self._ended:
            return None
        self._peer = peer
        self._listener = self._observer.joined(self, peer)
        return self

    def received(self, messages: list[Message]) -> None:
        """Pass on what the worker says."""
        if self._listener is not None and not self._ended:
            self._listener.received(messages)

    def lost(self, reason: str) -> None:
        """The connection is gone: so is the worker."""
        if self._listener is not None:
            self._listener.lost(reason)
        self._peer = None
        if self._status is None:
            self.kill()
        elif not self._ended:
            self._finish(self._story())

    def _exited(self, status: int) -> None:
        self._status = status
        if self._spawned is not None:
            # Processes that its calls left behind.
            self._spawned.kill()
        if self._ended:
            return
        if self._peer is None:
            self._finish(self._story())
        else:
            self._launcher.reactor.callLater(_LINGER, self._cut)

    def _cut(self) -> None:
        if self._peer is not None:
            self._peer.hang_up("its process has ended")

    def _finish(self, reason: str) -> None:
        if not self._ended:
            self._ended = True
            self._close()
            self._observer.ended(self, reason)

    def _story(self) -> str:
        assert self._spawned is not None
        assert self._status is not None
        return self._spawned.story(self._status)

    def _close(self) -> None:
        self._launcher.doorway.withdraw(self._ticket)
        self._launcher.forget(self)
        if self._spawned is not None:
            self._spawned.release()


class LocalLauncher:
    """Starts worker processes on this machine."""

    def __init__(
        self, count: int, surroundings: Surroundings, prefix: str = "local", memory: int | None = None
    ) -> None:
        self.count = count
        self.memory = memory
        self.prefix = prefix
        self.host = LOCAL
        self.reactor = surroundings.reactor
        self.nice = surroundings.nice
        self.spares = surroundings.spares
        unix = surroundings.transport != "tls" and hasattr(socket, "AF_UNIX")
        self.doorway = Doorway(self.reactor, UnixEntrance(self.reactor) if unix else TlsEntrance(self.reactor))
        self._workers: set[LocalWorker] = set()

    def start(self, worker: WorkerId, observer: Observer) -> LocalWorker:
        """Start a process."""
        started = LocalWorker(self, worker, observer)
        self._workers.add(started)
        started.launch()
        return started

    def forget(self, worker: LocalWorker) -> None:
        """Take note that a worker has ended."""
        self._workers.discard(worker)

    def close(self) -> None:
        """Kill all that is left."""
        # First what nobody could tidy up if this process were killed now.
        self.doorway.close()
        for worker in list(self._workers):
            worker.kill()
        for worker in list(self._workers):
            worker.abandon()


class MulticoreBackend:
    """The worker type ``multicore``."""

    entry = Multicore

    def launcher(self, entry: WorkerEntry, surroundings: Surroundings) -> Launcher:
        """Make the launcher for an entry."""
        entry = cast("Multicore", entry)
        return LocalLauncher(wanted_cores(entry.cores), surroundings, entry.name or "local", entry.memory)
