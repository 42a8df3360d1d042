# --- 40 super, __class__, private names
class Parent:
    def __init__(self):
        self.__own = 3
        self.kind = "parent"
    @pydron.schedule
    def step(self, k):
        return f_int(1, k, self.__own)

class Child(Parent):
    def __init__(self):
        super().__init__()
        self.__own = 30
    @pydron.schedule
    def step(self, k):
        a = super().step(k)
        self.__own += a
        return a, f_int(2, k, self.__own), __class__.__name__, self.__own

def drive():
    c = Child()
    return c.step(0), c.step(1), c

# --- 40 super() in frames of their own, and another super
class Base:
    def step(self, k):
        return f_int(1, k, 3)

class Low(Base):
    @pydron.schedule
    def generated(self, k):
        return f_int(2, k, sum(super().step(i) for i in range(2)))
    @pydron.schedule
    def listed(self, k):
        return [super().step(i) for i in range(2)], {f_int(3, i, super().step(i)) for i in range(k)}
    @pydron.schedule
    def first(self, k):
        return [i for i in range(super().step(k) % 4)], sum(i for i in range(super().step(k) % 4))
    @pydron.schedule
    def mine(self, k, super):
        return f_int(4, k, super())

def drive():
    low = Low()
    done = []
    for call in (low.generated, low.listed, low.first, lambda k: low.mine(k, lambda *args: len(args))):
        try:
            done.append(call(1))
        except TypeError as error:
            done.append(str(error))
    return done

# --- 41 methods, class methods, static methods, properties
class Tool:
    factor = 3
    def __init__(self, v):
        self.v = v
    @pydron.schedule
    def work(self, k):
        return [self.heavy(k, i) for i in range(2)] + [self.made(k), Tool.of(k).v, self.twofold]
    @pydron.functional
    def heavy(self, k, i):
        trip(1, (k, i))
        return self.v * i + self.factor
    @classmethod
    @pydron.schedule
    def of(cls, k):
        return cls(f_int(2, k, cls.factor))
    @staticmethod
    @pydron.functional
    def made(k):
        trip(3, k)
        return [k]
    @property
    @pydron.schedule
    def twofold(self):
        note("twofold")
        return f_int(4, self.v, self.v) * 2

def drive():
    t = Tool(2)
    return t.work(0), Tool.work(t, 1), Tool.of(5), t

# --- 41 a functional method of objects that change between calls
@pydron.schedule
def main():
    b = Box(1)
    out = []
    for i in range(3):
        out.append(b.grow(1, i, i))
        b.v += 1
        b.items.append(out[-1])
    return out, b

# --- 41 bound methods, partials, classes and builtins made functional
import functools
import math
import operator

class Point:
    def __init__(self, x, y=0):
        self.x, self.y = x, y

f_point = pydron.functional(Point)
f_part = pydron.functional(functools.partial(operator.add, 3))
f_bound = pydron.functional("-".join)
f_gcd = pydron.functional(math.gcd)

@pydron.schedule
def main():
    p = f_point(f_int(1, 0, 1), y=2)
    q = f_part(p.x)
    return p, q, f_bound(["a", f_text(2, 0, 1)]), f_gcd(q, 6), f_sorted(f_ints(3, 0, 1), reverse=True), f_abs(-q)

# --- 42 decorators outside and inside
def shouting(function):
    @functools.wraps(function)
    def run_loud(*args):
        print("calling", function.__name__)
        return function(*args)
    return run_loud

import functools

@shouting
@pydron.schedule
def main():
    return inner(0) + inner(1)

@pydron.schedule
@shouting
def inner(k):
    return f_int(1, k, k)

# --- 43 what decorators keep
@pydron.schedule
def main(a: int, *, b: str = "x") -> int:
    """Doc."""
    return a

main.extra = 3

def drive():
    import inspect
    return main.__name__, main.__doc__, main.__qualname__, str(inspect.signature(main)), main.extra, main.__module__

# --- 45 scheduled calls scheduled, recursion
@pydron.schedule
def fib(k, n):
    if n < 2:
        return f_int(1, (k, n), n)
    return f_int(2, (k, n), fib((k, 0), n - 1), fib((k, 1), n - 2))

@pydron.schedule
def main():
    a = fib(0, 4)
    print("fib", a)
    return a, [fib(i, i) for i in range(3)]

# --- 45 mutual recursion with pending depth
@pydron.schedule
def even(k, n):
    say(1, k, n)
    if n <= 0:
        return []
    return odd(k + 1, f_less(2, k, n)) + [n]

