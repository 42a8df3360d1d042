"""Calls from generated code: dispatched, run as part of the same run, queued, done at once, or told to wait."""

from __future__ import annotations

from collections import defaultdict, deque
from functools import partial
from types import BuiltinMethodType, FunctionType, MethodType, MethodWrapperType
from typing import TYPE_CHECKING, TypeGuard, cast

from pydron.runtime.conflicts import has_promise, key_of
from pydron.runtime.copies import keeps_no_operand
from pydron.runtime.dispatch import NO_KEYWORDS, NOT_HERE, Dispatch
from pydron.runtime.effects import PENDING as TO_COME
from pydron.runtime.effects import (
    RECEIVER,
    MustWait,
    Verdict,
    classify_call,
    classify_method,
    is_known_call,
    plain_attribute,
    run_quietly,
)
from pydron.runtime.effects import (
    Effect as Kind,
)
from pydron.runtime.effects.attributes import defines
from pydron.runtime.effects.rules import is_key_of
from pydron.runtime.effects.trust import are_atoms
from pydron.runtime.entries import Effect
from pydron.runtime.forecasts import MISSING, append_to
from pydron.runtime.frames import rows_of
from pydron.runtime.helpers import called_by, property_read
from pydron.runtime.inline import run_inline
from pydron.runtime.marks import Ordered, functional_of, ordered_of, scheduled_of, unbound
from pydron.runtime.ordered import place_ordered
from pydron.runtime.promise import DONE, Choice, Promise, settled
from pydron.runtime.trials import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydron.runtime.fiber import Fiber
    from pydron.runtime.plan import Plan

__all__ = ["CONTAINERS", "Bound", "Calls", "joined", "spread"]

CONTAINERS = frozenset(
    map(id, (list, dict, defaultdict, set, deque, str, bytes, tuple, frozenset, int, float, complex, bool))
)
_BOUND = frozenset(map(id, (BuiltinMethodType, MethodType, MethodWrapperType)))
_TAKEN = {"pop": -1, "popleft": 0}
"""Which item methods without an argument take out of a sequence."""
_OUTPUT = Ordered("")
_SHALLOW = 8
"""Launches inside each other within which a function is called as it is: it needs the stack that they take."""
Keywords = "Mapping[str, object] | tuple[Mapping[str, object], ...] | None"


def spread(value: object, _callee: object = None) -> object:
    """Return what is spread over arguments as a tuple. What cannot be is left for the call to complain of."""
    if defines(value, "__iter__", "__getitem__"):
        return tuple(cast("Iterable[object]", value))
    return value


class Bound:
    """A method of a builtin object, or of one still to come, read before its arguments are evaluated."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: object, name: str) -> None:
        self.owner = owner
        self.name = name

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call the method."""
        return self.method()(*args, **kwargs)

    def method(self) -> Callable[..., object]:
        """Read the method."""
        return getattr(_value(self.owner), self.name)  # type: ignore[no-any-return]


