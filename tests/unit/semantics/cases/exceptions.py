# --- 1 the first exception in program order wins
@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    b = f_int(2, 0, 2)
    c = f_int(3, 0, a, b)
    return [f_int(4, i, c) for i in range(3)]

# --- 1 two failures at once: the earlier one is raised though the later one ends first
FAIL.update({(1, 2): "boom", (1, 1): "key"})

@pydron.schedule
def main():
    out = []
    for i in range(4):
        out.append(f_int(1, i, i))
    return out

# --- 1 operands fail left to right
FAIL.update({(2, 0): "value", (3, 0): "index"})

@pydron.schedule
def main():
    return f_int(1, 0, 1) + f_int(2, 0, 1) * f_int(3, 0, 1)

# --- 1 an ordinary call that raises after a pending one does not win
FAIL.update({(1, 0): "value"})

@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    [][1]
    return a

# --- 2 effects before the exception and none after it
@pydron.schedule
def main():
    say(1, 0, 0)
    a = f_int(2, 0, 1)
    say(3, 0, 0)
    print("between")
    b = f_int(4, 0, 1)
    SHARED.append(5)
    print(a, b)
    STATE["n"] = 3
    return f_int(5, 0, a)

# --- 2 stores before the exception and none after it
def arguments():
    return [1], {}, Box(2)

@pydron.schedule
def main(xs, m, b):
    for i in range(3):
        xs.append(f_int(1, i, i))
        m[i] = f_int(2, i, i)
        b.v = f_int(3, i, i)
        b.items += [f_int(4, i, i)]

# --- 3 type, arguments, attributes, notes, cause and context of exceptions
FAIL.update({(1, 0): "boom", (2, 0): "caused", (3, 0): "context", (4, 0): "quiet", (5, 0): "odd", (6, 0): "group"})

@pydron.schedule
def main(site):
    return f_int(site, 0, 1) + 1

def drive():
    seen = []
    for site in range(1, 7):
        try:
            main(site)
        except Exception as error:
            seen += [error, describe(error), getattr(error, "extra", None), str(error)]
    return seen

# --- 3 an exception of a class of the program itself
class Own(LookupError):
    def __init__(self, where, *, why):
        super().__init__(where)
        self.why = why

@pydron.functional
def bad(x):
    trip(1, x)
    error = Own(x, why=[x])
    error.add_note("own note")
    raise error

@pydron.schedule
def main():
    return [bad(7)]

# --- 4 the traceback shows the line of the call and the lines of the callee
@pydron.functional
def deep(site, k, x):
    def deeper(y):
        trip(site, k)
        return y + 1
    return deeper(
        x
    )

@pydron.schedule
def main():
    a = deep(1, 0, 1)
    b = (
        deep(2, 0, a)
        +
        deep(3, 0,
             1)
    )
    for i in range(2):
        if a:
            b += deep(4, i, i)
    return [deep(5, i, b) for i in range(2)]

# --- 4 a failure in a called scheduled function shows both
@pydron.schedule
def inner(k, a):
    b = f_int(1, k, a)
    return f_int(2, k, b)

@pydron.schedule
def main():
    x = inner(0, 1)
    y = inner(1, x)
    return x + y

# --- 5 exceptions that are no Exception
FAIL.update({(1, 1): "exit"})

@pydron.schedule
def main():
    return [f_int(1, i, i) for i in range(3)]

# --- 5 KeyboardInterrupt raised by a call
FAIL.update({(1, 1): "interrupt"})

@pydron.schedule
def main():
    out = []
    for i in range(3):
        out.append(f_int(1, i, i))
        say(2, i, out)
    return out

# --- 5 GeneratorExit raised by a call behind a branch
FAIL.update({(2, 1): "generator"})

@pydron.schedule
def main():
    out = []
    for i in range(3):
        if f_flag(1, i, i):
            out.append(f_int(2, i, i))
        else:
            out.append(f_int(2, i, -i))
    return out

# --- 60 StopIteration raised by a call behind a branch
FAIL.update({(2, 1): "stop"})

@pydron.schedule
def main():
    out = []
    for i in range(3):
        if f_int(1, i, i) > -10:
            out.append(f_int(2, i, i))
    return out

# --- 60 StopIteration crossing a generator becomes RuntimeError
FAIL.update({(1, 1): "stop"})

@pydron.schedule
def main():
    return list(f_int(1, i, i) for i in range(3))

# --- 29 raise with values that are pending
@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    say(2, 0, 0)
    if a < 100:
        raise Boom(a, f_int(3, 0, 1)) from ValueError(a)
    return 1

# --- 29 raising what is not an exception
@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    raise a

# --- 29 assert on a pending value, and its message
@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    assert a < 1000, "never"
    assert a > 1000, f"{a} {f_int(2, 0, a)}"

