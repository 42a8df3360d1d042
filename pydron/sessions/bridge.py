"""The reactor thread, and how other threads reach it.

The reactor is Pydron's own: it is neither installed as Twisted's global one nor touches signals, so a program that runs
a reactor or an asyncio loop of its own is not disturbed, whichever starts first.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.transport.doorway import Reactor

__all__ = ["Bridge"]

T = TypeVar("T")


def _make_reactor() -> Reactor:
    if sys.platform == "linux":
        from twisted.internet.epollreactor import EPollReactor as Chosen
    else:
        from twisted.internet.selectreactor import SelectReactor as Chosen
    reactor = Chosen()  # type: ignore[no-untyped-call]
    # The thread that Twisted calls its input/output thread belongs to the user's own reactor.
    reactor._registerAsIOThread = False
    return cast("Reactor", reactor)


class Bridge:
    """A reactor in a daemon thread."""

    def __init__(self) -> None:
        self.reactor = _make_reactor()
        self._thread = threading.Thread(target=self._run, name="pydron reactor", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.reactor.run(installSignalHandlers=False)

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Have a function called on the reactor's thread, soon."""
        self.reactor.callFromThread(function, *arguments)

    def ask(self, function: Callable[[], T]) -> T:
        """Call a function on the reactor's thread and return what it returns, or raise what it raises."""
        if threading.current_thread() is self._thread:
            return function()
        done = threading.Event()
        answer: list[T] = []
        problem: list[BaseException] = []

        def work() -> None:
            try:
                answer.append(function())
            except BaseException as error:
                problem.append(error)
            finally:
                done.set()

        self.call(work)
        done.wait()
        if problem:
            raise problem[0]
        return answer[0]

    def stop(self) -> None:
        """End the thread and close what the reactor holds."""
        from twisted.internet.error import ConnectionDone
        from twisted.python.failure import Failure

        self.call(self.reactor.stop)
        self._thread.join()
        over = Failure(ConnectionDone())  # type: ignore[no-untyped-call]
        for reader in self.reactor.removeAll():
            reader.connectionLost(over)
        for descriptor in self.reactor._internalReaders.copy():
            descriptor.connectionLost(over)
        poller = getattr(self.reactor, "_poller", None)
        if poller is not None:
            poller.close()
