"""Iteration in a trial, and the builtin functions that iterate, compare or call what they are given."""

from __future__ import annotations

import functools
from collections import deque
from types import FunctionType, GeneratorType
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects import iteration_is_plain
from pydron.runtime.effects.rules import is_plain_iterable
from pydron.runtime.effects.trust import FOREIGN, LONG_LIMIT, are_atoms, is_atom, survey
from pydron.runtime.trials.core import Stopped
from pydron.runtime.trials.lookup import find, is_users, name_of
from pydron.runtime.trials.operators import Operators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["ITERATORS", "Sequences"]

ITERATORS = frozenset(
    map(
        id,
        (enumerate, zip, reversed, map, filter, GeneratorType, type(iter([])), type(iter(())), type(iter("")),
         type(iter(b"")), type(iter({})), type(iter({}.values())), type(iter({}.items())), type(iter(range(1))),
         type(iter(set())), type(reversed([])), type(reversed({})), type(iter(deque()))),
    )
)  # fmt: skip
"""Types of iterators that builtin functions make."""
_SETS = frozenset(map(id, (set, frozenset)))
_Fallback = "Callable[[Sequence[object], Mapping[str, object]], object]"


class _Key:
    """Stands for a value in a sort, and compares as the trial does."""

    __slots__ = ("trial", "value")

    def __init__(self, trial: Sequences, value: object) -> None:
        self.trial = trial
        self.value = value

    def __lt__(self, other: _Key) -> bool:
        return self.trial.truth(self.trial.compare("<", self.value, other.value))