@pydron.schedule
def odd(k, n):
    out = even(k + 1, f_less(3, k, n)) if n > 0 else [0]
    out.append(n)
    return out

@pydron.schedule
def main():
    return even(0, f_int(4, 0, 40) + 20)

# --- 45 a scheduled function that mutates what it is given
@pydron.schedule
def fill(out, k):
    for i in range(2):
        out.append(f_int(1, (k, i), out))
    return len(out)

@pydron.schedule
def main():
    out = []
    a = fill(out, 0)
    print(len(out))
    b = fill(out, 1)
    return a, b, f_int(2, 0, out), out

# --- 46 functional calls functional
@pydron.functional
def outer(k, xs):
    return [f_int(1, (k, x), x) for x in xs] + [f_abs(-3)]

@pydron.schedule
def main():
    return [outer(i, range(i)) for i in range(3)]

# --- 47 functional calls scheduled
@pydron.schedule
def plan(k, n):
    out = []
    for i in range(n):
        if f_int(1, (k, i), i) > 0:
            out.append(i)
    return out

@pydron.functional
def outer(k):
    return plan(k, 3)

@pydron.schedule
def main():
    return [outer(i) for i in range(3)]

# --- 51 output inside functional calls
@pydron.schedule
def main():
    print("start")
    for i in range(3):
        f_loud(1, i, i)
        print("after", i, f_int(2, i, i))
        logger.info("logged %s", i)
        loud(3, i, i)
    complain(4)
    return "done"

# --- 51 print with sep, end, several pending values and objects that change
@pydron.schedule
def main():
    xs = [1]
    b = Box(1)
    for i in range(3):
        a = f_int(1, i, i)
        print(a, xs, b.v, sep="|", end=";")
        print(f"{a}", xs, {"x": xs}, b)
        xs.append(a)
        b.v = a
    print(*xs, sep="")
    print(Num(3), f_num(2, 0, 1))

# --- 51 print of what cannot be printed
class Rude:
    def __str__(self):
        note("rude")
        raise ValueError("no")

@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    print(a)
    print(a, Rude())

# --- 51 a stream of the user's own
class Stream:
    def __init__(self):
        self.parts = []
    def write(self, text):
        note("write", text)
        self.parts.append(text)

@pydron.schedule
def main():
    s = Stream()
    for i in range(3):
        print(f_int(1, i, i), file=s)
        say(2, i, 0)
    return s.parts

# --- 15 arrays: results are writable, stores of pending values, views
import numpy

@pydron.functional
def grid(k, a):
    trip(1, k)
    return numpy.asarray(a, dtype=float) * 2 + k

@pydron.schedule
def main():
    a = numpy.zeros(4)
    view = a[1:3]
    for i in range(4):
        a[i] = f_int(2, i, i)
    b = grid(0, a)
    view += 1
    c = grid(1, a)
    b[0] = f_int(3, 0, 1)
    a[1:3] = grid(2, view)
    return a.tolist(), b.tolist(), c.tolist(), view.tolist(), float(b.sum()), bool((a > 1).any())

# --- 15 an array that is changed in place by functions with out=
import numpy

@pydron.schedule
def main():
    a = numpy.arange(3.0)
    r = f_int(1, 0, a.tolist())
    numpy.add(a, f_int(2, 0, 1), out=a)
    s = f_int(3, 0, a.tolist())
    a.fill(f_int(4, 0, 1))
    a.sort()
    return r, s, a.tolist()

# --- 24 iterators as arguments of ordinary calls
@pydron.schedule
def main():
    it = iter([f_int(1, i, i) for i in range(4)])
    a = next(it)
    b = list(zip(it, it))
    return a, b, list(map(abs, f_ints(2, 0, 1))), list(filter(None, f_pair(3, 0, 1)))

# --- 48 decimal context and context variables
import contextvars
import decimal

var = contextvars.ContextVar("var", default=0)

@pydron.functional
def third(k):
    trip(1, k)
    return str(decimal.Decimal(1) / 3), str(var.get())

@pydron.schedule
def main():
    out = []
    with decimal.localcontext() as context:
        context.prec = 5
        out.append(third(0))
    token = var.set([5])
    out.append(third(1))
    var.get().append(6)
    out.append(third(2))
    var.reset(token)
    out.append(third(3))
    return out

# --- 48 what numpy does about floating-point errors
import numpy as np

@pydron.functional
def invert(k, x):
    trip(1, k)
    return (1 / np.array([x])).tolist()

