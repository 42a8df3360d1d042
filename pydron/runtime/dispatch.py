"""Functional calls from generated code: shipped to a worker, begun on an event loop, or made at once in the driver."""

from __future__ import annotations

from functools import partial
from time import thread_time
from typing import TYPE_CHECKING, cast

from pydron.errors import UnpicklableError
from pydron.runtime.copies import Copies
from pydron.runtime.effects import ATOM_IDS
from pydron.runtime.effects.footprint import part_read
from pydron.runtime.effects.trust import are_atoms
from pydron.runtime.guesses import SMALL, signature_of, signature_of_same, signature_of_waiting
from pydron.runtime.inline import is_silent, run_inline
from pydron.runtime.promise import FAILED, UNBOUND, Choice, Promise, Unbound, settled
from pydron.tasks import Task, WaitingCall

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from pydron.ids import ValueId
    from pydron.runtime.fiber import Fiber
    from pydron.runtime.marks import Functional
    from pydron.tasks import Site

__all__ = ["NOT_HERE", "NO_KEYWORDS", "Dispatch"]

NO_KEYWORDS: dict[str, object] = {}
NOT_HERE = frozenset(map(id, (Promise, Unbound)))
"""Ids of types of what stands for a value that is not there."""
_TINY = ATOM_IDS - {id(str), id(bytes)}
"""Ids of types of values that are pickled in no time."""


