"""Errors: which is the first in program order, which statement catches it, and what traceback it has."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pydron.contexts import keep_context
from pydron.runtime.caught import SETTLED, Caught, Culprit, first_failure, noted
from pydron.runtime.entries import Effect
from pydron.runtime.fiber import State
from pydron.runtime.makers import Makers
from pydron.runtime.promise import Promise
from pydron.runtime.trace import place_error, raise_again, through_generator

if TYPE_CHECKING:
    from types import TracebackType
    from typing import NoReturn

    from pydron.runtime.fiber import Entry, Fiber
    from pydron.runtime.plan import Activation
    from pydron.runtime.surroundings import Surroundings

__all__ = ["Failures"]


class Failures(Makers):
    """The part of a run that sees to errors."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.error: BaseException | None = None
        """What the scheduled function has raised, with the traceback that the user expects."""
        self.around = sys.exception()
        """What was being handled when the run began: Python links what is raised meanwhile to it."""
        self._done = False
        self._placed: dict[int, tuple[BaseException, Activation]] = {}
        """Errors that were caught, and the call whose frame their traceback begins with."""
        self._passing: tuple[BaseException, TracebackType | None, Activation] | None = None
        """An error on its way through the frames of makers that have not gone on, and the call that it comes from."""

    def _error_of(self, promise: Promise, fiber: Fiber) -> BaseException:
        outcome = promise.outcome
        if isinstance(outcome, BaseException):
            return outcome
        assert outcome is not None
        if outcome.raised is not None:
            error = outcome.raised
        else:
            assert outcome.failure is not None
            error = self.pool.load_failure(outcome.failure)
        assert promise.functional is not None
        keep_context(error, fiber.around)
        where = f" on worker {outcome.worker}" if outcome.worker is not None else ""
        error.add_note(f"raised by functional {promise.functional.name}{where}, called at {promise.site}")
        return error

    def _fail(self, fiber: Fiber, error: BaseException, tick: int | None) -> None:
        """See to the first error in program order: it ends the run, or the body that it came up in."""
        body = self._guard_of(fiber)
        if body is not None:
            self._catch(body, fiber, error, tick, fiber.segment[0] if fiber.segment else None)
            return
        self.error = self.placed_in(None, error, fiber, tick)
        self._done = True
        self._drop_all()

    def _drop_all(self) -> None:
        self._done = True
        root = self._root
        while root.segment:
            self._drop(root.segment.pop())
        root.frame.close()
        self._cancelled.extend(self.tasks)
        self.tasks.clear()
        self.waits.clear()

    def _guard_of(self, fiber: Fiber) -> Fiber | None:
        """Return the innermost body around a fiber whose errors are still to be caught."""
        body = fiber.guard
        while body is not None and body.settled:
            body = body.parent.guard if body.parent is not None else None
        return body

    # bodies whose errors a statement catches

    def _look(self) -> None:
        while self._looking:
            body = self._looking.pop()
            if body.settled or body.state is State.DEAD:
                continue
            found = first_failure(body)
            if found is SETTLED:
                body.settled = True
                self._return(body)
            elif type(found) is Culprit:
                self._catch_early(body, found)

    def _catch_early(self, body: Fiber, culprit: Culprit) -> None:
        """Catch an error before the effects that come earlier in the program have retired."""
        fiber, entry = culprit.fiber, culprit.entry
        if type(entry) is Promise:
            self._catch(body, fiber, self._error_of(entry, fiber), entry.tick, entry)
        else:
            assert fiber.error is not None
            self._catch(body, fiber, fiber.error, None, None)

    def _catch(self, body: Fiber, fiber: Fiber, error: BaseException, tick: int | None, entry: Entry | None) -> None:
        """End a body with the first error in it: what comes after that never happened."""
        placed = self.placed_in(body.activation, error, fiber, tick)
        maker = body.parent
        assert maker is not None
        assert maker.variables is not None
        if entry is not None:
            self._cut_at(fiber, entry)
        self._cut_after(fiber, body)
        body.settled = True
        body.result = Caught(placed, noted(list(body.segment), maker.variables))
        self._return(body)

    def _cut_at(self, fiber: Fiber, entry: Entry) -> None:
        """Drop an entry that has failed, and all that comes after it in the same fiber; what it printed stays."""
        while (last := fiber.segment.pop()) is not entry:
            self._drop(last)
        if type(entry) is Promise and entry.captured:
            fiber.segment.append(Effect(self._surroundings.show, (entry.captured,), (), entry.tick))
            self.pending += 1
        self._drop(entry)

    def _cut_after(self, fiber: Fiber, body: Fiber) -> None:
        """Drop what comes after a fiber in a body; what comes before is still to retire."""
        while True:
            fiber.frame.close()
            fiber.state = State.FINISHED
            fiber.error = None
            fiber.outs = None
            self.settle_keys(fiber)
            if fiber is body:
                return
            parent = fiber.parent
            assert parent is not None
            while parent.segment[-1] is not fiber:
                self._drop(parent.segment.pop())
            fiber = parent

    # the way of an error

    def placed_in(
        self, top: Activation | None, error: BaseException, fiber: Fiber, tick: int | None = None
    ) -> BaseException:
        """Return an error with the traceback that the user expects, from the frame of a call on."""
        known = self._placed.get(id(error))
        begins = known[1] if known is not None else None
        if begins is None and self._passing is not None and self._passing[0] is error:
            begins = self._passing[2]  # what is raised again at the end of `except*` does not tell
        placed: BaseException | None = None
        if isinstance(error, StopIteration):
            placed = through_generator(fiber, error, tick, top)
        if placed is None:
            placed = place_error(fiber, error, tick, top, begins)
        if top is not None:
            self._placed[id(placed)] = placed, top
            self._passing = None  # it has arrived; raised from here on, it leaves frames anew
        return placed

    def forget_error(self, error: BaseException) -> None:
        """Let go of an error that was handled."""
        self._placed.pop(id(error), None)
        self._passing = None

    def pass_on(self, error: BaseException, origin: Activation) -> NoReturn:
        """Raise the error of a fiber in the frame of its maker, which has not gone on."""
        passing = self._passing
        if passing is None or passing[0] is not error or passing[1] is not error.__traceback__:
            self._passing = error, error.__traceback__, origin
        raise_again(error)

    def traced(self, error: BaseException) -> BaseException:
        """Return an error without the traceback entries of the frames that it was passed on through."""
        if self._passing is not None and self._passing[0] is error:
            return error.with_traceback(self._passing[1])
        return error
