# --- 30 awaited calls in a loop, with branches on their results
import asyncio

@pydron.schedule
async def main():
    out = []
    for k in range(6):
        x = await a_int(1, k, k)
        if await a_flag(2, k, x):
            x += await a_int(3, k, x)
        out.append(x)
        print("step", k, x)
    return out

def drive():
    return asyncio.run(main())

# --- 30 awaited calls and calls on workers, in one expression
import asyncio

@pydron.schedule
async def main():
    return [f_int(1, k, await a_int(2, k, k)) + await a_say(3, k, f_int(4, k)) for k in range(4)]

def drive():
    return asyncio.run(main())

# --- 30 retries of awaited calls
import asyncio

@pydron.schedule
async def ask(k):
    for attempt in range(3):
        try:
            return await a_say((1, attempt), k, k)
        except (KeyError, ValueError) as error:
            print("again", k, attempt, type(error).__name__, sys.exception() is error)
            await asyncio.sleep(0)
    return None

@pydron.schedule
async def main():
    return [await ask(k) for k in range(4)]

def drive():
    return asyncio.run(main())

# --- 30 asynchronous loops, left and run to their end
import asyncio

@pydron.schedule
async def main():
    out = []
    async for x in Walk(1, 0, 3):
        if await a_flag(2, x, x):
            continue
        out.append(await a_int(3, x, x))
    else:
        out.append("else")
    async for x in Walk(4, 0, 3):
        out.append(f_int(5, x, x))
        if x == 2:
            break
    else:
        out.append("never")
    return out, x

def drive():
    return asyncio.run(main())

# --- 30 asynchronous managers, left in each way
import asyncio

@pydron.schedule
async def inside(k):
    async with Room(1, k, k == 2) as room, Room(2, k):
        room.append(await a_int(3, k, k))
        if k == 1:
            return room
        if k == 2:
            raise ValueError(k)
    return "after", k

@pydron.schedule
async def main():
    out = []
    for k in range(4):
        async with Room(4, k):
            out.append(await inside(k))
            if k == 2:
                break
    return out

def drive():
    return asyncio.run(main())

# --- 30 asynchronous managers in statements that run as they are written
import asyncio

@pydron.schedule
async def main():
    out = []
    for k in range(3):
        try:
            async with Room(1, k):
                out.append(await a_int(2, k, k))
                async for x in Walk(3, k, 2):
                    out.append(await a_int(4, (k, x), x))
                    if x == 2:
                        break
        except* ValueError as group:
            out.append(len(group.exceptions))
    return out

def drive():
    return asyncio.run(main())

# --- 30 asynchronous comprehensions
import asyncio

@pydron.schedule
async def main():
    one = [await a_int(1, x, x) async for x in Walk(2, 0, 4) if await a_flag(3, x, x)]
    two = {x: await a_int(4, x, x) for x in one}
    three = {x + y async for x in Walk(5, 0, 2) for y in [f_int(6, x, z) for z in range(2)]}
    return one, two, three

def drive():
    return asyncio.run(main())

# --- 30 what is handled where something is awaited
import asyncio

async def aside(k):
    note(sys.exception() and type(sys.exception()).__name__)
    await asyncio.sleep(0)
    if k == 1:
        raise LookupError(k)
    if k == 2:
        raise

@pydron.schedule
async def main():
    out = []
    for k in range(3):
        try:
            try:
                out.append(await a_int(1, k, k))
                raise ValueError(k)
            except ValueError:
                await aside(k)
            finally:
                await aside(0)
                out.append(await a_int(2, k, k))
        except Exception as error:
            out.append(describe(error))
    return out

def drive():
    return asyncio.run(main())

# --- 30 coroutines, tasks and futures that are awaited later
import asyncio

@pydron.schedule
async def main():
    f_int(5, 0)
    made = a_int(1, 0, 1)
    task = asyncio.create_task(a_int(2, 0, 2))
    both = asyncio.gather(a_int(3, 0, 3), own(4))
    return await asyncio.gather(made, task, both, return_exceptions=True)

async def own(k):
    return await a_int(4, k, k)

