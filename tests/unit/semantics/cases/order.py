# --- 7 how often the truth of an operand is tested
class Told:
    def __init__(self, name, truth):
        self.name, self.truth = name, truth
    def __bool__(self):
        print("test", self.name)
        return self.truth
    def __lt__(self, other):
        return Told(self.name + "<", self.truth)
    def __iter__(self):
        print("iterate", self.name)
        return iter((1, 2))
    @property
    def part(self):
        print("part of", self.name)
        return 3

@pydron.schedule
def main():
    done = []
    for number in range(8):
        a, b, c = (Told(name, bool(number >> at & 1)) for at, name in enumerate("abc"))
        k = f_int(1, number, 1)
        done.append([(a and b) or c, not (a and b) or c, (a < b < c) or b, not (a or (b and c))])
        done.append([(a and f_int(2, number, k)) or c, not (a and f_int(3, number, k)) or c])
        done.append([1 if not (a and b) or c else 2, 1 if not (a < b < c) and f_int(4, number, k) else 2])
        if not (a and f_int(5, number, k)) or (b and not c):
            done.append([k, *a, b.part])
    return [[x.name if isinstance(x, Told) else x for x in each] for each in done]

# --- 7 subscript store: value, object, key
def obj(xs):
    say(10, 0, 0)
    return xs

@pydron.schedule
def main():
    xs = [0, 0, 0]
    obj(xs)[say(1, 0, 0) % 3] = f_int(2, 0, 1) + say(3, 0, 0)
    obj(xs)[say(4, 0, 0) % 3] += f_int(5, 0, 1) + say(6, 0, 0)
    obj(Box(1)).v = say(7, 0, 1)
    return xs

# --- 7 keywords after a star: the star comes first
@pydron.schedule
def main():
    def star():
        say(1, 0, 0)
        return [5]
    return f_named(k=say(2, 0, 0), *star()), f_named(3, 0, *[say(4, 0, 0)], b=say(5, 0, 0), **{"c": say(6, 0, 0)})

# --- 7 augmented assignment loads first
@pydron.schedule
def main():
    x = 1
    def change():
        nonlocal x
        x = 100
        return f_int(1, 0, 1)
    x += change()
    y = f_int(2, 0, 1)
    def again():
        nonlocal y
        y = 100
        return 1
    y += again()
    return x, y

# --- 44 annotations of locals are not evaluated
@pydron.schedule
def main():
    a: undefined_name = f_int(1, 0, 1)
    b: undefined_name[say(2, 0, 0)]
    xs = [0]
    xs[0]: say(3, 0, 0) = f_int(4, 0, a)
    return a, xs

# --- 7 a generator expression evaluates its first iterable at once
@pydron.schedule
def main():
    g = (f_int(1, i, say(2, i, i)) for i in [say(3, 0, 0), say(4, 0, 0)] if say(5, i, 0) >= 0)
    say(6, 0, 0)
    return list(g)

# --- 7 dict display: key before value, in order
@pydron.schedule
def main():
    return {say(1, 0, 0): f_int(2, 0, 1), f_int(3, 0, 1): say(4, 0, 0), **{say(5, 0, 0): say(6, 0, 0)}}

# --- 7 assignment to several targets, left to right
@pydron.schedule
def main():
    xs = [0, 0, 0]
    i = xs[i_of(1)] = f_int(1, 0, 1) % 3
    i, xs[i] = f_pair(2, 0, i)[0] % 3, 9
    a = b = c = f_ints(3, 0, 1)
    a.append(1)
    return i, xs, a, b, c

def i_of(n):
    say(4, n, n)
    return n

# --- 7 a comparison's operands around effects
@pydron.schedule
def main():
    return say(1, 0, 0) < f_int(2, 0, 1) < say(3, 0, 0) == f_int(4, 0, 1)

# --- 8 and, or return an operand and evaluate no more than needed
@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    xs = f_ints(2, 0, 1)
    return (a and xs, a or xs, not a, (a > 100 and say(3, 0, 0)), (a < 100 or say(4, 0, 0)),
            [] or a, 0 and a, xs and a and f_int(5, 0, a) or say(6, 0, 0))

# --- 8 a ternary evaluates one branch
@pydron.schedule
def main():
    out = []
    for i in range(4):
        out.append(f_int(1, i, i) if f_flag(2, i, i) else say(3, i, i))
    return out

