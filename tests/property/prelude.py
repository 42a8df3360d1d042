"""The world that every generated program lives in.

The harness executes this file into the namespace of each program, once per run, so that nothing is shared between runs.
The functional callables keep the contract whatever they are given: they look at values by exact type only, never call
a method of a user class, and build what they return from numbers. The others do what user code does: they log, mutate,
alias and raise. Whether a call raises depends on its site and counter alone, never on the order of execution.
"""

from __future__ import annotations

import collections
import copy
import functools
import itertools
import logging
import math
import operator
import sys
import types
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

import pydron
from pydron.traces import is_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

LOG: list[object] = []
SHARED: list[object] = [4, 1, 2]
TABLE: dict[object, object] = {1: 5, 2: 3}
STATE: dict[str, int] = {"n": 0, "ops": 0}
KEPT: list[object] = []
FAIL: dict[tuple[object, object], str] = {}
"""Which calls raise: (site, counter) and the kind of exception. The harness puts its own here."""

logger = logging.getLogger("program")
MODULES = (collections, copy, functools, itertools, math, operator)
"""What programs use besides."""


# How things go wrong.


class Boom(Exception):
    """An exception with attributes, a note and arguments."""


class Odd(Exception):
    """An exception that pickle cannot rebuild by calling its class."""

    def __init__(self, site: object, k: object) -> None:
        super().__init__(f"odd {site}")
        self.site = site
        self.k = k


def blow_boom(site: object, k: object) -> None:
    error = Boom(site, k)
    error.extra = [site, k]  # type: ignore[attr-defined]
    error.add_note(f"noted at {site}")
    raise error


def blow_caused(site: object, k: object) -> None:
    try:
        raise KeyError(k)
    except KeyError as error:
        raise Boom(site, k) from error


def blow_context(site: object, k: object) -> None:
    try:
        raise KeyError(k)
    except KeyError:
        raise ValueError(site, k)  # noqa: B904


def blow_quiet(site: object, k: object) -> None:
    try:
        raise KeyError(k)
    except KeyError:
        raise ValueError(site, k) from None


def blow(kind: str, site: object, k: object) -> None:
    """Raise an exception of the given kind."""
    special = SPECIAL.get(kind)
    if special is not None:
        special(site, k)
    raise PLAIN[kind](site, k)


SPECIAL: dict[str, Callable[[object, object], None]] = {
    "boom": blow_boom,
    "caused": blow_caused,
    "context": blow_context,
    "quiet": blow_quiet,
}
PLAIN: dict[str, Callable[[object, object], BaseException]] = {
    "value": ValueError,
    "key": KeyError,
    "index": IndexError,
    "type": TypeError,
    "zero": ZeroDivisionError,
    "assert": AssertionError,
    "odd": Odd,
    "stop": StopIteration,
    "generator": GeneratorExit,
    "exit": SystemExit,
    "interrupt": KeyboardInterrupt,
    "group": lambda site, k: ExceptionGroup("several", [ValueError(site), KeyError(k)]),
}


def trip(site: object, k: object) -> None:
    """Raise if this call is to fail."""
    key = site, k
    hash(key)  # one that cannot be hashed fails here, whatever looks it up
    if kind := FAIL.get(key):
        blow(kind, site, k)


def weigh(value: object, depth: int = 3) -> int:
    """Return a small number that depends on all of a value and runs no user code."""
    kind = type(value)
    if kind is int or kind is bool:
        return value  # type: ignore[return-value]
    if kind is str:
        return len(str(value)) + 2
    if value is None or depth < 0:
        return 7
    items = parts(value)
    if kind is set or kind is frozenset:
        return sum([weigh(item, depth - 1) for item in items])
    total = len(items)
    for item in items:
        total = (total * 3 + weigh(item, depth - 1)) % 1009
    return total


