"""How far a run goes ahead of what has retired, and when it makes calls on a guess."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pydron.runtime.arrivals import Arrivals
from pydron.runtime.fiber import Fiber, State
from pydron.runtime.promise import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydron.runtime.dispatch import Dispatch
    from pydron.runtime.surroundings import Surroundings

__all__ = ["RunAhead"]

_OLDEST = 64
"""How many calls under way are looked at to tell whether all of them are soon done."""
_MOST_ROUNDS = 256
"""How often code that runs ahead on a guess may go round without a call before it waits: it may be a loop that does
not end, as what it runs ahead of would end it."""
_MOST_FUTILE = 3
"""How often in a row running ahead of an operation is tried without leading to a call."""
_MOST_WAITING = 64
"""How many waiting calls are made on a guess: each operation that is run ahead of has what runs ahead done again."""


class RunAhead(Arrivals):
    """The part of a run that says who may go on."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.guessing = False
        """Code runs ahead of an operation that may change anything, to make calls on a guess."""
        self._guessed: dict[Fiber, bool] = {}
        """The operations that code runs ahead of, and whether it relies on their dropping it."""
        self.rounds = 0
        """How often it has gone round since it made a call."""
        self._held: list[Fiber] = []
        """Fibers that may change anything, whose makers wait because every worker is busy."""
        self.due = False
        """Fibers should let others run at the next occasion."""
        self._throttled: list[Fiber] = []

    def must_breathe(self) -> bool:
        """Say whether a fiber that runs from the loop has to let others run."""
        return self.due or self._is_full()

    def _is_full(self) -> bool:
        """Say whether running further ahead is of no use."""
        if self.pending > self._surroundings.run_ahead:
            return True
        return self.guessing and not (self._has_room(2) and self.rounds <= _MOST_ROUNDS)

    def is_only_quick(self) -> bool:
        """Say whether the oldest calls under way are such as are made in the driver."""
        oldest = islice(self.tasks.values(), _OLDEST)
        return all(promise.functional is not None and self.inlines(promise.functional) for promise in oldest)

    def is_at(self, fiber: Dispatch) -> bool:
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
        self._guessed.setdefault(fiber, False)
        self._begin_to_guess()
        return True

    def is_on_guess(self, fiber: Fiber) -> bool:
        """Say whether a fiber runs ahead of an operation that may change anything; it will be dropped in any case."""
        for guessed in self._guessed:
            if guessed.state is State.WAITING and _precedes(guessed, fiber):
                self._guessed[guessed] = True
                return True
        return False

    def _is_relied_on(self, fiber: Fiber) -> bool:
        """Say whether what has run ahead of a fiber is to be dropped although that has changed nothing."""
        return bool(self._guessed) and self._guessed.pop(fiber, False)

    def bet(self) -> bool:
        """Say whether to run ahead of a branch as if it did not leave its loop."""
        if not self.may_guess():
            return False
        self._begin_to_guess()
        return True

    def _begin_to_guess(self) -> None:
        if not self.guessing:
            self.rounds = 0
        self.guessing = self.due = True

    def breathe(self, fiber: Fiber) -> None:
        """Put a fiber behind the others that can run, or aside if too much is unretired."""
        self.rounds += self.guessing
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

    # dropping what has run ahead

    def _squash_guesses(self, fiber: Fiber) -> None:
        """Drop what has run ahead of an operation whose turn it is, and remember whether that has led to calls."""
        went_round = self.guessing and self.rounds > _MOST_ROUNDS
        self._squash_after(fiber)
        futile = fiber.activation.plan.futile
        if self.guesses:
            futile.pop(fiber.tick, None)
        elif went_round:
            futile[fiber.tick] = futile.get(fiber.tick, 0) + 1

    def _squash_after(self, fiber: Fiber) -> None:
        """Drop everything that comes after a fiber in program order; makers that went on are to do it again."""
        for parent, child in self._drop_after(fiber):
            if parent.waiting is not child:
                parent.activation.plan.impure.add(child.tick)
                self._stall(parent, child)
            child.exclusive = True
        if self.guesses:
            kept = 4 * self.pool.slots + (_MOST_WAITING if self.has_waited else 0)
            self._cancel(self.guesses.drain(kept))

    def _drop_after(self, fiber: Fiber) -> Iterator[tuple[Fiber, Fiber]]:
        """Drop everything that comes after a fiber in program order; give each maker with what it made."""
        keeping, self._keeping = self._keeping, True
        child = fiber
        while (parent := child.parent) is not None:
            while parent.segment[-1] is not child:
                self._drop(parent.segment.pop())
            yield parent, child
            child.detached = False
            child = parent
        fiber.exposed = False
        self.memory.read_early.clear()
        self._keeping = keeping
        self._guessed = {each: relied for each, relied in self._guessed.items() if _precedes(each, fiber)}
        self.guessing = False
        self._held.clear()

    def _stall(self, parent: Fiber, child: Fiber) -> None:
        """Have a maker wait for what it made, and then go on from there once more."""
        parent.frame.close()
        parent.state = State.WAITING
        parent.waiting = child
        parent.stalled = True
        parent.send = parent.answer = None
        parent.error = None


def _precedes(first: Fiber, second: Fiber) -> bool:
    """Say whether all of a fiber comes before what another one, in the same run, does next."""
    ways: dict[Fiber, Fiber] = {}
    fiber = first
    while (parent := fiber.parent) is not None:
        ways[parent] = fiber
        fiber = parent
    below: Fiber | None = None
    above: Fiber | None = second
    while above is not None and above not in ways:
        below, above = above, above.parent
    if above is None or below is None:
        return above is not None  # the second has made the first, and goes on
    way = ways[above]
    return next((entry for entry in above.segment if entry is way or entry is below), below) is way is not below