# --- 8 the middle of a chained comparison once, and user comparisons that return anything
class Odd2:
    def __lt__(self, other):
        note("lt")
        return [1]
    def __gt__(self, other):
        note("gt")
        return []

@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    return (0 <= f_int(2, 0, a) < 50 <= a, Odd2() < a, Odd2() < Odd2() > a, a < say(3, 0, 1) < say(4, 0, 2))

# --- 9 truth tests, containment, equality and operators of user classes
@pydron.schedule
def main():
    u = f_num(1, 0, 1)
    out = []
    if u:
        out.append(u + f_int(2, 0, 1))
    while u > 3:
        u = Num(u.v // 2)
    out += [u == 3, 2 in u, u in [u, 1], 5 + u, len(u), bool(u), u[f_int(3, 0, 1)]]
    u += f_int(4, 0, 1)
    u[1] = f_int(5, 0, 1)
    for step in u:
        out.append(f_int(6, step, step))
    return out, str(u), f"{u!r:>9}"

# --- 9 user operators that mutate what others read
class Greedy:
    def __init__(self, bag):
        self.bag = bag
    def __add__(self, other):
        self.bag.append(other)
        return other
    def __eq__(self, other):
        self.bag.clear()
        return True

@pydron.schedule
def main():
    xs = []
    g = Greedy(xs)
    a = f_int(1, 0, xs)
    b = g + a
    c = f_int(2, 0, xs)
    d = g == c
    e = f_int(3, 0, xs)
    return a, b, c, d, e, xs

# --- 10 properties, __getattr__, __getitem__
@pydron.schedule
def main():
    u = Num(3)
    out = []
    for i in range(3):
        u.value = f_int(1, i, u.v)
        out.append((u.value, u.missing, u[i], STATE["n"]))
    return out

# --- 11 stores and deletions on subscripts and attributes
def arguments():
    return [4, 5, 6, 7], {1: 2, 2: 3}, Box(1)

@pydron.schedule
def main(xs, m, b):
    a = f_int(1, 0, xs)
    del xs[0]
    c = f_int(2, 0, xs)
    xs[0] = f_int(3, 0, xs)
    del m[1], b.v
    d = f_int(4, 0, xs, m, b)
    m[d] = b.w = c
    xs[1:] = [a, f_int(5, 0, m)]
    return a, c, d, f_int(6, 0, xs, m, b)

# --- 12 arguments mean what they meant at the call
@pydron.schedule
def main():
    xs = []
    out = []
    for i in range(4):
        xs.append(i)
        out.append(f_int(1, i, xs))
        xs[0] += 1
    return out, xs

# --- 12 arguments that hold pending values mean what they meant
@pydron.schedule
def main():
    xs = [f_int(1, 0, 1)]
    box = Box(f_int(2, 0, 1), xs)
    a = f_int(3, 0, box)
    xs.append(f_int(4, 0, 1))
    box.v = 3
    b = f_int(5, 0, [box, xs, {"x": xs}])
    xs.clear()
    return a, b, f_int(6, 0, box)

# --- 12 mutation by an ordinary call between two uses
@pydron.schedule
def main():
    xs = [1, 2]
    a = f_int(1, 0, xs)
    mangle(2, 0, xs)
    b = f_int(3, 0, xs)
    alias(xs).append(b)
    return a, b, f_int(4, 0, xs)

# --- 12 mutation through a global and through an element
def arguments():
    return SHARED, [SHARED]

@pydron.schedule
def main(xs, nest):
    a = f_int(1, 0, xs)
    push(2, 0, a)
    b = f_int(3, 0, nest)
    nest[0].append(f_int(4, 0, b))
    c = peek()
    xs[0] = f_int(5, 0, c)
    return a, b, c, len(SHARED), SHARED[0]

# --- 14 list.append of pending values, read by an alias
@pydron.schedule
def main():
    out = []
    same = out
    for i in range(3):
        out.append(f_int(1, i, i))
        if i == 1:
            say(2, i, same)
    same.append(len(out))
    return out, same

# --- 14 append to a list that an ordinary call also changes
def arguments():
    return (SHARED,)

@pydron.schedule
def main(out):
    for i in range(3):
        out.append(f_int(1, i, i))
        push(2, i, i)
    return peek(), len(out)

# --- 14 += is in place for lists and rebinds numbers and tuples
@pydron.schedule
def main():
    a = b = [1]
    c = d = (1,)
    e = f = 1
    a += f_ints(1, 0, 1)
    c += f_pair(2, 0, 1)
    e += f_int(3, 0, 1)
    a += (f_int(4, 0, 1),)
    b += "xy"
    return a, b, c, d, e, f, a is b

# --- 14 dict and set updates
@pydron.schedule
def main():
    m = {}
    s = set()
    for i in range(4):
        m[i % 2] = f_int(1, i, i)
        m.setdefault(f_int(2, i, i), []).append(f_int(3, i, i)) if i > 1 else None
        s.add(f_int(4, i, i))
    m |= {7: f_int(5, 0, 1)}
    m.update(a=f_int(6, 0, m.get(7)))
    return m, s, list(m), 7 in m, m.pop(7), sorted(s)

# --- 14 an append that raises
@pydron.schedule
def main():
    out = ()
    a = f_int(1, 0, 1)
    say(2, 0, 0)
    out.append(a)

# --- 14 a list subclass logs its appends
@pydron.schedule
def main():
    out = Bag()
    for i in range(3):
        out.append(f_int(1, i, i))
        f_int(2, i, out)
    return out

# --- 14 list methods between pending appends
@pydron.schedule
def main():
    xs = [5]
    for i in range(3):
        xs.append(f_int(1, i, i))
        xs.sort()
        xs.insert(0, f_int(2, i, i))
        xs.reverse()
    xs.extend(f_ints(3, 0, xs))
    n = xs.pop()
    xs.remove(5)
    return xs, n, xs.index(xs[0]), xs.count(n)

# --- 11 a store into an object inside pending data
@pydron.schedule
def main():
    boxes = [f_box(1, i, i) for i in range(3)]
    for b in boxes:
        b.v = f_int(2, b.v, b)
        b.items.append(b.v)
    boxes[0].other = boxes[1]
    boxes[1].v += 1
    return boxes, f_int(3, 0, boxes)

# --- 16 one result is one object
@pydron.schedule
def main():
    a = f_ints(1, 0, 1)
    b = a
    box = f_box(2, 0, 1)
    m = {0: box, 1: box}
    m[0].v = f_int(3, 0, 1)
    b.append(m[1].v)
    ns = f_nest(4, 0, 1)
    ns[0].append(9)
    return a, b, a is b, m, ns, f_none(5, 0) is None, f_flag(6, 0) is True

# --- 38 a variable without a value fails where it is read, before what stands after it
@pydron.schedule
def main(number, xs, absent):
    out = []
    if f_int(1, number, 1) > 100:
        ys = zs = us = absent
    if number == 0:
        ys[f_int(2, number, 1)] = 3
    if number == 1:
        ys[f_int(2, number, 1)] += 3
    if number == 2:
        del ys[f_int(2, number, 1)]
    if number == 3:
        xs[f_int(2, number, 1)] = ys
    if number == 4:
        f_box(2, number, 1).v = ys
    if number == 5:
        xs[ys:2, f_int(2, number, 1)] = 4
    if number == 6:
        ys[xs[9]] = f_int(2, number, 1)
    if number == 7:
        zs[ys] = f_int(2, number, 1)
    if number == 8:
        zs[ys] = us
    if number == 9:
        for zs[f_int(2, number, 1)] in xs:
            out.append(1)
    if number == 10:
        xs[0], zs[f_int(2, number, 1)] = f_int(3, number, 1), 2
    if number == 11:
        f_int(2, number, zs, xs[9], f_int(3, number, 1))
    if number == 12:
        zs(xs[9])
    if number == 13:
        xs[n1 := f_int(2, number, 1) % 2] = n1
    return out

def drive():
    seen = []
    for number in range(14):
        xs = [1, 2]
        try:
            seen.append(main(number, xs, None))
        except Exception as error:
            seen += [type(error).__name__, str(error), xs]
    return seen

# --- 7 a store keeps what its value was when its place binds the variable
@pydron.schedule
def main():
    n = f_int(1, 0, 1) % 2 + 1
    xs = [0, 0, 0, 0, 0, 0, 0, 0]
    xs[(n := 5)] = n
    kept = {}
    kept[n, (n := f_int(2, 0, 2)), n] = n
    kept[(n := 3)] = [n]
    pair = (f_int(3, 0, 1), f_int(4, 0, 2))
    (pair, other) = kept[0] = pair
    again = pair = [pair]
    return xs, kept, pair, other, again, n

# --- 38 a comprehension comes to an unbound variable, in a frame of its own or not
@pydron.schedule
def main(number, xs, absent):
    kept = f_int(1, number, 1)
    if kept > 100:
        v = w = absent
    if number == 0:
        return [f_int(2, e, e) + v for e in xs]
    if number == 1:
        return any(f_int(2, e, e) > v for e in xs)
    if number == 2:
        return {e: (w, v) for e in xs if f_int(2, e, e)}
    if number == 3:
        return [f_int(2, e, e) for e in v]
    if number == 4:
        return [[f_int(2, (c, e), e) for e in v] for c in xs]
    if number == 5:
        return [f_int(2, y, y) for x in xs if y for y in xs]
    if number == 6:
        for x in (f_int(2, e, e) + v for e in xs):
            print(x)
    if number == 7:
        return kept, [e for e in xs if e > 5 and v], {v: w for e in xs[5:]}
    if number == 8:
        return [[(w, v) for e in xs if e > c] for c in xs]
    if number == 9:
        return [(w,
                 v) for e in xs if kept]
    if number == 10:
        return kept and [v for e in xs[:kept - kept]]
    return [y for xs in [[xs], [[kept]]] for xs in xs for y in xs if f_int(2, y, y)]

def drive():
    seen = []
    for number in range(12):
        try:
            seen.append(main(number, [1, 2], None))
        except Exception as error:
            seen += [type(error).__name__, str(error)]
    return seen

# --- 38 a variable of the module is missing, and one of the function after it
@pydron.schedule
def main():
    out = []
    for k in range(3):
        try:
            out.append(missing_name + late)
            out.append(late + missing_name)
        except NameError as error:
            out.append((type(error).__name__, str(error)))
        late = f_int(1, k, k)
    try:
        f_int(2, 0, late)
    finally:
        if not out:
            later = 0
    return missing_name + later

# --- 38 a generator that a builtin takes at once comes to a variable without a value
@pydron.schedule
def main():
    items = f_ints(1, 0, 1)
    out = []
    for _ in range(2):
        for take in range(4):
            try:
                match take:
                    case 0:
                        out.append(max((late for q in items), default=5))
                    case 1:
                        out.append(sum(q + late for q in []))
                    case 2:
                        out.append([late + q for q in items[:0]])
                    case 3:
                        out.append(next((late for q in items), 4))
            except NameError as error:
                out.append((type(error).__name__, str(error)))
        if len(out) > 6:
            break
    else:
        late = f_int(2, 0, 3)
    return out, max((late for q in items), default=0)

# --- 10 what answers for every attribute is asked for those that the program names
class Curious(type):
    def __getattribute__(cls, name):
        LOG.append(("class", name))
        return type.__getattribute__(cls, name)
    def __getattr__(cls, name):
        LOG.append(("class has no", name))
        return name
class Nosy(metaclass=Curious):
    def __init__(self, v):
        self.v = v
    def __getattr__(self, name):
        LOG.append(("has no", name))
        return name
    def __call__(self, x):
        return x + self.v
    def __iter__(self):
        return iter([self.v, 2])
    def __enter__(self):
        return self
    def __exit__(self, *error):
        self.v += 1

@pydron.schedule
def main(n):
    nosy = Nosy(2)
    out = []
    for i in range(n):
        a = f_int(1, i, i)
        out.append(nosy(a))
        out.append((nosy.width, Nosy.height))
        with nosy as same, Nosy(i):
            same.v = f_int(2, i, a, *nosy)
        out.append(max(f_ints(3, i, i), key=nosy))
        out += [x for x in Nosy(a)]
    return out
def drive():
    return main(3)

# --- 27 managers that are none, and managers whose methods are found in strange ways
class Entered:
    def __enter__(self):
        note("entered")
class Meta(type):
    def __enter__(cls):
        note("the class is entered")
    def __exit__(cls, *error):
        note("the class is left")
class OfMeta(metaclass=Meta):
    pass
class Bound:
    def __init__(self, name):
        self.name = name
    def __get__(self, manager, kind):
        note("bound", self.name)
        return self
    def __call__(self, *error):
        note("called", self.name, len(error))
class Strange:
    __enter__ = Bound("enter")
    __exit__ = Bound("exit")

@pydron.schedule
def main(n):
    out = []
    for manager in (Entered(), OfMeta(), collections.deque(), OfMeta, Strange(), 3):
        try:
            with manager:
                out.append(f_int(1, len(out), n))
        except (TypeError, AttributeError) as error:
            out.append((f_int(2, len(out), n), str(error)))
    return out
def drive():
    return main(3)

# --- 51 a handler that keeps what calls log
import logging

logger = logging.getLogger("kept")

class Keeper(logging.Handler):
    counts = {}

    def __init__(self):
        super().__init__()
        self.records = []

    def emit(self, record):
        self.records.append(record.getMessage())
        self.counts[record.levelname] = self.counts.get(record.levelname, 0) + 1

@pydron.functional
def speak(site, k):
    trip(site, (k, "early"))
    logger.warning("said %s", k)
    trip(site, k)
    return k

@pydron.schedule
def main():
    keeper = Keeper()
    logger.handlers[:] = [keeper]
    logger.propagate = False
    lengths = []
    for k in range(3):
        speak(1, k)
        lengths.append(len(keeper.records))
    records = keeper.records
    a = speak(2, 0)
    last = records[-1]
    b = speak(2, 1)
    said = [record for record in records if "1" in record]
    c = speak(2, 2)
    return lengths, last, said, keeper.counts["WARNING"], list(records), f_int(3, 0, a, b, c), f_int(3, 1, records)

# --- 51 a stream that keeps what calls print
import sys

PARTS = [""]

class Tee:
    def write(self, text):
        PARTS[0] += text

    def flush(self):
        pass

@pydron.functional
def speak(site, k):
    print("said", k)
    trip(site, k)
    return k

@pydron.schedule
def main():
    out = []
    usual, sys.stdout = sys.stdout, Tee()
    try:
        for k in range(3):
            speak(1, k)
            out.append(PARTS[0])
        print("and", speak(2, 0))
        out.append(len(PARTS[0]))
    finally:
        sys.stdout = usual
    return out

# --- 48 warnings that are recorded, and looked at while calls are under way
import warnings

import numpy as np

@pydron.functional
def risky(site, k):
    warnings.warn(f"risky {k}")
    trip(site, k)
    return float(k)

@pydron.schedule
def main():
    out = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for k in range(3):
            risky(1, k)
            out.append(len(caught))
        x = risky(2, 1)
        out.append(str(caught[-1].message))
        caught.clear()
        y = np.float64(f_int(3, 0)) / np.float64(0)
        out.append([str(each.message) for each in caught])
        z = risky(2, 2)
    return out, x, f_int(3, 1, y > 0), z, len(caught)

# --- 48 a hook that is told of warnings
import warnings

SEEN = []

@pydron.functional
def risky(site, k):
    warnings.warn(f"risky {k}")
    trip(site, k)
    return k

@pydron.schedule
def main():
    out = []
    usual = warnings.showwarning
    warnings.showwarning = lambda message, *rest: SEEN.append(str(message))
    try:
        for k in range(3):
            risky(1, k)
            out.append(len(SEEN))
        seen = SEEN
        risky(2, 0)
        out.append(seen[-1])
    finally:
        warnings.showwarning = usual
    return out

# --- 51 a handler that counts in a variable of the module
import logging

logger = logging.getLogger("counted")
COUNT = 0

class Counter(logging.Handler):
    def emit(self, record):
        count()

def count():
    global COUNT
    COUNT += 1

@pydron.functional
def speak(site, k):
    logger.warning("said %s", k)
    trip(site, k)
    return k

@pydron.schedule
def main():
    logger.handlers[:] = [Counter()]
    logger.propagate = False
    out = []
    for k in range(3):
        speak(1, k)
        out.append(COUNT)
    a, b = speak(2, 0), speak(2, 1)
    return out, COUNT, a + b, COUNT

# --- 48 methods that warn of who calls them
import warnings

class Old:
    def __init__(self):
        self.items = []

    def put(self, item):
        warnings.warn("put is old", DeprecationWarning, stacklevel=2)
        self.items.append(item)
        return self

@pydron.functional
def make(site, k):
    trip(site, k)
    return Old()

@pydron.schedule
def main():
    first = make(1, 0)
    first.put(f_int(2, 0))
    first.put(
        f_int(2, 1)
    ).put(f_int(2, 2))
    others = [make(1, 1), make(1, 2)]
    for k, each in enumerate(others):
        each.put(f_int(3, k))
        each.put(*[f_int(4, k)])
    return first.items, [each.items for each in others]

# --- 48 a warning that is shown once
import warnings

@pydron.functional
def risky(site, k):
    trip(site, k)
    warnings.warn("risky", UserWarning)
    return k

@pydron.schedule
def main():
    with warnings.catch_warnings():
        warnings.simplefilter("once")
        return [risky(1, k) for k in range(3)]
