"""Bodies of undecorated functions for trials: some only read, their neighbours do not quite.

Not a test module, so that pytest leaves its ``assert`` statements as they are.
"""

from __future__ import annotations

import enum
import functools
import math
import operator
import random
from collections import namedtuple
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import pydron

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Make = Callable[[], tuple[object, ...]]

PURE: list[tuple[Callable[..., object], Make]] = []
IMPURE: list[tuple[Callable[..., object], Make, str]] = []
LOG: list[object] = []
TABLE = {"a": 1, "b": 2}
COUNT = 0
LIMIT = 3


def pure(*make: Callable[[], object]):  # type: ignore[no-untyped-def]
    """Say that a function only reads what these make."""

    def note(function):  # type: ignore[no-untyped-def]
        PURE.append((function, lambda: tuple(each() for each in make)))
        return function

    return note


def impure(reason: str, *make: Callable[[], object]):  # type: ignore[no-untyped-def]
    """Say that a trial stops, and a part of the reason."""

    def note(function):  # type: ignore[no-untyped-def]
        IMPURE.append((function, lambda: tuple(each() for each in make), reason))
        return function

    return note


def numbers() -> list[int]:
    return [3, 1, 2]


def five() -> int:
    return 5


# Classes.


class Point:
    def __init__(self, x, y=0):
        self.x = x
        self.y = y

    @property
    def area(self):
        return self.x * self.y

    @property
    def counted(self):
        LOG.append("counted")
        return self.x

    @property
    def cached(self):
        self._cached = self.x
        return self._cached

    @functools.cached_property
    def lazy(self):
        return self.x

    def moved(self, dx):
        return Point(self.x + dx, self.y)

    def move(self, dx):
        self.x += dx
        return self

    @classmethod
    def origin(cls):
        return cls(0, 0)

    @staticmethod
    def distance(a, b):
        return math.hypot(a.x - b.x, a.y - b.y)

    def __add__(self, other):
        if not isinstance(other, Point):
            return NotImplemented
        return Point(self.x + other.x, self.y + other.y)

    def __radd__(self, other):
        return self if other == 0 else NotImplemented

    def __sub__(self, other):
        LOG.append("sub")
        return self

    def __iadd__(self, other):
        self.x += other.x
        return self

    def __eq__(self, other):
        return type(other) is Point and (self.x, self.y) == (other.x, other.y)

    def __lt__(self, other):
        return self.x < other.x

    def __neg__(self):
        return Point(-self.x, -self.y)

    def __bool__(self):
        return self.x != 0

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return (self.x, self.y)[index]

    def __contains__(self, item):
        return item in (self.x, self.y)

    def __iter__(self):
        yield self.x
        yield self.y

    def __call__(self, factor):
        return self.x * factor

    def __str__(self):
        return f"({self.x}, {self.y})"

    def __repr__(self):
        return f"{type(self).__name__}({self.x!r}, {self.y!r})"

    def __format__(self, spec):
        return format(self.x, spec)

    __hash__ = None


class Loud(Point):
    def __init__(self, x):
        super().__init__(x)
        LOG.append(x)

    def __eq__(self, other):
        LOG.append("eq")
        return True

    def __lt__(self, other):
        LOG.append("lt")
        return True

    def __bool__(self):
        LOG.append("bool")
        return True

    def __str__(self):
        LOG.append("str")
        return ""

    def __format__(self, spec):
        LOG.append("format")
        return ""

    def __getattr__(self, name):
        LOG.append(name)
        return 0

    def __call__(self, factor):
        LOG.append("call")

    def __iter__(self):
        LOG.append("iter")
        yield 1

    __hash__ = None


class Child(Point):
    def __init__(self, x, name):
        super().__init__(x, 1)
        self.__name = name

    @property
    def area(self):
        return super().area + 1

    def title(self):
        return self.__name.upper()


class Watched:
    def __init__(self, x):
        self.x = x

    def __setattr__(self, name, value):
        LOG.append(name)
        object.__setattr__(self, name, value)


class Dying:
    def __del__(self):
        LOG.append("gone")


class Old(Point):
    def __init__(self, x):
        Point.__init__(self, x, 4)
        object.__setattr__(self, "z", 1)

    def __new__(cls, x):
        return object.__new__(cls)

    def __eq__(self, other):
        return Point.__eq__(self, other)

    __hash__ = None


