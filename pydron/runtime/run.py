"""A run: one call of a scheduled function from ordinary code, from the first dispatch to the last retirement.

A run is written in layers, each in a module of its own that knows those beneath it: what is under way (`ledger`),
outcomes (`arrivals`), how far to go ahead (`run_ahead`), fibers and their makers (`makers`), errors (`failures`), the
retire cursor (`retirement`), others that have their turn meanwhile (`giving_way`), and here the loop that drives them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pydron.contexts import unlink_missed
from pydron.interrupts import HeldBack, is_interrupt
from pydron.runtime.entries import Effect, walk
from pydron.runtime.fiber import Fiber, State
from pydron.runtime.forecasts import Forecasts
from pydron.runtime.giving_way import GivingWay
from pydron.runtime.plan import Activation
from pydron.runtime.trace import within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydron.runtime.giving_way import Bell
    from pydron.runtime.plan import Plan
    from pydron.runtime.surroundings import Surroundings

__all__ = ["Run"]


class Run(GivingWay):
    """The state of one run; generated code knows it as ``.R``."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.claims: tuple[int, ...] = ()
        """Resources that the unit to be made next is going to change."""
        self.hold: Fiber | None = None
        """The fiber just made, if its maker should not run ahead of it."""
        self._answer: object = None
        self._is_over = False
        """The pool knows that nothing more comes."""

    def prepare(self, plan: Plan, args: tuple[object, ...], kwargs: Mapping[str, object]) -> None:
        """Bind the arguments of a call. Raises Python's own `TypeError` for a wrong one."""
        activation = Activation(plan, None, 0)
        root = Fiber(self, None, activation, 0)
        root.frame = plan.frame(("entry", 0), activation.cells, root, self, *plan.bind(args, kwargs))
        self._root = self._cursor = root
        self.forecasts = Forecasts(root, self.memory)

    def execute(self, bell: Bell | None = None) -> object:
        """Run the scheduled function; return its result, or leave what it raised in `error`.

        A generator function may stop at a `handover` instead, see `go_on`.

        Args:
            bell: of a coroutine, which gives way while it `is_idle` until the bell rings, see `wake`.
        """
        if bell is not None:
            self._bell, self.loop = bell, bell.loop
        return self._proceed(self._begin)

    def go_on(self, answer: object) -> object:
        """Go on from a handover with what was handed back: a value, or something `Thrown`."""
        self._answer = answer
        return self._proceed(self._take_back)

    def wake(self, thrown: BaseException | None = None) -> object:
        """Go on after having given way.

        Args:
            thrown: what was thrown into the coroutine instead of waking it.
        """
        self.is_idle = False
        self.pool.unlisten(self.inbox)
        if isinstance(thrown, GeneratorExit):
            self._stop_giving_way()
        elif thrown is not None and self._passes_on(thrown):
            thrown = None
        elif thrown is None:
            self._hurry()
        return self._proceed(self._come_back, thrown)

    def _passes_on(self, thrown: BaseException) -> bool:
        """Pass a cancellation on to the waiting call that the coroutine stands at, as awaiting it would."""
        task = self._needed_next()
        return task is not None and task in self.waits and self.pool.pass_on(task, thrown)

    def _come_back(self) -> None:
        self._receive()
        self._renew()

    def _proceed(self, step: Callable[[], None], wish: BaseException | None = None) -> object:
        try:
            if wish is None:
                try:
                    step()
                    self._loop()
                except BaseException as interrupt:
                    if not is_interrupt(interrupt):
                        raise
                    wish = interrupt
            while wish is not None:  # not inside `except`: what is raised from here on has another context
                wish = self._interrupt(wish)
            if self.error is None and self.handover is None and not self.is_idle:
                return self._bring(self._root.result)
        except BaseException as interrupt:
            with HeldBack(dropped=is_interrupt(interrupt)):
                unlink_missed(interrupt)
                self.error = self.placed_in(None, interrupt, self._cursor, self._standing_at())
                self.handover = None
                self.is_idle = False
                self._recount()
                self._drop_all()
                self._stand_still()
        finally:
            self._stand_still()
        return None

    def _stand_still(self) -> None:
        """Hand back what is of no interest any more; all there is, if the run has ended."""
        ended = self.handover is None and not self.is_idle
        if ended and self.waits:
            self._cancel(list(self.waits))
        self._hand_back()
        if ended and self.issued and not self._is_over:
            self._is_over = True
            self.pool.end_run(self.inbox)

    def _begin(self) -> None:
        root = self._root
        self.around = root.around = sys.exception()
        root.advance(None)
        if root.state is State.FINISHED and not root.segment:
            self._done = True
        else:
            self._after(root)

    def _loop(self) -> None:
        while not self._done:
            self._run_ready()
            self._receive()
            if self._stale:
                self._renew()
            self._look()
            if self._retire() or self._ready or self._done:
                continue
            if self._throttled and self.handover is None:
                self._unthrottle()
            if not self._ready and self._held and self.may_guess() and self._guess_on():
                continue
            if not self._ready and not self.inbox.outcomes:
                if self.handover is not None:
                    self.pool.flush()
                    return
                if self._may_give_way():
                    self._give_way()
                    return
                self._wait()

    def _run_ready(self) -> None:
        ready = self._ready
        budget = len(ready)
        while budget and ready and not self._done:
            budget -= 1
            fiber = ready.popleft()
            if fiber.state is State.READY:
                fiber.find_exposed()
                fiber.waiting = None
                value, fiber.send = fiber.send, None
                fiber.advance(value)
                self._after(fiber)

    def _take_back(self) -> None:
        """Let a generator go on: meanwhile anything may have happened to what it has run ahead with."""
        fiber = self._cursor
        self.around = sys.exception()
        self.handover = None
        self.pool.look_again()
        self._squash_after(fiber)
        self._stale = False
        futile = fiber.activation.plan.futile
        futile[fiber.tick] = 0 if self.guesses else futile.get(fiber.tick, 0) + 1
        answer, self._answer = self._answer, None
        self._wake(fiber, answer)
        inside: Fiber | None = fiber
        while inside is not None:
            if not inside.handles:
                inside.around = self.around
            inside = inside.parent

    # interrupts

    def _interrupt(self, interrupt: BaseException) -> BaseException | None:
        """Let the statement around the place that the program has come to see the user's wish to stop, and go on.

        Returns the next such wish. Raises the interrupt if there is no such statement.
        """
        fiber = self._cursor
        while fiber.segment and type(fiber.segment[0]) is Fiber:
            fiber = fiber.segment[0]
        body = self._guard_of(fiber)
        if body is None:
            raise interrupt
        self._recount()
        tick = fiber.segment[0].tick if fiber.segment else None
        while fiber.segment:
            self._drop(fiber.segment.pop())
        self._squash_after(body)
        self._stale = False
        self._catch(body, fiber, within(interrupt, body.activation), tick, None)
        try:
            self._loop()
        except BaseException as again:
            if not is_interrupt(again):
                raise
            return again
        return None

    def _recount(self) -> None:
        """Find out again what is pending: an interrupt may have come in the middle of taking note of it."""
        self.hold = None
        self.claims = ()
        self.memory.forget()
        self.forecasts.clear()
        self.pending = 0
        self._root.announce_again()
        for entry in walk(self._root.segment):
            self.pending += 1
            if type(entry) is Effect:
                for key in entry.keys:
                    self.memory.queue(key)
            elif type(entry) is Fiber:
                entry.announce_again()
