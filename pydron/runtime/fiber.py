"""Fibers: parts of a run that wait on their own.

A fiber executes one frame. It begins in place, on the stack of the frame that made it; if it has to wait, its maker
goes on with promises for what it will bind. It owns a segment of the reorder buffer: what it issued that has not
retired, in program order. The maker's variables as of that point are kept with it (the snapshot), so that the maker
can be resumed from there should anything that ran ahead have to be done again.
"""

from __future__ import annotations

import sys
from collections import deque
from enum import Enum
from types import GeneratorType
from typing import TYPE_CHECKING, TypeAlias

from pydron.contexts import OwnContext, in_context
from pydron.interrupts import is_interrupt
from pydron.runtime.attempts import Attempts
from pydron.runtime.awaits import Awaits
from pydron.runtime.caught import SETTLED, Caught, Culprit
from pydron.runtime.entries import Effect
from pydron.runtime.forecasts import MISSING
from pydron.runtime.plan import Activation
from pydron.runtime.promise import DONE, PROMISE_ID, Handover, Promise, Request, Thrown, settled
from pydron.runtime.trace import handed_back, unconverted
from pydron.runtime.ways import parts_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydron.runtime.plan import Frame, Making, Plan, Values
    from pydron.runtime.run import Run

__all__ = ["Entry", "Fiber", "State"]

_DEEPEST = 40
"""Fibers nested on the stack; a deeper one runs from the run's own loop, so that recursion spares the stack."""


class State(Enum):
    """What a fiber is doing."""

    RUNNING = "its frame is executing"
    READY = "it can go on"
    WAITING = "for `Fiber.waiting`"
    FINISHED = "its frame has returned; its segment may still hold entries"
    FAILED = "its frame has raised; the error counts once everything before it is done"
    DEAD = "it was dropped: the program never came here"


