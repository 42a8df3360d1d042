# --- 32 generator expressions consumed at once
@pydron.schedule
def main(xs):
    return (
        list(f_int(1, x, x) for x in xs),
        tuple(f_int(2, x, x) for x in xs if x != 1),
        set(f_int(3, x, x) for x in xs),
        dict((f_int(4, x, x), f_int(5, x, x)) for x in xs),
        sorted((f_int(6, x, x) for x in xs), reverse=True),
        ",".join(str(f_int(7, x, x)) for x in xs),
        sum(f_int(8, x, x) for x in xs),
        sum((f_int(9, x, x) for x in xs), 3),
        [sum(f_int(10, (x, y), x, y) for y in range(2)) for x in xs],
    )

def arguments():
    return ([0, 1, 2],)

# --- 32 the least and the greatest of a generator expression
@pydron.schedule
def main(xs):
    return (
        max(f_int(1, x, x) for x in xs),
        min(f_int(2, x, x) for x in xs),
        max((f_int(3, x, x) for x in xs), key=lambda y: -y),
        min((f_int(4, x, x) for x in xs if x > 9), default="none"),
        max(f_int(5, x, x) for x in xs if x > 9),
    )

def arguments():
    return ([0, 1, 2],)

# --- 32 any, all and next stop at the element that decides
@pydron.schedule
def main(xs):
    log = []
    out = [any(f_int(1, x, x) > 5 for x in xs)]
    log.append(out[0])
    out.append(all(f_int(2, x, x) < 9 for x in xs if f_int(3, x, x) > 1))
    print(out, log)
    out.append(next(f_int(4, x, x) for x in xs if f_int(5, x, x) > 6))
    out.append(next((x for x in xs if f_int(6, x, x) > 90), "none"))
    if any(f_flag(7, x, x) for x in xs):
        out.append(f_int(8, 0, 1))
    else:
        print("nothing")
    return out

def arguments():
    return ([3, 1, 4, 5],)

# --- 32 any with output between elements
@pydron.schedule
def seen(x, log):
    log.append(x)
    print("seen", x)
    return f_int(1, x, x)

@pydron.schedule
def main(xs):
    log = []
    first = any(seen(x, log) > 3 for x in xs)
    again = [log[-1], len(log)]
    return first, log, again, next((seen(x, log) for x in xs if x > 2), None)

def arguments():
    return ([1, 2, 3, 4],)

# --- 32 next without anything to give
@pydron.schedule
def main(xs):
    try:
        return next(f_int(1, x, x) for x in xs if x > 9)
    except StopIteration as error:
        return "stopped", error.args, f_int(2, 0, 3)

def arguments():
    return ([1, 2],)

# --- 32 elements go where the generator expression is consumed
@pydron.schedule
def main(xs):
    out, table, names = [9], {"a": 1}, {7}
    try:
        out.extend(f_int(1, x, x) for x in xs)
        table.update((x, f_int(2, x, x)) for x in xs)
        names.update((x, f_int(3, x, x)) for x in xs)
    except ValueError:
        print("error", len(out), len(table))
    return out, table, sorted(names, key=str)

def arguments():
    return ([0, 1, 2],)

# --- 32 a loop over a generator expression
@pydron.schedule
def main(xs):
    out = []
    for y in (f_int(1, x, x) for x in xs if x != 2):
        if y == 3:
            continue
        print("got", y)
        out.append(f_int(2, y, y))
        if y > 8:
            break
    else:
        out.append("end")
    return out, [f_int(3, y, y) for y in (f_int(4, x, x) for x in xs)]

def arguments():
    return ([0, 1, 2, 3],)

# --- 32 the first iterable is evaluated outside, variables inside are its own
@pydron.schedule
def main(x):
    total = sum(f_int(1, x, x) for x in range(x))
    names = [x for x in (f_int(2, x, x) for x in [x, x + 1])]
    last = max((y := f_int(3, x, x)) for x in [x])
    return total, names, last, y, x

def arguments():
    return (3,)

# --- 32 what is added up need not be numbers
class Amount:
    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        print("add", self.value, other)
        return Amount(self.value + other)

    def __radd__(self, other):
        print("radd", other, self.value)
        return self.value + other

