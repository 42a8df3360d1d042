"""Worker processes on this machine.

Each is a fresh interpreter, never a fork of the driver: the user's program may have threads, locks and open files. It is
told over its standard input where the driver is, and connects. What it writes goes to files in memory, which the worker
empties after each call; what is left in them when it dies tells why.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, cast

from pydron.backend.cores import wanted_cores
from pydron.backend.exits import watch_exit
from pydron.config.records import Multicore
from pydron.transport.doorway import Doorway, TlsEntrance, UnixEntrance

if TYPE_CHECKING:
    from pydron.backend.launcher import Launcher, Observer, Surroundings
    from pydron.config.records import WorkerEntry
    from pydron.ids import WorkerId
    from pydron.transport.peer import Listener, Peer

__all__ = ["LocalLauncher", "LocalWorker", "MulticoreBackend", "worker_command"]

_LINGER = 1.0
"""Seconds for which a connection may outlive its process: somebody else holds it open."""
_TAIL = 4000


def worker_command() -> list[str]:
    """Return the command line of a worker process."""
    import pydron.worker

    entry = os.path.join(next(iter(pydron.worker.__path__)), "__main__.py")
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    # Warnings are set as in the driver when it is connected; -W would have the start itself fail.
    plain = [flag for flag in flags if not flag.startswith("-W")]
    return [sys.executable, *plain, "-P", entry]


class LocalWorker:
    """One worker process. It has ended when both its process and its connection are gone."""

    def __init__(self, launcher: LocalLauncher, worker: WorkerId, observer: Observer) -> None:
        self.worker = worker
        self.host = launcher.host
        self.pid = 0
        self._launcher = launcher
        self._observer = observer
        self._process: subprocess.Popen[bytes] | None = None
        self._peer: Peer | None = None
        self._listener: Listener | None = None
        self._ticket = b""
        self._output: list[int] = []
        self._status: int | None = None
        self._ended = False

    def launch(self) -> None:
        """Start the process and invite it."""
        doorway = self._launcher.doorway
        try:
            invitation = doorway.invite(self._joined)
            self._ticket = invitation.ticket
            self._output = [_scratch_file(), _scratch_file()]
            self._process = self._spawn()
            self.pid = self._process.pid
        except OSError as error:
            self._launcher.reactor.callLater(0, self._finish, f"could not be started: {error}")
            return
        watch_exit(self._launcher.reactor, self._process, self._exited)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(invitation.dumps().encode())
            self._process.stdin.close()
        except OSError:
            # It has ended already; the exit tells.
            pass

    def _spawn(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            worker_command(),
            stdin=subprocess.PIPE,
            stdout=self._output[0],
            stderr=self._output[1],
            # A session of its own: Ctrl-C in the terminal is for the driver, and killing the group gets all of it.
            start_new_session=True,
        )
        if self._launcher.nice:
            os.setpriority(os.PRIO_PROCESS, process.pid, self._launcher.nice)
        return process

    def stopped(self) -> bool:
        """Tell whether the process was stopped by a signal."""
        try:
            with open(f"/proc/{self.pid}/stat", "rb") as file:
                return file.read().rpartition(b")")[2].split()[0] in b"Tt"
        except (OSError, IndexError):
            return False

    def kill(self) -> None:
        """End the process and all that it has started."""
        if self._process is not None and self._status is None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def abandon(self) -> None:
        """Kill, wait, and tell nobody."""
        self._ended = True
        self.kill()
        if self._process is not None:
            self._process.wait()
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

    def received(self, messages: list[object]) -> None:
        """Pass on what the worker says."""
        if self._listener is not None and not self._ended:
            self._listener.received(messages)  # type: ignore[arg-type]

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
        # Processes that its calls left behind.
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
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

    def _close(self) -> None:
        self._launcher.doorway.withdraw(self._ticket)
        self._launcher.forget(self)
        for descriptor in self._output:
            os.close(descriptor)
        self._output = []

    def _story(self) -> str:
        """Tell how the process ended, for people."""
        assert self._status is not None
        if self._status < 0:
            try:
                how = f"killed by {signal.Signals(-self._status).name}"
            except ValueError:
                how = f"killed by signal {-self._status}"
        else:
            how = f"exited with status {self._status}"
        said = self._tail()
        return f"process {self.pid} {how}{', saying:' if said else ''}{said}"

    def _tail(self) -> str:
        """Return the end of what it wrote to its standard error, indented."""
        size = os.fstat(self._output[1]).st_size
        data = os.pread(self._output[1], _TAIL, max(0, size - _TAIL))
        lines = data.decode("utf-8", "replace").strip().splitlines()
        return "".join(f"\n    {line}" for line in lines[-20:])


class LocalLauncher:
    """Starts worker processes on this machine."""

    def __init__(self, count: int, surroundings: Surroundings, prefix: str = "local") -> None:
        self.count = count
        self.prefix = prefix
        self.host = "local"
        self.reactor = surroundings.reactor
        self.nice = surroundings.nice
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
        for worker in list(self._workers):
            worker.kill()
        for worker in list(self._workers):
            worker.abandon()
        self.doorway.close()


class MulticoreBackend:
    """The worker type ``multicore``."""

    entry = Multicore

    def launcher(self, entry: WorkerEntry, surroundings: Surroundings) -> Launcher:
        """Make the launcher for an entry."""
        entry = cast("Multicore", entry)
        return LocalLauncher(wanted_cores(entry.cores), surroundings, entry.name or "local")


def _scratch_file() -> int:
    """Make a file without a name that always grows at its end."""
    import fcntl

    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("pydron-output")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_APPEND)
    return descriptor