class Fiber(Attempts, Awaits):
    """A part of a run; generated code knows it as ``.S``."""

    __slots__ = (
        "activation",
        "answer",
        "around",
        "asked",
        "detached",
        "error",
        "exclusive",
        "exposed",
        "frame",
        "frame_tick",
        "guard",
        "handles",
        "holding",
        "is_bet",
        "is_unit",
        "mark",
        "outs",
        "own_tick",
        "parent",
        "result",
        "run",
        "segment",
        "send",
        "settled",
        "snapshot",
        "stalled",
        "state",
        "tick",
        "waiting",
    )

    CAUGHT = Caught
    MISSING = MISSING
    NAME_ERROR = NameError
    handover = Handover
    slice = slice
    """What frames need now and then, and the user may have given another meaning."""

    def __init__(self, run: Run, parent: Fiber | None, activation: Activation, tick: int) -> None:
        self.run = run
        self.parent = parent
        self.activation = activation
        self.tick = tick
        """Node of the maker's frame that this fiber executes."""
        self.frame: Frame
        self.frame_tick = 0
        """Which of the maker's frames made it: the tick of a region, 0 for the entry."""
        self.own_tick = 0
        """The same of the frame that it executes."""
        self.snapshot: Values = ()
        self.segment: deque[Entry] = deque()
        self.state = State.RUNNING
        self.waiting: object = None
        """A promise, a fiber or a request."""
        self.send: object = None
        """What its frame gets when it goes on."""
        self.asked: tuple[Frame, Values] | None = None
        """Operands of which one is to come, and the frame that wants them all."""
        self.holding = False
        """It waits for the fiber it made to be worth running ahead of, not for its result."""
        self.answer: list[object] | None = None
        """What its frame gets then."""
        self.stalled = False
        """Its frame was closed; it is resumed from `waiting`, the fiber it had run ahead of."""
        self.detached = False
        """Its maker has gone on."""
        self.mark = 0
        """The newest task when it did."""
        self.exposed = False
        """Some maker up the line has gone on: code after this fiber may have run already."""
        self.exclusive = False
        """Its maker must not go on before it is finished."""
        self.is_unit = False
        self.is_bet = False
        """It may leave the loop around it, and its maker goes on as if it did not."""
        self.keys = ()
        self.announced = ()
        self.attributes = {}
        self.kept = ()
        self.outs: tuple[Promise, ...] | None = None
        """Promises for the variables it binds."""
        self.result: object = None
        self.error: BaseException | None = None
        self.guard: Fiber | None = parent.guard if parent is not None else None
        """The innermost body around it (perhaps itself) whose errors a statement catches."""
        self.settled = False
        """It is such a body, and nothing in it can fail any more."""
        self.around: BaseException | None = parent.around if parent is not None else run.around
        """The error that is being handled where it runs."""
        self.handles: bool = parent.handles if parent is not None else False
        """By the run itself, rather than by whoever lets the run go on."""
        self.variables: dict[str, object] | None = None
        """Variables that a handler may read, as its body has bound them by the retire cursor."""
        self.caught: Caught | None = None
        """The error that it has caught last."""

    # running

    handed_back = staticmethod(handed_back)

    def advance(self, value: object) -> None:
        """Run the frame until it must wait or ends."""
        in_context(self.around, self._advance, value)

    def _advance(self, value: object) -> None:
        send = self.frame.send
        run = self.run
        self.state = State.RUNNING
        if self.asked is not None:
            asked, self.asked = self.asked, None
            if asked[0] is self.frame and type(value) is not Thrown:
                value = self._values_of(asked[1])
                if value is None:
                    return
            del asked  # nothing here keeps an operand that the frame lets go of
        if self.answer is not None:
            answer, self.answer = self.answer, None
            if type(value) is not Thrown:
                value = answer
            del answer
        while True:
            try:
                request = send(value) if type(value) is not Thrown or not value.is_raised_here else self._throw(value)
                value = None
                if type(request) is list:
                    value = self._make(request[0], request)
                    request = None
            except StopIteration as stop:
                if stop.value is Request.ONWARD:
                    send, value = self.frame.send, None
                    continue
                if type(stop.value) is Caught:
                    self.state = State.FAILED
                    self.error = stop.value.error
                else:
                    self.state = State.FINISHED
                    self.result = stop.value
                return
            except BaseException as error:
                value = None  # what was thrown is not to keep itself, by way of its traceback
                if is_interrupt(error) and error is not self.around:
                    raise  # the user's wish comes before the order of the program, unless a handler passes it on
                self.state = State.FAILED
                self.error = run.traced(unconverted(error, self.activation))
                if self.caught is not None:
                    self.caught.restore()
                return
            if request is None:
                # What it asked for is made, and it goes on with what that binds: unless it got a fiber, which first has
                # to tell how it ends, or nothing is gained by running ahead of what was made.
                if type(value) is not Fiber and (type(value) is not list or run.hold is None):
                    continue
                request, value = value, None
            if type(request) is list:
                self.answer, self.holding = request, True
                self._wait(run.hold)
                run.hold = None
                return
            if type(request) is Promise:
                promise = request.resolved()
                if promise.state == DONE:
                    value = promise.value
                    continue
                run.want(promise, self)
                self._wait(promise)
            elif type(request) is tuple:
                value, request = self._values_of(request), None
                if value is not None:
                    continue
            elif type(request) is Fiber:
                if request.state is State.FINISHED and (request.settled or request.guard is not request):
                    value = request.result
                    continue
                self._wait(request)
            elif type(request) is Handover:
                self._wait(request)
            elif request is Request.BREATHE:
                if run.depth == 0 and not run.must_breathe():
                    continue
                self._wait(request)
                run.breathe(self)
            elif run.is_turn(self, request):
                continue
            elif self.state is State.RUNNING:  # looking for its turn has not ended it
                self._wait(request)
            return

    def _values_of(self, operands: Values) -> list[object] | None:
        """Return the values of operands, or wait for the first that is to come and return None.

        They are in a list from which the frame takes them out, more than one as a tuple: what it lets go of is not to
        be kept by whom sent it.
        """
        if PROMISE_ID not in map(id, map(type, operands)):
            return [operands] if operands[1:] else [*operands]
        known: list[object] = []
        for operand in operands:
            if type(operand) is Promise:
                promise = operand.resolved()
                if promise.state != DONE:
                    self.asked = self.frame, operands
                    self.run.want(promise, self)
                    self._wait(promise)
                    return None
                known.append(promise.value)
            else:
                known.append(operand)
        return [tuple(known)] if known[1:] else known

    def _throw(self, thrown: Thrown) -> object:
        """Raise an error that was thrown into a generator, in a handler as if it were raised there."""
        error = thrown.error
        if self.handles and self.around is not error:
            error.__context__ = self.around
        return self.frame.throw(error)

    def onward(self, tick: int, values: Values) -> Request:
        """Go on from just after a node of the frame that runs when that returns what this returns."""
        plan, cells = self.activation.plan, self.activation.cells
        self.frame = plan.frame(("resume", self.own_tick, tick), cells, self, self.run, *values)
        return Request.ONWARD

    def into(self, tick: int, inputs: Values) -> Request:
        """Go on as a branch with which the frame that runs ends."""
        plan, cells = self.activation.plan, self.activation.cells
        self.frame = plan.frame(("region", tick), cells, self, self.run, *inputs)
        self.own_tick = tick
        return Request.ONWARD

    def ending(self) -> object:
        """Say how the frame has ended, if its entries do not fail: see `first_failure`."""
        if self.state is State.FINISHED:
            return SETTLED
        return Culprit(self, self) if self.state is State.FAILED else None

    def _wait(self, reason: object) -> None:
        self.waiting = reason
        self.state = State.WAITING

    def keeps(self) -> bool:
        """Say whether running ahead of this fiber would be of no use, or surely wrong."""
        fiber = self
        while True:
            waiting = fiber.waiting
            if fiber.holding or (fiber.state is State.FAILED and fiber.guard is not fiber):
                return True
            if waiting is Request.BREATHE:
                return True
            if fiber.exclusive or waiting is Request.IMPURE or type(waiting) is Handover:
                return not fiber.run.guess(fiber)
            if type(waiting) is not Fiber:
                return False
            fiber = waiting

    # making fibers

    def _make(self, what: str, asked: list[object]) -> object:
        """Make what the frame has asked for; return what it binds, in a list as `_values_of` does, or promises of that.

        Of what may jump, return how it has ended, or its fiber, to wait for. An error comes up in the frame, as if it
        had called this.
        """
        making = self.activation.plan.makings[self.own_tick, what]
        child = Fiber(self.run, self, self.activation, making.tick)
        try:
            self._set_up(child, making, asked)
            writes: Values = tuple([asked[place] for place in making.writes]) if making.writes else ()
            if making.parts:
                writes += tuple(parts_at(self, making.parts, asked))
            ended = self._launch(child, writes)
        except BaseException as error:
            child.snapshot = self._variables(making.snapshot)
            with OwnContext(error):
                self.frame.throw(error)
            raise
        if child.segment or not ended:
            child.snapshot = self._variables(making.snapshot)
        if making.jumps:
            return child.result if ended else self._jumping(child)
        bound = child.result if ended else self._promises(child)
        if making.binds_one:
            assert type(bound) is tuple
            return [*bound]
        return [bound]

    def _set_up(self, child: Fiber, making: Making, asked: list[object]) -> None:
        run = self.run
        frame = making.frame
        match making.kind:
            case "unit":
                child.is_unit = True
                if run.claims:
                    claims, run.claims = run.claims, ()
                    child.claim(claims)
                    child.announced = child.keys
            case "loop":
                if self._may_be_native(making, asked):
                    frame = ("native", making.tick)
            case "attempt":
                run.memory.grow_up()  # a handler sees every object that is there already
                self.variables = {}
                child.guard = child
            case "part":
                caught = asked[-1]
                if caught is not None:
                    assert type(caught) is Caught
                    child.around, child.handles = caught.error, True
        activation = self.activation
        child.frame = activation.plan.frame(frame, activation.cells, child, run, *asked[1 : making.end])
        child.own_tick = making.tick
        child.frame_tick = self.own_tick

    def _may_be_native(self, making: Making, asked: list[object]) -> bool:
        """Say whether a loop is to run as it was written: nothing is pending and it calls nothing in parallel."""
        run = self.run
        callees = tuple([asked[place] for place in making.callees])
        return not run.pending and run.depth < _DEEPEST and self.is_native(making.tick, callees)

    def _jumping(self, child: Fiber) -> object:
        tick = child.tick
        if self.activation.plan.bets(tick) and child.detached and self.run.bet():
            child.is_bet = True
            return (0, None, *self._promises(child))
        if self.run.hold is child:
            self.run.hold = None
        child.detached = False
        return child

    def _variables(self, names: tuple[str, ...]) -> Values:
        """Return variables of the frame, which stands at a request."""
        frame = self.frame
        assert type(frame) is GeneratorType
        standing = frame.gi_frame
        assert standing is not None
        found = standing.f_locals
        values = tuple([found[name] for name in names])
        if type(found) is dict:
            found.clear()  # it would keep what the frame lets go of
        return values

    def _promises(self, child: Fiber) -> tuple[Promise, ...]:
        child.outs = tuple([Promise() for _ in self.activation.plan.outputs(child.tick)])
        for number, key in child.kept:
            child.outs[number].memory = key
        return child.outs

    def _launch(self, child: Fiber, writes: Values) -> bool:
        """Run a new fiber in place; return whether it came to its end."""
        run = self.run
        segment = self.segment
        segment.append(child)
        child.exposed = self.exposed
        if writes:
            plan, known = self.activation.plan, [settled(value) for value in writes]
            mutator = plan.mutator(child.tick)
            only = [self.attributes_stored_by(known[0], mutator)] if mutator else plan.attributes_stored(child.tick)
            child.announce(known, only)
        if run.depth < _DEEPEST:
            run.depth += 1
            try:
                if child.around is None:
                    child._advance(None)
                else:
                    child.advance(None)
            finally:
                run.depth -= 1
        else:
            child._wait(Request.BREATHE)
            run.breathe(child)
        if child.state is State.FINISHED:
            run.settle_keys(child)
            if not child.segment:
                segment.pop()
                run.memory.forget_made_by(child)
                return True
        if child.state is State.FAILED and not run.pending:
            segment.pop()
            assert child.error is not None
            if child.guard is not child:
                run.pass_on(child.error, child.activation)
            child.result = Caught(run.placed_in(child.activation, child.error, child), self.variables or {})
            return True
        run.pending += 1
        for key in child.keys:
            if child.attributes.get(key) is None:
                run.forecasts.drop(key)  # it may write there at its turn, past the queue
        # the snapshot sees every object
        if child.is_unit and type(child.segment[0] if child.segment else None) is Promise:
            run.memory.show_young()  # it has made a call, and run nothing
        else:
            run.memory.grow_up()
        if child.guard is child:
            run.look_at(child)
        elif child.state is State.FINISHED:
            return True
        if child.tick in self.activation.plan.impure:
            child.exclusive = True
        if child.keeps():
            run.hold = child
        else:
            child.detach()
        return False

    def detach(self) -> None:
        """Take note that the maker goes on."""
        self.detached = True
        self.mark = self.run.newest

    def find_exposed(self) -> None:
        """Work out again whether code after this fiber may have run."""
        fiber: Fiber | None = self
        while fiber is not None:
            if fiber.detached:
                self.exposed = True
                return
            fiber = fiber.parent
        self.exposed = False

    def activate(self, plan: Plan, args: Values, kwargs: Mapping[str, object], tick: int) -> object:
        """Call a scheduled function as part of this run; only a unit does, and it waits for the result."""
        activation = Activation(plan, self.activation, tick)
        if activation.depth > sys.getrecursionlimit():
            raise RecursionError("maximum recursion depth exceeded")
        child = Fiber(self.run, self, activation, tick)
        child.frame = plan.frame(("entry", 0), activation.cells, child, self.run, *plan.bind(args, kwargs))
        return self._inside(child)

    def nest(self, frame: Callable[[Fiber], Frame]) -> object:
        """Run a frame of ours as part of this unit; return its result, or its fiber to wait for."""
        child = Fiber(self.run, self, self.activation, self.tick)
        child.frame = frame(child)
        child.is_unit = True
        return self._inside(child)

    def _inside(self, child: Fiber) -> object:
        """Run a fiber that this unit waits for; return its result, or the fiber if that is still to come."""
        if self._launch(child, ()):
            return child.result
        self.run.hold = None
        child.detached = False
        return child


Entry: TypeAlias = Promise | Effect | Fiber