# --- 6 failures of the operators on results
@pydron.schedule
def main(n):
    a = f_int(1, 0, 1)
    say(2, 0, 1)
    match n:
        case 0: return a / (a - a)
        case 1: return a + "x"
        case 2: return a[0]
        case 3: return a.nothing
        case 4: return f_ints(3, 0, 1)[99]
        case 5: return f_map(4, 0, 1)["no"]
        case 6: return a()
        case 7: return [*a]
        case 8: x, y, z, *w = f_pair(5, 0, 1)
        case 9: return f_int(6, 0, *a)
        case 10: return f_int(7, 0, **{"no": a})
        case 11: return f_named(8, 0, a, **{"a": 3})
        case 12: x, = f_pair(9, 0, 1)
        case 13: a.v = 3
        case 14: del a[0]

def drive():
    seen = []
    for n in range(15):
        try:
            seen.append(main(n))
        except Exception as error:
            seen.append(describe(error))
    return seen

# --- 6 the same failures in plain control flow, one at a time
@pydron.schedule
def main():
    a = f_int(1, 0, 1)
    b = f_pair(2, 0, 1)
    say(3, 0, 0)
    x, y, z = b
    return a

# --- 6 operators that fail on results, in order with effects
@pydron.schedule
def main():
    out = []
    for i in range(3):
        a = f_int(1, i, i)
        out.append(10 // (a - a + 1 - i))
        print(out)
    return out

# --- 28 try in a loop
@pydron.schedule
def main():
    out = []
    for i in range(3):
        try:
            out.append(f_int(1, i, i))
            out.append(f_int(2, i, out))
        except (ValueError, KeyError) as error:
            say(3, i, len(describe(error)))
            out.append(-1)
        except Boom:
            raise
        else:
            say(4, i, 0)
        finally:
            say(5, i, out)
    return out

# --- 28 the handler sees variables and objects as of the failing call
@pydron.schedule
def main():
    x = 0
    xs = []
    try:
        x = 1
        a = f_int(1, 0, 1)
        x = 2
        xs.append(x)
        b = f_int(2, 0, 1)
        x = 3
        xs.append(x)
        xs[0] = f_int(3, 0, 1)
    except Exception as error:
        return x, xs, type(error).__name__
    return x, xs, a, b

# --- 28 return and break in finally override
@pydron.schedule
def main():
    for i in range(3):
        try:
            a = f_int(1, i, i)
            if a > 3:
                return a
        finally:
            if i == 1:
                break
            say(2, i, i)
    return f_int(3, 0, 1)

# --- 28 the name of a handler is unbound after it
@pydron.schedule
def main():
    error = 1
    try:
        f_int(1, 0, 1)
        raise ValueError(2)
    except Exception as error:
        say(2, 0, 1)
    return error

# --- 28 sys.exc_info and bare raise in a handler
import sys

@pydron.schedule
def main():
    try:
        f_int(1, 0, 1)
        f_int(2, 0, 1)
    except Exception:
        say(3, 0, sys.exc_info()[0].__name__)
        raise
    return sys.exc_info()[0]

# --- 28 except*
@pydron.schedule
def main():
    try:
        f_int(1, 0, 1)
        raise ExceptionGroup("both", [ValueError(1), KeyError(2)])
    except* ValueError as error:
        say(2, 0, len(error.exceptions))
    except* KeyError as error:
        say(3, 0, len(error.exceptions))

# --- 27 with: everything inside settles before __exit__
@pydron.schedule
def main():
    out = []
    for i in range(2):
        with Room(1, i, i == 0) as room:
            out.append(f_int(2, i, room))
            say(3, i, 0)
            f_int(4, i, 1)
    return out

# --- 27 nested with and return from inside
@pydron.schedule
def main():
    with Room(1, 0) as a, Room(2, 0, True) as b:
        x = f_int(3, 0, a, b)
        if x > -5:
            return f_int(4, 0, x)
    return 1

# --- 27 return from with whose exit is told
@pydron.schedule
def main():
    for i in range(3):
        with Room(1, i):
            if f_flag(2, i, i):
                continue
            say(3, i, i)
            break
    return i

# --- 4 a chain of methods over several lines
class Chain:
    def __init__(self, k):
        self.k = k

    @pydron.functional
    def step(self, site, k):
        trip(site, k)
        return Chain(self.k + 1)

    def check(self, value, *rest, **more):
        if value == FAILS:
            raise KeyError(value)
        return self

FAILS = -1

@pydron.schedule
def chain(first):
    return (
        first
        .step(1, 0)
        .check(f_int(2, 0))
        .step(3, f_int(
            3, 1))
        .check(1, f_int(4, 0))
        .check(2, *[f_int(5, 0)])
        .check(
            3, more=f_int(6, 0))
        .nothing(f_int(7, 0))
    )

@pydron.schedule
def missing(first):
    last = (
        first
        .step(9, 0)
        .nothing(f_int(9, 1))
    )
    return last

@pydron.schedule
def text():
    return (
        f_text(8, 0)
        .upper()
        .index(
            f_text(8, 1))
    )

def drive():
    global FAILS
    seen = []
    for FAILS in (-1, 1, 2, 3):
        for call in (lambda: chain(Chain(0)), lambda: missing(Chain(0)), text):
            try:
                call()
            except Exception as error:
                seen.append(describe(error))
    return seen
