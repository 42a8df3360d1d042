# --- 25 a user iterator is advanced only when it is its turn
@pydron.schedule
def main():
    out = []
    for i in Walk(1, 0, 3):
        out.append(f_int(2, i, i))
        say(3, i, 0)
        if i == 2:
            break
    return out

# --- 25 a generator as iterable
@pydron.schedule
def main():
    total = 0
    for i in walk(1, 0, 3):
        total += f_int(2, i, total)
    return total

# --- 25 a list changed while it is iterated over
@pydron.schedule
def main():
    xs = [1, 2, 3]
    out = []
    for x in xs:
        if f_int(1, x, x) > 0 and len(xs) < 6:
            xs.append(x + 10)
        out.append(x)
    return out, xs

# --- 25 a dict changed while it is iterated over
@pydron.schedule
def main():
    m = {1: 2}
    for k in m:
        m[k + f_int(1, k, k) + 10] = 3

# --- 25 the list a loop runs over is rebound, and appended to by a pending value
@pydron.schedule
def main():
    xs = [f_int(1, 0, 1)]
    for i, x in enumerate(xs):
        if i < 3:
            xs.append(f_int(2, i, x))
        ys = xs
        xs = [0]
        xs = ys
    return xs

# --- 25 the items of pending sequences
@pydron.schedule
def main():
    out = []
    for x in f_ints(1, 0, 1):
        for y in f_pair(2, x, x):
            out.append(f_int(3, (x, y), y))
    for k, v in f_map(4, 0, 1).items():
        out.append(k + v)
    return out

# --- 26 break on a pending condition, with else
@pydron.schedule
def main(limit):
    out = []
    for i in range(5):
        r = f_int(1, i, i)
        if r > limit:
            break
        out.append(f_int(2, i, r))
    else:
        out.append("else")
    return out, i, r

def drive():
    return main(2), main(100), main(-100)

# --- 26 continue on a pending condition
@pydron.schedule
def main():
    out = []
    for i in range(6):
        r = f_int(1, i, i)
        if r % 2:
            print("skip", i)
            continue
        out.append(f_int(2, i, r))
        print("kept", i, r)
    return out

# --- 26 return out of nested loops
@pydron.schedule
def main():
    for i in range(3):
        for j in range(3):
            say(1, (i, j), 0)
            if f_int(2, (i, j), i, j) == 5:
                return i, j
        else:
            say(3, i, 0)
    else:
        say(4, 0, 0)
    return None

# --- 26 while to convergence, two in a row
@pydron.schedule
def main():
    x = f_int(1, 0, 100)
    n = 0
    while x > 1:
        x = f_less(2, n, x)
        n += 1
    y = f_int(3, 0, 77)
    m = 0
    while y > 1:
        y = f_less(4, m, y)
        m += 1
    else:
        m += 100
    return x, n, y, m

# --- 26 while with break, continue, else and a pending guard
@pydron.schedule
def main():
    out = []
    i = 0
    while f_int(1, i, i) < 100:
        i += 1
        if f_flag(2, i, i):
            continue
        if i > 4:
            break
        out.append(f_int(3, i, out))
    else:
        out.append(-1)
    return out, i

# --- 26 convergence inside a loop, with effects
@pydron.schedule
def main():
    out = []
    for i in range(3):
        x = f_int(1, i, i)
        n = 0
        while x > 0 and n < 5:
            x = f_less(2, (i, n), x)
            n += 1
            print(i, n, x)
        out.append((x, n))
    return out

# --- 26 a loop variable after its loop, and loops that do not run
@pydron.schedule
def main():
    for i in range(f_int(1, 0, 1) % 1):
        say(2, i, i)
    else:
        say(3, 0, 0)
    for j in range(2):
        f_int(4, j, j)
    return j, i

# --- 31 comprehensions: order, conditions, nesting, scope
@pydron.schedule
def main():
    i = "outer"
    a = [f_int(1, i, i) for i in range(3) if f_flag(2, i, i)]
    b = {f_int(3, i, i): say(4, i, i) for i in range(3)}
    c = sorted({f_int(5, i, i) for i in range(3)})
    d = [[f_int(6, (i, j), i, j) for j in range(i)] for i in range(3)]
    e = [f_int(7, (i, j), 1) for i in range(2) for j in range(2) if i or f_int(8, (i, j), j) < 50]
    return a, b, c, d, e, i

# --- 31 a comprehension over a pending list, and names bound by walrus
@pydron.schedule
def main():
    xs = f_ints(1, 0, 1)
    a = [(last := f_int(2, x, x)) for x in xs]
    b = [y for x in xs if (y := f_int(3, x, x)) > -3]
    return a, b, last, y