class Slim:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


class Meta(type):
    def __call__(cls, *args):
        LOG.append("made")
        return super().__call__(*args)


class Made(metaclass=Meta):
    pass


class Singleton:
    instance = None

    def __new__(cls):
        if cls.instance is None:
            cls.instance = super().__new__(cls)
        return cls.instance


class Fresh:
    def __new__(cls, x):
        made = super().__new__(cls)
        made.x = x
        return made


class Descriptor:
    def __get__(self, owner, kind):
        LOG.append("get")
        return 1


class Described:
    value = Descriptor()


class Odd(Exception):
    def __init__(self, n):
        super().__init__(f"odd {n}")
        self.n = n


class Color(enum.Enum):
    RED = 1


@dataclass
class Item:
    name: str
    price: float = 1.0
    tags: list[str] = field(default_factory=list)
    extra: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, order=True)
class Version:
    major: int
    minor: int = 0

    def __post_init__(self):
        if self.major < 0:
            raise ValueError(self.major)


@dataclass
class LoudItem:
    name: str

    def __post_init__(self):
        LOG.append(self.name)


@dataclass
class LoudDefault:
    number: int = field(default_factory=lambda: LOG.append(1) or 1)


@dataclass
class OwnInit:
    name: str

    def __init__(self, name):
        LOG.append(name)
        self.name = name


@dataclass(slots=True, kw_only=True)
class Slotted:
    a: int
    b: int = 2


Pair = namedtuple("Pair", "left right")


class Row(NamedTuple):
    a: int
    b: int = 2

    @property
    def total(self):
        return self.a + self.b


def point() -> Point:
    return Point(2, 3)


def points() -> list[Point]:
    return [Point(3), Point(1), Point(2)]


def loud() -> Loud:
    made = object.__new__(Loud)
    made.__dict__.update(x=1, y=2)
    return made


# Expressions.


@pure(five)
def arithmetic(x):
    return (x + 1) * 2 - x // 2 + x**2 % 7


@pure(point)
def reads_attribute(p):
    return p.x * 2


@impure("stores into x", point)
def writes_attribute(p):
    p.x = 2


@pure(point)
def reads_property(p):
    return p.area + 1


@impure("changes a list", point)
def reads_loud_property(p):
    return p.counted


@impure("stores into _cached", point)
def reads_caching_property(p):
    return p.cached


@impure("lazy", point)
def reads_cached_property(p):
    return p.lazy


@impure("missing", loud)
def reads_what_getattr_gives(p):
    return p.missing


@impure("value", Described)
def reads_descriptor(p):
    return p.value


@pure(lambda: Child(4, "ann"))
def reads_private_and_super(p):
    return p.area, p.title()


@pure(point, point)
def adds(p, q):
    return p + q, q.moved(1) + p


@impure("changes a list", point, point)
def subtracts(p, q):
    return p - q


@pure(points)
def sums(ps):
    return sum(ps, Point(0)).x + sum(ps).x


@pure(point, point)
def compares(p, q):
    return p == q, p != q, p < q, p > q, p in [q], 3 in p, p is not q, p == 3


@impure("changes a list", loud, point)
def compares_loudly(p, q):
    return p == q


@impure("changes a list", loud, point)
def compares_loudly_from_the_right(p, q):
    return q > p


@impure("search", loud)
def searches_a_set(p):
    return p in {1, 2}


@pure(point)
def negates(p):
    return (-p).x, not p


@impure("changes a list", loud)
def asks_truth(p):
    return 1 if p else 2


@pure(five)
def short_circuits(x):
    return (x and x > 2) or LOG.append(1), 0 < x <= 9, x or LOG.append(2), None and LOG.append(3)


@impure("changes a list", five)
def does_not_short_circuit(x):
    return x and LOG.append(1)


@pure(point)
def indexes(p):
    return p[0], p[1], len(p), p(3), [*p]


@impure("changes a list", loud)
def calls_loudly(p):
    return p(1)


@impure("changes a list", loud)
def iterates_loudly(p):
    return [x for x in p]  # noqa: C416


@pure(point)
def formats(p):
    return f"{p}|{p!s}|{p!r}|{p:>5}|{p.x:03d}|{3:>{p.y}}", str(p), repr(p), format(p, "d")


