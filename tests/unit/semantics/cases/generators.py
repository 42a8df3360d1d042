# --- 23 a generator gives what plain Python gives, with output between
@pydron.schedule
def numbers(n):
    for k in range(n):
        print("before", k)
        got = yield f_int(1, k, k)
        print("after", k, got)
    return "end"

@pydron.schedule
def main():
    it = numbers(4)
    out = [next(it)]
    print("one")
    out.append(it.send(7))
    for each in it:
        print("each", each)
        out.append(each)
    return out

# --- 23 what a generator returns
@pydron.schedule
def inner(n):
    total = 0
    for k in range(n):
        total += f_int(1, k, k)
        yield total
    return f_int(2, n, total)

@pydron.schedule
def outer(n):
    first = yield from inner(n)
    second = yield from [first, f_int(3, n, first)]
    return first, second

def main():
    it = outer(3)
    out = []
    while True:
        try:
            out.append(next(it))
        except StopIteration as stop:
            return out, stop.value

# --- 23 errors thrown into a generator
@pydron.schedule
def careful(n):
    for k in range(n):
        try:
            yield f_int(1, k, k)
        except ValueError as error:
            print("caught", error, k)
            yield f_int(2, k, -k)
        finally:
            print("finally", k)

def main():
    it = careful(4)
    out = [next(it), it.throw(ValueError("one")), next(it)]
    try:
        it.throw(KeyError("two"))
    except KeyError as error:
        out.append(repr(error))
    return out, list(it)

# --- 23 a generator that is closed
@pydron.schedule
def closing(log):
    try:
        for k in range(5):
            yield f_int(1, k, k)
    except GeneratorExit:
        log.append("exit")
        raise
    finally:
        log.append(f_int(2, 0, 3))

def main():
    log = []
    it = closing(log)
    first = next(it)
    it.close()
    return first, log, list(it)

# --- 23 a consumer that changes what the generator reads
@pydron.schedule
def reading(xs):
    for x in xs:
        yield f_int(1, x, x), len(xs)

def main():
    xs = [1, 2, 3]
    out = []
    for value in reading(xs):
        out.append(value)
        if len(xs) < 6:
            xs.append(x10(xs[-1]))
        xs[-1] += 1
    return out, xs

def x10(x):
    return x + 10

# --- 23 an error between values of a generator
@pydron.schedule
def failing(n):
    for k in range(n):
        yield f_int(1, k, k)
        if k == 2:
            raise LookupError(k)

@pydron.schedule
def main():
    out = []
    try:
        for value in failing(5):
            print(value)
            out.append(f_int(2, value, value))
    except LookupError as error:
        out.append(repr(error))
    return out

# --- 60 StopIteration that leaves a generator
@pydron.schedule
def stopping(n):
    yield f_int(1, n, n)
    raise StopIteration(n)

def main():
    try:
        return list(stopping(3))
    except RuntimeError as error:
        return repr(error), repr(error.__cause__)

# --- 23 a generator with nothing to run in parallel in its loop
@pydron.schedule
def mixed(n):
    for k in range(3):
        got = yield k
        print("got", got)
    total = f_int(1, 0, n)
    while total > 0:
        total -= 1
        yield total

def main():
    it = mixed(4)
    out = [next(it), it.send("x")]
    return out + list(it)

# --- 23 the arguments of a generator are bound when it is made, and nothing runs before it is asked
@pydron.schedule
def lazy(a, *, b=1):
    print("begun")
    yield f_int(1, a, a + b)

def main():
    try:
        lazy()
    except TypeError as error:
        print(error)
    it = lazy(1, b=2)
    print("made", it.__name__, type(it).__name__)
    return list(it)

# --- 23 generators as managers, one inside the other
import contextlib

@contextlib.contextmanager
@pydron.schedule
def managed(name):
    print("enter", name)
    try:
        yield f_int(1, name, 1)
    except ZeroDivisionError as error:
        print("error", error, name)
        raise
    finally:
        print("leave", name, f_int(2, name, 2))

@pydron.schedule
def main():
    try:
        with managed("a") as a, managed("b") as b:
            print(a, b, f_int(3, 0, a + b))
            1 / 0
    except ZeroDivisionError as error:
        return repr(error)

# --- 60 StopIteration thrown into a handler of the generator's own
@pydron.schedule
def steps():
    try:
        yield f_int(1, 0, 1)
    except StopIteration as error:
        yield type(error).__name__, str(error.__cause__)
    yield f_int(2, 0, 1)

def drive():
    it = steps()
    done = [next(it), it.throw(StopIteration("mine"))]
    try:
        it.throw(StopIteration("again"))
    except RuntimeError as error:
        done.append((str(error), repr(error.__cause__)))
    return done

# --- 60 a generator that can be awaited
import types

@types.coroutine
@pydron.schedule
def outside():
    return (yield f_int(1, 0, 1)), (yield f_int(2, 0, 2))

@pydron.schedule
@types.coroutine
def inside():
    yield f_int(3, 0, 1)
    return "inside"

async def both():
    return await outside(), await inside()

def drive():
    waiting = both()
    done = [waiting.send(None), waiting.send("a"), waiting.send("b")]
    try:
        waiting.send("c")
    except StopIteration as stop:
        done.append(stop.value)
    return done