# --- 31 an exception inside a comprehension after effects
@pydron.schedule
def main():
    return [say(1, i, i) + f_int(2, i, i) for i in walk(3, 0, 3)]

# --- 32 generator expressions stay lazy, any and all stop early
@pydron.schedule
def main():
    g = (f_int(1, i, say(2, i, i)) for i in range(4))
    say(3, 0, 0)
    first_one = next(g)
    say(4, 0, 0)
    a = any(f_int(5, i, i) > 0 for i in walk(6, 0, 4))
    b = all(f_int(7, i, i) < 3 for i in walk(8, 0, 4))
    return first_one, sum(g), a, b, max(f_int(9, i, i) for i in range(3))

# --- 33 lambdas and nested functions
@pydron.schedule
def main():
    x = f_int(1, 0, 1)
    def add_x(y, z=f_int(2, 0, x)):
        return x + y + z
    a = add_x(1)
    x = f_int(3, 0, a)
    b = add_x(1)
    fs = [lambda q, i=i: q + i + x for i in range(3)]
    late = [lambda: i for i in range(3)]
    x = 100
    return a, b, [f(f_int(4, 0, 1)) for f in fs], [f() for f in late], sorted([3, 1, 2], key=lambda v: -v)

# --- 18 closures: a functional callable that captures a variable sees it as of the call
@pydron.schedule
def main():
    scale = f_int(1, 0, 1)
    @pydron.functional
    def scaled(k, v):
        trip(2, k)
        return v * scale
    out = []
    for i in range(3):
        out.append(scaled(i, i))
        scale += 1
    return out, scale

# --- 18 a captured list that grows
@pydron.schedule
def main():
    seen = []
    size = pydron.functional(lambda k: (trip(1, k), len(seen))[1])
    out = []
    for i in range(3):
        out.append(size(i))
        seen.append(i)
    return out

# --- 19 nonlocal and global
COUNT = 0
@pydron.schedule
def main():
    global COUNT
    n = 0
    def bump_n():
        nonlocal n
        n += 1
        return n
    for i in range(3):
        COUNT += f_int(1, i, COUNT)
        bump_n()
        n += f_int(2, i, n)
        bump(3, i)
    return n, COUNT

# --- 19 a scheduled nested function that writes an outer variable
@pydron.schedule
def main():
    n = 0
    @pydron.schedule
    def inner(k):
        nonlocal n
        n = f_int(1, k, n)
        return n + 1
    a = inner(0)
    b = n
    c = inner(1)
    return a, b, c, n

# --- 22 globals are looked up at each call
OFFSET = 1
def shift(v):
    return v + OFFSET

@pydron.functional
def shifted(k, v):
    trip(1, k)
    return v + 1

@pydron.schedule
def main():
    global OFFSET, shifted
    a = shift(f_int(2, 0, 1))
    OFFSET = f_int(3, 0, 1)
    b = shift(a)
    c = shifted(0, b)
    shifted = say2
    d = shifted(0, c)
    return a, b, c, d

def say2(k, v):
    return say(4, k, v)

# --- 34 walrus in conditions, calls and subscripts
@pydron.schedule
def main():
    xs = [1, 2, 3]
    if (n := f_int(1, 0, 1)) > -5 and (m := f_int(2, 0, n)) > -5:
        xs.append(n)
    while (k := len(xs)) < 6:
        xs.append(f_int(3, k, k))
    return n, m, k, f_int(4, (j := 2), j), xs[(i := 1)], i

# --- 36 star-arguments, keywords, duplicates
@pydron.schedule
def main():
    args = f_pair(1, 0, 1)
    more = {"c": f_int(2, 0, 1), "d": 2}
    a = f_named(3, 0, *args, **more)
    b = f_named(4, 0, *[5, *args], *f_ints(5, 0, 1), b=a, **more)
    c = say(6, 0, *args, *[a])
    return a, b, c, more, f_named(7, 0, **f_map2(8), a=3)

@pydron.functional
def f_map2(site):
    trip(site, 0)
    return {"a": 1}

# --- 37 one shared default object
@pydron.schedule
def main(i, seen=[]):
    seen.append(f_int(1, i, seen))
    return list(seen)

def drive():
    return main(0), main(1), main(2, [7])

# --- 38 unbound locals and del
@pydron.schedule
def main(n):
    if f_int(1, n, n) > n:
        x = f_int(2, n, n)
    y = 2
    del y
    if n == 3:
        return y
    return x

