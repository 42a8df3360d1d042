"""Giving way: a coroutine lets other tasks of its event loop have their turn while it waits for a call.

Those may change whatever the coroutine can see. In program order they had their turn where the retire cursor stood;
what has run ahead of it has read things as they were before. So it is done again once the program goes on from there.
The calls that were made are kept, and confirmed where they come up again. Until then what ran ahead may go on, to
make more calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pydron.runtime.entries import Effect
from pydron.runtime.fiber import Fiber, State
from pydron.runtime.promise import FAILED, PENDING, Promise
from pydron.runtime.retirement import Retirement

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from pydron.runtime.surroundings import Surroundings

__all__ = ["Bell", "GivingWay"]


class Bell(Protocol):
    """What wakes a coroutine."""

    loop: AbstractEventLoop

    def arm(self, *, patient: bool) -> None:
        """Begin to wait for the next ring; if not `patient`, it comes by itself after a while."""

    def ring(self) -> None:
        """Wake the coroutine. May be called in any thread."""


class GivingWay(Retirement):
    """The part of a run that gives way."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.is_idle = False
        """The coroutine gives way until its bell rings, see `Run.wake`."""
        self._bell: Bell | None = None
        self._stale = False
        """Others had their turn since the code ran that has run ahead."""
        self._hurried: object = None
        """The call that the pool knows everything waits for."""

    def _may_give_way(self) -> bool:
        """Say whether what has run ahead can be done again from where the program stands."""
        segment = self._cursor.segment
        return self._bell is not None and not (segment and type(segment[0]) is Effect)

    def _give_way(self) -> None:
        assert self._bell is not None
        self._hand_back()
        needed = self._needed_next()
        patient = needed is None or needed is self._hurried
        self._bell.arm(patient=patient or needed in self.waits)
        self.pool.listen(self.inbox, self._bell.ring, patient=patient)
        self.is_idle = self._stale = True

    def _hurry(self) -> None:
        """Tell the pool what everything waits for."""
        task = self._needed_next()
        if task is not None and not self.inbox.outcomes:
            self._hurried = task
            self.pool.hurry(task)

    def _stop_giving_way(self) -> None:
        """Block instead from here on: nobody lets others have their turn while a coroutine is closed."""
        self._bell = self.loop = None
        self._cancel(self.guesses.drain(0))

    def _bring(self, result: object) -> object:
        """Return the result itself, or give way until it is here."""
        if self._bell is not None and type(result) is Promise and self._is_to_come(result.resolved()):
            self.want(result.resolved(), None)
            self._give_way()
            return None
        return self._here(result)

    def _renew(self) -> None:
        """Have done again what has run ahead, if the program goes on from where others had their turn."""
        fiber = self._cursor
        while fiber.segment and type(fiber.segment[0]) is Fiber:
            fiber = fiber.segment[0]
        entry = fiber.segment[0] if fiber.segment else fiber.waiting
        if type(entry) is Promise and self._is_to_come(entry.resolved()):
            return
        self._stale = False
        self._redo_after(fiber)
        if fiber.state is State.FINISHED and not (type(entry) is Promise and entry.state == FAILED):
            self._return(fiber)

    def _is_to_come(self, promise: Promise) -> bool:
        return promise.state == PENDING or self._is_fetched(promise)

    def _redo_after(self, fiber: Fiber) -> None:
        """Drop everything that comes after a fiber; makers that went on are to do it again, and may run ahead again."""
        for parent, child in self._drop_after(fiber):
            if parent.waiting is not child or parent.state is not State.WAITING:
                self._reopen(parent)
                self._stall(parent, child)

    def _reopen(self, parent: Fiber) -> None:
        """Take back that a maker has ended or has been passed."""
        if parent.state is State.FINISHED:
            parent.outs = None  # its maker goes on with what it binds this time
            parent.keys = parent.announced
            parent.announce_again()
        parent.settled = parent.is_bet = False