class Calls(Dispatch):
    """The calls; mixed into the fiber, which generated code knows as ``.S``."""

    __slots__ = ()

    def activate(self, plan: Plan, args: tuple[object, ...], kwargs: Mapping[str, object], tick: int) -> object:
        """Call a scheduled function as part of this run."""
        raise NotImplementedError

    def bind(self, owner: object, name: str) -> object:
        """Read ``owner.name`` to call it once its arguments are evaluated."""
        if type(owner) is Promise or id(type(owner)) in CONTAINERS:
            return Bound(owner, name)
        if not self.run.pending:
            return Choice.TURN
        if plain_attribute(owner, name) and self.shows_already(owner, name):
            return getattr(owner, name)
        # On a guess the arguments matter, which may be calls: what is bound here is never called.
        return Bound(owner, name) if self.run.is_on_guess(cast("Fiber", self)) else Choice.TURN

    def attributes_stored_by(self, owner: object, method: str) -> frozenset[str] | None:
        """Return the only attributes of its object that a method stores, or None if it may do more or is not known."""
        if type(owner) is Promise or id(type(owner)) in CONTAINERS:
            return None
        if not plain_attribute(owner, method) or not self.shows_already(owner, method):
            return None
        function, first = unbound(getattr(owner, method))
        scheduled = scheduled_of(function) if first and first[0] is owner else None
        plan = scheduled.plan() if scheduled is not None else None
        return plan.own_attributes if plan is not None else None

    def owner_of(self, callee: object) -> object:
        """Return the object, or the promise of it, whose method was read to be called later."""
        return callee.owner if type(callee) is Bound else None

    def method_of(self, callee: object) -> object:
        """Return the method that was read to be called later, for the frame to call it."""
        return callee.method() if type(callee) is Bound else callee

    def call(self, callee: Callable[..., object], args: tuple[object, ...], keywords: object, tick: int) -> object:
        """``callee(*args, **keywords)``: return the result, a promise of it, or what to do."""
        if type(callee) is Bound:
            return self.call_method(callee.owner, callee.name, args, keywords, tick)
        functional = functional_of(callee)
        if functional is not None and keywords is None and not functional.waits:
            run = self.run
            if not run.pending and run.inlines(functional) and _are_here(args):
                return run_inline(self, callee, functional, args, NO_KEYWORDS, tick)
            return self._dispatch(callee, functional, args, NO_KEYWORDS, tick, in_turn=False)
        return self._call(callee, args, keywords, tick, in_turn=False)

    def call_in_turn(self, callee: object, args: tuple[object, ...], keywords: object, tick: int) -> object:
        """The same once it is the fiber's turn: nothing earlier is to come."""
        if type(callee) is Bound:
            return self.call_in_turn_method(callee.owner, callee.name, args, keywords, tick)
        return self._call(callee, args, keywords, tick, in_turn=True)

    def call_method(self, owner: object, name: str, args: tuple[object, ...], keywords: object, tick: int) -> object:
        """``owner.name(*args, **keywords)``: return the result, a promise of it, or what to do."""
        if type(owner) is list and name == "append" and len(args) == 1 and not keywords:
            return self._append(owner, args[0], tick)
        return self._call_method(owner, name, args, keywords, tick, in_turn=False)

    def call_in_turn_method(
        self, owner: object, name: str, args: tuple[object, ...], keywords: object, tick: int
    ) -> object:
        """The same once it is the fiber's turn."""
        return self._call_method(owner, name, args, keywords, tick, in_turn=True)

    def rows_method(self, owner: object, name: str, args: tuple[object, ...], keywords: object, tick: int) -> object:
        """The same of a method that may iterate over the rows of a frame, for a loop and nobody else."""
        return self._rows(owner, name, args, keywords) or self.call_method(owner, name, args, keywords, tick)

    def rows_in_turn_method(
        self, owner: object, name: str, args: tuple[object, ...], keywords: object, tick: int
    ) -> object:
        """The same once it is the fiber's turn."""
        return self._rows(owner, name, args, keywords) or self.call_in_turn_method(owner, name, args, keywords, tick)

    def _rows(self, owner: object, name: str, args: tuple[object, ...], keywords: object) -> object:
        frame, kwargs = settled(owner), joined(keywords)
        if kwargs is None or has_promise(args, kwargs) or not self.run.memory.is_open_deep(frame):
            return None
        return rows_of(frame, name, args, kwargs, self.run.has_settled)

    def _append(self, owner: list[object], value: object, tick: int) -> object:
        run = self.run
        if type(value) is Promise:
            if value.alias is not None:
                value = value.resolved()
            if value.state == DONE:
                value = value.value
            elif not (self.may_change(owner) or run.memory.is_young(owner)):
                return Choice.TURN
            else:
                self.queue(Effect(list.append, (owner, value), (id(owner),), tick))
                return None
        if not run.pending or self.may_store_now():
            owner.append(value)
            return None
        return None if self._store(append_to, owner, None, value, tick) is Choice.QUEUED else Choice.TURN

    def _call(self, callee: object, args: tuple[object, ...], keywords: object, tick: int, *, in_turn: bool) -> object:
        function, first = unbound(callee)
        functional = functional_of(function)
        if functional is None and first and (functional := functional_of(callee)) is not None:
            function, first = callee, ()  # this very method of this very object
        kwargs = joined(keywords)
        if functional is None and type(callee) is partial and (functional := functional_of(callee.func)) is not None:
            function, first = callee.func, callee.args
            kwargs = {**callee.keywords, **kwargs} if kwargs is not None else None
        if functional is None and self.run.names is not None and function in self.run.names:
            functional = self.run.adopt(function)
        if functional is not None and kwargs is not None:
            caller = self.activation.plan
            if functional.waits and (caller.is_coroutine or caller.is_part):
                return self._turn()  # it makes a coroutine, which complains if it is dropped
            dispatch = self._begin if functional.waits else self._dispatch
            return dispatch(
                cast("Callable[..., object]", function), functional, (*first, *args), kwargs, tick, in_turn=in_turn
            )
        if kwargs is None or type(callee) is Promise:
            return self._turn()
        ordered = ordered_of(callee) or self._named_ordered(function)
        if ordered is not None:
            if in_turn:
                return Choice.NOW
            return place_ordered(cast("Fiber", self), callee, ordered, (*first, *args), kwargs)
        if callee is getattr and len(args) == 2 and not kwargs:
            answer = self._read(*args, tick)
        else:
            answer = self._take_in(callee, args, kwargs, tick)
        if answer is not MISSING:
            return answer
        if type(callee) is BuiltinMethodType and id(type(callee.__self__)) in CONTAINERS:
            return self._builtin_method(callee.__self__, callee.__name__, args, kwargs, tick)
        known = self._known(callee, args, kwargs, tick)
        return self._turn() if known is Choice.TURN else known

    def _read(self, owner: object, name: object, tick: int) -> object:
        """Read an attribute, a property as a part of the run; `MISSING` if that cannot be."""
        if type(owner) is Promise or type(name) is not str:
            return MISSING
        function = property_read(owner, name)
        return MISSING if function is None else self._take_in(function, (owner,), NO_KEYWORDS, tick)

    def _take_in(self, callee: object, args: tuple[object, ...], kwargs: Mapping[str, object], tick: int) -> object:
        """Call what is scheduled, or leads to functional calls, as a part of the run; `MISSING` if that cannot be."""
        run = self.run
        function, first, given = called_by(callee)
        decorated = scheduled_of(function)
        if decorated is None and type(function) is FunctionType:
            return self._call_part(function, (*first, *args), {**given, **kwargs} if given else kwargs, tick)
        if decorated is None:
            return MISSING
        plan = decorated.plan()
        is_native = not run.pending and run.natives and decorated.is_native(run.names)
        if is_native or (plan is not None and plan.is_generator):
            return Choice.UNIT if has_promise(args, kwargs) else Choice.NOW
        if plan is None:
            return MISSING
        if plan.is_coroutine:
            return self._turn()
        if not self.is_unit:
            return Choice.UNIT
        return self.activate(plan, (*first, *args), {**given, **kwargs} if given else kwargs, tick)

    def _call_part(
        self, function: FunctionType, args: tuple[object, ...], kwargs: Mapping[str, object], tick: int
    ) -> object:
        """Call an undecorated function, as it is written if that is soon done; `MISSING` if it is no part of a run."""
        run = self.run
        if function in run.parts.others:
            return MISSING
        is_alone = not run.pending
        if is_alone and run.depth < _SHALLOW and _are_here((*args, *kwargs.values())):
            result = run.parts.call_if_quick(function, args, kwargs)
            if result is not MISSING:
                return result
        part = run.parts.find(function)
        plan = part.plan() if part is not None else None
        if plan is None:
            return MISSING
        if not self.is_unit:
            return Choice.UNIT
        result = self.activate(plan, args, kwargs, tick)
        if is_alone and not run.pending:
            run.parts.note(plan, function)
        return result

    def _named_ordered(self, function: object) -> Ordered | None:
        names = self.run.ordered_names
        return _OUTPUT if names is not None and function in names else None

    def _known(self, callee: object, args: tuple[object, ...], kwargs: Mapping[str, object], tick: int) -> object:
        """Call something that is no function of ours, if the effects database knows it."""
        if has_promise(args, kwargs):
            known = is_known_call(callee) or _is_known_method(callee) or self.run.trials.may_be_pure(callee)
            return Choice.UNIT if known else Choice.TURN
        if not self.run.pending:
            return Choice.NOW
        if callee is len and len(args) == 1 and not kwargs:
            forecast = self.forecast(args[0])
            if forecast is not None:
                return len(forecast)
        verdict = classify_call(callee, args, kwargs)
        if not verdict.is_known:
            answer = self._read_copies(callee, args, kwargs) if is_known_call(callee) else Choice.UNIT
            return self._try(callee, args, kwargs, tick) if answer is Choice.UNIT else answer
        return self._judge(verdict, callee, args, kwargs, tick)

    def _try(self, callee: object, args: tuple[object, ...], kwargs: Mapping[str, object], tick: int) -> object:
        """Decide on a call of something that only a trial can tell about."""
        run = self.run
        if self.is_alone():
            return Choice.NOW
        match run.trials.call(callee, args, kwargs):
            case Finding.PURE:
                run.memory.seen((*args, *kwargs.values()))
                return Choice.NOW
            case Finding.WAITS:
                return self._try_copies(callee, args, kwargs)
            case Finding.STOPPED:
                self.activation.plan.obstacles[tick] = run.trials.obstacle
                return Choice.TURN

    def _judge(
        self,
        verdict: Verdict,
        callee: object,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        tick: int,
        owner: object = None,
    ) -> object:
        """Decide on a call of known operands while something is pending."""
        match verdict.effect:
            case Kind.PURE | Kind.READS:
                if self.run.memory.permit(verdict, args, kwargs, owner) is not None:
                    if not keeps_no_operand(verdict, callee, args, kwargs):
                        return Choice.UNIT
                    return self._read_copies(*_taken_apart(callee, args), kwargs)
                return _quietly(callee, args, kwargs) if verdict.warns else Choice.NOW
            case Kind.OUTPUT:
                if verdict.reads_frame or not are_atoms((*args, *kwargs.values())):
                    return Choice.UNIT
                self.queue(Effect(_call_later, (callee, args, kwargs), (), tick))
                return None
            case Kind.WRITES:
                return self._write(verdict, callee, args, kwargs, tick, owner)
            case _:
                return Choice.TURN

    def _read_copies(self, callee: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
        """Make a call that reads what is still to be stored into; what might raise is left to its turn."""

        def read(fiber: Fiber, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
            verdict = classify_call(callee, args, kwargs)
            reads = keeps_no_operand(verdict, callee, args, kwargs)
            if not reads or fiber.run.memory.permit(verdict, args, kwargs) is not None:
                return Choice.UNIT
            answer = _quietly(callee, args, kwargs)
            return Choice.UNIT if answer is Choice.NOW else answer

        return self.on_copies(args, kwargs, read, deep=False)

    def _try_copies(self, callee: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
        """Make a call that only a trial can tell about, if it reads nothing else that is still to be stored into."""

        def read(fiber: Fiber, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
            trials = fiber.run.trials
            if trials.call(callee, args, kwargs) is not Finding.PURE or trials.asks_identity:
                return Choice.UNIT
            answer = _quietly(callee, args, kwargs)
            return Choice.UNIT if answer is Choice.NOW else answer

        return self.on_copies(args, kwargs, read, deep=False, keeps=True)

    def _write(
        self,
        verdict: Verdict,
        callee: object,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        tick: int,
        owner: object,
    ) -> object:
        if verdict.writes != (RECEIVER,) or verdict.warns:
            return Choice.TURN
        if owner is None:
            owner = _owner(callee)
        key = key_of(owner)
        if key is None or not self.may_change(owner):
            return Choice.TURN
        if not verdict.none_result or verdict.deep or kwargs:
            return Choice.UNIT
        self.run.memory.seen(args)
        function, operands = _taken_apart(callee, args)
        if function is callee:
            function, operands = _call_later, (callee, args, kwargs)
        self.queue(Effect(cast("Callable[..., object]", function), operands, (key,), tick))
        return None

    def _call_method(
        self, owner: object, name: str, args: tuple[object, ...], keywords: object, tick: int, *, in_turn: bool
    ) -> object:
        if type(owner) is Promise:
            owner = owner.resolved()
            if owner.state != DONE:
                return Choice.TURN if in_turn else Choice.UNIT
            owner = owner.value
            if id(type(owner)) not in CONTAINERS and plain_attribute(owner, name) is False:
                return Choice.TURN
            if not in_turn and not self.is_unit:
                return Choice.UNIT
            return self._call_method(owner, name, args, keywords, tick, in_turn=in_turn)
        kwargs = joined(keywords)
        if kwargs is None:
            return Choice.TURN
        if id(type(owner)) in CONTAINERS:
            return self._builtin_method(owner, name, args, kwargs, tick)
        if not plain_attribute(owner, name):
            return self._opaque_method(owner, name, args, kwargs, tick)
        if self.run.pending and not self.shows_already(owner, name):
            return Choice.TURN if in_turn else Choice.UNIT
        try:
            callee = getattr(owner, name)
        except AttributeError:
            return Choice.TURN  # it is the frame that has to raise
        result = self._call(callee, args, keywords, tick, in_turn=in_turn)
        if result is Choice.TURN:
            return self._opaque_method(owner, name, args, kwargs, tick)
        return result

    def _opaque_method(
        self, owner: object, name: str, args: tuple[object, ...], kwargs: Mapping[str, object], tick: int
    ) -> object:
        """Call a method that no plain attribute holds: of an array, a stream, a logger, or of something unknown."""
        if has_promise(args, kwargs):
            late = tuple(TO_COME if type(value) is Promise else value for value in args)
            known = classify_method(owner, name, late, dict(kwargs)).is_known
            return Choice.UNIT if known else Choice.TURN
        if not self.run.pending:
            return Choice.NOW
        verdict = classify_method(owner, name, args, kwargs)
        if verdict.effect is Kind.UNKNOWN or not plain_attribute(owner, name):
            return Choice.TURN if verdict.effect is Kind.UNKNOWN else Choice.UNIT
        return self._judge(verdict, getattr(owner, name), args, kwargs, tick, owner)

    def _builtin_method(
        self, owner: object, name: str, args: tuple[object, ...], kwargs: Mapping[str, object], tick: int
    ) -> object:
        late = has_promise(args, kwargs)
        if not late and not self.run.pending:
            return Choice.NOW
        if name == "get" and isinstance(owner, dict) and not kwargs and not late and 0 < len(args) < 3:
            forecast = self.forecast(owner)
            if isinstance(forecast, dict) and is_key_of(forecast, args[0]):
                return settled(forecast.get(*args))
        if name == "setdefault" and type(owner) is dict and 0 < len(args) < 3 and not kwargs and not late:
            known = self.set_default(owner, args[0], args[1] if len(args) > 1 else None, tick)
            if known is not MISSING:
                return known
        if _takes_out(owner, name, args) and not kwargs and not late:
            taken = self.take_out(owner, args[0] if args else _TAKEN[name], tick)
            if taken is not MISSING:
                return taken
        if name == "__setitem__" and type(owner) is dict and len(args) == 2 and not kwargs:
            choice = self.store_item(owner, *args, tick)
            return None if choice is Choice.QUEUED else choice
        if not late:
            verdict = classify_method(owner, name, args, kwargs)
            if verdict.effect is Kind.UNKNOWN:
                return Choice.TURN
            return self._judge(verdict, getattr(owner, name), args, kwargs, tick, owner)
        known = tuple(settled(value) for value in args)
        verdict = classify_method(owner, name, tuple(TO_COME if type(v) is Promise else v for v in known), kwargs)
        queued = verdict.effect is Kind.WRITES and verdict.none_result and not verdict.deep and not kwargs
        if not queued or verdict.writes != (RECEIVER,) or not self.may_change(owner):
            return Choice.UNIT
        self.run.memory.seen(known)
        method = getattr(type(owner), name)
        self.queue(Effect(method, (owner, *known), (id(owner),), tick))
        return None


def _are_here(args: tuple[object, ...]) -> bool:
    """Say whether arguments are values that are bound and not to come."""
    return NOT_HERE.isdisjoint(map(id, map(type, args)))


def _takes_out(owner: object, name: str, args: tuple[object, ...]) -> TypeGuard[list[object] | deque[object]]:
    """Say whether a method takes an item out of a sequence and returns it."""
    if type(owner) is list:
        return name == "pop" and len(args) < 2
    return type(owner) is deque and name in _TAKEN and not args


def _quietly(callee: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
    """Call what only reads, and may warn: return the result, or what to do."""
    try:
        return run_quietly(partial(cast("Callable[..., object]", callee), *args, **kwargs))
    except MustWait:
        return Choice.UNIT
    except Exception:
        return Choice.NOW  # it is the frame that has to raise


def _call_later(callee: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> None:
    callee(*args, **kwargs)  # type: ignore[operator]


def _taken_apart(callee: object, args: tuple[object, ...]) -> tuple[object, tuple[object, ...]]:
    """Return a call of a container's method as one of a function that takes the container."""
    if type(callee) is not BuiltinMethodType or id(type(callee.__self__)) not in CONTAINERS:
        return callee, args
    return getattr(type(callee.__self__), callee.__name__), (callee.__self__, *args)


def _value(value: object) -> object:
    return value.resolved().value if type(value) is Promise else value


def _is_known_method(callee: object) -> bool:
    return id(type(_owner(callee))) in CONTAINERS


def _owner(callee: object) -> object:
    """Return what a bound method belongs to; nothing else is asked, as the user's own code may answer."""
    return callee.__self__ if id(type(callee)) in _BOUND else None  # type: ignore[attr-defined]


def joined(keywords: object) -> Mapping[str, object] | None:
    """Return keyword arguments as one dictionary, or None where Python would complain."""
    if keywords is None:
        return NO_KEYWORDS
    if type(keywords) is dict:
        return keywords
    joined: dict[str, object] = {}
    count = 0
    for part in keywords:  # type: ignore[attr-defined]
        if type(part) is not dict or not all(type(name) is str for name in part):
            return None
        joined.update(part)
        count += len(part)
    return joined if count == len(joined) else None