@impure("changes a list", loud)
def formats_loudly(p):
    return f"{p}"


@impure("changes a list", loud)
def shows_loudly(p):
    return str(p)


@impure("repr() of list", lambda: [loud()])
def shows_a_list_of_loud(ps):
    return str(ps)


# Statements.


@pure(numbers)
def loops(xs):
    out = []
    counts = {}
    for i, x in enumerate(xs):
        if x % 2 == 0:
            continue
        out.append(x * i)
        counts[x] = counts.get(x, 0) + 1
    out += [7]
    while len(out) < 6:
        out.extend([1, 2])
        if len(out) == 5:
            break
    out[0] = 9
    del out[-1]
    out.sort(key=lambda v: -v)
    return out, counts


@impure("changes a list", numbers)
def appends(xs):
    xs.append(1)


@impure("changes a list", numbers)
def appends_in_the_end(xs):
    total = 0
    for x in xs:
        total += x
    xs.append(total)


@impure("+=", numbers)
def adds_in_place(xs):
    xs += [1]


@pure(numbers)
def adds_to_a_copy(xs):
    xs = xs + [1]
    xs += [2]
    ys = list(xs)
    ys.append(3)
    zs = xs[:]
    zs[0] = 8
    return xs, ys, zs


@impure("changes a list", numbers)
def changes_an_alias(xs):
    ys = xs
    ys.append(1)


@impure("changes a list", lambda: [[1]])
def changes_an_inner_list(xss):
    copied = list(xss)
    copied[0].append(1)


@impure("stores into", lambda: {"a": 1})
def stores_item(d):
    d["b"] = 1


@impure("stores into", lambda: {"a": 1})
def deletes_item(d):
    del d["a"]


@impure("sort", numbers)
def sorts_in_place(xs):
    xs.sort()


@impure("setdefault", lambda: {"a": 1})
def sets_default(d):
    return d.setdefault("b", 2)


@impure("global", five)
def declares_global(x):
    global COUNT
    COUNT = x


@impure("changes a list", five)
def logs(x):
    LOG.append(x)


@impure("print", five)
def prints(x):
    print(x)


@impure("open", five)
def opens(x):
    return open("nothing")  # noqa: PTH123


@impure("random", five)
def draws(x):
    return random.random() * x


@impure("id()", five)
def looks_at_addresses(x):
    return id(x) % 2


@impure("imports", five)
def imports(x):
    import json

    return json


@impure("context manager", five)
def enters(x):
    with x:
        pass


@pure(lambda: {"a": 1})
def catches(d):
    try:
        return d["b"]
    except KeyError as error:
        return error.args[0]
    finally:
        d.get("c")


@impure("changes a list", lambda: {"a": 1})
def catches_and_logs(d):
    try:
        return d["b"]
    except KeyError:
        LOG.append(1)


@impure("changes a list", five)
def swallows_everything(x):
    try:
        LOG.append(x)
    except BaseException:
        pass
    try:
        LOG.append(x)
    except:  # noqa: E722
        pass


@impure("changes a list", five)
def returns_from_finally(x):
    try:
        LOG.append(x)
    finally:
        return 1  # noqa: B012


@pure(five)
def raises(x):
    if x > 3:
        raise Odd(x)
    return x


@pure(five)
def raises_from(x):
    try:
        raise KeyError(x)
    except KeyError as error:
        raise ValueError(x) from error


@impure("KeyboardInterrupt", five)
def interrupts(x):
    if x > 3:
        raise KeyboardInterrupt(x)
    return x


@impure("changes a list", five)
def raises_what_logs(x):
    raise ValueError(LOG.append(x))


@pure(five)
def asserts(x):
    assert x < 3, f"{x} is too large"


@impure("changes a list", five)
def asserts_loudly(x):
    assert LOG.append(x)


@pure(numbers)
def fails(xs):
    return xs[7]


@pure(five)
def fails_to_call(x):
    return arithmetic(x, x)


@impure("operations", five)
def does_not_end(x):
    while x:
        x += 1


@impure("operations", five)
def loops_long(x):
    return sum(i * x for i in range(10**9))


@impure("nested too deep", five)
def recurses_for_ever(x):
    return recurses_for_ever(x)


@pure(lambda: 9)
def recurses(n):
    return n if n < 2 else recurses(n - 1) + recurses(n - 2) if n < 5 else n


