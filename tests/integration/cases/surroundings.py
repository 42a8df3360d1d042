import sys, os, io, contextlib, logging, warnings, tempfile, time, random, gc, weakref, copy, decimal, threading, contextvars, traceback, pathlib, signal, functools, itertools, collections
import numpy as np
import pydron

var = contextvars.ContextVar("var", default="none")


@pydron.functional
def ident(x):
    return x


@pydron.functional
def grow(x):
    return x + [len(x)]


@pydron.functional
def say(x, end="\n"):
    print("say", x, end=end, flush=True)
    return x


@pydron.functional
def env():
    return (
        os.environ.get("TOUR"),
        os.path.basename(os.getcwd()),
        decimal.getcontext().prec,
        logging.getLogger("tour").level,
        var.get(),
        np.geterr()["over"],
    )


@pydron.functional
def rec(n):
    return 1 if n == 0 else n * rec(n - 1)


@pydron.schedule
def inner(n):
    return [ident(i) for i in range(n)]


@pydron.functional
def nested(n):
    return sum(inner(n))


@pydron.functional
def fail(x):
    e = ValueError(x)
    e.add_note("noted")
    raise e


@pydron.schedule
def aliasing():
    a = [1]
    b = a
    c = list(ident(a))
    a.append(2)
    d = grow(b)
    b += [3]
    e = [a, b, c]
    e[0].append(4)
    arr = np.zeros(6)
    view = arr[2:4]
    arr[:] = ident(5)
    view += ident(1)
    m = arr.reshape(2, 3)
    m[0] = ident(np.arange(3.0))
    t = (a,)
    t[0].append(ident(9))
    try:
        t[0] += [ident(10)]
    except TypeError as x:
        print(x)
    rows = [[0] * 2] * 2
    rows[0][1] = ident(7)
    x = y = []
    x.append(ident(1))
    y = y + [ident(2)]
    s = {1}
    u = s
    u |= {ident(3)}
    dd = collections.defaultdict(list)
    [dd[k % 2].append(ident(k)) for k in range(5)]
    del a[0], dd[1][0]
    f = [lambda i=i: ident(i) + i for i in range(3)]
    g = [lambda: ident(k) for k in range(3)]
    return a, b, c, d, e, arr, t, rows, x, y, s, dict(dd), [h() for h in f], [h() for h in g], a is b, c is a


@pydron.schedule
def surroundings():
    os.environ["TOUR"] = "1"
    print(env())
    old = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="tour") as d:
        os.chdir(d)
        here = env()[1] == os.path.basename(d)
        os.chdir(old)
    print(here)
    decimal.getcontext().prec = 7
    print(env())
    tok = var.set("set")
    print(env())
    var.reset(tok)
    print(env())
    with np.errstate(over="raise"):
        print(env())
    logging.getLogger("tour").setLevel(30)
    print(env())
    del os.environ["TOUR"]
    print(env())
    buf = io.StringIO()
    with contextlib.redirect_stdout(buf):
        say("hidden")
        print("between")
        say("again", end="|")
    print(repr(buf.getvalue()))
    for i in range(3):
        say(i, end=" " if i < 2 else "\n")
        print(i, end=",")
    print()
    old, sys.stdout = sys.stdout, io.StringIO()
    try:
        say("swallowed")
    finally:
        text, sys.stdout = sys.stdout.getvalue(), old
    print(text.strip())
    return nested(4), rec(5)


@pydron.schedule
def errors():
    out = []
    for i in range(4):
        try:
            try:
                fail(i)
            except ValueError as e:
                out.append((e.__notes__[0], e.args, e.__context__))
                if i == 1:
                    raise KeyError(i) from None
                if i == 2:
                    raise
                if i == 3:
                    fail(30)
        except (KeyError, ValueError) as e:
            out.append((type(e).__name__, e.args, type(e.__context__).__name__, e.__suppress_context__))
        finally:
            print("finally", i)
    try:
        e
    except NameError as x:
        out.append(str(x))
    return out


@pydron.schedule
def control(n):
    for i in range(n):
        for j in range(n):
            if ident(i * j) == 6:
                break
            if ident(j) % 2:
                continue
            print(i, j, end=";")
        else:
            print("full", i)
            continue
        print("broke", i, j)
        if i == 3:
            return "early", i, j
    return "late"


@pydron.schedule
def star(*args, k=1, **kw):
    a, (b, *c), d = ident((1, [2, 3, 4], 5))
    (x := ident(3))
    print(f"{a}{b}{c}{d} {x=} {ident('q')!r:>5}")
    lst = [*ident([1, 2]), *c]
    dct = {**ident({"z": 1}), "y": ident(2)}
    print(lst, dct, *ident((7, 8)), sep="-")
    n = 0
    while (n := ident(n) + 1) < 5:
        pass
    else:
        print("else", n)
    i = j = 0
    arr = [0] * 4
    i, arr[i] = ident(2), ident(5)
    arr[i] -= ident(1)
    print(arr, 1 < ident(2) < ident(1) < fail(3))
    z = ident(0) and fail(1) or ident("r")
    q = ident(1) if ident(0) else ident(2)
    assert ident(True), fail("never")
    try:
        assert ident(0), ident("message")
    except AssertionError as e:
        print("A", e)
    global G
    G = ident(4)
    print(G, [G for _ in range(2)], {ident(k): v for k, v in kw.items()}, {*args}, k)
    return (
        sum(ident(v) for v in args),
        max(args, key=ident),
        sorted(args, key=lambda v: -ident(v)),
        list(map(ident, args)),
        list(zip(args, map(ident, args))),
    )


print(aliasing())
print(surroundings())
print(errors())
print(control(5))
print(star(3, 1, 2, k=0, u=1))