@pydron.schedule
def main(xs):
    out = [sum((f_int(1, x, x) / 7 for x in xs), 0.1)]
    out.append(sum((f_ints(2, x, x) for x in xs), []))
    out.append(sum((f_int(3, x, x) for x in xs), Amount(1)).value)
    out.append(sum(Amount(f_int(4, x, x)) for x in xs))
    try:
        sum(f_int(5, x, x) if x < 2 else "text" for x in xs)
    except TypeError as error:
        out.append(str(error))
    try:
        sum((f_int(6, x, x) for x in xs), "")
    except TypeError as error:
        out.append(str(error))
    try:
        max(f_int(7, x, x) if x != 1 else None for x in xs)
    except TypeError as error:
        out.append(str(error))
    return out

def arguments():
    return ([0, 1, 2, 3],)

# --- 32 sums are as exact as the builtin makes them
@pydron.schedule
def main(xs):
    return (
        sum(f_int(1, x, x) / 7 / 10 for x in xs),
        sum(f_int(2, x, x) if x % 2 else f_int(3, x, x) / 7 / 3 for x in xs),
        sum(2**62 + f_int(4, x, x) for x in xs),
        sum(2**70 + f_int(5, x, x) if x else 0.1 for x in xs),
        sum(f_flag(6, x, x) for x in xs),
        sum(complex(f_int(7, x, x), 0.1) for x in xs),
    )

def arguments():
    return (list(range(6)),)

# --- 32 names that do not mean the builtins
def sum(values, start=0):
    return [start, *values]

@pydron.schedule
def main(xs, list):
    any = lambda values: [*values, "mine"]
    return sum(f_int(1, x, x) for x in xs), list(f_int(2, x, x) for x in xs), any(f_int(3, x, x) for x in xs)

def arguments():
    return ([0, 1, 2], tuple)

# --- 32 a name is bound anew while the program runs
@pydron.schedule
def main(xs):
    global max
    out = [max(f_int(1, x, x) for x in xs)]
    max = lambda values: sorted(values)
    out.append(max(f_int(2, x, x) for x in xs))
    del max
    out.append(max(f_int(3, x, x) for x in xs))
    return out

def arguments():
    return ([0, 1, 2],)

# --- 32 a generator expression that is kept stays lazy
@pydron.schedule
def main(xs):
    lazy = (f_int(1, x, x) for x in xs)
    print("made")
    first = next(lazy)
    print("first", first)
    rest = sum(lazy)
    return first, rest, list(lazy)

def arguments():
    return ([0, 1, 2],)

# --- 32 elements and errors of undecorated code, in order
def shown(x):
    print("shown", x)
    if x == 3:
        raise LookupError(x)
    return x

@pydron.schedule
def main(xs):
    out = []
    try:
        out.append(sum(shown(f_int(1, x, x) % 3 + x) for x in xs))
        out.append([y for y in map(shown, xs)])
    except LookupError as error:
        out.append(error.args)
    return out

def arguments():
    return ([0, 1, 2],)

# --- 32 map and filter
@pydron.schedule
def main(xs):
    out = [list(map(one, xs)), sum(map(one, xs)), sorted(filter(keeps, xs)), tuple(map(two, xs, [5, 6]))]
    for y in map(one, xs):
        print("map", y)
        out.append(f_int(4, y, y))
    for y in filter(keeps, xs):
        print("filter", y)
        out.append(y)
    out.append([y for y in map(one, map(one, xs))])
    out.append(list(map(one, map(one, xs))))
    out.append(list(filter(None, xs)))
    out.append(max(map(one, xs)))
    out.append(any(map(keeps, xs)))
    return out

def unended(function):
    def call(*args):
        try:
            return function(*args)
        except StopIteration as error:
            raise ValueError from error
    return pydron.functional(call)

@unended
def one(x):
    return f_int(1, x, x)

@unended
def keeps(x):
    return f_int(2, x, x) % 2

@unended
def two(x, y):
    return f_int(3, x, x, y)

def arguments():
    return ([0, 1, 2],)

# --- 32 a loop over map that takes items out of what it goes over
@pydron.schedule
def main(xs):
    out = []
    for y in map(one, xs):
        out.append(y)
        if len(xs) > 2:
            xs.pop()
    table = {1: 2, 3: 4, 5: 6}
    try:
        for y in map(one, table):
            del table[1]
            out.append(y)
    except RuntimeError as error:
        out.append(str(error))
    return out