def parts(value: object) -> list[object]:
    """Return what a value is made of."""
    kind = type(value)
    if kind in {list, tuple, set, frozenset}:
        return list(value)  # type: ignore[call-overload, no-any-return]
    if kind is np.ndarray:
        return [int(item) for item in value]  # type: ignore[attr-defined]
    fields = dict.items(value if kind is dict else getattr(value, "__dict__", {"s": 3}))  # type: ignore[arg-type]
    return [part for pair in fields for part in pair]


def blend(values: tuple[object, ...]) -> int:
    return weigh(values)


# Classes.


def note(*what: object) -> None:
    """Log an effect together with the amount of output before it."""
    LOG.append((*what, sys.stdout.tell()))


class Box:
    """A plain mutable object."""

    limit = 9
    spare = 0

    def __init__(self, v: object = 0, items: list[object] | None = None) -> None:
        self.v = v
        self.items = [v] if items is None else items

    @pydron.functional
    def grow(self, site: object, k: object, by: object = 1) -> int:
        trip(site, k)
        return (self.weight() + weigh(by)) % 17

    def weight(self) -> int:
        return weigh(self.v) + self.limit

    @staticmethod
    @pydron.functional
    def make(site: object, k: object, *values: object) -> Box:
        trip(site, k)
        weight = blend(values)
        return Box(weight % 13, [weight % 5, weight % 3])

    @classmethod
    @pydron.functional
    def scale(cls, site: object, k: object, *values: object) -> int:
        trip(site, k)
        return blend(values) % cls.limit

    def add(self, item: object) -> int:
        self.items.append(item)
        return len(self.items)

    def swell(self, site: object, k: object, *values: object) -> int:
        for value in values:
            self.items.append(f_int(site, k, value))
        self.v = both(site, k, self.v)
        return len(self.items)

    def __call__(self, site: object, k: object, *values: object) -> int:
        self.v = f_int(site, k, self.v, *values)
        note("called", site, k, self.v)
        return len(values)

    @classmethod
    def halve(cls, site: object, k: object, value: object) -> int:
        return cls.scale(site, k, both(site, k, value)) // 2

    @property
    def lead(self) -> int:
        note("lead", self.v)
        return both("lead", 0, self.v)

    @property
    @pydron.schedule
    def led(self) -> list[int]:
        return [f_int("led", k, item) for k, item in enumerate(self.items[:3])]

    def rank(self, value: int) -> int:
        return (value + weigh(self.spare)) % 5

    @pydron.schedule
    def take(self, site: object, k: object, value: object) -> int:
        weight = self.scale(site, k, value)
        if weight % 3:
            self.v = weight
        return weight

    @pydron.schedule
    def update(self, site: object, k: object, value: object) -> int:
        self.spare += 1
        weight = self.scale(site, k, value)
        if weight % 2:
            self.spare = weight
        return self.rank(weight)

    @property
    def size(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"Box({self.v!r})"


def fields(value: object) -> dict[str, object]:
    return vars(value)


class Slim:
    """A plain object with slots."""

    __slots__ = ("v", "w")

    def __init__(self, v: object, w: object = 0) -> None:
        self.v = v
        self.w = w

    def __repr__(self) -> str:
        return "Slim"


class Guarded:
    """An object whose stores and loads show in the log."""

    def __init__(self, v: object) -> None:
        object.__setattr__(self, "_v", v)

    def __setattr__(self, name: str, value: object) -> None:
        note("setattr", name, weigh(value))
        trip("setattr", weigh(value) % 5)
        object.__setattr__(self, "_" + name, value)

    def __getattribute__(self, name: str) -> object:
        if name == "v":
            note("getattribute", name)
            name = "_v"
        return object.__getattribute__(self, name)


class Num:
    """A number whose every operation shows in the log, and some change shared state."""

    def __init__(self, v: int) -> None:
        self.v = v

    def _done(self, what: str) -> None:
        note(what, self.v)
        STATE["ops"] += 1
        trip(what, self.v)

    def __add__(self, other: object) -> Num:
        self._done("add")
        return Num((self.v + value_of(other)) % 23)

    def __radd__(self, other: object) -> Num:
        self._done("radd")
        SHARED.append(self.v)
        return Num((self.v + value_of(other)) % 23)

    def __iadd__(self, other: object) -> Self:
        self._done("iadd")
        self.v = (self.v + value_of(other)) % 23
        return self

    def __gt__(self, other: object) -> bool:
        self._done("gt")
        return self.v > value_of(other)

    def __lt__(self, other: object) -> bool:
        self._done("lt")
        return self.v < value_of(other)

    def __eq__(self, other: object) -> bool:
        self._done("eq")
        return self.v == value_of(other)

    def __hash__(self) -> int:
        note("hash", self.v)
        return self.v

    def __bool__(self) -> bool:
        self._done("bool")
        STATE["n"] += 1
        return self.v % 2 == 1

    def __len__(self) -> int:
        self._done("len")
        return self.v % 4

    def __getitem__(self, index: object) -> int:
        self._done("getitem")
        return (self.v + weigh(index)) % 7

    def __setitem__(self, index: object, value: object) -> None:
        self._done("setitem")
        self.v = (self.v + weigh(index) + weigh(value)) % 23

    def __iter__(self) -> Iterator[int]:
        self._done("iter")
        for step in range(self.v % 3 + 1):
            note("next", self.v, step)
            yield step

    def __contains__(self, item: object) -> bool:
        self._done("contains")
        return weigh(item) % 3 == self.v % 3

    def __call__(self, *values: object) -> int:
        self._done("call")
        return (self.v + blend(values)) % 11

    def __str__(self) -> str:
        self._done("str")
        return f"<{self.v}>"

    def __format__(self, spec: str) -> str:
        self._done("format")
        return f"<{self.v}{spec}>"

    def __repr__(self) -> str:
        self._done("repr")
        return f"Num({self.v})"

    @property
    def value(self) -> int:
        self._done("value")
        STATE["n"] += 1
        return self.v

    @value.setter
    def value(self, value: object) -> None:
        self._done("setvalue")
        self.v = weigh(value) % 23

    def __getattr__(self, name: str) -> int:
        if name.startswith("__"):
            raise AttributeError(name)
        note("getattr", name)
        return len(name)


def value_of(other: object) -> int:
    return other.v if type(other) is Num else weigh(other) % 23


class Vec:
    """A value whose methods only read, but for a few, and some of these only now and then."""

    def __init__(self, x: object, y: object = 1) -> None:
        self.x = weigh(x) % 20
        self.y = y

    @classmethod
    def of(cls, pair: tuple[object, object]) -> Vec:
        return cls(*pair)

    @property
    def norm(self) -> int:
        return self.x * self.x % 31 + self.x

    @property
    def hits(self) -> int:
        self.y = weigh(self.y) + 1
        return weigh(self.y)

    @property
    def rare(self) -> int:
        if self.x % 4 == 3:
            note("rare", self.x)
            STATE["n"] += 1
        return self.x

    def moved(self, by: int) -> Vec:
        made = Vec(self.x, self.y)
        made.x += by
        return made

    def move(self, by: int) -> Vec:
        self.x += by
        return self

    def __add__(self, other: object) -> Vec:
        if type(other) is not Vec:
            return NotImplemented
        if self.x == other.x:
            note("doubled", self.x)
        return Vec(self.x + other.x, self.y)

    def __radd__(self, other: object) -> Vec:
        return self.moved(weigh(other) % 5)

    def __neg__(self) -> Vec:
        return Vec(20 - self.x, self.y)

    def __eq__(self, other: object) -> bool:
        return type(other) is Vec and self.x == other.x

    def __hash__(self) -> int:
        return self.x

    def __lt__(self, other: Vec) -> bool:
        if self.x == 7:
            raise ValueError("seven")
        return self.x < other.x

    def __gt__(self, other: Vec) -> bool:
        return other.x < self.x

    def __bool__(self) -> bool:
        return self.x % 3 > 0

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> object:
        return (self.x, weigh(self.y))[index]

    def __iter__(self) -> Iterator[int]:
        yield self.x
        if self.x == 4:
            note("four")
        yield weigh(self.y) % 9

    def __contains__(self, item: object) -> bool:
        return item == self.x

    def __call__(self, by: int) -> int:
        return self.x + by

    def __str__(self) -> str:
        if self.x == 5:
            note("five")
        return f"v{self.x}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.x!r})"


@dataclass(order=True)
class Card:
    """A dataclass; making one of rank 6 shows in the log."""

    rank: int
    name: object = "c"
    marks: list[object] = field(default_factory=list, compare=False)

    def __post_init__(self) -> None:
        if self.rank == 6:
            note("six")
        self.name = label(self.name)

    @property
    def worth(self) -> int:
        return self.rank * 2 + len(self.marks)


class Bag(list[object]):
    """A list that logs what is appended."""

    def append(self, item: object) -> None:
        note("bag", weigh(item))
        super().append(item)


class Walk:
    """An iterator that logs each step."""

    def __init__(self, site: object, k: object, n: int) -> None:
        self.site, self.k, self.n, self.at = site, k, n, 0

    def __iter__(self) -> Walk:
        return self

    def __next__(self) -> int:
        note("walk", self.site, self.k, self.at)
        if self.at >= self.n:
            raise StopIteration
        self.at += 1
        trip(self.site, (self.k, self.at))
        return self.at

    def __aiter__(self) -> Walk:
        return self

    async def __anext__(self) -> int:
        try:
            return next(self)
        except StopIteration:
            raise StopAsyncIteration from None


class Room:
    """A context manager that logs, and may swallow what is raised inside."""

    def __init__(self, site: object, k: object, swallows: bool = False) -> None:
        self.site, self.k, self.swallows = site, k, swallows

    def __enter__(self) -> list[object]:
        note("enter", self.site, self.k)
        trip(self.site, (self.k, "enter"))
        return [self.site]

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        note("exit", self.site, self.k, kind and kind.__name__, error and describe(error))
        trip(self.site, (self.k, "exit"))
        return self.swallows

    async def __aenter__(self) -> list[object]:
        return self.__enter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        return self.__exit__(kind, error, trace)


def describe(error: BaseException) -> tuple[object, ...]:
    """Return what a handler can see of an exception."""
    chain = [type(link).__name__ for link in (error.__cause__, error.__context__) if link is not None]
    return (type(error).__name__, error.args, *lines_of(error), *chain)


def lines_of(error: BaseException) -> list[tuple[str, int]]:
    """Return the functions and lines of a traceback; see `tests.property.observe.frames` for what does not count."""
    found: list[tuple[str, int]] = []
    trace = error.__traceback__
    while trace is not None:
        if not is_ours(trace.tb_frame.f_code.co_filename):
            found.append((trace.tb_frame.f_code.co_name, trace.tb_lineno))
        trace = trace.tb_next
    return [] if isinstance(error, NameError) else found


# Functional callables.


@pydron.functional
def f_int(site: object, k: object, *values: object) -> int:
    trip(site, k)
    return blend(values) % 17 - 2


@types.coroutine
def pause() -> Generator[None]:
    """Let others have a turn."""
    yield


@pydron.functional
async def a_int(site: object, k: object, *values: object) -> int:
    """Wait a little."""
    trip(site, k)
    await pause()
    return blend(values) % 17 - 2


@pydron.functional
async def a_flag(site: object, k: object, *values: object) -> bool:
    await pause()
    trip(site, k)
    return blend(values) % 3 != 0


@pydron.functional
async def a_say(site: object, k: object, *values: object) -> int:
    """Print before and after it waits."""
    print("begins", site, k)
    await pause()
    trip(site, k)
    print("ends", site, k)
    return blend(values) % 9


@pydron.functional
def f_less(site: object, k: object, value: object) -> int:
    """Return something smaller: for loops that converge."""
    trip(site, k)
    return weigh(value) // 2 - 1


@pydron.functional
def f_flag(site: object, k: object, *values: object) -> bool:
    trip(site, k)
    return blend(values) % 2 == 0


@pydron.functional
def f_ints(site: object, k: object, *values: object) -> list[int]:
    trip(site, k)
    weight = blend(values)
    return [weight % 7, weight % 5, weight % 3][: 1 + weight % 3]


@pydron.functional
def f_pair(site: object, k: object, *values: object) -> tuple[int, int]:
    trip(site, k)
    weight = blend(values)
    return weight % 11, weight % 4


@pydron.functional
def f_map(site: object, k: object, *values: object) -> dict[int, int]:
    trip(site, k)
    weight = blend(values)
    return {weight % 3: weight % 8, 5: weight % 6}


@pydron.functional
def f_nest(site: object, k: object, *values: object) -> list[list[int]]:
    trip(site, k)
    weight = blend(values)
    row = [weight % 4]
    return [row, [weight % 6, 1], row]


@pydron.functional
def f_arr(site: object, k: object, *values: object) -> np.ndarray[tuple[int], np.dtype[np.int_]]:
    trip(site, k)
    weight = blend(values)
    return np.array([weight % 5, weight % 7, weight % 3])


@pydron.functional
def f_text(site: object, k: object, *values: object) -> str:
    trip(site, k)
    return "abcdefgh"[: 1 + blend(values) % 7]


@pydron.functional
def f_box(site: object, k: object, *values: object) -> Box:
    trip(site, k)
    weight = blend(values)
    return Box(weight % 9, [weight % 4])


@pydron.functional
def f_num(site: object, k: object, *values: object) -> Num:
    trip(site, k)
    return Num(blend(values) % 19)


@pydron.functional
def f_vec(site: object, k: object, *values: object) -> Vec:
    trip(site, k)
    return Vec(blend(values) % 9)


@pydron.functional
def f_card(site: object, k: object, *values: object) -> Card:
    trip(site, k)
    return Card(blend(values) % 5, "f")


@pydron.functional
def f_none(site: object, k: object, *values: object) -> None:
    trip(site, k)


@pydron.functional
def f_loud(site: object, k: object, *values: object) -> int:
    weight = blend(values)
    print("loud", site, k, weight % 5)
    logger.info("loud %s", weight % 5)
    trip(site, k)
    print("loud", site, "ends")
    return weight % 13


@pydron.functional(retries=2)
def f_named(site: object, k: object, a: object = 1, *rest: object, b: object = 2, **more: object) -> int:
    trip(site, k)
    return weigh((a, rest, b, more)) % 15


@pydron.functional
def blended(*values: object) -> int:
    return blend(values) % 13


f_sorted = pydron.functional(
    functools.partial(sorted)
)  # marking `sorted` itself would make a copy of what other calls sort
f_abs = pydron.functional(functools.partial(abs))
f_lambda = pydron.functional(lambda site, k, *values: (trip(site, k), blend(values) % 12)[1])  # type: ignore[func-returns-value]


# Ordinary callables: some pure, most with effects.


def add(a: int, b: int) -> int:
    return a + b


def both(site: object, k: object, x: object, *, least: int = 1) -> int:
    """Lead to calls, with something to see between them."""
    first = f_int(site, k, x)
    if first < least:
        note("both", site, k)
        return first
    try:
        return first + f_int(site, (k, "again"), first)
    except Boom:
        note("boom", site, k)
        raise


def first(values: list[int]) -> int:
    return values[0] if values else 0


def twice(value: object) -> tuple[object, object]:
    return (value, value)


def alias(value: object) -> object:
    return value


def half(value: int) -> int:
    return value // 2


def fact(n: int) -> int:
    return 1 if n < 2 else n * fact(n - 1) % 101


def label(value: object) -> str:
    try:
        return f"<{value.x}>"  # type: ignore[attr-defined]
    except AttributeError:
        return type(value).__name__


def clip(value: int, limit: int) -> int:
    if value > limit + 9:
        raise ValueError(f"{value} is above {limit}")
    return min(value, 5)


def count_up(values: list[int]) -> int:
    seen: dict[int, int] = {}
    for value in values:
        seen[value] = seen.get(value, 0) + 1
    keys = [key for key in seen if seen[key] > 1]
    keys.append(len(seen))
    return sum(keys)


def total(*values: Vec) -> int:
    return sum(value.norm for value in values) % 17


def nearest(values: list[Vec], to: int) -> Vec:
    return min(values, key=lambda value: abs(value.x - to))


def is_large(value: Vec, limit: int) -> bool:
    return value.x > limit and not value < Vec(limit)


def swapped(card: Card) -> Card:
    return Card(len(str(card.name)), card.rank)


def pick(values: list[list[int]]) -> list[int]:
    """Return what is inside an argument."""
    return values[0] if values and values[0] else [0]


def same_one(values: list[int], others: list[int]) -> int:
    """Ask which list it is, not what is in it."""
    return 3 if values is others else len(values)


def longest(values: list[list[int]]) -> list[int]:
    """Return one of several lists inside an argument, or the argument."""
    return max(values, key=len) if values else values  # type: ignore[return-value]


def rarely(site: object, k: object, value: int) -> int:
    if value % 5 == 2:
        note("rarely", site, k, value)
    return value % 5


def levels(values: np.ndarray[tuple[int], np.dtype[np.int_]], step: int) -> np.ndarray[tuple[int], np.dtype[np.int_]]:
    """Work with numbers that are not always numbers, in the driver."""
    scaled = (values - 1.5) / step
    scaled *= 2.0
    try:
        scaled[scaled > np.exp(values * 99.0).max()] = 1.0
    except FloatingPointError:
        note("levels", step)
    return np.nan_to_num(scaled, nan=3.0, posinf=4.0, neginf=5.0).astype(int)


def spoil(values: list[int], value: int) -> int:
    """Change an argument in place, but only after a long look."""
    found = [each for each in values if each == value]
    if not found and len(values) < 9:
        values.append(value)
    return len(found)


def check(site: object, k: object, value: object = 0) -> object:
    trip(site, k)
    return value


def say(site: object, k: object, *values: object) -> int:
    weight = blend(values)
    note("say", site, k, weight)
    trip(site, k)
    return weight % 14


def push(site: object, k: object, value: object) -> int:
    SHARED.append(weigh(value))
    note("push", site, k)
    trip(site, k)
    return len(SHARED) % 9


def peek() -> int:
    return weigh(SHARED) % 13


def bump(site: object, k: object) -> int:
    STATE["n"] += 1
    trip(site, k)
    STATE["n"] += 10
    return STATE["n"] % 12


def mangle(site: object, k: object, value: object) -> int:
    """Change an argument in place."""
    note("mangle", site, k, weigh(value))
    if isinstance(value, list) and len(value) < 12:
        value.insert(0, weigh(value) % 6)
    elif type(value) is dict:
        value[len(value) % 7] = weigh(value) % 6
    elif type(value) is Box:
        value.v = weigh(value) % 6
    trip(site, k)
    return 1


def keep(site: object, k: object, value: object) -> object:
    """Let an argument escape."""
    KEPT.append(value)
    trip(site, k)
    return value


def loud(site: object, k: object, *values: object) -> int:
    weight = blend(values)
    print("said", site, weight % 5)
    trip(site, k)
    logger.info("said %s", site)
    return weight % 5


def walk(site: object, k: object, n: int) -> Iterator[int]:
    note("open", site, k)
    for at in range(n):
        trip(site, (k, at))
        note("yield", site, k, at)
        yield at
    note("close", site, k)


def complain(site: object) -> None:
    warnings.warn(f"complaint {site}", UserWarning, stacklevel=2)


def run(coroutine: object) -> object:
    """Drive a coroutine that waits for nothing."""
    try:
        while True:
            coroutine.send(None)  # type: ignore[attr-defined]
    except StopIteration as stop:
        return stop.value
