"""A run: one call of a scheduled function from ordinary code, from the first dispatch to the last retirement.

The *retire cursor* walks the segments of the reorder buffer depth first, in program order, and stops at the first
entry that is not settled. What it passes has happened: calls have succeeded, effects are done, output is shown. A
fiber whose operation must keep its place waits until the cursor stands at it.
"""

from __future__ import annotations

import sys
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from pydron.contexts import in_context, keep_context
from pydron.interrupts import HeldBack
from pydron.runtime.caught import SETTLED, Caught, Culprit, first_failure, noted
from pydron.runtime.conflicts import Memory
from pydron.runtime.entries import Effect
from pydron.runtime.fiber import Fiber, State
from pydron.runtime.forecasts import Forecasts
from pydron.runtime.guesses import Guesses
from pydron.runtime.plan import Activation
from pydron.runtime.promise import DONE, FAILED, PENDING, REMOTE, Handover, Promise, Request
from pydron.runtime.trace import place_error, raise_again, through_generator
from pydron.runtime.trials import Trials
from pydron.tasks import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import NoReturn

    from pydron.ids import TaskId
    from pydron.runtime.calls import Calls
    from pydron.runtime.fiber import Entry
    from pydron.runtime.marks import Functional
    from pydron.runtime.plan import Plan
    from pydron.runtime.surroundings import Surroundings
    from pydron.tasks import Outcome

__all__ = ["Run"]

_OLDEST = 64
"""How many calls under way are looked at to tell whether all of them are soon done."""
_MOST_ROUNDS = 256
"""How often code that runs ahead on a guess may go round before it waits: it may be a loop that does not end."""
_MOST_FUTILE = 3
"""How often in a row running ahead of a handover is tried without leading to a call."""
_MOST_WAITING = 64
"""How many waiting calls are made on a guess: each operation that is run ahead of has what runs ahead done again."""
_PATIENCE = 0.5
"""Seconds without any outcome after which the pool is told what the run waits for."""