@pydron.functional
def one(x):
    try:
        return f_int(1, x, x)
    except StopIteration as error:
        raise ValueError from error

def arguments():
    return ([0, 1, 2, 3],)

# --- 32 keys of functional functions
@pydron.functional
def key(x):
    return f_int(1, x, x)

@pydron.schedule
def main(xs):
    return sorted(xs, key=key), sorted(xs, key=key, reverse=True), max(xs, key=key), min(xs, key=key), min([], key=key, default=0)

def arguments():
    return ([3, 1, 2],)

# --- 32 what is spread over arguments is gone over once
@pydron.schedule
def main(xs):
    out = [max(*(f_int(1, x, x) for x in xs)), f_int(2, 0, *map(abs, xs)), [*(f_int(3, x, x) for x in xs)]]
    y = f_int(4, 0, 4)
    out.append(max(*iter(xs), y))
    print(*map(str, xs), sep="-")
    print(*(f_int(5, x, x) for x in xs))
    out.append(dict(**{"a": y}, **dict(zip("bc", iter(xs)))))
    return out

def arguments():
    return ([0, 1, 2],)

# --- 25 loops over iterators of itertools, and what they go over changes meanwhile
import itertools
from itertools import chain, combinations, pairwise

@pydron.schedule
def main(xs, table):
    out = []
    for a, b in itertools.product(xs, repeat=2):
        out.append(f_int(1, (a, b), a, b))
        if len(xs) < 3:
            xs.append(a)
    for pair in combinations(xs, 2):
        print(pair, f_int(2, pair, *pair))
        xs.append(7) if len(xs) < 5 else None
    for x in chain(xs, table, "ab"):
        out.append(f_int(3, x, x))
        if len(xs) < 7:
            xs.append(f_int(4, x, 1))
    for x in itertools.islice(xs, 1, None, 2):
        out.append(f_int(5, x, x))
        if len(xs) < 9:
            xs.append(9)
    out.append([f_int(6, a, a, b) for a, b in pairwise(xs[:3])])
    out.append(sum(f_int(7, p, *p) for p in itertools.permutations(xs[:3], 2)))
    try:
        for x in chain(xs[:2], table):
            table[f_int(8, x, 50)] = 1
    except RuntimeError as error:
        print(error)
    for x in itertools.product(xs, 5):
        out.append(f_int(9, x, 1))
    return out

def arguments():
    return ([1, 2], {"k": 1, "l": 2})

# --- 25 loops over lists that grow meanwhile, while the body looks at their length
@pydron.schedule
def main(xs, ys):
    out = []
    for i, x in enumerate(xs):
        y = f_int(1, i, x)
        out.append(y)
        if len(xs) < 6:
            xs.append(y)
    for y in ys:
        out.append(f_int(2, y, y))
        if len(ys) < 5:
            ys.append(out[-1])
    for a, b in zip(xs, ys):
        out.append(f_int(3, a, b))
        if len(ys) < 8:
            ys.append(out[-1])
    return out, xs, ys

def arguments():
    return ([1, 2], [3, 4])

# --- 40 super() in a generator expression that is consumed at once
class Base:
    @pydron.functional
    def step(self, k):
        return f_int(1, k, 3)

class Low(Base):
    @pydron.schedule
    def main(self, xs):
        out = []
        try:
            out.append(sum(super().step(x) for x in xs))
        except (TypeError, RuntimeError) as error:
            out.append(str(error))
        return out, f_int(2, 0, 1)

def drive():
    return Low().main([1, 2])

# --- 25 loops over lists that are changed in place while nothing is pending
@pydron.schedule
def main(ys, zs):
    count = 0
    for y in ys:
        count += 1
        if count > 4:
            break
        ys[0:0] = [count]
    for z in zs:
        if z > 6:
            f_int(1, z, z)
        count += 1
        if count < 12:
            zs[0:0] = [count]
    out = []
    for y in ys:
        out.append(f_int(2, len(out), y))
        if len(out) > 2 and len(ys) < 8 and out[2] > -5:
            ys[0:0] = [y]
    return ys, zs, count, out

def arguments():
    return ([2], [3])

