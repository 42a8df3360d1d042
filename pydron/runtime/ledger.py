"""What a run has under way: calls, what its variables wait for, and taking back what never happened."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, cast

from pydron.runtime.conflicts import Memory
from pydron.runtime.entries import Effect
from pydron.runtime.fiber import Fiber, State
from pydron.runtime.guesses import Guesses
from pydron.runtime.parts import Parts
from pydron.runtime.promise import DONE, PENDING, Promise
from pydron.runtime.trials import Trials
from pydron.tasks import Inbox

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from types import GeneratorType

    from pydron.ids import TaskId
    from pydron.runtime.fiber import Entry
    from pydron.runtime.forecasts import Forecasts
    from pydron.runtime.marks import Functional
    from pydron.runtime.surroundings import Surroundings

__all__ = ["Ledger"]


class Ledger:
    """The state that all parts of a run share."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.pool = surroundings.pool
        self.names = surroundings.functional_names
        self.ordered_names = surroundings.ordered_names
        self.natives = surroundings.natives
        self.inlines = surroundings.inlines
        self.observe = surroundings.observe
        self._surroundings = surroundings
        self.memory = Memory()
        self.forecasts: Forecasts
        self.inbox = Inbox()
        self.loop: AbstractEventLoop | None = None
        """The event loop that the coroutine runs on, to which it gives way while it waits."""
        self.tasks: dict[TaskId, Promise] = {}
        """Calls whose outcome is still to come."""
        self.waits: set[TaskId] = set()
        """Those of them that wait on an event loop instead of keeping a worker busy."""
        self.has_waited = False
        """There were such calls."""
        self.pending = 0
        """Entries of the reorder buffer. While it is 0 every operation is an ordinary one."""
        self.issued = 0
        self.newest = 0
        """The number of the task that was issued last."""
        self.listens = False
        """Who hears of output is known, as far as nothing can have changed that since."""
        self.binds = False
        """Output may change variables of the program, of which nobody takes note."""
        self.parts = Parts(surroundings)
        self.trials = Trials(self.memory, surroundings.twin)
        self.guesses = Guesses()
        self.keeps_calls = False
        """Calls that are dropped will come up again: something reads what a call in a branch may turn out to change."""
        self._root: Fiber
        self._cursor: Fiber
        self._ready: deque[Fiber] = deque()
        self._looking: set[Fiber] = set()
        """Bodies whose errors a statement catches, in which something has changed."""
        self._settling: dict[Fiber, Promise] = {}
        """By fibers that have announced stores, what is kept once they are done."""
        self._keeping = False
        """Calls that are dropped may come up again."""
        self._forgotten: list[TaskId] = []
        self._cancelled: list[TaskId] = []

    def adopt(self, function: object) -> Functional | None:
        """Return the promise that the configuration gives to a callable it names, if it can."""
        return self._surroundings.adopt(function)

    def namespace(self) -> object:
        """Return the variables of the module that the scheduled function belongs to."""
        frame = cast("GeneratorType[object, object, object]", self._root.frame).gi_frame
        return None if frame is None else frame.f_globals

    def look_at(self, body: Fiber) -> None:
        """See soon whether the end of a body is known by now."""
        self._looking.add(body)

    def _wake(self, fiber: Fiber, value: object = None) -> None:
        fiber.state = State.READY
        fiber.waiting = None
        fiber.holding = False
        fiber.send = value
        self._ready.append(fiber)

    def _wake_next(self, fiber: Fiber) -> None:
        """Wake a fiber before others: nothing is submitted between its turn and its operation."""
        self._wake(fiber)
        self._ready.rotate(1)

    def settle_keys(self, fiber: Fiber) -> None:
        """Take back what a fiber has announced to write."""
        for key in fiber.keys:
            self.memory.withdraw(key, fiber.attributes.get(key))
        fiber.keys = ()
        promise = self._settling.pop(fiber, None)
        if promise is not None:
            promise.state = DONE
            self._notify(promise)

    def settling(self, fiber: Fiber) -> Promise:
        """Return a promise that is kept as soon as a fiber has nothing left to write of what it has announced."""
        promise = self._settling.get(fiber)
        if promise is None:
            promise = self._settling[fiber] = Promise()
        return promise

    def _notify(self, promise: Promise) -> None:
        """Let fibers that wait for a promise go on."""
        if promise.waiters:
            waiters, promise.waiters = promise.waiters, None
            for fiber in waiters:
                if fiber.waiting is promise and fiber.state is State.WAITING:
                    self._wake(fiber, promise.value)

    def has_settled(self) -> bool:
        """Say whether nothing that has run can be done again."""
        return not self.pending

    def forget(self, task: TaskId) -> None:
        """Take note that nothing can ask for a value any more."""
        self._forgotten.append(task)

    def _hand_back(self) -> None:
        """Tell the pool what is no longer of interest."""
        if self._cancelled:
            self.pool.cancel(self._cancelled)
            self._cancelled = []
        if self._forgotten:
            forgotten, self._forgotten = self._forgotten, []
            self.pool.release(forgotten)  # type: ignore[arg-type]

    def _retired(self) -> None:
        self.pending -= 1
        if not self.pending:
            self._unwatch()
            self.memory.read_early.clear()

    def find_listeners(self) -> None:
        """Find out who hears of the output of calls to come, and whether that may change variables that frames read."""
        self.listens = True
        self.memory.listen()
        self.binds = self.memory.is_heard(self.namespace())

    def _unwatch(self) -> None:
        """Forget what only holds while every operation is asked about: from here on they run unwatched."""
        self.memory.stop_listening()
        self.listens = False
        self.memory.grow_up()
        self.memory.forget_made()
        self.forecasts.clear()

    def _cancel(self, tasks: list[TaskId]) -> None:
        for task in tasks:
            self.tasks.pop(task, None)
            self.waits.discard(task)
        self._cancelled.extend(tasks)

    def _drop(self, entry: Entry) -> None:
        """Take back an entry and all that is in it, the last first."""
        doomed = [entry]
        while doomed:
            entry = doomed.pop()
            self.pending -= 1
            if not self.pending:
                self._unwatch()
            if type(entry) is Promise:
                if self._keeping and self.guesses.keep(entry):
                    continue
                if entry.state == PENDING and entry.task is not None:
                    self._cancel([entry.task])
            elif type(entry) is Effect:
                for key in entry.keys:
                    self.memory.settle(key)
                self.forecasts.dropped(entry)
            else:
                assert type(entry) is Fiber
                self.settle_keys(entry)
                entry.state = State.DEAD
                self.memory.forget_made_by(entry)
                entry.frame.close()
                doomed.extend(entry.segment)
                entry.segment.clear()
