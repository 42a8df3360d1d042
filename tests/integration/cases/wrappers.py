import functools, logging, re, operator, contextlib, threading, random, itertools, typing, string, math, types, collections, weakref, sys, os, pathlib, datetime, decimal, io, struct, queue, copy, subprocess, json
import numpy as np
import pydron

T = typing.TypeVar("T")
log = logging.getLogger(__name__)
PATTERN = re.compile(r"(\d+)")
RNG = np.random.default_rng(5)
CACHE = {}
lock = threading.Lock()
local = threading.local()
HERE = pathlib.Path(__file__).name
counter = itertools.count()


@functools.lru_cache(maxsize=None)
def fact(n):
    return n * fact(n - 1) if n else 1


@functools.cache
def fibo(n):
    return n if n < 2 else fibo(n - 1) + fibo(n - 2)


@functools.singledispatch
def show(x):
    return f"object {x}"


@show.register
def _(x: int):
    return f"int {x}"


@show.register(list)
def _(x):
    return "list of " + ", ".join(map(show, x))


@contextlib.contextmanager
def shifted(k):
    yield k + 1


@functools.total_ordering
class Ver:
    def __init__(self, t):
        self.t = t

    def __eq__(self, o):
        return self.t == o.t

    def __lt__(self, o):
        return self.t < o.t

    @functools.cached_property
    def major(self):
        return int(self.t.split(".")[0])

    @functools.lru_cache(maxsize=4)
    def part(self, i):
        return self.t.split(".")[i]

    def __hash__(self):
        return hash(self.t)

    @functools.singledispatchmethod
    def eat(self, x):
        return "obj"

    @eat.register
    def _(self, x: int):
        return "int"

    @functools.partialmethod
    def nothing(self):
        pass

    twice = functools.partialmethod(lambda self, n, m: n * m, 2)


def deco(f):
    @functools.wraps(f)
    def inner(*a, **k):
        return f(*a, **k)

    return inner


@deco
def helper(x):
    return x + len(HERE)


@pydron.functional
def a1(n):
    return fact(n), fibo(n), fact.cache_info().currsize > 0


@pydron.functional
def a2(x):
    return show(x), PATTERN.findall(str(x)), helper(1)


@pydron.functional
def a3(v):
    return v.major, v.part(1), v.eat(1), v.twice(4), v < Ver("9"), v >= Ver("1")


@pydron.functional
def a4(k):
    with shifted(k) as s:
        log.warning("shifted %d", s)
        print("printed", s, file=sys.stderr)
        return s


@pydron.functional
@deco
def a5(x, *, y=1):
    return x + y


@deco
@pydron.functional
def a6(x):
    return x * 2


class Model:
    scale = 3

    def __init__(self, k):
        self.k = k

    @pydron.functional
    def fit(self, x):
        return x * self.k * self.scale

    @staticmethod
    @pydron.functional
    def st(x):
        return x + 1

    @classmethod
    @pydron.functional
    def cm(cls, x):
        return cls(x).k

    @pydron.schedule
    def run(self, n):
        parts = [self.fit(i) for i in range(n)]
        self.total = sum(parts)
        return [self.st(p) for p in parts], self.cm(4)

    @functools.cached_property
    @pydron.functional
    def heavy(self):
        return self.k**2

    def __call__(self, x):
        return x - self.k


fm = pydron.functional(Model(2))
fp = pydron.functional(functools.partial(a5, y=5))
fl = pydron.functional(lambda x: x**3)
fb = pydron.functional(Model(4).fit)
fnp = pydron.functional(np.linalg.norm)
fstr = pydron.functional(str.upper)
fop = pydron.functional(operator.itemgetter(1))


@pydron.schedule
def work():
    print(a1(10), a2(5), a2([1, "b"]), a3(Ver("3.11")), a4(2), a5(1, y=3), a6(4))
    m = Model(5)
    print(m.run(3), m.total, m.heavy, m.heavy)
    print(fm(1), fp(2), fl(3), fb(2), fnp(np.arange(4.0)), fstr("abc"), fop([1, 2]))
    t = types.MappingProxyType({"a": 1})
    for v in (
        b"x" * 10,
        bytearray(b"abc"),
        memoryview(b"abcd")[1:].tobytes(),
        range(3),
        slice(1, 2),
        frozenset({1}),
        complex(1, 2),
        datetime.timedelta(1),
        decimal.Decimal("1.1"),
        collections.OrderedDict(a=1),
        collections.deque([1, 2], maxlen=3),
        collections.ChainMap({"a": 1}),
        pathlib.PurePath("a/b"),
        np.float32(3),
        np.array(["a", "bb"]),
        np.datetime64("2020-01-01"),
        Ellipsis,
        NotImplemented,
        int,
        len,
        math.sin,
        type(None),
        re.compile("a"),
        operator.add,
        print,
    ):
        print(repr(ident(v)), type(ident(v)) is type(v))
    for bad in (
        lock,
        local,
        open(os.devnull),
        (i for i in "ab"),
        sys,
        t,
        weakref.ref(m),
        threading.Thread(),
        queue.Queue(),
    ):
        try:
            print("ok", type(ident(bad)).__name__)
        except Exception as e:
            print(type(e).__name__, re.sub(r"0x[0-9a-f]+", "0x", str(e))[:230])


@pydron.functional
def ident(x):
    return x


work()