# --- 32 any and all over elements that hold calls of their own
@pydron.schedule
def main(xs, log):
    out = []
    if all([0 for e in [len(log)]] for e in f_ints(1, 0, len(xs))):
        out.append(1)
    out.append(any({log.append(x) for k in [len(log)]} == {x} for x in xs))
    out.append(next((log.append(x) for x in xs if [f_int(2, x, k) for k in [len(log)]][0] > 4), "none"))
    out.append(all(f_int(3, x, len(log)) for x in xs))
    return out, log

def arguments():
    return ([0, 1, 2], [])

# --- 38 an argument of a method that has no value
import itertools

@pydron.schedule
def main(xs, k):
    out = []
    while 0:
        late = 0
    for call in range(3):
        try:
            if call == 0:
                out.append(itertools.chain(xs, late))
            elif call == 1:
                out.append(itertools.missing(xs, late))
            else:
                y = f_int(1, call, k)
                out.append(xs.count(f_int(2, call, y), late))
        except (UnboundLocalError, AttributeError) as error:
            out.append(str(error))
    return out

def arguments():
    return ([1], 2)

# --- 25 loops that store into the list they go over
@pydron.schedule
def main(xs, ys):
    for i, x in enumerate(xs):
        xs[i] = f_int(1, x, x)
    for i, x in enumerate(xs):
        xs[i] = xs[(i + 1) % len(xs)] = f_int(2, x, x)
        print(i, xs[i])
    i = 0
    for y in ys:
        if y % 2:
            ys[i] = f_int(3, y, y)
        elif i + 2 < len(ys):
            ys[i + 2] = f_int(4, y, y)
        i += 1
    for a, b in zip(ys, ys[1:]):
        ys[0] += f_int(5, a, b)
    for i, y in enumerate(ys):
        ys[i] += f_int(6, y, y)
        if y > 1000:
            break
    else:
        ys[-1] = None
    return xs, ys

def arguments():
    return ([1, 2, 3], [4, 5, 6, 7, 8])

# --- 25 loops that store into the dictionary they go over
@pydron.schedule
def main(d, other):
    for k in d:
        d[k] = f_int(1, k, k)
    for k, v in d.items():
        d[k] = f_int(2, k, v)
        print(k, d[k] if k != "b" else "")
    for v in d.values():
        d["b"] = f_int(3, v, v)
    for pair in d.items():
        d["c"] = f_int(4, pair[0], pair[1])
    kept = []
    for pair in d.items():
        kept.append(pair)
        d["a"] = f_int(5, "a", 1)
    for k, v in other.items():
        other[k] += f_int(6, k, v)
        for j in other:
            other[j] = f_int(7, j, other[j])
    for k in d.keys():
        d[k] += f_int(8, k, 2)
        if k == "b":
            continue
        other[1] = f_int(9, k, 1)
    return d, kept, other, list(d.items())

def arguments():
    return ({"a": 1, "b": 2, "c": 3}, {1: 10, 2: 20})

# --- 25 a loop that adds to what it goes over, by a store
@pydron.schedule
def main(d, xs):
    out = []
    try:
        for k in d:
            d[k] = f_int(1, k, k)
            d[k + 10] = f_int(2, k, k)
            out.append(k)
    except RuntimeError as error:
        out.append(str(error))
    try:
        for k, v in d.items():
            out.append(f_int(3, k, k))
            d[k] = 0
            if v:
                d[k + 100] = f_int(4, k, v)
    except RuntimeError as error:
        out.append(str(error))
    for i, x in enumerate(xs):
        xs[i] = f_int(5, x, x)
        if len(xs) < 6:
            xs.append(f_int(6, i, x))
    for x in xs:
        xs[0] = f_int(7, x, x)
        xs[len(xs) :] = [] if len(xs) > 7 else [x]
    return out, d, xs

def arguments():
    return ({1: 1, 2: 2}, [1, 2, 3])

# --- 25 a loop over a dictionary with other names for it
@pydron.schedule
def main(d):
    same, view = d, d.items()
    for k in d:
        same[k] = f_int(1, k, k)
    for k, v in view:
        d[k] = f_int(2, k, v)
        same[2] = f_int(3, k, v)
    def change(k, v):
        d[k] = v
        return len(d)
    for k, v in d.items():
        d[k] = change(k, f_int(4, k, v))
    try:
        for k, v in d.items():
            d[k] = f_int(5, k, v)
            if change(k + 5, v) > 4:
                break
    except RuntimeError as error:
        return str(error), d
    return d