@pure(five)
def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


@pure(numbers)
def unpacks(xs):
    a, (b, *rest) = 1, xs
    rest.append(a)
    (c, d), e = (a, b), [1, 2]
    for (k, v), w in zip(TABLE.items(), xs, strict=False):
        a += v + w + len(k)
    return a, rest, c, d, e


@pure(numbers)
def comprehends(xs):
    return [x + 1 for x in xs if x > 1], {x: x for x in xs}, {x % 2 for x in xs}, [(x, y) for x in xs for y in xs]


@impure("changes a list", numbers)
def comprehends_loudly(xs):
    return [LOG.append(x) for x in xs]


@pure(numbers)
def reads_globals(xs):
    return TABLE["a"] + LIMIT + len(LOG) + math.floor(2.5)


@impure("stores into", five)
def writes_a_global_table(x):
    TABLE["c"] = x


@pure(numbers)
def uses_inner_functions(xs):
    total = 0

    def add(x, by=1):
        nonlocal total
        total += x * by
        return total

    for x in xs:
        add(x)
    double = lambda v: v * 2  # noqa: E731
    return total, double(3), add(1, by=2)


def make_counter():
    count = 0

    def bump():
        nonlocal count
        count += 1
        return count

    def peek():
        return count

    return bump, peek


BUMP, PEEK = make_counter()


@impure("variable of a function around", five)
def calls_a_counter(x):
    return BUMP()


@pure(five)
def looks_at_a_counter(x):
    return PEEK()


@pure(five)
def squares(n):
    return list(generate(n)), sum(generate(n)), next(generate(n)), dict(enumerate(generate(3)))


def generate(n):
    for i in range(n):
        yield i * i
    yield from range(2)


def generate_and_log():
    try:
        yield 1
    finally:
        LOG.append("closed")


@impure("changes a list", five)
def leaves_a_generator_in_the_middle(x):
    return next(generate_and_log())


def generate_and_look():
    try:
        yield 1
    finally:
        len(LOG)


@impure("left in the middle", five)
def leaves_a_quiet_generator_in_the_middle(x):
    return next(generate_and_look())


@pure(five)
def leaves_a_plain_generator_in_the_middle(x):
    return next(generate(x)), any(v > 1 for v in generate(x))


@impure("an iterator that it has not made", lambda: iter([1, 2]))
def takes_an_item(it):
    return next(it)


@impure("iterating over a list_iterator", lambda: iter([1, 2]))
def exhausts(it):
    return list(it)


@impure("iterating over a generator", lambda: generate(3))
def exhausts_a_generator(it):
    return [x for x in it]  # noqa: C416


@impure("set of objects", lambda: {object(), object()})
def iterates_over_a_set_of_objects(xs):
    return [1 for _ in xs]


@pure(lambda: (1, 2))
def spreads(xs):
    return arguments(*xs, c=3, d=4), [*xs, 5], {*xs}, {**TABLE, "z": 1}


def arguments(a, *rest, c, **more):
    more["e"] = a
    return a, rest, c, more


# Builtin functions with callables.


@pure(points)
def sorts(ps):
    return [p.x for p in sorted(ps)], [p.x for p in sorted(ps, key=lambda p: -p.x)], sorted(ps, reverse=True)[0].x


@impure("changes a list", numbers)
def sorts_loudly(xs):
    return sorted(xs, key=lambda x: LOG.append(x) or x)


@impure("changes a list", lambda: [loud(), loud()])
def sorts_loud_objects(ps):
    return sorted(ps)


@pure(points)
def chooses(ps):
    return min(ps).x, max(ps, key=lambda p: p.y).x, max([], default=3), min(4, 2), max(*ps).x


@pure(points)
def asks_all(ps):
    return any(p.x > 2 for p in ps), all(ps), any([]), all(map(bool, ps)), list(filter(None, ps))[0].x


@pure(points)
def maps(ps):
    return [*map(str, ps)], list(map(Point.distance, ps, ps)), list(filter(lambda p: p.x > 1, ps))[0].x


@impure("changes a list", points)
def maps_loudly(ps):
    return list(map(LOG.append, ps))


@pure(numbers)
def reduces(xs):
    return functools.reduce(lambda a, b: a * b, xs), functools.reduce(operator.add, xs, 1)


