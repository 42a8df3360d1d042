"""Outcomes of calls as they arrive, and the fibers that wait for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.runtime.entries import Effect
from pydron.runtime.ledger import Ledger
from pydron.runtime.promise import DONE, FAILED, PENDING, REMOTE, Promise

if TYPE_CHECKING:
    from pydron.ids import TaskId
    from pydron.runtime.fiber import Fiber
    from pydron.tasks import Outcome, Payload

__all__ = ["Arrivals"]

_PATIENCE = 0.5
"""Seconds without any outcome after which the pool is told what the run waits for."""


class Arrivals(Ledger):
    """The part of a run that takes outcomes in."""

    def want(self, promise: Promise, fiber: Fiber | None) -> None:
        """Let a fiber wait for a promise; bring the value here if it is on a worker."""
        if fiber is not None:
            if promise.waiters is None:
                promise.waiters = []
            promise.waiters.append(fiber)
        if promise.state == REMOTE and not promise.wanted:
            assert promise.task is not None
            self.tasks[promise.task] = promise
            self.pool.fetch(promise.task, self.inbox)  # type: ignore[arg-type]
        promise.wanted = True

    def _fulfil(self, promise: Promise, value: object) -> None:
        """Give a variable's promise what a fiber has bound, which may be a promise itself."""
        if type(value) is Promise:
            source = value.resolved()
            if source.state != DONE:
                promise.alias = source
                promise.task = source.task
                if promise.waiters:
                    waiters, promise.waiters = promise.waiters, None
                    for fiber in waiters:
                        if fiber.waiting is promise:
                            fiber.waiting = source
                            self.want(source, fiber)
                return
            value = source.value
        promise.value = value
        promise.state = DONE
        self._notify(promise)

    def _here(self, result: object) -> object:
        """Return the result itself, waiting for it if it is on a worker."""
        if type(result) is not Promise:
            return result
        promise = result.resolved()
        while promise.state == REMOTE:
            self.want(promise, None)
            self._wait()
        return promise.value

    def _wait(self) -> None:
        self._hand_back()
        self.pool.wait(self.inbox, _PATIENCE)
        if not self.inbox.outcomes:
            task = self._needed_next()
            if task is not None:
                self.pool.hurry(task)
            self.pool.wait(self.inbox)
        self._receive()

    def _needed_next(self) -> TaskId | None:
        """Return the call that everything waits for."""
        fiber = self._cursor
        if fiber.segment:
            entry = fiber.segment[0]
            awaited: object = entry.known() if type(entry) is Effect else entry
        else:
            awaited = fiber.waiting
        return awaited.resolved().task if type(awaited) is Promise else None

    def _receive(self) -> None:
        outcomes = self.inbox.outcomes
        while outcomes:
            self._settle(outcomes.popleft())

    def _settle(self, outcome: Outcome) -> None:
        promise = self.tasks.pop(outcome.task, None)
        if promise is None:
            return  # of a call that was dropped in the meantime
        if promise.guard is not None:
            self.look_at(promise.guard)
        if outcome.captured:
            promise.captured = outcome.captured
        if outcome.value is not None:
            self._settle_value(promise, outcome, outcome.value)
        elif outcome.own:
            self.waits.discard(outcome.task)
            self._settle_own(promise, outcome)
        elif outcome.failure is not None:
            promise.state = FAILED
            promise.outcome = outcome
        elif outcome.lost is not None:
            promise.state = FAILED
            promise.outcome = outcome.lost
        else:
            first = promise.state == PENDING
            promise.state = REMOTE
            if promise.wanted and first:
                promise.wanted = False
                self.want(promise, None)

    def _settle_value(self, promise: Promise, outcome: Outcome, value: Payload) -> None:
        assert promise.functional is not None
        self.observe(promise.functional, outcome.seconds, outcome.size, promise.packing)
        self.trials.settled(outcome.seconds)
        try:
            promise.value = self.pool.loads(value)
        except BaseException as error:
            promise.state = FAILED
            promise.outcome = error
            return
        promise.state = DONE
        promise.forget = None  # nobody refers to the call any more: who asks for its value gets the value itself
        self._forgotten.append(outcome.task)
        if promise.waiters:
            self._notify(promise)

    def _settle_own(self, promise: Promise, outcome: Outcome) -> None:
        self.trials.settled(outcome.seconds)
        if outcome.raised is not None:
            promise.state = FAILED
            promise.outcome = outcome
        else:
            promise.value = outcome.result
            promise.state = DONE
            self._notify(promise)