def arguments():
    return ({1: 1, 2: 2},)

# --- 42 a deque that is filled while the calls run
import collections

@pydron.schedule
def main(xs):
    last, todo = collections.deque(maxlen=2), collections.deque(xs)
    for x in xs:
        last.append(f_int(1, x, x))
        todo.appendleft(f_int(2, x, 1))
        print(len(todo))
    total = 0
    while todo:
        total += f_int(3, len(todo), todo.popleft())
    todo.extend(last)
    return list(last), total, todo[0], list(todo)

def arguments():
    return ([1, 2, 3],)

# --- 29 suppressed errors in a loop
import contextlib

@pydron.schedule
def main(xs):
    out = []
    for x in xs:
        with contextlib.suppress(ValueError, Boom):
            y = f_int(1, x, x)
            out.append(y)
            if x == 2:
                raise ValueError(y)
            out.append(-y)
        with contextlib.nullcontext(x) as z:
            out.append(f_int(2, z, z))
    return out

def arguments():
    return ([1, 2, 3],)
# --- 32 filter, sorted, min, max: a function that is None where it is given by a variable
import operator
@pydron.functional
def f(x):
    return x + 1
@pydron.schedule
def main(xs, key, test):
    done = [sorted(xs, key=key), min(xs, key=key), max(map(f, xs), key=key), list(filter(test, map(f, xs)))]
    done += [next(filter(test, xs), "none"), sum(filter(test, xs)), [f(x) for x in filter(test, xs)]]
    for x in filter(test, xs):
        done.append(f(x))
    return done
def drive(xs):
    return [main(xs, key, test) for key in (None, operator.neg) for test in (None, operator.not_, bool)]
def arguments():
    return ([0, 2, -1, 3],)

# --- 25 iterators that are not iterable, and some that count how often they are asked for one
class Bare:
    def __init__(self, n):
        self.n = n
    def __next__(self):
        if self.n <= 0:
            raise StopIteration
        self.n -= 1
        return self.n
class Rows:
    def __iter__(self):
        return Bare(3)
class Counting(Bare):
    def __iter__(self):
        note("asked")
        return self
class Fresh(Bare):
    def __iter__(self):
        note("fresh")
        return Fresh(2)

@pydron.schedule
def main(n):
    out = []
    for x in Rows():
        out.append(f_int(1, x, x))
    for x in Counting(n):
        out.append(f_int(2, x, x))
        if f_flag(3, x, x):
            print(out)
    for x in Fresh(n):
        out.append(f_int(4, x, x))
    out += [f_int(5, x, x) for x in Rows()]
    out.append(sum(f_int(6, x, x) for x in Counting(n)))
    for i, x in enumerate(Counting(n)):
        out.append(f_int(7, x, i))
    return out, f_int(8, 0, *Counting(2))
def drive():
    return main(3)

# --- 4 the frames of what is gone over when it fails to give an iterator
class Broken:
    def __init__(self, k):
        self.k = k
    def __iter__(self):
        if self.k == 1:
            raise StopIteration(self.k)
        if self.k == 2:
            raise ValueError(self.k)
        return iter([1, 2])

@pydron.schedule
def main(n):
    out = []
    for i in range(n):
        broken = Broken(i)
        v = f_int(1, i, i)
        for t in range(7):
            try:
                if t == 0:
                    out.append([f_int(2, (i, j), x) for j, x in enumerate(broken)])
                elif t == 1:
                    out.append([f_int(3, (i, x), x) for x in broken])
                elif t == 2:
                    out.append({
                        x: f_int(4, (i, x), x)
                        for x, y in
                        zip(broken, broken)
                    })
                elif t == 3:
                    out.append(sum(f_int(5, (i, x), x) for x, y in enumerate(broken)))
                elif t == 4:
                    out.append(sum(f_int(6, (i, x), x) for y in [1] for x in broken))
                elif t == 5:
                    for x, y in (
                        enumerate(broken)
                    ):
                        out.append(f_int(7, (i, x), y))
                else:
                    out.append([f_int(8, (i, x), x) for y in [1] for x, z in enumerate(broken)])
            except Exception as error:
                out.append(lines_of(error))
    return out, v
def drive():
    return main(3)