def drive():
    seen = []
    for n in (-50, 0, 3, 50):
        try:
            seen.append(main(n))
        except Exception as error:
            seen += [type(error).__name__, str(error)]
    return seen

# --- 38 a variable deleted in a loop
@pydron.schedule
def main():
    x = f_int(1, 0, 1)
    for i in range(3):
        say(2, i, x)
        if f_flag(3, i, i):
            del x
    return x

# --- 38 names that do not exist
@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    print("before")
    return no_such_name + a

# --- 35 match on a pending value
@pydron.schedule
def main():
    out = []
    for i in range(4):
        match f_pair(1, i, i):
            case (0, x):
                out.append(("zero", x))
            case (x, y) if f_flag(2, i, x):
                out.append(f_int(3, i, y))
            case [x, *rest]:
                out.append(say(4, i, x))
    match f_box(5, 0, 1):
        case Box(v=v, items=[w]):
            out.append((v, w))
    match f_num(6, 0, 1):
        case 3 | 4:
            out.append(1)
        case Num(value=v):
            out.append(v)
    return out

# --- 23 a generator that is scheduled
@pydron.schedule
def numbers(n):
    for i in range(n):
        say(1, i, i)
        got = yield f_int(2, i, i)
        print("got", got)
    return f_int(3, 0, n)

def drive():
    g = numbers(3)
    seen = [next(g), g.send(5), g.send(6)]
    try:
        g.send(7)
    except StopIteration as stop:
        seen.append(stop.value)
    g = numbers(2)
    seen.append(next(g))
    g.close()
    return seen

# --- 23 yield from, and a consumer that stops early
@pydron.schedule
def outer(xs):
    yield from (f_int(1, x, x) for x in xs)
    say(2, 0, 0)
    yield f_int(3, 0, xs)

def drive():
    out = []
    for x in outer([1, 2]):
        out.append(x)
        if len(out) == 2:
            break
    return out, list(outer([3]))

# --- 30 a coroutine that is scheduled
@pydron.schedule
async def main():
    out = []
    async with Room(1, 0):
        async for i in Walk(2, 0, 2):
            out.append(f_int(3, i, i))
    return out, [x async for x in Walk(4, 0, 2)]

def drive():
    return run(main())

# --- 30 an asynchronous generator that is scheduled
@pydron.schedule
async def main():
    for i in range(3):
        yield f_int(1, i, i)

async def collect():
    return [x async for x in main()]

def drive():
    return run(collect())

# --- 39 locals, vars, eval
@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    b = 2
    names = sorted(locals())
    return names, locals()["a"], eval("a + b"), sorted(vars())

# --- 39 exec and globals that write
@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    globals()["SET"] = a
    exec("SET2 = SET + 1", globals())
    return SET, SET2

# --- 26 a loop with else that is left by break, out of try, if and with
@pydron.schedule
def main():
    out = []
    for k in range(4):
        for attempt in range(2):
            try:
                x = f_int((1, attempt), k, k)
                break
            except (KeyError, ValueError):
                continue
        else:
            x = -1
        for attempt in range(3):
            if f_flag((2, attempt), k, k):
                y = f_int(3, k, x)
                break
        else:
            y = -2
        while y < 20:
            try:
                z = f_int(4, k, y)
            finally:
                y += 7
            if z % 2:
                w = z + y
                break
        else:
            w = f_int(5, k, y)
        out.append((x % 5, y % 7, w % 9))
    return out

# --- 26 a variable bound before `break` or in `else`
@pydron.schedule
def main(xs):
    for x in xs:
        if f_int(1, x, x) > 2:
            found = x
            break
    else:
        found = None
    for x in xs:
        try:
            if f_int(2, x, x) > 90:
                late = f_int(3, x, 5)
                break
        except ValueError:
            late = -1
            break
    else:
        late = "none"
    return found, late

def drive():
    return [main([1, 2, 3, 4]), main([]), main([0, 1])]

# --- 31 comprehensions and generators inside a loop that read its variable
@pydron.schedule
def main():
    out = []
    for i in range(3):
        out.append([f_int(1, i, i + k) for k in range(2)])
        out.append({k: f_int(2, i, i, k) for k in out[-1]})
        out.append(sum(f_int(3, i, i + k) for k in range(2)))
        out.append(max((k * i for k in out[-1:]), default=0))
        if any(f_int(4, i, i, k) > 12 for k in range(2)):
            out.append(tuple((k, (i := i + 1)) for k in range(2)))
        out.append([j for j in sorted(f_int(5, j, i, j) for j in range(3)) if all(j > i - k for k in range(i))])
    return out, i