class Run:
    """The state of one run; generated code knows it as ``.R``."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.pool = surroundings.pool
        self.names = surroundings.functional_names
        self.ordered_names = surroundings.ordered_names
        self.natives = surroundings.natives
        self.inlines = surroundings.inlines
        self.observe = surroundings.observe
        self._surroundings = surroundings
        self.memory = Memory()
        self.inbox = Inbox()
        self.tasks: dict[TaskId, Promise] = {}
        """Calls whose outcome is still to come."""
        self.waits: set[TaskId] = set()
        """Those of them that wait on an event loop instead of keeping a worker busy."""
        self.has_waited = False
        """There were such calls."""
        self.pending = 0
        """Entries of the reorder buffer. While it is 0 every operation is an ordinary one."""
        self.issued = 0
        self.trials = Trials(self.memory, surroundings.twin)
        self.guesses = Guesses(self.pool)
        self.guessing = False
        """Code runs ahead of an operation that may change anything, to make calls on a guess."""
        self.keeps_calls = False
        """Calls that are dropped will come up again: something reads what a call in a branch may turn out to change."""
        self._rounds = 0
        self._held: list[Fiber] = []
        """Fibers that may change anything, whose makers wait because every worker is busy."""
        self.due = False
        """Fibers should let others run at the next occasion."""
        self.claims: tuple[int, ...] = ()
        """Resources that the unit to be made next is going to change."""
        self.hold: Fiber | None = None
        """The fiber just made, if its maker should not run ahead of it."""
        self.depth = 0
        """Fibers running on the stack above the run's own loop."""
        self._ready: deque[Fiber] = deque()
        self._throttled: list[Fiber] = []
        self._forgotten: list[TaskId] = []
        self._cancelled: list[TaskId] = []
        self.forecasts: Forecasts
        self._root: Fiber
        self._cursor: Fiber
        self.error: BaseException | None = None
        """What the scheduled function has raised, with the traceback that the user expects."""
        self.around = sys.exception()
        """What was being handled when the run began: Python links what is raised meanwhile to it."""
        self._looking: set[Fiber] = set()
        """Bodies whose errors a statement catches, in which something has changed."""
        self._placed: dict[int, tuple[BaseException, Activation]] = {}
        """Errors that were caught, and the call whose frame their traceback begins with."""
        self._passing: tuple[BaseException, TracebackType | None] | None = None
        """An error on its way through the frames of makers that have not gone on."""
        self._keeping = False
        """Calls that are dropped may come up again."""
        self.handover: Handover | None = None
        """What a generator hands over to whoever iterates over it; until it is taken back the run stands still."""
        self._answer: object = None
        self._done = False

    # the run as a whole

    def prepare(self, plan: Plan, args: tuple[object, ...], kwargs: Mapping[str, object]) -> None:
        """Bind the arguments of a call. Raises Python's own `TypeError` for a wrong one."""
        activation = Activation(plan, None, 0)
        root = Fiber(self, None, activation, 0)
        root.frame = plan.frame(("entry", 0), activation.cells, root, self, *plan.bind(args, kwargs))
        self._root = self._cursor = root
        self.forecasts = Forecasts(root, self.memory)

    def execute(self) -> object:
        """Run the scheduled function; return its result, or leave what it raised in `error`.

        A generator function may stop at a `handover` instead, see `go_on`.
        """
        return self._proceed(self._begin)

    def go_on(self, answer: object) -> object:
        """Go on from a handover with what was handed back: a value, or something `Thrown`."""
        self._answer = answer
        return self._proceed(self._take_back)

    def _proceed(self, step: Callable[[], None]) -> object:
        try:
            wish: BaseException | None = None
            try:
                step()
                self._loop()
            except KeyboardInterrupt as interrupt:
                wish = interrupt
            while wish is not None:  # not inside `except`: what is raised from here on has another context
                wish = self._interrupt(wish)
            if self.error is None and self.handover is None:
                return self._here(self._root.result)
        except BaseException as interrupt:
            with HeldBack(dropped=isinstance(interrupt, KeyboardInterrupt)):
                self.error = self.placed_in(None, interrupt, self._cursor, self._standing_at())
                self.handover = None
                self._recount()
                self._drop_all()
                self._hand_back()
        finally:
            self._hand_back()
            if self.issued and self.handover is None:
                self.pool.end_run(self.inbox)
        return None

    def _begin(self) -> None:
        root = self._root
        root.advance(None)
        if root.state is State.FINISHED and not root.segment:
            self._done = True
        else:
            self._after(root)

    def _take_back(self) -> None:
        """Let a generator go on: meanwhile anything may have happened to what it has run ahead with."""
        fiber = self._cursor
        around, self.around = self.around, sys.exception()
        self.handover = None
        self._squash_after(fiber)
        futile = fiber.activation.plan.futile
        futile[fiber.tick] = 0 if self.guesses else futile.get(fiber.tick, 0) + 1
        answer, self._answer = self._answer, None
        self._wake(fiber, answer)
        inside: Fiber | None = fiber
        while inside is not None and inside.around is around:
            inside.around = self.around
            inside = inside.parent

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
        self._catch(body, fiber, interrupt, tick, None)
        try:
            self._loop()
        except KeyboardInterrupt as again:
            return again
        return None

    def _recount(self) -> None:
        """Find out again what is pending: an interrupt may have come in the middle of taking note of it."""
        self.hold = None
        self.claims = ()
        self.memory.forget()
        self.pending = 0
        self._count(self._root)

    def _count(self, fiber: Fiber) -> None:
        for key in fiber.keys:
            self.memory.announce(key)
        for entry in fiber.segment:
            self.pending += 1
            if type(entry) is Effect:
                for key in entry.keys:
                    self.memory.queue(key)
            elif type(entry) is Fiber:
                self._count(entry)

    def _standing_at(self) -> int | None:
        """Return the node that the program has come to, as far as the user can tell."""
        segment = self._cursor.segment
        while segment and type(segment[0]) is Fiber and segment[0].activation is self._cursor.activation:
            self._cursor = segment[0]
            segment = self._cursor.segment
        entry = segment[0] if segment else self._cursor
        return entry.tick or None

    def _here(self, result: object) -> object:
        """Return the result itself, waiting for it if it is on a worker."""
        if type(result) is not Promise:
            return result
        promise = result.resolved()
        while promise.state == REMOTE:
            self.want(promise, None)
            self._wait()
        return promise.value

    def _loop(self) -> None:
        while not self._done:
            self._run_ready()
            self._receive()
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
                self._wait()

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
            awaited: object = entry.missing() if type(entry) is Effect else entry
        else:
            awaited = fiber.waiting
        return awaited.resolved().task if type(awaited) is Promise else None

    def _hand_back(self) -> None:
        """Tell the pool what is no longer of interest."""
        if self._cancelled:
            self.pool.cancel(self._cancelled)
            self._cancelled = []
        if self._forgotten:
            forgotten, self._forgotten = self._forgotten, []
            self.pool.release(forgotten)  # type: ignore[arg-type]

    # fibers

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

    def _wake(self, fiber: Fiber, value: object = None) -> None:
        fiber.state = State.READY
        fiber.waiting = None
        fiber.holding = False
        fiber.send = value
        self._ready.append(fiber)

    def _after(self, fiber: Fiber) -> None:
        """See to those that depend on a fiber that has just stopped running."""
        if fiber.state is State.FINISHED:
            self._complete(fiber)
        elif fiber.state is State.WAITING and not fiber.keeps():
            self._release(fiber)
        elif fiber.state is State.FAILED and fiber.guard is not None:
            self.look_at(fiber.guard)

    def _release(self, fiber: Fiber) -> None:
        """Let the maker of a fiber that has to wait run ahead of it."""
        while not fiber.exclusive:
            parent = fiber.parent
            if parent is None or parent.waiting is not fiber or parent.state is not State.WAITING or parent.stalled:
                return
            if parent.holding:
                fiber.detached = True
                self._wake(parent)
                return
            fiber = parent

    def _complete(self, fiber: Fiber) -> None:
        """Hand on what a finished fiber has bound."""
        self.settle_keys(fiber)
        if fiber.outs is not None:
            results = fiber.result
            if fiber.is_bet:
                if results[0]:  # type: ignore[index]
                    self._lose(fiber)
                    self._return(fiber)
                    return
                results = results[2:]  # type: ignore[index]
            for promise, value in zip(fiber.outs, results, strict=True):  # type: ignore[call-overload]
                self._fulfil(promise, value)
        if fiber.guard is not None:
            self.look_at(fiber.guard)
        if fiber.guard is not fiber:
            self._return(fiber)

    def _return(self, fiber: Fiber) -> None:
        """Let the maker that waits for a fiber go on with its result."""
        parent = fiber.parent
        if parent is None or parent.waiting is not fiber or parent.state is not State.WAITING:
            return
        if parent.stalled:
            self._resume(parent, fiber)
        else:
            self._wake(parent, None if parent.holding else fiber.result)

    def _resume(self, parent: Fiber, child: Fiber) -> None:
        """Go on with a maker whose frame was closed, from just after the fiber it had run ahead of."""
        activation = parent.activation
        plan = activation.plan
        parent.stalled = False
        if parent.is_unit:  # made a call of a scheduled function, which is all a unit does after its operands are known
            parent.state = State.FINISHED
            parent.waiting = None
            parent.result = (child.result,) * plan.outputs(parent.tick)
            self._complete(parent)
            return
        whole = child.guard is child or plan.escapes(child.tick)
        results = (child.result,) if whole else child.result
        key = ("resume", child.frame_tick, child.tick)
        parent.frame = plan.frame(key, activation.cells, parent, self, *child.snapshot, *results)  # type: ignore[misc]
        self._wake(parent)

    # bodies whose errors a statement catches

    def look_at(self, body: Fiber) -> None:
        """See soon whether the end of a body is known by now."""
        self._looking.add(body)

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
        placed: BaseException | None = None
        if isinstance(error, StopIteration):
            placed = through_generator(fiber, error, tick, top)
        if placed is None:
            placed = place_error(fiber, error, tick, top, known[1] if known is not None else None)
        if top is not None:
            self._placed[id(placed)] = placed, top
        return placed

    def forget_error(self, error: BaseException) -> None:
        """Let go of an error that was handled."""
        self._placed.pop(id(error), None)
        self._passing = None

    def pass_on(self, error: BaseException) -> NoReturn:
        """Raise the error of a fiber in the frame of its maker, which has not gone on."""
        self._passing = error, error.__traceback__
        raise_again(error)

    def traced(self, error: BaseException) -> BaseException:
        """Return an error without the traceback entries of the frames that it was passed on through."""
        if self._passing is not None and self._passing[0] is error:
            return error.with_traceback(self._passing[1])
        return error

    def settle_keys(self, fiber: Fiber) -> None:
        """Take back what a fiber has announced to write."""
        for key in fiber.keys:
            self.memory.withdraw(key)
        fiber.keys = ()

    # run-ahead

    def must_breathe(self) -> bool:
        """Say whether a fiber that runs from the loop has to let others run."""
        return self.due or self._is_full()

    def _is_full(self) -> bool:
        """Say whether running further ahead is of no use."""
        if self.pending > self._surroundings.run_ahead:
            return True
        return self.guessing and not (self._has_room(2) and self._rounds <= _MOST_ROUNDS)

    def is_only_quick(self) -> bool:
        """Say whether the oldest calls under way are such as are made in the driver."""
        oldest = islice(self.tasks.values(), _OLDEST)
        return all(promise.functional is not None and self.inlines(promise.functional) for promise in oldest)

    def is_at(self, fiber: Calls) -> bool:
        """Say whether everything before a fiber's next operation is known to be done."""
        return self._cursor is fiber and not fiber.segment

    def may_guess(self) -> bool:
        """Say whether workers would be idle if calls were not made on a guess."""
        return self._has_room(2 if self.guessing else 1)

    def _has_room(self, factor: int) -> bool:
        """Say whether fewer calls are under way than can be made at a time, or than a multiple of that."""
        waiting = len(self.waits)
        if self.has_waited and waiting < min(_MOST_WAITING, self.pool.places):
            return True
        return len(self.tasks) - waiting < self.pool.slots * factor

    def guess(self, fiber: Fiber) -> bool:
        """Say whether to run ahead of a fiber that may change anything."""
        if not self.issued or fiber.activation.plan.futile.get(fiber.tick, 0) >= _MOST_FUTILE:
            return False
        if not self.may_guess():
            self._held.append(fiber)
            return False
        self.guessing = self.due = True
        self._rounds = 0
        return True

    def bet(self) -> bool:
        """Say whether to run ahead of a branch as if it did not leave its loop."""
        if not self.may_guess():
            return False
        self.guessing = self.due = True
        self._rounds = 0
        return True

    def _lose(self, fiber: Fiber) -> None:
        """Take back what followed a branch that has left its loop after all.

        No call of a later round comes up again.
        """
        fiber.is_bet = False
        parent = fiber.parent
        assert parent is not None
        while parent.segment[-1] is not fiber:
            self._drop(parent.segment.pop())
        impure = fiber.activation.plan.impure
        known = set(impure)
        self._squash_after(fiber)
        impure.intersection_update(known)

    def _guess_on(self) -> bool:
        """Let the makers of fibers that may change anything go on while workers are idle."""
        held, self._held = self._held, []
        for fiber in held:
            if fiber.state is State.WAITING and not fiber.keeps():
                self._release(fiber)
        return bool(self._ready)

    def breathe(self, fiber: Fiber) -> None:
        """Put a fiber behind the others that can run, or aside if too much is unretired."""
        self._rounds += self.guessing
        if self._is_full():
            self._throttled.append(fiber)
        else:
            fiber.state = State.READY
            self._ready.append(fiber)
        self.due = self.guessing
        self._hand_back()
        self.pool.flush()

    def _unthrottle(self) -> None:
        at_cursor = self._cursor if not self._cursor.segment else None
        room = self.pending <= self._surroundings.run_ahead * 3 // 4 and not (self.guessing and self._is_full())
        if room or self._is_stuck():
            throttled, self._throttled = self._throttled, []
            for fiber in throttled:
                if fiber.state is State.WAITING and fiber.waiting is Request.BREATHE:
                    self._wake(fiber)
        elif at_cursor is not None and at_cursor in self._throttled:
            self._throttled.remove(at_cursor)
            self._wake(at_cursor)

    def _is_stuck(self) -> bool:
        return not self.tasks and not any(promise.wanted for promise in self.tasks.values())

    # promises

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

    def _notify(self, promise: Promise) -> None:
        if promise.waiters:
            waiters, promise.waiters = promise.waiters, None
            for fiber in waiters:
                if fiber.waiting is promise and fiber.state is State.WAITING:
                    self._wake(fiber, promise.value)

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
        if outcome.own:
            self.waits.discard(outcome.task)
            self._settle_own(promise, outcome)
        elif outcome.failure is not None:
            promise.state = FAILED
            promise.outcome = outcome
        elif outcome.lost is not None:
            promise.state = FAILED
            promise.outcome = outcome.lost
        elif outcome.value is None:
            first = promise.state == PENDING
            promise.state = REMOTE
            if promise.wanted and first:
                promise.wanted = False
                self.want(promise, None)
        else:
            assert promise.functional is not None
            self.observe(promise.functional, outcome.seconds, outcome.size)
            self.trials.settled(outcome.seconds)
            try:
                promise.value = self.pool.loads(outcome.value)
            except BaseException as error:
                promise.state = FAILED
                promise.outcome = error
                return
            promise.state = DONE
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

    def forget(self, task: TaskId) -> None:
        """Take note that nothing can ask for a value any more."""
        self._forgotten.append(task)

    # retirement

    def is_turn(self, fiber: Fiber, *, alone: bool) -> bool:
        """Say whether everything before a fiber's next operation is done; if `alone`, drop what has run ahead of it."""
        if not self.pending:
            return True
        if self.depth:
            return False
        self._retire()
        if self._done or self._cursor is not fiber or fiber.segment:
            return False
        if alone:
            self._squash_after(fiber)
        return True

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
                self._retired()
                fiber = self._cursor = parent
            else:
                return self._arrive(fiber) or progress
        return progress

    def _retired(self) -> None:
        self.pending -= 1
        if not self.pending:
            self._unwatch()
            self.memory.read_early.clear()

    def _unwatch(self) -> None:
        """Forget what only holds while every operation is asked about: from here on they run unwatched."""
        self.memory.grow_up()
        self.forecasts.known.clear()

    def _arrive(self, fiber: Fiber) -> bool:
        """See to a fiber that the cursor has come to stand at; return whether it can go on."""
        if fiber.state is State.FAILED:
            assert fiber.error is not None
            self._fail(fiber, fiber.error, None)
            return True
        if fiber.state is State.WAITING and type(fiber.waiting) is Handover:
            self.handover = fiber.waiting
        elif fiber.state is State.WAITING and isinstance(fiber.waiting, Request):
            if fiber.waiting is Request.IMPURE:
                self._squash_after(fiber)
            if fiber.waiting is not Request.BREATHE:
                self._wake(fiber)
                return True
        return False

    def _retire_call(self, fiber: Fiber, promise: Promise) -> bool:
        if promise.state == PENDING:
            return False
        if promise.captured:
            captured, promise.captured = promise.captured, ()
            self._surroundings.show(captured)
        if promise.state == FAILED:
            self._fail(fiber, self._error_of(promise, fiber), promise.tick)
            return True
        fiber.segment.popleft()
        self._retired()
        return True

    def _retire_effect(self, fiber: Fiber, effect: Effect) -> bool:
        missing = effect.missing()
        if missing is not None:
            source = missing.resolved()
            if source.state == REMOTE:
                self.want(source, None)
            return False
        try:
            if fiber.around is None:
                effect.perform()
            else:
                in_context(fiber.around, Effect.perform, effect)
        except Exception as error:
            self._fail(fiber, error, effect.tick)
            return True
        fiber.segment.popleft()
        for key in effect.keys:
            self.memory.settle(key)
            if not self.memory.has_queued(key):
                self.forecasts.drop(key)  # from here on the container itself tells
        if fiber.guard is not None:
            self.look_at(fiber.guard)
        self._retired()
        return True

    # errors

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

    def _guard_of(self, fiber: Fiber) -> Fiber | None:
        """Return the innermost body around a fiber whose errors are still to be caught."""
        body = fiber.guard
        while body is not None and body.settled:
            body = body.parent.guard if body.parent is not None else None
        return body

    # dropping what never happened

    def _drop_all(self) -> None:
        self._done = True
        root = self._root
        while root.segment:
            self._drop(root.segment.pop())
        root.frame.close()
        self._cancelled.extend(self.tasks)
        self.tasks.clear()
        self.waits.clear()

    def _squash_after(self, fiber: Fiber) -> None:
        """Drop everything that comes after a fiber in program order; makers that went on are to do it again."""
        keeping, self._keeping = self._keeping, True
        child = fiber
        while (parent := child.parent) is not None:
            while parent.segment[-1] is not child:
                self._drop(parent.segment.pop())
            if parent.waiting is not child:
                parent.frame.close()
                parent.activation.plan.impure.add(child.tick)
                parent.state = State.WAITING
                parent.waiting = child
                parent.stalled = True
                parent.send = None
                parent.error = None
            child.exclusive = True
            child.detached = False
            child = parent
        fiber.exposed = False
        self.memory.read_early.clear()
        self._keeping = keeping
        self.guessing = False
        self._held.clear()
        if self.guesses:
            kept = 4 * self.pool.slots + (_MOST_WAITING if self.has_waited else 0)
            self._cancel(self.guesses.drain(kept))

    def _cancel(self, tasks: list[TaskId]) -> None:
        for task in tasks:
            self.tasks.pop(task, None)
            self.waits.discard(task)
        self._cancelled.extend(tasks)

    def _drop(self, entry: Entry) -> None:
        self.pending -= 1
        if not self.pending:
            self._unwatch()
        if type(entry) is Promise:
            if self._keeping and self.guesses.keep(entry):
                return
            if entry.state == PENDING and entry.task is not None:
                self._cancel([entry.task])
        elif type(entry) is Effect:
            for key in entry.keys:
                self.memory.settle(key)
                self.forecasts.drop(key)
        else:
            assert type(entry) is Fiber
            self.settle_keys(entry)
            entry.state = State.DEAD
            entry.frame.close()
            while entry.segment:
                self._drop(entry.segment.pop())

    # decisions that are not the run's own

    def adopt(self, function: object) -> Functional | None:
        """Return the promise that the configuration gives to a callable it names, if it can."""
        return self._surroundings.adopt(function)