@pydron.schedule
def main():
    out = []
    with np.errstate(divide="ignore"):
        for k in range(3):
            out.append(invert(k, float(k)))
        with np.errstate(divide="raise"):
            for k in range(3):
                try:
                    out.append(invert(k + 3, 2.0 - k))
                except FloatingPointError as error:
                    out.append(str(error))
    return out

# --- 55 classes of the program keep their identity
class Item:
    def __init__(self, v):
        self.v = v
    def __eq__(self, other):
        return isinstance(other, Item) and self.v == other.v
    __hash__ = None

@pydron.functional
def item(k):
    trip(1, k)
    return Item(k)

@pydron.schedule
def main():
    a, b = item(0), item(1)
    return isinstance(a, Item), type(a) is Item, a == Item(0), a == b, [a, b], a in [b]

# --- 55 dataclasses, named tuples, enumerations
import dataclasses
import enum
from collections import namedtuple

class Color(enum.Enum):
    RED = 1
    BLUE = 2

Pair = namedtuple("Pair", "a b")

@dataclasses.dataclass
class Row:
    a: int
    b: list

@pydron.functional
def row(k):
    trip(1, k)
    return Row(k, [k]), Pair(k, 2), Color.RED

@pydron.schedule
def main():
    out = []
    for k in range(3):
        r, p, c = row(k)
        r.b.append(p.a)
        out.append((r.a, r.b, p.b, c is Color.RED, c.name, r == Row(k, [k, k]), p._replace(a=f_int(2, k, r.a)).a))
    return out

# --- 58 the value of a condition is never needed
@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    for i in range(3):
        b = f_int(2, i, a)
        if b > 0:
            pass
    f_none(3, 0, b)

# --- 12 arguments reachable from an object that a queued store changes
@pydron.schedule
def main():
    b = Box(1)
    holder = [b]
    m = {"b": b}
    out = []
    for i in range(3):
        b.v = f_int(1, i, i)
        out.append(f_int(2, i, holder))
        m["b"].items.append(f_int(3, i, m))
    return out, holder

# --- 12 a young list that holds an old one
def arguments():
    return (SHARED,)

@pydron.schedule
def main(xs):
    out = []
    for i in range(3):
        row = [xs, []]
        row[1].append(f_int(1, i, i))
        row[0].append(f_int(2, i, row))
        meta = {}
        meta["x"] = i
        meta["y"] = f_int(3, i, meta)
        out.append(f_int(4, i, meta, row))
    return out

# --- 36 what is spread over arguments is iterated over once, where Python does it
def show(*args, **kwargs):
    note(args, kwargs)
    return args, kwargs

@pydron.schedule
def main():
    xs = iter([f_int(1, 0, 1), 2])
    out = [show(*xs), show(*xs)]
    out.append(show(*Walk(2, 0, 2), k=say(3, 0, 1)))
    out.append(show(say(4, 0, 1), *Walk(5, 0, 2), say(6, 0, 1), *map(str, out[0][0]), k=say(7, 0, 1)))
    out.append(f_named(8, *iter([0, f_int(9, 0, 1)]), b=f_int(10, 0, 1)))
    out.append(max(*walk(11, 0, 3)))
    return out

# --- 36 spreading what cannot be
def show(*args, **kwargs):
    return args, kwargs

def complaint(function):
    try:
        return function()
    except TypeError as error:
        return str(error)

@pydron.schedule
def alone():
    return show(*f_int(1, 0, 1))

@pydron.schedule
def among():
    return show(f_int(2, 0, 1), *3)

@pydron.schedule
def functional():
    return f_named(*None, b=f_int(3, 0, 1))

@pydron.schedule
def method():
    return "-".join(*4)

def drive():
    return [complaint(function) for function in (alone, among, functional, method)]

# --- 33 functions and classes that are declared global have names of their own
@pydron.schedule
def main():
    global Made, make
    class Made:
        def method(self):
            return lambda: 0
    def make():
        class Inner:
            pass
        return Inner
    class Local:
        pass
    kinds = Made, Made.method, Made().method(), make, make(), Local
    return [kind.__qualname__ for kind in kinds], f_int(1, 0, 1)

# --- 44 an annotation in parentheses declares nothing
@pydron.schedule
def main():
    (spare): int
    return spare + f_int(1, 0, 1)

spare = 3

# --- 40 super() without a first parameter, and super() whose first parameter is gone
class Parent:
    def removed(x):
        del x
        f_int(1, 0, 1)
        super()
    def rebound(x):
        x = f_int(2, 0, 1)
        super()
    def nothing():
        super()
    def spread(*args):
        super()