class Dispatch(Copies):
    """The functional calls; mixed into the fiber, which generated code knows as ``.S``."""

    __slots__ = ()

    mark: int

    def _dispatch(
        self,
        function: Callable[..., object],
        functional: Functional,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        tick: int,
        *,
        in_turn: bool,
    ) -> object:
        run = self.run
        if not run.listens:
            run.find_listeners()
        if run.binds:
            return Choice.NOW if in_turn else Choice.TURN
        if not in_turn and not run.memory.is_open_function(function):
            return Choice.UNIT  # it captures what is still to be stored into
        inlines = run.inlines(functional)
        here = inlines and (in_turn or not run.pending or is_silent(function))
        waits = inlines and not here and self._can_wait()
        if not kwargs and are_atoms(args):
            if waits:
                return Choice.TURN
            if here:
                return run_inline(self, function, functional, args, NO_KEYWORDS, tick)
            return self._submit(function, functional, args, NO_KEYWORDS, (), tick)
        references: list[tuple[int | str, ValueId]] = []
        plain: list[object] = []
        named: dict[str, object] = {}
        places: Iterable[tuple[int | str, object]] = enumerate(args)
        for place, given in (*places, *kwargs.items()) if kwargs else places:
            value = settled(given)
            if type(value) is Promise:
                if value.task is None or value.state == FAILED or value.task in run.waits:
                    return Choice.UNIT
                references.append((place, value.task))  # type: ignore[arg-type]
                value = None
            elif value is UNBOUND:
                return Choice.UNIT
            elif id(type(value)) not in ATOM_IDS and not (in_turn or waits or run.memory.is_open_deep(value)):
                value = part_read(function, place, value, partial(self.shows_already, value))
                if value is None or not run.memory.is_open_deep(value):
                    return self.on_copies(args, kwargs, partial(_dispatched, function, functional, tick), deep=True)
            if isinstance(place, str):
                named[place] = value
            else:
                plain.append(value)
        if here and not references:
            return run_inline(self, function, functional, tuple(plain), named, tick)
        if waits or (here and not in_turn and self._can_wait()):
            return Choice.TURN
        return self._submit(function, functional, tuple(plain), named, tuple(references), tick)

    def _turn(self) -> Choice:
        """Wait here until it is this call's turn, or in a unit of its own, if something can be made of the time."""
        run = self.run
        if self.is_unit or run.is_at(self) or not run.may_guess():
            return Choice.TURN
        return Choice.UNIT

    def _can_wait(self) -> bool:
        """Say whether all that is under way is soon done, and waiting for it holds up nothing else.

        Calls that are made in the driver go on from there, where a chain of them would be shipped to its end.
        """
        return not self.exposed and not self.is_unit and self.run.is_only_quick()

    def _submit(
        self,
        callee: Callable[..., object],
        functional: Functional,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        references: tuple[tuple[int | str, ValueId], ...],
        tick: int,
    ) -> object:
        run = self.run
        if run.loop is not None and not self.is_unit:
            return Choice.UNIT  # what comes after it can be done again
        pool = run.pool
        site = self.activation.plan.site(tick)
        is_tiny = not kwargs and _TINY.issuperset(map(id, map(type, args)))
        begun = 0.0 if is_tiny else thread_time()  # making snapshots may wait for room, or for others on a busy machine
        try:
            function = pool.function(callee, functional.name)
            payload = pool.dumps_call(callee, functional.name, args, kwargs)
        except UnpicklableError as error:
            if error.site is None:
                error = UnpicklableError(
                    error.function, error.what, error.path, error.culprit, error.reason, site
                ).with_traceback(None)
            return self.failed(error, tick)
        packing = 0.0 if is_tiny else thread_time() - begun
        signature = None
        if run.guesses or run.loop is not None:
            whole = run.loop is not None
            signature = signature_of(function, payload, references, pool.likeness(), whole=whole)
            again = run.guesses.take(signature)
            if again is not None:
                return self._again(again, tick, site)
        number = pool.new_task_id()
        task = Task(number, function, payload, references, site, functional.requirements)
        if self.exposed:
            task.marks = self._marks()
        promise = Promise(number, tick, run.forget, functional, site)
        promise.packing = packing
        if len(payload.data) < SMALL or run.guessing or run.keeps_calls or run.guesses:
            promise.made = task
        if run.loop is not None:
            promise.made = signature
        self._expect(promise)
        if pool.submit(task, run.inbox):
            run.due = True
        return promise

    def _begin(
        self,
        function: Callable[..., object],
        functional: Functional,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        tick: int,
        *,
        in_turn: bool,
        loop: AbstractEventLoop | None = None,
    ) -> object:
        """Make a call of a coroutine function: its result is there when its coroutine has ended."""
        run = self.run
        memory = run.memory
        if not run.listens:
            run.find_listeners()
        if run.loop is not None and not self.is_unit:
            return Choice.UNIT  # as in `_submit`
        if not in_turn and not memory.is_open_function(getattr(function, "__wrapped__", function), here=True):
            return Choice.UNIT
        args, kwargs = tuple([settled(value) for value in args]), {name: settled(kwargs[name]) for name in kwargs}
        values = (*args, *kwargs.values())
        if not are_atoms(values):
            for value in values:
                if id(type(value)) in NOT_HERE or not (in_turn or memory.is_open_deep(value) or self._is_open(value)):
                    return Choice.UNIT
        coroutine = cast("Callable[..., Awaitable[object]]", function)
        call = WaitingCall(run.pool.new_task_id(), coroutine, functional.name, args, kwargs, functional.at_once, loop)
        signature = None
        may_come_again = run.guessing or run.keeps_calls or run.guesses or run.loop is not None
        if may_come_again or not are_atoms(values):
            copied = run.pool.copy_call(args, kwargs)
            if copied is not None:
                payload, call.copied = copied
                signature = signature_of_waiting(function, payload, whole=run.loop is not None)
            elif run.guessing:
                return self._turn()  # what it runs ahead of may change what cannot be copied
            else:
                memory.seen_deep(values)
                if run.loop is not None:
                    signature = signature_of_same(function, args, kwargs)
        site = self.activation.plan.site(tick)
        made = run.guesses.take(signature)
        if made is not None:
            return self._again(made, tick, site)
        promise = Promise(call.id, tick, None, functional, site)
        promise.made = signature
        self._expect(promise)
        run.waits.add(call.id)
        run.has_waited = True
        if run.pool.begin(call, run.inbox):
            run.due = True
        return promise

    def _expect(self, promise: Promise) -> None:
        """Put a call that is made for the first time at its place in program order."""
        run = self.run
        promise.guard = self.guard
        assert promise.task is not None
        run.tasks[promise.task] = promise
        self.segment.append(promise)
        run.pending += 1
        run.issued += 1
        run.newest = promise.task
        run.rounds = 0
        run.trials.dispatched()

    def _marks(self) -> tuple[int, ...]:
        """Tell where in the program the next call stands, now that code after it may have run: see `Task.marks`."""
        marks: list[int] = []
        fiber: Dispatch | None = self
        while fiber is not None:
            if fiber.detached:
                marks.append(fiber.mark)
            fiber = fiber.parent
        return tuple(reversed(marks))

    def _is_open(self, value: object) -> bool:
        """Say whether a value that cannot be copied may be passed now."""
        return self.run.pool.copy_call((value,), {}) is None and self.run.memory.is_open_here(value)

    def _again(self, promise: Promise, tick: int, site: Site) -> Promise:
        """Put a call that was made on a guess at its place in program order."""
        promise.tick, promise.site, promise.guard = tick, site, self.guard
        self.segment.append(promise)
        self.run.pending += 1
        self.run.rounds = 0
        if self.guard is not None:
            self.run.look_at(self.guard)
        return promise

    def failed(self, error: BaseException, tick: int) -> Promise:
        """Put a call that has already failed at its place in program order."""
        promise = Promise(None, tick)
        promise.state = FAILED
        promise.outcome = error
        self.segment.append(promise)
        self.run.pending += 1
        return promise


def _dispatched(
    function: Callable[..., object], functional: Functional, tick: int,
    fiber: Fiber, args: tuple[object, ...], kwargs: Mapping[str, object],
) -> object:  # fmt: skip
    """Make a call on copies of its arguments."""
    made = fiber._dispatch(function, functional, args, kwargs, tick, in_turn=False)
    return Choice.UNIT if type(made) is Choice else made