@pure(points)
def gets(ps):
    getter = operator.attrgetter("x")
    return [getter(p) for p in ps], getattr(ps[0], "x"), getattr(ps[0], "nothing", 3), hasattr(ps[0], "area")  # noqa: B009


@pure(numbers)
def binds(xs):
    return functools.partial(arguments, 1, c=2)(3, d=4), ",".join(str(x) for x in xs), "-".join(map(str, xs))


# Constructors.


@pure(five)
def constructs(x):
    p = Point(x)
    p.y = x + 1
    p += Point(1)
    q = Child(x, "b")
    s = Slim(x)
    s.a += 1
    o = Old(x)
    assert o.z == 1 and o.y == 4 and o != p, type(o).__name__
    return p.x, q.title(), s.a, Fresh(x).x, Odd(x).n, Point.origin().x, Point.distance(p, q)


@impure("changes a list", five)
def constructs_loudly(x):
    return Loud(x)


@impure("stores into a Point", point)
def stores_by_force(p):
    object.__setattr__(p, "z", 1)


@impure("x of Watched", five)
def constructs_watched(x):
    return Watched(x)


@impure("finalizer")
def constructs_dying():
    return Dying()


@impure("finalizer")
def constructs_dying_without_init():
    return object.__new__(Dying)


@impure("metaclass")
def constructs_by_metaclass():
    return Made()


@impure("stores into instance", five)
def constructs_singleton(x):
    Singleton.instance = x


@impure("stores into instance")
def constructs_the_singleton():
    return Singleton()


@impure("stores into x", point)
def moves(p):
    return p.move(1)


@pure(point)
def moves_a_copy(p):
    q = Point(p.x, p.y)
    return q.move(1).x


@pure(five)
def constructs_dataclasses(x):
    a, b = Item("a", x), Item("a", price=x)
    v = Version(x)
    return a == b, a.tags, repr(a), v < Version(x, 1), Slotted(a=x).b, Item("c") != a, v == v, f"{v}"


@pure(five)
def constructs_a_wrong_version(x):
    return Version(-x)


@impure("arguments", five)
def constructs_without_arguments(x):
    return Item()


@impure("changes a list", five)
def constructs_loud_dataclass(x):
    return LoudItem("a")


@impure("changes a list", five)
def constructs_loud_default(x):
    return LoudDefault()


@impure("changes a list", five)
def constructs_own_init(x):
    return OwnInit("a")


@pure(five)
def constructs_tuples(x):
    p, r = Pair(x, 2), Row(x)
    left, right = p
    return p.left, p[1], r.total, left, right, [v for v in r]  # noqa: C416


@impure("metaclass", five)
def looks_up_an_enum(x):
    return Color(1)


# What belongs to the scheduler.


@pydron.functional
def remote(x):
    return x


@pydron.schedule
def region(x):
    return x


@impure("is functional", five)
def calls_functional(x):
    return remote(x)


@impure("is scheduled", five)
def calls_scheduled(x):
    return region(x)


@impure("coroutine", five)
def calls_coroutine(x):
    return waits(x)


async def waits(x):
    return x


def generates(n) -> Iterator[int]:
    yield n


@pure(five)
def draws_from_a_seed(n):
    generator = np.random.default_rng([n, 1])
    found = generator.normal(size=n) + generator.uniform(0.0, [1.0] * n)
    found += generator.integers(3, size=n, dtype=np.int64)
    return found, generator.choice(np.arange(9), 2, replace=False)


@pure(five)
def draws_from_a_seed_of_python(n):
    generator = random.Random(n)
    return generator.choice([str, int]), generator.sample(range(100), k=n), generator.randint(1, 6), generator.gauss(0, 1)


@impure("cython_function_or_method() is not known", five)
def draws_without_a_seed(n):
    return np.random.default_rng().normal(size=n)


@impure("normal() of Generator is not known", lambda: np.random.default_rng(1))
def draws_from_what_it_is_given(generator):
    return generator.normal()


@impure("random() of Random is not known", lambda: random.Random(1))
def draws_from_what_it_is_given_by_python(generator):
    return generator.random()


@impure("standard_normal() of Generator is not known", five)
def draws_into_an_array(n):
    into = np.zeros(n)
    return np.random.default_rng(n).standard_normal(out=into)