def drive():
    done = []
    for function in (Parent.removed, Parent.rebound, Parent.spread):
        try:
            pydron.schedule(function)(Parent())
        except (RuntimeError, TypeError) as error:
            done.append(str(error))
    try:
        pydron.schedule(Parent.nothing)()
    except RuntimeError as error:
        done.append(str(error))
    return done

# --- 37 defaults that are set after the function was scheduled
@pydron.schedule
def inner(a, b=2, *, c=3):
    return f_int(1, (a, b, c), a, b, c)

@pydron.schedule
def main():
    return inner(1), inner(2)

def drive():
    done = [inner(0), main()]
    inner.__defaults__ = (10, 20)
    inner.__kwdefaults__ = {"c": 30}
    return [*done, inner(), main(), inner(5)]

# --- 43 a scheduled function that wraps another one
import functools

@pydron.schedule
def main():
    return f_int(1, 0, 1)

def shouting(function):
    @functools.wraps(function)
    @pydron.schedule
    def run_loud():
        print("calling", function.__name__)
        return function() + f_int(2, 0, 1)
    return run_loud

def drive():
    loud = shouting(main)
    return loud(), loud.__name__, loud()

# --- 40 parameters with private names
class Teller:
    @pydron.schedule
    def tell(self, __a=4, /, __b=2, *__rest, __c=3, **__more):
        return f_int(1, (__a, __b), __a, __b, __c), __rest, __more

def drive():
    return Teller().tell(), Teller().tell(5, 6, 7, _Teller__c=8, d=9)

# --- 31 a comprehension whose variable is kept by a lambda, and is a variable of the function too
@pydron.schedule
def main():
    kept = {(lambda: i) for i in range(f_int(1, 0, 1) % 3 + 2)}
    i = 20
    again = [(lambda: i) for i in range(3)]
    return {call() for call in kept}, [call() for call in again], i, (lambda: i)()

# --- 31 comprehensions with variables of the function's names that nothing keeps
@pydron.schedule
def main():
    pending = {j: [j, j + 1] for j in range(4)}
    done, order = set(), []
    while len(done) < 4:
        ready = [n for n, j in pending.items() if n not in done and all(d in done for d in j if d < n)]
        for n in ready:
            j = f_int(1, 0, n)
            order.append((n, j))
            done.add(n)
    return order, [sorted(v, key=lambda j: -j) for v in pending.values() for j in v], j

# --- 6 recursion without end that is caught, and what was under way in it
def arguments():
    return ()

@pydron.schedule
def down(n, seen):
    seen.append(f_int(1, n) if n < 5 else n)
    return down(n + 1, seen)

@pydron.schedule
def main():
    seen = []
    try:
        down(0, seen)
    except RecursionError as error:
        told = str(error).partition(" while")[0]
    return told, seen[:5], f_int(2, 0, seen[:3])

# --- 41 a method of an object of one's own, given the results of calls
class Tally:
    def __init__(self):
        self.seen = []
    def add(self, value):
        note("add", value)
        self.seen.append(value)
    def times(self, value):
        note("times", value)
        self.seen.append(value * 10)

@pydron.schedule
def main():
    tally = Tally()
    for i in range(6):
        tally.add(f_int(1, i, i))
        if i % 3 == 2:
            tally.times(f_int(2, i, f_int(3, i, i)))
    return tally.seen

# --- 41 a method that an earlier call of it replaces, or one in its own arguments
class Turning:
    def __init__(self):
        self.seen = []
    def add(self, value):
        note("add", value)
        self.seen.append(value)
        if value % 3 == 2:
            self.add = self.other
    def other(self, value):
        note("other", value)
        self.seen.append(-value)
        if value % 2:
            del self.add
    def turned(self, value):
        note("turned", value)
        self.add = self.other
        return value

@pydron.schedule
def main():
    turning = Turning()
    for i in range(8):
        turning.add(f_int(1, i, i))
    for i in range(4):
        turning.add(turning.turned(f_int(2, i, i)))
        turning.add(f_int(3, i, i) + f_int(4, i, i))
    return turning.seen

# --- 41 a method that is not there until an earlier call has put it there
class Growing:
    def grow(self, value):
        self.add = print

@pydron.schedule
def main():
    growing = Growing()
    for i in range(4):
        growing.grow(f_int(1, i, i))
        growing.add(f_int(2, i, i))
    for i in range(3):
        try:
            growing.grow(f_int(3, i, i))
            growing.more(f_int(4, i, i))
        except AttributeError as error:
            print(error)