def drive():
    return asyncio.run(main())

# --- 30 an operand that is awaited is evaluated in its place
import asyncio

@pydron.schedule
async def main():
    box = Box(1)
    xs = [1, 2, 3]
    xs[await a_int(1, 0) % 3] += await a_int(2, 0, xs)
    box.v = box.v + await a_int(3, 0, box.v)
    text = f"{box.v} {await a_int(4, 0):>4} {say(5, 0)}"
    either = await a_flag(6, 0) and await a_int(7, 0) or await a_int(8, 0)
    def inner(x=await a_int(9, 0), *, y=f_int(10, 0)):
        return x, y
    return xs, box, text, either, inner(), (lambda q=await a_int(11, 0): q)()

def drive():
    return asyncio.run(main())

# --- 30 a coroutine that is driven by hand
@pydron.schedule
async def main():
    out = []
    for k in range(3):
        out.append(f_int(1, k, k))
        try:
            out.append(await a_int(2, k, k))
            await pause()
        except KeyError as error:
            out.append(describe(error))
    return out

def drive():
    coroutine = main()
    steps = 0
    while True:
        try:
            coroutine.send(None)
            steps += 1
            if steps == 4:
                coroutine.throw(KeyError("thrown"))
        except StopIteration as stop:
            return stop.value, steps

# --- 30 what is awaited and yielded in loops that run as they are written
import asyncio

async def plain(k):
    await asyncio.sleep(0)
    return k

@pydron.schedule
def numbers():
    for k in range(3):
        x: int = yield k
        if x == 2:
            return (yield x)

@pydron.schedule
async def find():
    for k in range(3):
        x: int = await plain(k)
        if x == 2:
            return await plain(x + 1)

@pydron.schedule
async def main():
    one = f_int(1, 0)
    it = numbers()
    two = [next(it), it.send(1), it.send(2)]
    return one, two, await find(), f_int(2, 0)

def drive():
    return asyncio.run(main())

# --- 30 StopIteration does not leave a coroutine
import asyncio

@pydron.schedule
async def inner(k):
    f_int(1, k)
    if k == 1:
        raise StopIteration(k)
    return next(iter([][k:])) if k == 2 else between(k)

@pydron.schedule
def between(k):
    return f_int(2, k, k) + next(iter([1][k:]))

@pydron.schedule
async def main():
    out = []
    for k in range(4):
        try:
            out.append(await inner(k))
        except StopIteration:
            out.append("never")
        except RuntimeError as error:
            out.append((str(error), describe(error)))
        f_int(3, k)
    return out, await inner(0)

def drive():
    return asyncio.run(main())

# --- 30 a comprehension over what is awaited is not asynchronous
import asyncio

@pydron.schedule
async def main():
    one = [f_int(1, x, x) for x in await ints(3)]
    two = sum(f_int(2, x, x) for x in await ints(2))
    later = (x + f_int(3, x) for x in await ints(2))
    return one, two, list(later)

async def ints(n):
    await asyncio.sleep(0)
    return range(n)

def drive():
    return asyncio.run(main())

# --- 30 what cannot be entered or gone over asynchronously
class Entered:
    async def __aenter__(self):
        note("entered")
class Meta(type):
    async def __aenter__(cls):
        note("the class is entered")
    async def __aexit__(cls, *error):
        note("the class is left")
    def __aiter__(cls):
        note("the class is gone over")
        return Walk(9, 0, 2)
class OfMeta(metaclass=Meta):
    pass
class Endless:
    def __aiter__(self):
        note("asked")
        return collections.deque()

@pydron.schedule
async def main(n):
    out = []
    for given in (Entered(), OfMeta(), collections.deque(), OfMeta, Endless(), 3):
        try:
            async with given:
                out.append(f_int(1, len(out), n))
        except TypeError as error:
            out.append((f_int(2, len(out), n), str(error)))
        try:
            async for x in given:
                out.append(f_int(3, len(out), x))
        except TypeError as error:
            out.append((f_int(4, len(out), n), str(error)))
    return out
def drive():
    return run(main(3))
