"""Retirement: what the cursor passes has happened, in program order.

The *retire cursor* walks the segments of the reorder buffer depth first and stops at the first entry that is not
settled. What it passes has happened: calls have succeeded, effects are done, output is shown. A fiber whose operation
must keep its place waits until the cursor stands at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.contexts import in_context
from pydron.runtime.failures import Failures
from pydron.runtime.fiber import Fiber, State
from pydron.runtime.promise import FAILED, PENDING, REMOTE, Handover, Promise, Quietly, Request

if TYPE_CHECKING:
    from pydron.runtime.entries import Effect
    from pydron.runtime.surroundings import Surroundings

__all__ = ["Retirement"]


class Retirement(Failures):
    """The part of a run that moves the cursor."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.depth = 0
        """Fibers running on the stack above the run's own loop."""
        self.handover: Handover | None = None
        """What a generator hands over to whoever iterates over it; until it is taken back the run stands still."""

    def is_turn(self, fiber: Fiber, request: object) -> bool:
        """Say whether everything before a fiber's next operation is done; drop what must not have run ahead of it."""
        if not self.pending:
            return True
        if self.depth:
            return False
        self._retire()
        if self._done or self._cursor is not fiber or fiber.segment:
            return False
        self._clear_way(fiber, request)
        return True

    def _clear_way(self, fiber: Fiber, request: object) -> None:
        """Drop what has run ahead of an operation whose turn it is, if that must not be; it runs next."""
        self.listens = False  # it may change who hears of output
        self.pool.look_again()
        if request is Request.IMPURE or (type(request) is Quietly and not self.trials.is_quiet(request.rehearsal)):
            self._squash_guesses(fiber)

    def _retire(self) -> bool:
        """Move the cursor as far as it goes; return whether anything happened."""
        progress = False
        fiber = self._cursor
        while not self._done:
            if fiber.segment:
                entry = fiber.segment[0]
                kind = type(entry)
                if kind is Fiber:
                    fiber = self._cursor = entry  # type: ignore[assignment]
                elif kind is Promise:
                    if not self._retire_call(fiber, entry):  # type: ignore[arg-type]
                        break
                    progress = True
                else:
                    if not self._retire_effect(fiber, entry):  # type: ignore[arg-type]
                        break
                    progress = True
            elif fiber.state is State.FINISHED:
                progress = True
                parent = fiber.parent
                if parent is None:
                    self._done = True
                    break
                parent.segment.popleft()
                self.memory.forget_made_by(fiber)
                self._retired()
                fiber = self._cursor = parent
            else:
                return self._arrive(fiber) or progress
        return progress

    def _arrive(self, fiber: Fiber) -> bool:
        """See to a fiber that the cursor has come to stand at; return whether it can go on."""
        if fiber.state is State.FAILED:
            assert fiber.error is not None
            self._fail(fiber, fiber.error, None)
            return True
        if fiber.state is State.WAITING and type(fiber.waiting) is Handover:
            self.handover = fiber.waiting
        elif fiber.state is State.WAITING and isinstance(fiber.waiting, Request | Quietly):
            self._clear_way(fiber, fiber.waiting)
            if fiber.waiting is not Request.BREATHE:
                self._wake_next(fiber)
                return True
        return False

    def _retire_call(self, fiber: Fiber, promise: Promise) -> bool:
        if promise.state == PENDING or self._is_fetched(promise):
            return False
        if promise.captured:
            captured, promise.captured = promise.captured, ()
            self._surroundings.show(captured)
            self.listens = False
        if promise.state == FAILED:
            self._fail(fiber, self._error_of(promise, fiber), promise.tick)
            return True
        promise.made = None
        fiber.segment.popleft()
        self._retired()
        return True

    def _is_fetched(self, promise: Promise) -> bool:
        """Say whether the program waits here for a value: a coroutine gives way at a call, but not at a store."""
        return promise.state == REMOTE and promise.wanted and self.loop is not None

    def _retire_effect(self, fiber: Fiber, effect: Effect) -> bool:
        values = effect.known()
        if isinstance(values, Promise):
            if values.state == REMOTE:
                self.want(values, None)
            return False
        try:
            in_context(fiber.around, effect.perform, values)
        except Exception as error:
            self._fail(fiber, error, effect.tick)
            return True
        self.listens = False
        fiber.segment.popleft()
        for key in effect.keys:
            self.memory.settle(key)
        self.forecasts.retired(effect)
        if fiber.guard is not None:
            self.look_at(fiber.guard)
        self._retired()
        return True

    def _standing_at(self) -> int | None:
        """Return the node that the program has come to, as far as the user can tell."""
        segment = self._cursor.segment
        while segment and type(segment[0]) is Fiber and segment[0].activation is self._cursor.activation:
            self._cursor = segment[0]
            segment = self._cursor.segment
        entry = segment[0] if segment else self._cursor
        return entry.tick or None
