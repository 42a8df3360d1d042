"""Tells the reactor when a child process ends, without signal handlers: those belong to the user's program."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from pydron.transport.reactor import Loss, Reactor

__all__ = ["watch_exit"]


def watch_exit(reactor: Reactor, process: subprocess.Popen[bytes], ended: Callable[[int], None]) -> None:
    """Call `ended` with the exit status, on the reactor's thread, when the process has ended and is reaped."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        _watch_by_thread(reactor, process, ended)
        return
    reactor.addReader(_Watch(reactor, process, descriptor, ended))


class _Watch:
    """A descriptor that becomes readable when the process ends."""

    def __init__(
        self, reactor: Reactor, process: subprocess.Popen[bytes], descriptor: int, ended: Callable[[int], None]
    ) -> None:
        self._reactor = reactor
        self._process = process
        self._descriptor = descriptor
        self._ended = ended

    def fileno(self) -> int:
        return self._descriptor

    def doRead(self) -> None:
        self._reactor.removeReader(self)
        self._release()
        self._ended(self._process.wait())

    def doWrite(self) -> None:
        raise NotImplementedError

    def connectionLost(self, reason: Loss) -> None:  # noqa: ARG002
        self._release()

    def _release(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _watch_by_thread(reactor: Reactor, process: subprocess.Popen[bytes], ended: Callable[[int], None]) -> None:
    def wait() -> None:
        status = process.wait()
        reactor.callFromThread(ended, status)

    threading.Thread(target=wait, name="pydron exit", daemon=True).start()
