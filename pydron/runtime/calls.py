"""Calls from generated code: dispatched, run as part of the same run, queued, done at once, or told to wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pydron.errors import UnpicklableError
from pydron.runtime.conflicts import has_promise, key_of
from pydron.runtime.effects import (
    ATOMS,
    RECEIVER,
    Verdict,
    classify_call,
    classify_method,
    plain_attribute,
)
from pydron.runtime.effects import PENDING as TO_COME
from pydron.runtime.effects import (
    Effect as Kind,
)
from pydron.runtime.effects.builtins import BUILTIN_CALLS
from pydron.runtime.entries import Effect
from pydron.runtime.forecasts import append_to
from pydron.runtime.inline import is_silent, run_inline
from pydron.runtime.marks import Ordered, functional_of, ordered_of, scheduled_of, unbound
from pydron.runtime.ordered import place_ordered
from pydron.runtime.promise import DONE, FAILED, UNBOUND, Choice, Promise, Unbound, settled
from pydron.runtime.trials import Finding
from pydron.tasks import Task, WaitingCall

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from pydron.ids import ValueId
    from pydron.runtime.fiber import Entry, Fiber
    from pydron.runtime.forecasts import Forecast
    from pydron.runtime.marks import Functional
    from pydron.runtime.plan import Activation, Plan
    from pydron.runtime.stores import Stores
    from pydron.tasks import Site

    _Mixin = Stores
else:
    _Mixin = object

__all__ = ["Bound", "Calls", "spread"]

_KNOWN = frozenset(map(id, BUILTIN_CALLS))
_CONTAINERS = frozenset((list, dict, set, str, bytes, tuple, frozenset, int, float, complex, bool))
_NO_KEYWORDS: dict[str, object] = {}
_OUTPUT = Ordered("")
_NOT_HERE = frozenset((Promise, Unbound))
Keywords = "Mapping[str, object] | tuple[Mapping[str, object], ...] | None"


def spread(value: object) -> object:
    """Return what is spread over arguments as a tuple. What cannot be is left for the call to complain of."""
    kind = type(value)
    if hasattr(kind, "__iter__") or hasattr(kind, "__getitem__"):
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
        return getattr(_value(self.owner), self.name)(*args, **kwargs)


class Calls(_Mixin):
    """The calls; mixed into the fiber, which generated code knows as ``.S``."""

    __slots__ = ()

    activation: Activation
    segment: deque[Entry]
    is_unit: bool
    exposed: bool
    guard: Fiber | None

    def forecast(self, container: object) -> Forecast | None:
        """Return what a container with queued stores will hold here, if that is known."""
        raise NotImplementedError

    def is_alone(self) -> bool:
        """Say whether everything before this fiber's next operation is done, and nothing has run ahead of it."""
        raise NotImplementedError

    def activate(self, plan: Plan, args: tuple[object, ...], kwargs: Mapping[str, object], tick: int) -> object:
        """Call a scheduled function as part of this run."""
        raise NotImplementedError

    def bind(self, owner: object, name: str) -> object:
        """Read ``owner.name`` to call it once its arguments are evaluated."""
        if type(owner) is Promise or type(owner) in _CONTAINERS:
            return Bound(owner, name)
        if not self.run.pending:
            return Choice.TURN
        if plain_attribute(owner, name) and self.run.memory.is_open(owner):
            return getattr(owner, name)
        return Choice.TURN

    def owner_of(self, callee: object) -> object:
        """Return the object, or the promise of it, whose method was read to be called later."""
        return callee.owner if type(callee) is Bound else None

    def call(self, callee: object, args: tuple[object, ...], keywords: object, tick: int) -> object:
        """``callee(*args, **keywords)``: return the result, a promise of it, or what to do."""
        if type(callee) is Bound:
            return self.call_method(callee.owner, callee.name, args, keywords, tick)
        functional = functional_of(callee)
        if functional is not None and keywords is None and not functional.waits:
            run = self.run
            if not run.pending and run.inlines(functional) and _are_here(args):
                return run_inline(self, callee, functional, args, _NO_KEYWORDS, tick)  # type: ignore[arg-type]
            return self._dispatch(
                cast("Callable[..., object]", callee), functional, args, _NO_KEYWORDS, tick, in_turn=False
            )
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

    def _append(self, owner: list[object], value: object, tick: int) -> object:
        run = self.run
        if type(value) is Promise:
            value = value.resolved()
            if value.state == DONE:
                value = value.value
            elif not self.may_change(owner):
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
        kwargs = _joined(keywords)
        if functional is None and self.run.names is not None and function in self.run.names:
            functional = self.run.adopt(function)
        if functional is not None and kwargs is not None:
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
        scheduled = scheduled_of(function)
        if scheduled is not None:
            plan = scheduled.plan()
            if not self.run.pending and self.run.natives and scheduled.is_native(self.run.names):
                return Choice.NOW
            if plan is not None and plan.is_generator:
                return Choice.UNIT if has_promise(args, kwargs) else Choice.NOW
            if plan is not None:
                return self.activate(plan, (*first, *args), kwargs, tick) if self.is_unit else Choice.UNIT
        known = self._known(callee, args, kwargs, tick)
        return self._turn() if known is Choice.TURN else known

    def _named_ordered(self, function: object) -> Ordered | None:
        names = self.run.ordered_names
        return _OUTPUT if names is not None and function in names else None

    def _turn(self) -> Choice:
        """Wait here until it is this call's turn, or in a unit of its own, if something can be made of the time."""
        run = self.run
        if self.is_unit or run.is_at(self) or not run.may_guess():
            return Choice.TURN
        return Choice.UNIT

    def _known(self, callee: object, args: tuple[object, ...], kwargs: Mapping[str, object], tick: int) -> object:
        """Call something that is no function of ours, if the effects database knows it."""
        if has_promise(args, kwargs):
            known = id(callee) in _KNOWN or _is_known_method(callee) or self.run.trials.may_be_pure(callee)
            return Choice.UNIT if known else Choice.TURN
        if not self.run.pending:
            return Choice.NOW
        if callee is len and len(args) == 1 and not kwargs:
            forecast = self.forecast(args[0])
            if forecast is not None:
                return len(forecast)
        verdict = classify_call(callee, args, kwargs)
        if not verdict.is_known:
            return self._try(callee, args, kwargs, tick)
        return self._judge(verdict, callee, args, kwargs, tick)

    def _try(self, callee: object, args: tuple[object, ...], kwargs: Mapping[str, object], tick: int) -> Choice:
        """Decide on a call of something that only a trial can tell about."""
        run = self.run
        if self.is_alone():
            return Choice.NOW
        match run.trials.call(callee, args, kwargs):
            case Finding.PURE:
                run.memory.seen((*args, *kwargs.values()))
                return Choice.NOW
            case Finding.WAITS:
                return Choice.UNIT
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
                wait = self.run.memory.permit(verdict, args, kwargs, owner)
                return Choice.NOW if wait is None else Choice.UNIT
            case Kind.OUTPUT:
                if verdict.reads_frame or not all(type(value) in ATOMS for value in (*args, *kwargs.values())):
                    return Choice.UNIT
                self.queue(Effect(_call_later, (callee, args, kwargs), (), tick))
                return None
            case Kind.WRITES:
                return self._write(verdict, callee, args, kwargs, tick, owner)
            case _:
                return Choice.TURN

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
            owner = getattr(callee, "__self__", None)
        key = key_of(owner)
        if key is None or not self.may_change(owner):
            return Choice.TURN
        if not verdict.none_result or verdict.deep or kwargs:
            return Choice.UNIT
        self.run.memory.seen(args)
        self.queue(Effect(_call_later, (callee, args, kwargs), (key,), tick))
        return None

    def _call_method(
        self, owner: object, name: str, args: tuple[object, ...], keywords: object, tick: int, *, in_turn: bool
    ) -> object:
        if type(owner) is Promise:
            owner = owner.resolved()
            if owner.state != DONE:
                return Choice.TURN if in_turn else Choice.UNIT
            owner = owner.value
            if type(owner) not in _CONTAINERS and plain_attribute(owner, name) is False:
                return Choice.TURN
            return Choice.UNIT if not in_turn else self._call_method(owner, name, args, keywords, tick, in_turn=True)
        kwargs = _joined(keywords)
        if kwargs is None:
            return Choice.TURN
        if type(owner) in _CONTAINERS:
            return self._builtin_method(owner, name, args, kwargs, tick)
        if not plain_attribute(owner, name):
            return self._opaque_method(owner, name, args, kwargs, tick)
        if self.run.pending and not self.run.memory.is_open(owner):
            return Choice.TURN if in_turn else Choice.UNIT
        callee = getattr(owner, name)
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

    # functional calls

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
        if not in_turn and not run.memory.is_open_function(function):
            return Choice.UNIT  # it captures what is still to be stored into
        if not kwargs and ATOMS.issuperset(map(type, args)):
            if run.inlines(functional):
                if in_turn or not run.pending or is_silent(function):
                    return run_inline(self, function, functional, args, _NO_KEYWORDS, tick)
                if self._can_wait():
                    return Choice.TURN
            return self._submit(function, functional, args, _NO_KEYWORDS, (), tick)
        references: list[tuple[int | str, ValueId]] = []
        plain: list[object] = []
        named: dict[str, object] = {}
        for place, given in (*enumerate(args), *kwargs.items()) if kwargs else enumerate(args):
            value = settled(given)
            if type(value) is Promise:
                if value.task is None or value.state == FAILED or value.task in run.waits:
                    return Choice.UNIT
                references.append((place, value.task))  # type: ignore[arg-type]
                value = None
            elif type(value) not in ATOMS and (value is UNBOUND or not (in_turn or run.memory.is_open_deep(value))):
                return Choice.UNIT
            if type(place) is int:
                plain.append(value)
            else:
                named[place] = value  # type: ignore[index]
        if run.inlines(functional):
            if not references and (in_turn or not run.pending or is_silent(function)):
                return run_inline(self, function, functional, tuple(plain), named, tick)
            if not in_turn and self._can_wait():
                return Choice.TURN
        return self._submit(function, functional, tuple(plain), named, tuple(references), tick)

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
    ) -> Promise:
        run = self.run
        pool = run.pool
        site = self.activation.plan.site(tick)
        try:
            function = pool.function(callee, functional.name)
            payload = pool.dumps_call(callee, functional.name, args, kwargs)
        except UnpicklableError as error:
            if error.site is None:
                error = UnpicklableError(
                    error.function, error.what, error.path, error.culprit, error.reason, site
                ).with_traceback(None)
            return self.failed(error, tick)
        signature = None
        if run.guessing or run.keeps_calls or run.guesses:
            signature = run.guesses.signature(function, payload, references, pool.likeness())
            made = run.guesses.take(signature)
            if made is not None:
                return self._again(made, tick, site)
        number = pool.new_task_id()
        task = Task(number, function, payload, references, site, functional.requirements)
        promise = Promise(number, tick, run.forget, functional, site)
        promise.guard = self.guard
        promise.signature = signature
        run.tasks[number] = promise
        self.segment.append(promise)
        run.pending += 1
        run.issued += 1
        run.trials.dispatched()
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
    ) -> object:
        """Make a call of a coroutine function: its result is there when its coroutine has ended."""
        run = self.run
        memory = run.memory
        if not in_turn and not memory.is_open_function(getattr(function, "__wrapped__", function), here=True):
            return Choice.UNIT
        args, kwargs = tuple([settled(value) for value in args]), {name: settled(kwargs[name]) for name in kwargs}
        values = (*args, *kwargs.values())
        if not all(type(value) in ATOMS for value in values):
            for value in values:
                if type(value) in _NOT_HERE or not (in_turn or memory.is_open_deep(value) or self._is_open(value)):
                    return Choice.UNIT
        coroutine = cast("Callable[..., Awaitable[object]]", function)
        call = WaitingCall(run.pool.new_task_id(), coroutine, functional.name, args, kwargs, functional.at_once)
        signature = None
        if run.guessing or run.keeps_calls or run.guesses or not ATOMS.issuperset(map(type, values)):
            copied = run.pool.copy_call(args, kwargs)
            if copied is not None:
                payload, call.copied = copied
                signature = run.guesses.signature_of_waiting(function, payload)
            elif run.guessing:
                return self._turn()  # what it runs ahead of may change what cannot be copied
            else:
                memory.seen_deep(values)
        site = self.activation.plan.site(tick)
        made = run.guesses.take(signature)
        if made is not None:
            return self._again(made, tick, site)
        promise = Promise(call.id, tick, None, functional, site)
        promise.guard = self.guard
        promise.signature = signature
        run.waits.add(call.id)
        run.has_waited = True
        run.tasks[call.id] = promise
        self.segment.append(promise)
        run.pending += 1
        run.issued += 1
        run.trials.dispatched()
        if run.pool.begin(call, run.inbox):
            run.due = True
        return promise

    def _is_open(self, value: object) -> bool:
        """Say whether a value that cannot be copied may be passed now."""
        return self.run.pool.copy_call((value,), {}) is None and self.run.memory.is_open_here(value)

    def _again(self, promise: Promise, tick: int, site: Site) -> Promise:
        """Put a call that was made on a guess at its place in program order."""
        promise.tick, promise.site, promise.guard = tick, site, self.guard
        self.segment.append(promise)
        self.run.pending += 1
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


def _are_here(args: tuple[object, ...]) -> bool:
    """Say whether arguments are values that are bound and not to come."""
    return _NOT_HERE.isdisjoint(map(type, args))


def _call_later(callee: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> None:
    callee(*args, **kwargs)  # type: ignore[operator]


def _value(value: object) -> object:
    return value.resolved().value if type(value) is Promise else value


def _is_known_method(callee: object) -> bool:
    owner = getattr(callee, "__self__", None)
    return type(owner) in _CONTAINERS


def _joined(keywords: object) -> Mapping[str, object] | None:
    """Return keyword arguments as one dictionary, or None where Python would complain."""
    if keywords is None:
        return _NO_KEYWORDS
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
