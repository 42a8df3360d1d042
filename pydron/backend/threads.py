"""Worker threads in the driver's own process, for calls that wait or that release the interpreter lock.

They speak the same protocol as worker processes, over a pair of sockets, so arguments and results are snapshots here
too. A thread cannot be killed: one that must go is left behind, and ends with its call.
"""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING, cast

from pydron.backend.cores import wanted_cores
from pydron.backend.launcher import LOCAL
from pydron.config.records import Threads
from pydron.transport.peer import Peer
from pydron.transport.stream import adopt
from pydron.worker.diversion import ThreadCapture
from pydron.worker.likeness import ThreadLikeness
from pydron.worker.link import Link
from pydron.worker.loop import Worker

if TYPE_CHECKING:
    from pydron.backend.launcher import Launcher, Observer, Surroundings
    from pydron.config.records import WorkerEntry
    from pydron.ids import WorkerId
    from pydron.transport.messages import Message
    from pydron.transport.peer import Listener

__all__ = ["ThreadLauncher", "ThreadsBackend"]

_PATIENCE = 1.0
"""Seconds that `close` waits for threads that have nothing to do."""


class ThreadWorker:
    """One worker thread. It has ended when its connection is gone."""

    def __init__(self, launcher: ThreadLauncher, worker: WorkerId, observer: Observer) -> None:
        self.worker = worker
        self.host = LOCAL
        self.pid = os.getpid()
        self._launcher = launcher
        self._observer = observer
        self._peer: Peer | None = None
        self._listener: Listener | None = None
        self._silent = False
        self.thread: threading.Thread | None = None

    def launch(self) -> None:
        """Start the thread and connect it."""
        near, far = socket.socketpair()
        adopt(self._launcher.reactor, near, _One(Peer(None, self._joined)))
        self.thread = threading.Thread(target=_serve, args=(far,), name=f"pydron {self.worker}", daemon=True)
        self.thread.start()

    def stopped(self) -> bool:
        """Tell that a thread is never stopped without its process."""
        return False

    def kill(self) -> None:
        """Leave the thread behind."""
        if self._peer is not None:
            self._peer.hang_up("it was told to go")

    def abandon(self) -> None:
        """Leave the thread behind, and tell nobody."""
        self._silent = True
        if self._peer is not None:
            self._peer.cut()

    def _joined(self, peer: Peer) -> Listener | None:
        self._peer = peer
        # `start` must have returned before the observer hears of the worker.
        self._launcher.reactor.callLater(0, self._introduce, peer)
        return self

    def _introduce(self, peer: Peer) -> None:
        if not self._silent and self._peer is peer:
            self._listener = self._observer.joined(self, peer)

    def received(self, messages: list[Message]) -> None:
        """Pass on what the worker says."""
        if self._listener is not None and not self._silent:
            self._listener.received(messages)

    def lost(self, reason: str) -> None:
        """The connection is gone: the worker counts as gone."""
        self._peer = None
        self._launcher.forget(self)
        if not self._silent:
            if self._listener is not None:
                self._listener.lost(reason)
            self._observer.ended(self, f"thread {self.worker} was left behind: {reason}")


class _One:
    """Gives out one protocol."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def buildProtocol(self, addr: None) -> Peer:  # noqa: ARG002
        return self._peer


class ThreadLauncher:
    """Starts worker threads."""

    def __init__(self, count: int, surroundings: Surroundings, prefix: str = "thread") -> None:
        self.count = count
        self.prefix = prefix
        self.memory: int | None = None
        self.reactor = surroundings.reactor
        self._workers: set[ThreadWorker] = set()

    def start(self, worker: WorkerId, observer: Observer) -> ThreadWorker:
        """Start a thread."""
        started = ThreadWorker(self, worker, observer)
        self._workers.add(started)
        started.launch()
        return started

    def forget(self, worker: ThreadWorker) -> None:
        """Take note that a worker has ended."""
        self._workers.discard(worker)

    def close(self) -> None:
        """Let all threads go; those that run a call end with it."""
        workers = list(self._workers)
        for worker in workers:
            worker.abandon()
        for worker in workers:
            if worker.thread is not None and worker.thread is not threading.current_thread():
                worker.thread.join(_PATIENCE)


class ThreadsBackend:
    """The worker type ``threads``."""

    entry = Threads

    def launcher(self, entry: WorkerEntry, surroundings: Surroundings) -> Launcher:
        """Make the launcher for an entry."""
        entry = cast("Threads", entry)
        return ThreadLauncher(wanted_cores(entry.count), surroundings, entry.name or "thread")


def _serve(sock: socket.socket) -> None:
    """Be a worker until the driver hangs up."""
    link = Link(sock)
    try:
        first = link.first()
        if first is not None:
            capture = ThreadCapture()
            capture.begin()
            try:
                Worker(link, first, capture, ThreadLikeness(), lambda: None).run()
            finally:
                capture.close()
    except OSError:
        # The driver has hung up.
        pass
    finally:
        link.close()