# --- 31 generators that are kept see what becomes of a variable
def keep(values):
    SHARED.append(0)
    KEPT.append(values)
    return 0

KEPT = []
sum = keep

@pydron.schedule
def main():
    out, gens = [], []
    for i in range(3):
        out.append(sum(f_int(1, k, i + k) for k in range(2)))
        gens.append(k + i for k in range(2))
        out.append(f_int(2, i, i))
    i = f_int(3, 0, 40)
    kept = [list(each) for each in KEPT]
    KEPT.clear()
    return out, kept, [list(each) for each in gens]

# --- 31 a local variable is called like what takes elements at once
@pydron.schedule
def main(list=tuple):
    out, kept = [], []
    for i in range(3):
        sorted = kept.append
        sorted(f_int(1, i, i + k) for k in range(2))
        out.append(list(f_int(2, i, i + k) for k in range(2)))
    i = f_int(3, 0, 40)
    return out, [tuple(each) for each in kept]

# --- 31 an unbound variable in comprehensions and generators inside a loop
@pydron.schedule
def main():
    out = []
    for k in range(3):
        for make in range(4):
            try:
                match make:
                    case 0:
                        out.append([f_int(1, k, j) + late for j in range(2)])
                    case 1:
                        out.append(sum(f_int(2, k, j) + late for j in range(2)))
                    case 2:
                        out.append(max(j + late for j in range(2)))
                    case 3:
                        out.append([j for j in late])
            except (NameError, TypeError) as error:
                out.append((type(error).__name__, str(error)))
        late = f_int(3, k, k)
    return out

# --- 31 lambdas inside a loop that read its variables: for a key, for map, kept
@pydron.schedule
def main():
    out, kept = [], []
    for i in range(3):
        low = f_int(1, i, i)
        out.append(sorted([3, 1, 2], key=lambda value: -value * low))
        out.append(min([f_int(2, i, k) for k in range(3)], key=lambda value: abs(value - low)))
        out.append(sum(map(lambda value: value * low + i, [1, 2])))
        out.append(list(filter(lambda value: value > low, [0, 5, 9])))
        kept.append(lambda: (i, low))
        kept.append(map(lambda value: value + low, [1]))
    low = f_int(3, 0, 40)
    return out, [each() if callable(each) else list(each) for each in kept]

# --- 31 lambdas inside a loop that read variables without a value
@pydron.schedule
def main():
    out = []
    for k in range(3):
        for items in ([], [f_int(1, k, k), 1]):
            try:
                out.append(sorted(items, key=lambda value: value + late))
                out.append(list(map(lambda value: value - late, items)))
            except NameError as error:
                out.append((type(error).__name__, str(error)))
        if k == 0:
            late = f_int(2, k, k)
        else:
            del late
    return out

# --- 31 the key of a builtin that is not one
def sorted(items, key):
    SHARED.append(1)
    return [key, *items]

@pydron.schedule
def main():
    out = []
    for i in range(3):
        out.append(sorted([f_int(1, i, i)], key=lambda: i))
    i = f_int(2, 0, 40)
    return [(each[0](), each[1]) for each in out]

# --- 31 generators and lambdas that are done with at once, while calls before them are pending
@pydron.schedule
def b1(n):
    out=[]
    for i in range(n):
        out.append(f_int(1, i, i))
        out.append(sum(k*i for k in (1,2)))
        out.append(sum(k*i for k in range(out[-2])))
        out.append(sum(n*i for _ in range(n)))
    return out

@pydron.schedule
def b2(n):
    out=[]
    for i in range(n):
        a=f_int(1, i, i)
        say(3, i, a)
        out.append(sum(k*a+i for k in (1,2)))
        out.append(max((k,i) for k in range(2)))
        out.append(f_int(2, i, max((k*i for k in range(3)), default=2)))
        out.append(sorted((k*i for k in range(3)), key=lambda v: -v*i))
        out.append(tuple(k+i for k in range(2)))
        out.append(set(k+i for k in range(2) if k<i))
    return out

@pydron.schedule
def b3(n):
    out=[]
    for i in range(n):
        a=f_int(1, i, i)
        if a>2:
            out.append(any(k*i>3 for k in range(3)))
        j=i
        while j<i+2:
            out.append(next((k for k in range(9) if k>j), None))
            out.append(dict((k,j) for k in range(2)))
            j+=1
        say(3, i, a)
    return out

def main():
    return b1(4), b2(3), b3(4)
