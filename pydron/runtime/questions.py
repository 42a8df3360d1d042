"""What generated code asks before an operation on known operands: may it run now, or what has it to wait for?"""

from __future__ import annotations

import operator
from collections import defaultdict, deque
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NoReturn, cast

from pydron.runtime.announcements import Announcements
from pydron.runtime.conflicts import key_of
from pydron.runtime.effects import (
    ATOM_IDS,
    classify_binary,
    classify_inplace,
    classify_subscript,
    classify_truth,
    classify_unary,
    is_trusted,
    plain_attribute,
    plain_setattr,
)
from pydron.runtime.effects.consuming import Total, consumes
from pydron.runtime.effects.memory import instance_dict
from pydron.runtime.effects.pandas import frame_attribute
from pydron.runtime.effects.rules import is_key_of, is_plain_key
from pydron.runtime.effects.trust import are_atoms
from pydron.runtime.entries import Effect
from pydron.runtime.forecasts import FORETOLD, ITEMS, MISSING, ForecastWalk, TableWalk, add_elements, table_of
from pydron.runtime.frames import WALKS, Kept, are_elements, are_groups
from pydron.runtime.marks import functional_of
from pydron.runtime.natives import is_plain
from pydron.runtime.promise import PROMISE_ID, Promise, Quietly, Request, settled
from pydron.runtime.trials import Finding, Trials
from pydron.runtime.trials.operators import operator_of, rehearse_inplace
from pydron.runtime.walks import (
    EACH_TURN,
    FIXED,
    TABLES,
    BackwardWalk,
    Walk,
    begun,
    can_rewind,
    can_walk,
    gives_items,
    key_of_walk,
    pooled,
    same,
    steady,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized

    from pydron.runtime.effects import Verdict

__all__ = ["Questions"]

_HOLDERS = frozenset(map(id, (list, tuple)))
_SEQUENCES = frozenset(map(id, (list, ForecastWalk)))
_REWINDING = frozenset((*map(id, (Walk, BackwardWalk)), *WALKS, *FORETOLD))
"""Ids of types of walks that can go on from any item."""
_SHORT = 64
"""So many items are gone over one by one sooner than it comes to the turn of what takes them at once."""
_ONLY_METHODS = frozenset(map(id, (list, dict, set)))
"""Ids of types of objects that have no attributes but methods."""
_PLAIN_FACTORIES = frozenset(map(id, (list, dict, set, int, float, str, deque)))


class Questions(Announcements):
    """The questions about reading; mixed into the fiber, which generated code knows as ``.S``."""

    __slots__ = ()

    def _answer(self, attempt: Callable[..., Finding], *operands: object) -> Request | None:
        """Return what an operation has to wait for that only a trial can tell about."""
        if self.is_alone():
            return None
        trials = self.run.trials
        finding = attempt(trials, *operands)
        if finding is Finding.STOPPED:
            self.activation.plan.obstacles[self.tick] = trials.obstacle
        # what would have to wait for a store is not known to be pure: the trial did not come to its end
        return None if finding is Finding.PURE else Request.IMPURE

    def _permit(self, verdict: Verdict, symbol: str, *operands: object) -> Request | None:
        run = self.run
        request = run.memory.permit(verdict, operands)
        if request is None and verdict.warns and not run.trials.is_quiet(operator_of(symbol, *operands)):
            return Request.ORDERED
        return request

    def nothing_pending(self, *operands: object) -> bool:
        """An operation: is nothing pending, and none of its operands to come?"""
        return not self.run.pending and PROMISE_ID not in map(id, map(type, operands))

    def may_read(self, owner: object, name: str) -> bool:
        """``owner.name``: may it be read at once, here where it stands?"""
        if type(owner) is Promise:
            return False
        if not self.run.pending or id(type(owner)) in ATOM_IDS:
            return True
        return plain_attribute(owner, name) and self.shows_already(owner, name)

    def holds_atom(self, owner: object, name: str) -> bool:
        """Say whether ``owner.name`` may be read at once although something is pending, and is an atom."""
        if id(type(owner)) in ATOM_IDS:
            return True
        if type(owner) is Promise or not plain_attribute(owner, name) or not self.shows_already(owner, name):
            return False
        return id(type(getattr(owner, name, MISSING))) in ATOM_IDS

    def is_native(self, tick: int, callees: tuple[object, ...]) -> bool:
        """A loop, while nothing is pending: is there nothing in it to run in parallel?"""
        run = self.run
        names = run.names
        if not run.natives or not self.activation.plan.is_native(tick, names):
            return False
        return all(type(callee) is Promise or is_plain(callee, names) for callee in map(settled, callees))

    def may_binary(self, symbol: str, left: object, right: object) -> Request | None:
        """``left + right`` and the like."""
        run = self.run
        if not run.pending:
            return None
        if type(left) is Total:
            if left.takes(right):
                return None
            left = left.total()
        verdict = classify_binary(symbol, left, right)
        if not verdict.is_known:
            return self._answer(Trials.binary, symbol, left, right)
        return self._permit(verdict, symbol, left, right)

    may_compare = may_binary

    def may_unary(self, symbol: str, operand: object) -> Request | None:
        """``-operand`` and the like."""
        run = self.run
        if not run.pending:
            return None
        verdict = classify_unary(symbol, operand)
        if not verdict.is_known:
            return self._answer(Trials.unary, symbol, operand)
        return self._permit(verdict, symbol, operand)

    def may_truth(self, operand: object) -> Request | None:
        """The truth of a value."""
        if id(type(operand)) in ATOM_IDS or not self.run.pending:
            return None
        verdict = classify_truth(operand)
        if not verdict.is_known:
            return self._answer(Trials.truth, operand)
        return self.run.memory.permit(verdict, (operand,)) if self.forecast(operand) is None else None

    def content(self, operand: object) -> object:
        """Return what has the truth that an operand is to have here: a forecast of what it holds, or itself."""
        forecast = self.forecast(operand)
        return operand if forecast is None else forecast

    def may_attribute(self, owner: object, name: str) -> Request | None:
        """``owner.name``."""
        run = self.run
        if not run.pending or id(type(owner)) in ATOM_IDS:
            return None
        if not plain_attribute(owner, name):
            verdict = frame_attribute(owner, name)
            if verdict.is_known:
                return run.memory.permit(verdict, (owner,))
            return self._answer(Trials.attribute, owner, name)
        return None if self.shows_already(owner, name) else Request.ORDERED

    def shows_already(self, owner: object, name: str) -> bool:
        """Say whether a plain attribute is now what it will be here, once all stores before it are done."""
        if id(type(owner)) in _ONLY_METHODS or self.run.memory.is_open(owner):
            return True
        names = instance_dict(owner)
        content = self.forecast(names, name)
        return (
            names is not None and isinstance(content, dict) and content.get(name, MISSING) is names.get(name, MISSING)
        )

    def known_attribute(self, owner: object, name: str) -> object:
        """Return ``owner.name`` as a queued store leaves it, perhaps a promise, or `MISSING` if it is to be read."""
        memory = self.run.memory
        if not memory.writes or id(type(owner)) in ATOM_IDS or memory.is_open(owner):
            return MISSING
        if not plain_setattr(owner, name) or not plain_attribute(owner, name):
            return MISSING
        content = self.forecast(instance_dict(owner), name)
        return settled(content.get(name, MISSING)) if isinstance(content, dict) else MISSING

    def may_subscript(self, owner: object, index: object) -> Request | None:
        """``owner[index]``."""
        run = self.run
        if not run.pending:
            return None
        verdict = classify_subscript(owner, index)
        if not verdict.is_known:
            return self._answer(Trials.subscript, owner, index)
        request = run.memory.permit(verdict, (owner, index))
        # until its turn a key may have been taken out, and then it is made anew
        return Request.IMPURE if request is not None and type(owner) is defaultdict else request

    def may_hash(self, value: object) -> Request | None:
        """Use of a value as a key."""
        if id(type(value)) in ATOM_IDS or not self.run.pending or is_trusted(value):
            return None
        return Request.IMPURE

    def may_format(self, value: object, conversion: int, spec: str) -> Request | None:
        """``f"{value!conversion:spec}"``."""
        if id(type(value)) in ATOM_IDS or not self.run.pending:
            return None
        return self._answer(Trials.text, value, conversion, spec)

    def may_opaque(self, *operands: object) -> Request | None:
        """Evaluation of an expression that is not looked into, over these operands."""
        run = self.run
        if not run.pending:
            return None
        for operand in operands:
            if id(type(operand)) in ATOM_IDS:
                continue
            if not is_trusted(operand):
                return Request.IMPURE
            if not run.memory.is_open_deep(operand):
                return Request.ORDERED
        return None

    def may_match(self, subject: object, simple: bool) -> Request | None:
        """Fitting of a pattern; a simple one runs no code but that of the subject's own type."""
        return self.may_opaque(subject) if simple else self.may_anything()

    def may_raise(self, error: object) -> Request | None:
        """Raising of an object that nobody else sees."""
        return None if isinstance(error, BaseException) else self.may_anything()

    def may_anything(self) -> Request | None:
        """Evaluation of an expression of which nothing is known."""
        return Request.IMPURE if self.run.pending else None

    def may_iterate(self, value: object) -> Request | None:
        """Iteration over all of a value at once."""
        if not self.run.pending or id(type(value)) in FIXED:
            return None
        if type(value) is list or id(type(value)) in TABLES:
            return None if self.run.memory.is_open(value) else Request.ORDERED
        return Request.IMPURE

    may_unpack = may_iterate

    def may_spread(self, value: object, _callee: object = None) -> Request | None:
        """Iteration over what is spread over the arguments of a call."""
        return self.may_iterate(value)

    def known_spread(self, value: object, callee: object) -> object:
        """Return what is spread over the arguments of a functional call, promises among it, or `MISSING`."""
        functional = functional_of(callee)
        if functional is None or functional.waits:
            return MISSING
        content = self.forecast(value)
        return tuple(map(settled, content)) if type(content) is list else MISSING

    def arrived(self, values: object) -> object:
        """Return what was spread, with values in place of promises: all of them are here by now."""
        return tuple(map(settled, values)) if type(values) is tuple else values

    def is_to_come(self, containers: tuple[object, ...], *asked: object) -> bool:
        """Say whether to go over containers element by element.

        That is so if one of them or what it holds is still to be stored into, or if they are short and a builtin that
        takes an iterator would have to wait for its turn; and if `consumes` is true of the callables.
        """
        run = self.run
        if not run.pending or not (
            any(map(self._holds_to_come, containers)) or (asked and all(map(_is_short, containers)))
        ):
            return False
        return consumes(*map(settled, asked))

    def _holds_to_come(self, container: object) -> bool:
        known = id(type(container)) in _HOLDERS or table_of(container) is not None
        return known and not self.run.memory.is_open_deep(container)

    def unpackable(self, value: object) -> bool:
        """Say whether a value can be unpacked in place."""
        if type(value) is tuple:
            return True
        if type(value) is Promise:
            return False
        return not self.run.pending or (type(value) is list and self.run.memory.is_open(value))

    def may_augment(self, symbol: str, target: object, value: object) -> Request | Quietly | None:
        """``target += value`` and the like, on known operands."""
        run = self.run
        if not run.pending:
            return None
        verdict = classify_inplace(symbol, target, value)
        if verdict.writes:
            if verdict.warns and self.may_wait_to_change(target):
                return Quietly(partial(rehearse_inplace, symbol, target, value))
            return self._may_write(verdict, target)
        return self._permit(verdict, symbol, target, value)

    def _may_write(self, verdict: Verdict, target: object) -> Request:
        """Return how a write at its turn waits: alone, unless it was announced to what has run ahead."""
        if not verdict.is_known or verdict.warns:
            return Request.IMPURE
        return Request.ORDERED if self.may_wait_to_change(target) else Request.IMPURE

    def known_subscript(self, owner: object, index: object) -> object:
        """Return ``owner[index]`` as it will be, perhaps a promise, or `MISSING` if it is to be read."""
        if not self.run.pending:
            return MISSING
        if type(owner) is defaultdict:
            return self._defaulted(owner, index)
        forecast = self.forecast(owner)
        if forecast is None:
            return MISSING
        if type(index) is slice and type(forecast) is list:
            return self._sliced(forecast, index)
        try:
            if isinstance(forecast, dict):
                return settled(forecast[index]) if is_plain_key(index) else MISSING
            return settled(forecast[index]) if type(index) is int else MISSING
        except LookupError:
            return MISSING  # raised again where it is read

    def _defaulted(self, owner: defaultdict[object, object], index: object) -> object:
        """Return an item of a dictionary that makes what it does not hold, which it then stores at its turn."""
        factory = owner.default_factory
        plain = factory if factory is not None and id(factory) in _PLAIN_FACTORIES else None
        return self._held_or_made(owner, index, plain, self.tick)

    def set_default(self, owner: dict[object, object], key: object, default: object, tick: int) -> object:
        """Return ``owner.setdefault(key, default)``, or `MISSING` if that cannot be told."""
        self.run.memory.seen((default,))
        return self._held_or_made(owner, key, lambda: default, tick)

    def _held_or_made(
        self, owner: dict[object, object], key: object, make: Callable[[], object] | None, tick: int
    ) -> object:
        """Return an item of a dictionary; if there is none, what is made for it, which is stored at its turn."""
        content = owner if self.run.memory.is_open(owner) else self.forecast(owner)
        if not isinstance(content, dict) or not is_key_of(content, key):
            return MISSING
        if key in content:
            return settled(dict.__getitem__(content, key))
        if make is None or not self.may_change(owner):
            return MISSING
        made = make()
        self.queue(Effect(operator.setitem, (owner, key, made), (id(owner),), tick))
        return made

    def _sliced(self, items: list[object], index: slice) -> object:
        """Return a new list, which may be filled by what this puts into the store queue."""
        if not are_atoms((index.start, index.stop, index.step)):
            return MISSING
        try:
            part = items[index]
        except (TypeError, ValueError):
            return MISSING  # raised again where it is read
        return self.filled_later(part)

    def filled_later(self, items: list[object]) -> list[object]:
        """Return a list of values and promises as the program is to see it."""
        known = list(map(settled, items))
        if all(type(value) is not Promise for value in known):
            return known
        made: list[object] = []
        self.queue(Effect(add_elements, (made, *known), (id(made),), self.tick))
        return made

    def element(self, owner: object, index: object) -> object:
        """Return ``owner[index]``, perhaps a promise, if that is known at once although something is pending."""
        if type(index) is not int:
            return MISSING
        items: object = owner
        if type(owner) is list:
            if id(owner) in self.run.memory.writes:
                items = self.forecast(owner)
        elif type(owner) is not tuple and type(owner) is not range:
            return MISSING
        try:
            return MISSING if items is None else settled(items[index])  # type: ignore[index]
        except IndexError:
            return MISSING  # raised where it is read in its turn

    def unbound(self, name: str) -> NoReturn:
        """Raise what Python raises for a variable without a value."""
        raise UnboundLocalError(f"cannot access local variable {name!r} where it is not associated with a value")

    # loops

    def may_loop(self, iterable: object, unpacked: bool = False) -> Request | Promise | None:
        """The beginning of a ``for`` loop; see `walk_wrapper` for `unpacked`. After a promise it is asked again."""
        if not self.run.pending or id(type(iterable)) in FIXED:
            return None
        if not can_rewind(iterable):
            return Request.IMPURE
        if self._can_walk_now(iterable) or self._is_forecast(iterable):
            return None if unpacked or type(iterable) is not ITEMS else self._missing_value(iterable)
        return self._until_settled(iterable) or Request.ORDERED

    def _missing_value(self, items: object) -> Promise | None:
        """Return a value that is still to come of a table's items, which are tuples and so can hold no promise."""
        content = self.forecast(table_of(items))
        values = content.values() if isinstance(content, dict) else ()
        return next((value for value in map(settled, values) if type(value) is Promise), None)

    def _until_settled(self, iterable: object) -> Promise | None:
        """Return what is kept once somebody is done with a list or table that is stored into behind a branch."""
        announcer = self.announcer(iterable if type(iterable) is list else table_of(iterable))
        return self.run.settling(announcer) if announcer is not None else None

    def may_loop_unsteady(self, iterable: object, unpacked: bool = False) -> Request | Promise | None:
        """The same for a loop that may take items out of what it goes over; see `walk_unsteady`."""
        if id(type(iterable)) not in TABLES or not self.run.pending:
            return self.may_loop(iterable, unpacked)
        return None if self.run.memory.is_open(iterable) else Request.ORDERED

    def _is_forecast(self, iterable: object) -> bool:
        if type(iterable) is list:
            return self.forecast(iterable) is not None
        table = table_of(iterable)
        return table is not None and self.forecast(table) is not None

    def walk(self, iterable: object, unpacked: bool = False) -> tuple[Iterable[object], object]:
        """Return what a loop iterates over, such that it can begin again, and what it has to watch for stores.

        That is the key of its memory, or what tells whether it can go on.
        """
        if id(type(iterable)) in FIXED:
            return iterable, None  # type: ignore[return-value]
        if self._is_forecast(iterable):
            walk = self._foretold(iterable, keeps=not unpacked)
            return walk, walk
        if id(type(iterable)) in TABLES:
            key = key_of(iterable)
            return (Walk(same, (iterable,), {}), key) if key is not None else (begun(iterable), EACH_TURN)
        if can_rewind(iterable):
            source = steady(iterable)
            watched = key_of_walk(source)
            return (source, watched) if watched is not None else (begun(iterable), EACH_TURN)
        if are_groups(iterable):
            return Kept(cast("Iterable[object]", iterable), self.run.has_settled), None
        return begun(iterable), EACH_TURN

    def _can_walk_now(self, iterable: object) -> bool:
        """Say whether nothing is to come that going over something would show."""
        if id(type(iterable)) in WALKS:
            return self.may_go_on(key_of_walk(iterable)) is None
        memory = self.run.memory
        return memory.is_open_deep(iterable) if are_elements(iterable) else memory.is_open(iterable)

    def walk_restored(self, iterable: object, unpacked: bool = False) -> tuple[Iterable[object], object]:
        """Return the same for a loop that may store items into what it goes over; see `walk_wrapper` for `unpacked`."""
        if type(iterable) is not list and (table_of(iterable) is None or (type(iterable) is ITEMS and not unpacked)):
            return self.walk(iterable)
        walk = self._foretold(iterable)
        return walk, walk

    def walk_unsteady(self, iterable: object, unpacked: bool = False) -> tuple[Iterable[object], object]:
        """Return the same for a loop that may take items out of what it goes over.

        Where the iterator of a table stands then depends on how the table came to be what it is, so there can be no
        second one.
        """
        if id(type(iterable)) in TABLES:
            return begun(iterable), EACH_TURN
        return self.walk(iterable, unpacked)

    def may_loop_wrapper(
        self, wrapper: object, args: tuple[object, ...], keywords: object, unpacked: bool
    ) -> Request | Promise | None:
        """The beginning of a loop over ``enumerate(xs)`` and the like."""
        if not self.run.pending:
            return None
        if not can_walk(wrapper, args, keywords):
            return Request.IMPURE
        ahead = unpacked or gives_items(wrapper)
        for value in args:
            if not (self._can_walk_now(value) or (ahead and self._is_to_come(value, False))):
                return (self._until_settled(value) if ahead else None) or Request.ORDERED
        return None

    def walk_wrapper(
        self,
        wrapper: Callable[..., Iterable[object]],
        args: tuple[object, ...],
        keywords: Mapping[str, object] | None,
        unpacked: bool,
        restored: bool = False,
    ) -> tuple[Iterable[object], object]:
        """Return what a loop over ``enumerate(xs)`` and the like iterates over, and what it has to watch for stores.

        `unpacked` says that the loop takes its items apart and does not keep them: then tuples may hold promises.
        `restored` says that it may store items into what it goes over.
        """
        kwargs = keywords or {}
        if not can_walk(wrapper, args, keywords):
            return begun(wrapper(*args, **kwargs)), EACH_TURN
        if (unpacked or gives_items(wrapper)) and (restored or self.run.pending):
            args = tuple([self._foretold(arg) if self._is_to_come(arg, restored) else arg for arg in args])
        args = pooled(wrapper, tuple(map(steady, args)))
        changing = [arg for arg in args if id(type(arg)) not in FIXED and id(type(arg)) not in ATOM_IDS]
        keys = tuple([arg if type(arg) is ForecastWalk else key_of_walk(arg) for arg in changing])
        if None in keys:
            return begun(wrapper(*args, **kwargs)), EACH_TURN
        if wrapper is reversed and id(type(args[0])) in _SEQUENCES:
            return BackwardWalk(cast("Sequence[object]", args[0])), keys
        return Walk(wrapper, args, kwargs), keys or None

    def _is_to_come(self, iterable: object, restored: bool) -> bool:
        return type(iterable) is list and (restored or self._is_forecast(iterable))

    def _foretold(self, iterable: object, *, keeps: bool = False) -> ForecastWalk | TableWalk:
        table = table_of(iterable)
        if table is not None:
            return TableWalk(iterable, table, self, keeps=keeps)
        return ForecastWalk(cast("list[object]", iterable), self)

    def walk_on(self, source: Iterable[object], key: object, count: int) -> Iterator[object]:
        """Yield once nothing, for the item in hand, then the items after the first `count`."""
        yield None
        if key == EACH_TURN:
            # `yield from` would close a generator of the user's when this one is dropped
            for item in source:  # noqa: UP028
                yield item
        elif id(type(source)) in _REWINDING:
            yield from cast("Walk", source).after(count)
        elif type(source) is list:
            rest = iter(source)
            rest.__setstate__(count)  # type: ignore[attr-defined]
            yield from rest
        else:
            yield from islice(source, count, None)

    def may_go_on(self, key: object) -> Request | Promise | None:
        """The next round of a ``for`` loop. After a promise it is asked again."""
        run = self.run
        if not run.pending:
            return None
        if key == EACH_TURN:
            return Request.IMPURE
        writes = run.memory.writes
        for each in key if type(key) is tuple else (key,):
            if id(type(each)) in FORETOLD:
                if not each.can_go_on():
                    return self._until_settled(each.container) or Request.ORDERED
            elif each in writes:
                return Request.ORDERED
        return None


def _is_short(container: object) -> bool:
    known = id(type(container)) in _HOLDERS or id(type(container)) in FIXED
    return known and len(cast("Sized", container)) <= _SHORT