class Sequences(Operators):
    """The iteration; mixed into the trial."""

    __slots__ = ()

    def iterate(self, value: object, shape: tuple[object, ...] | None = None) -> Iterable[object]:
        """Return what gives the items of a value, as a loop asks for them.

        Args:
            value: what is iterated over.
            shape: how deep each item is taken apart.
        """
        return self._counted(self._plain(value), shape)

    def _counted(self, items: Iterable[object], shape: tuple[object, ...] | None) -> Iterator[object]:
        for item in items:
            self.step()
            if shape is not None:
                self._check_shape(item, shape)
            yield item

    def _check_shape(self, value: object, shape: tuple[object, ...]) -> None:
        parts = cast("Sequence[object]", self.unpack(value))
        if any(part is not None for part in shape) and len(parts) == len(shape):
            for part, inner in zip(parts, shape, strict=True):
                if inner is not None:
                    self._check_shape(part, cast("tuple[object, ...]", inner))

    def _plain(self, value: object) -> Iterable[object]:
        """Return something that iterates over a value without running code that is not asked about."""
        if self.is_own(value) and id(type(value)) in ITERATORS:
            return cast("Iterable[object]", value)
        if iteration_is_plain(value):
            self.read(value)
            items = cast("Iterable[object]", value)
            if id(type(value)) in _SETS and not are_atoms(items):
                self.stop("the order of a set of objects differs from run to run")
            return items
        method = find(type(value), "__iter__")
        if is_users(type(value)) and type(method) is FunctionType:
            made = self.call(method, value)
            if made is not value:
                return self._plain(made)
        if _iterates_as_tuple(value):
            return tuple.__iter__(cast("tuple[object, ...]", value))
        if is_atom(value):
            self.do(iter, value)  # raises
        self.stop(f"iterating over a {name_of(type(value))} is not known to be pure")

    def unpack(self, value: object) -> object:
        """Return a value that can be taken apart."""
        self.step()
        if type(value) is tuple or is_plain_iterable(value):
            self._plain(value)
            return value
        return value if is_atom(value) else self.spread(value)  # an atom raises

    def spread(self, value: object) -> list[object]:
        """Return all items of a value."""
        self.step()
        return list(self.iterate(value))

    def keys(self, value: object) -> list[object]:
        """Return all items of a value, which become keys."""
        return [self.key(item) for item in self.spread(value)]

    def key(self, value: object) -> object:
        """Return a value that becomes a key."""
        if not is_atom(value) and survey((value,), LONG_LIMIT) & FOREIGN:
            self.stop(f"the hash of a {name_of(type(value))} is not known to be pure")
        return value

    def mapping(self, value: object) -> dict[str, object]:
        """Return a dictionary that is spread over keyword arguments or a display."""
        self.step()
        if type(value) is not dict:
            self.stop(f"a {name_of(type(value))} is spread with **")
        self.read(value)
        for key in value:
            self.key(key)
        return cast("dict[str, object]", value)

    def gathered(self, value: object) -> object:
        """Return the items of an iterator as a list, other values as they are."""
        if is_plain_iterable(value) or is_atom(value):
            return value
        return list(self.iterate(value))

    def _gathered_whole(self, value: object) -> list[object]:
        """Return the items of a value; the function that asks for them looks at each before it asks for the next."""
        try:
            return list(self.iterate(value))
        except Stopped:
            raise
        except Exception:  # what has not been looked at would come first
            self.stop("an item cannot be computed")

    def fallback(self, callee: object) -> Callable[[Sequence[object], Mapping[str, object]], object] | None:
        """Return how to call a builtin function with arguments that the database does not know."""
        name = _FALLBACKS.get(id(callee))
        return None if name is None else getattr(self, name)

    # functions that iterate

    def _list(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        self._one(list, args, kwargs)
        return self.born(list(self.iterate(args[0])))

    def _tuple(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        self._one(tuple, args, kwargs)
        return tuple(self.iterate(args[0]))

    def _one(self, function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        if len(args) != 1 or kwargs:
            self.stop(f"{name_of(function)}() is used in a way that is not known")

    def _set(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        self._one(set, args, kwargs)
        return self.born(self.do(set, [self.key(item) for item in self._gathered_whole(args[0])]))

    def _frozenset(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        return frozenset(cast("set[object]", self._set(args, kwargs)))

    def _dict(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if len(args) > 1:
            self.stop("dict() is used in a way that is not known")
        pairs = [self.unpack(pair) for pair in self._gathered_whole(args[0])] if args else []
        made = cast("dict[object, object]", self.do(dict, pairs, **kwargs))
        for key in made:
            self.key(key)
        return self.born(made)

    def _sorted(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        self._one(sorted, args, {})
        return self.born(self._in_order(list(self.iterate(args[0])), kwargs))

    def _in_order(self, items: list[object], kwargs: Mapping[str, object]) -> list[object]:
        if not kwargs.keys() <= {"key", "reverse"} or not is_atom(kwargs.get("reverse", False)):
            self.stop("sorting is done in a way that is not known")
        key = kwargs.get("key")
        keys = items if key is None else [self.call(key, item) for item in items]
        if survey(keys, LONG_LIMIT) & FOREIGN:
            keys = [_Key(self, value) for value in keys]
        reverse = kwargs.get("reverse", False)
        order = self.do(sorted, range(len(items)), key=keys.__getitem__, reverse=reverse)
        return [items[place] for place in cast("list[int]", order)]

    def change_list(self, owner: list[object], name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        """``owner.sort(...)`` or ``owner.extend(...)``, on a list that the trial has made."""
        if name == "sort" and not args:
            owner[:] = self._in_order(list(owner), kwargs)
        elif name == "extend" and len(args) == 1 and not kwargs:
            owner.extend(self._gathered_whole(args[0]))
        else:
            self.stop(f"list.{name}() is used in a way that is not known")

    def _min(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        return self._extreme(min, "<", args, kwargs)

    def _max(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        return self._extreme(max, ">", args, kwargs)

    def _extreme(
        self, function: Callable[..., object], op: str, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> object:
        if not args or not kwargs.keys() <= {"key", "default"}:
            self.stop(f"{name_of(function)}() is used in a way that is not known")
        items = list(args) if len(args) > 1 else self._gathered_whole(args[0])
        if not items:
            return kwargs["default"] if "default" in kwargs else self.do(function, ())
        key = kwargs.get("key")
        best: tuple[object, object] | None = None
        for item in items:
            value = item if key is None else self.call(key, item)
            if best is None or self.truth(self.compare(op, value, best[1])):
                best = item, value
        assert best is not None
        return best[0]

    def _sum(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        items = self._gathered_whole(args[0]) if args else []
        rest = {"start": args[1]} if len(args) == 2 else dict(kwargs)
        if not args or len(args) > 2 or not rest.keys() <= {"start"}:
            self.stop("sum() is used in a way that is not known")
        start = rest.get("start", 0)
        if not survey((start, *items), LONG_LIMIT) & FOREIGN:
            return self._again(sum, (items, start), {})
        if type(start) in {str, bytes, bytearray} or any(type(item) is float for item in items):
            self.stop("sum() of objects is used in a way that is not known")
        for item in items:
            start = self.binary("+", start, item)
        return start

    def _again(self, function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        """Call a function on arguments that the database knows by now."""
        raise NotImplementedError

    def _any(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        self._one(any, args, kwargs)
        return any(self.truth(item) for item in self.iterate(args[0]))

    def _all(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        self._one(all, args, kwargs)
        return all(self.truth(item) for item in self.iterate(args[0]))

    def _map(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if len(args) < 2 or kwargs:
            self.stop("map() is used in a way that is not known")
        function, *sources = args
        rows = zip(*[self.iterate(source) for source in sources], strict=False)
        return self.born(self.call(function, *row) for row in rows)

    def _filter(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if len(args) != 2 or kwargs:
            self.stop("filter() is used in a way that is not known")
        function, source = args
        items = self.iterate(source)
        if function is None:
            return self.born(item for item in items if self.truth(item))
        return self.born(item for item in items if self.truth(self.call(function, item)))

    def _zip(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if not are_atoms(kwargs.values()):
            self.stop("zip() is used in a way that is not known")
        return self.born(self.do(zip, *[self.iterate(arg) for arg in args], **kwargs))

    def _enumerate(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if not args or not are_atoms((*args[1:], *kwargs.values())):
            self.stop("enumerate() is used in a way that is not known")
        return self.born(self.do(enumerate, self.iterate(args[0]), *args[1:], **kwargs))

    def _iter(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        self._one(iter, args, kwargs)
        if self.is_own(args[0]) and id(type(args[0])) in ITERATORS:
            return args[0]
        return self.born(self.iterate(args[0]))

    def _next(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if not args or kwargs or not self.is_own(args[0]) or id(type(args[0])) not in ITERATORS:
            self.stop("next() takes an item from an iterator that it has not made")
        return self.do(next, *args)

    def _reduce(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if len(args) not in {2, 3} or kwargs:
            self.stop("reduce() is used in a way that is not known")
        items = iter(self.iterate(args[1]))
        result = args[2] if len(args) == 3 else self.do(next, items)
        for item in items:
            result = self.call(args[0], result, item)
        return result

    # functions that ask one object

    def _len(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        self._one(len, args, kwargs)
        method = find(type(args[0]), "__len__")
        if type(method) is not FunctionType:
            self.stop(f"len() of {name_of(type(args[0]))} is not known to be pure")
        length = self.call(method, args[0])
        if type(length) is not int or length < 0:
            self.stop("__len__ gives no length")
        return length

    def _bool(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        self._one(bool, args, kwargs)
        return self.truth(args[0])

    def _abs(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        self._one(abs, args, kwargs)
        method = find(type(args[0]), "__abs__")
        if type(method) is not FunctionType:
            self.stop(f"abs() of {name_of(type(args[0]))} is not known to be pure")
        return self.call(method, args[0])

    def _getattr(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if len(args) not in {2, 3} or kwargs or type(args[1]) is not str:
            self.stop("getattr() is used in a way that is not known")
        try:
            return self.attribute(args[0], args[1])
        except AttributeError as error:
            if len(args) == 3 and id(error) in self.errors:
                return args[2]
            raise

    def _hasattr(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if len(args) != 2 or kwargs or type(args[1]) is not str:
            self.stop("hasattr() is used in a way that is not known")
        try:
            self.attribute(args[0], args[1])
        except AttributeError as error:
            if id(error) in self.errors:
                return False
            raise
        return True

    def _partial(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        return self.do(functools.partial, *args, **kwargs)


def _iterates_as_tuple(value: object) -> bool:
    """Say whether a value is a tuple, and iterates as one."""
    return find(type(value), "__iter__") is vars(tuple)["__iter__"]


_FALLBACKS: dict[int, str] = {
    id(function): f"_{name}"
    for name, function in {
        "list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "dict": dict, "sorted": sorted, "min": min,
        "max": max, "sum": sum, "any": any, "all": all, "map": map, "filter": filter, "zip": zip, "iter": iter,
        "enumerate": enumerate, "next": next, "reduce": functools.reduce, "len": len, "bool": bool, "abs": abs,
        "getattr": getattr, "hasattr": hasattr, "partial": functools.partial, "str": str, "repr": repr,
        "format": format,
    }.items()
}  # fmt: skip
