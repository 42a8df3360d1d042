"""The reactor thread, and how other threads reach it.

The reactor is Pydron's own: it is neither installed as Twisted's global one nor touches signals, so a program that runs
a reactor or an asyncio loop of its own is not disturbed, whichever starts first.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from pydron.transport.reactor import Reactor

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Bridge"]

T = TypeVar("T")


class Bridge:
    """A reactor in a daemon thread."""

    def __init__(self) -> None:
        self.reactor = Reactor()
        self._thread = threading.Thread(target=self.reactor.run, name="pydron reactor", daemon=True)
        self._thread.start()

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
        self.call(self.reactor.stop)
        self._thread.join()
        self.reactor.close()
