"""The reactor thread, and how other threads reach it.

The reactor is Pydron's own: it is neither installed as Twisted's global one nor touches signals, so a program that runs
a reactor or an asyncio loop of its own is not disturbed, whichever starts first.

A call that is alone under way and that the program waits for would go through two changes of threads on its way out
and two on its way back, which take longer than all the rest. So the thread lends the reactor to the one that waits,
and sleeps.
"""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol, TypeVar

from pydron.transport.reactor import Reactor
from pydron.worker.inside import mark

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Bridge", "Lender"]

T = TypeVar("T")
_ABSENCE = 0.1
"""Seconds after which the thread takes back what it has lent, unless it is in use: that long timers may be late."""


class Lender(Protocol):
    """Who decides whether the reactor is lent. Called by who turns it."""

    def is_asked(self) -> bool:
        """Say whether a thread waits that may have the reactor now."""

    def borrower(self) -> Callable[[], None] | None:
        """Return what lets that thread go on, if it still waits: it has to be called, for nothing else will do it."""

    def taken_back(self) -> None:
        """Do what nobody was told of in the meantime."""


class Bridge:
    """A reactor in a daemon thread."""

    def __init__(self) -> None:
        self.reactor = Reactor()
        self.lender: Lender | None = None
        self.lent = False
        """Whether the thread sleeps. Looked at when what it is to find is where it will find it."""
        self._needed: SimpleQueue[None] = SimpleQueue()
        """Wakes the thread."""
        self._turning = threading.Lock()
        """Held by who turns the reactor."""
        self._turner = 0
        """The identity of the thread that turns it."""
        self._thread = threading.Thread(target=self._run, name="pydron reactor", daemon=True)
        self._thread.start()

    # For all threads.

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Have a function called by who turns the reactor, soon."""
        self.reactor.callFromThread(function, *arguments)
        if self.lent:
            self._needed.put(None)

    def ask(self, function: Callable[[], T]) -> T:
        """Have a function called by who turns the reactor; return what it returns, or raise what it raises."""
        if threading.get_ident() == self._turner:
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

    def wake(self) -> None:
        """Let who turns the reactor look whether what it waits for is there."""
        if threading.get_ident() != self._turner:
            self.reactor.wake()

    def stop(self) -> None:
        """End the thread and close what the reactor holds."""
        self.call(self.reactor.stop)
        if threading.get_ident() != self._turner:  # else both follow when this turn is over
            self._thread.join()

    # For a thread that borrows the reactor.

    def borrow(self) -> bool:
        """Give the calling thread the reactor, if it is lent and nobody else has it; return whether that is so."""
        if not self.lent or not self._turning.acquire(blocking=False):
            return False
        self._begin()
        return True

    def give_back(self, *, needed: bool) -> None:
        """Let go of the reactor; `needed` if there is something that its own thread has to do now."""
        self._end()
        if needed or self.reactor.is_called:
            self._needed.put(None)

    # The thread.

    def _run(self) -> None:
        while self.reactor.running:
            self._turning.acquire()
            self._begin()
            try:
                borrower = self._turn()
            finally:
                self._end()
            if borrower is not None:
                borrower()
                try:
                    self._needed.get(timeout=_ABSENCE)
                except Empty:
                    # Nobody has missed it, but timers run.
                    pass
        with self._turning:  # who has borrowed the reactor may be about to give it back
            self.reactor.close()

    def _turn(self) -> Callable[[], None] | None:
        """Turn the reactor until it is stopped or lent; return what lets the borrower go on."""
        lender, self.lent = self.lender, False
        if lender is not None:
            lender.taken_back()
        while self.reactor.running:
            self.reactor.turn()
            lender = self.lender
            if lender is not None and lender.is_asked():
                self.lent = True
                if not self.reactor.is_called and (borrower := lender.borrower()) is not None:
                    return borrower
                self.lent = False
        return None

    def _begin(self) -> None:
        self._turner = threading.get_ident()
        # Finalizers that the garbage collector calls now must not wait for what they themselves hold up.
        mark(True)

    def _end(self) -> None:
        mark(False)
        self._turner = 0
        self._turning.release()
