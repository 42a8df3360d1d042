import abc, collections, dataclasses, enum, functools, typing, weakref, copy
from typing import Generic, TypeVar, NamedTuple, Protocol
import pydron

T = TypeVar("T")
seen = []


class Slots:
    __slots__ = ("x", "__hidden", "__weakref__")

    def __init__(self, x):
        self.x = x
        self.__hidden = -x

    def hidden(self):
        return self.__hidden


class SlotsDict(Slots):
    __slots__ = ("y", "__dict__")


class SlotsNothing(Slots):
    __slots__ = ()


class One:
    __slots__ = "only"


class Documented:
    __slots__ = {"a": "what a is"}


class Point(NamedTuple):
    x: int
    y: int = 2

    def norm(self):
        return self.x + self.y


Pair = collections.namedtuple("Pair", "a b")


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"

    @property
    def short(self):
        return self.value


class Mode(enum.IntFlag):
    R = 1
    W = 2


@dataclasses.dataclass(slots=True, frozen=True, order=True)
class Frozen:
    x: int
    tags: tuple = ()


@dataclasses.dataclass(kw_only=True)
class Config:
    name: str
    options: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        self.length = len(self.name)


class Box(Generic[T]):
    def __init__(self, item: T):
        self.item = item

    def map(self, f):
        return type(self)(f(self.item))


class Shape(abc.ABC):
    registry = {}

    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        Shape.registry[cls.__name__] = cls

    @abc.abstractmethod
    def area(self): ...


class Square(Shape):
    def __init__(self, a):
        self.a = a

    def area(self):
        return self.a**2


class Meta(type):
    def __call__(cls, *a, **k):
        made = super().__call__(*a, **k)
        made.tag = cls.__name__.lower()
        return made

    @property
    def loud(cls):
        return cls.__name__.upper()


class WithMeta(metaclass=Meta):
    def __init__(self, v):
        self.v = v


class Positive:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, obj, owner=None):
        return self if obj is None else getattr(obj, self.name)

    def __set__(self, obj, v):
        if v < 0:
            raise ValueError(f"{self.name[1:]} must not be negative: {v}")
        setattr(obj, self.name, v)


class Account:
    balance = Positive()

    def __init__(self, b):
        self.balance = b

    @functools.cached_property
    def double(self):
        return self.balance * 2

    @classmethod
    def rich(cls):
        return cls(10**6)

    @staticmethod
    def unit():
        return "EUR"

    class Error(Exception):
        def __init__(self, code, *, why):
            super().__init__(code, why)
            self.code, self.why = code, why

        def __reduce__(self):
            return functools.partial(type(self), why=self.why), (self.code,)


class Stateful:
    def __init__(self):
        self.a = 1
        self.b = lambda: 3

    def __getstate__(self):
        return {"a": self.a}

    def __setstate__(self, s):
        self.__dict__.update(s)
        self.b = lambda: self.a


class Node:
    def __init__(self, v):
        self.v = v
        self.next = self
        self.me = [self]


class Dict(dict):
    def __missing__(self, k):
        return k * 2


class Ints(list):
    def total(self):
        return sum(self)


class Str(str):
    pass


def factory(k):
    class Inner:
        def __init__(self, v):
            self.v = v * k

        def __eq__(self, o):
            return type(o) is type(self) and o.v == self.v

    return Inner


Inner3 = factory(3)


class Limited:
    limit = Slots
    note = None


class Alike(Limited):
    limit = Slots
    note = None


@pydron.functional
def same(value):
    return value


@pydron.functional
def describe(v):
    return (
        type(v).__name__,
        hasattr(v, "__dict__"),
        isinstance(v, (Slots, Shape, Generic)),
        sorted(name for name in getattr(v, "__dict__", {}) if name != "__slotnames__"),
    )


@pydron.functional
def repeats(cls):
    return [name for name in ("limit", "note", "other") if name in vars(cls)]


@pydron.functional
def make(cls, *args, **kw):
    return cls(*args, **kw)


@pydron.functional
def call(v, name, *args):
    return getattr(v, name)(*args)


@pydron.functional
def raising(code):
    raise Account.Error(code, why=Colour.RED)


@pydron.schedule
def work():
    node = Node(5)
    sd = SlotsDict(4)
    sd.y = 1
    sd.free = 9
    one = One()
    one.only = 1
    doc = Documented()
    doc.a = 2
    values = [
        Slots(3),
        sd,
        SlotsNothing(2),
        one,
        doc,
        Point(1),
        Pair(1, 2),
        Colour.BLUE,
        Mode.R | Mode.W,
        Frozen(1, ("a",)),
        Config(name="n"),
        Box(3),
        Square(3),
        WithMeta(2),
        Account(5),
        Account.rich(),
        Stateful(),
        node,
        Dict(a=1),
        Ints([1, 2]),
        Str("s"),
        Inner3(4),
        Slots,
        Colour,
        Inner3,
        Box[int],
        factory,
    ]
    out = []
    for v in values:
        back = same(v)
        d = describe(v)
        out.append((type(back) is type(v), d))
        print(*d, type(back).__name__, hasattr(back, "__dict__"))
    print(repeats(Alike), repeats(Limited), repeats(Slots))
    print(same(values[0]).hidden(), call(values[0], "hidden"), same(sd).free, same(sd).y, call(same(sd), "hidden"))
    print(
        same(Colour.RED) is Colour.RED,
        same(Point(1)).norm(),
        make(Point, 3),
        make(Frozen, 2) < Frozen(3),
        make(Config, name="xyz").length,
    )
    print(
        call(Square(3), "area"),
        sorted(Shape.registry),
        make(Square, 2).area(),
        type(make(Square, 2)) is Square,
        make(WithMeta, 3).tag,
        WithMeta.loud,
    )
    n = same(node)
    print(n.next is n, n.me[0] is n, n is node)
    print(
        same(Stateful()).b(),
        same(Dict(a=1))["zz"],
        same(Ints([4, 5])).total(),
        make(Inner3, 2) == Inner3(2),
        same(Inner3) is Inner3,
    )
    acc = same(Account(7))
    print(acc.double, acc.balance, Account.unit(), same(Account).rich().balance)
    for bad in (lambda: make(Account, -1), lambda: raising(7)):
        try:
            print(bad())
        except ValueError as e:
            print("V", e)
        except Account.Error as e:
            print("E", e.code, e.why is Colour.RED, type(e) is Account.Error)
    try:
        r = raising(8)
        print(r)
    except Account.Error as e:
        print("E", e.code, e.why, e.args)
    b = make(Box, Slots(1))
    b2 = b.map(lambda s: s.x + 1)
    print(type(b) is Box, b2.item, type(b.item) is Slots)
    f = make(Frozen, 1)
    try:
        f.x = 3
    except Exception as e:
        print(type(e).__name__)
    o = make(One)
    try:
        o.other = 1
    except AttributeError as e:
        print(e)
    return out


print(all(a for a, _ in work()))
