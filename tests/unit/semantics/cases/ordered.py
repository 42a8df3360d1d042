
# --- ordered: output only, between prints and calls, with values to come
@pydron.ordered
def plot(x, points, *, colour="red"):
    note("plot", x, list(points), colour)
    trip("plot", x)
    return len(points)

@pydron.schedule
def main():
    points, counts = [], []
    for k in range(4):
        y = f_int(1, k, k)
        count = plot(y, points, colour="blue" if k else "red")
        points.append(y)
        print(k, y)
        if y % 2:
            plot(k, [y])
        counts.append(count)
    return points, counts

# --- ordered: an error of an output call is caught where it stands
@pydron.ordered
def save(x):
    trip("save", x)
    note("save", x)

@pydron.schedule
def main():
    found = []
    for k in range(4):
        try:
            y = f_int(1, k, k)
            save(y)
            found.append(f_int(2, k, y))
        except (ValueError, KeyError) as error:
            save(k)
            found.append(type(error).__name__)
        finally:
            save(-k)
    return found

# --- ordered: what is passed means what it meant at the call
@pydron.ordered
def show(*things, **named):
    note("show", repr(things), repr(named))

@pydron.schedule
def main():
    xs, table = [0], {}
    box = Box(1, [2])
    for k in range(3):
        xs.append(k)
        y = f_int(1, k, k)
        show(xs, table, box=box.items)
        xs[0] = y
        table[k] = y
        box.items.append(y)
        xs = xs + [k]
        show(xs, last=y)
    return xs, table, box.items

# --- ordered: readers wait for writers of their resource, writers for everything
STORE = {}

@pydron.ordered(writes="store")
def put(key, value):
    trip("put", key)
    STORE[key] = value
    note("put", key, value)

@pydron.ordered(reads="store")
def get(key):
    trip("get", key)
    return STORE.get(key, -1)

@pydron.schedule
def main():
    found = []
    for k in range(4):
        y = f_int(1, k, k)
        if y % 2:
            put(k, y)
        found.append(get(k))
        found.append(f_int(2, k, get(k - 1)))
        put(k, f_int(3, k, y))
    return found, get(2)

def drive(*args):
    result = main(*args)
    return result, dict(STORE)

# --- ordered: a writer found late in a branch within a branch, after reads ran ahead
STORE = {"n": 0}

@pydron.ordered(writes=("store", "other"))
def put(value):
    STORE["n"] = value
    note("put", value)

@pydron.ordered(reads="other")
def get():
    return STORE["n"]

@pydron.schedule
def main():
    y = f_int(1, 0, 3)
    if y > 0:
        z = f_int(2, 0, y)
        while z > 0:
            z = z - 5
            if f_int(3, z, z) > 1:
                put(z)
    a = get()
    b = f_int(4, 0, a)
    if f_int(5, 0, b) > 2:
        put(b)
    return a, b, get()

# --- ordered: calls that commute happen once each, before what reads them
TOTAL = {"n": 0}

@pydron.ordered(commutes="total")
def tally(n):
    trip("tally", n)
    TOTAL["n"] += n

@pydron.ordered(reads="total")
def total():
    return TOTAL["n"]

@pydron.schedule
def main():
    for k in range(5):
        try:
            tally(f_int(1, k, k))
        except ValueError:
            continue
        if f_int(2, k, k) % 3 == 0:
            print(total())
    return total()

def drive(*args):
    try:
        return main(*args)
    finally:
        note("total", TOTAL["n"])

# --- ordered: methods, bound methods, builtins, keywords in a dictionary, with undecorated calls between
class Log:
    def __init__(self):
        self.lines = []
    @pydron.ordered
    def write(self, *what, end="."):
        note(*what, end)
        self.lines.append(what)

LINES = []
line = pydron.ordered(LINES.append)
other = Log()
bound = pydron.ordered(other.write)

def undecorated(x):
    note("undecorated", x)
    return x

@pydron.schedule
def main():
    log = Log()
    options = {"end": "!"}
    for k in range(3):
        y = f_int(1, k, k)
        log.write(k, y, **options)
        undecorated(y)
        line(f_int(2, k, y))
        bound(y, end=k)
        bound(*[k, f_int(3, k, 1)])
    return len(log.lines)

def drive(*args):
    result = main(*args)
    return result, LINES, other.lines

# --- ordered: its result is waited for where it is used; scheduled helpers, recursion, a file
@pydron.ordered
def count(x):
    note("count", x)
    trip("count", x)
    return x % 3

@pydron.schedule
def deep(n):
    if n == 0:
        return 0
    rest = deep(n - 1)
    return rest + count(f_int(1, n, n))

@pydron.schedule
def main():
    total = deep(4)
    total += count(total) + f_int(2, 0, count(7))
    return total if count(total) is not None else None

# --- ordered: lines of a file
import io
OUT = io.StringIO()

@pydron.ordered
def line(text):
    trip("line", text)
    OUT.write(text + "\n")

@pydron.schedule
def main():
    with Guard():
        for k in range(4):
            line(f"{k}: {f_int(1, k, k)}")
            if f_int(2, k, k) % 2:
                break
        else:
            line("all")
    line("end")

class Guard:
    def __enter__(self):
        line("begin")
    def __exit__(self, *error):
        line(f"leave {error[0]}")

def drive(*args):
    try:
        return main(*args)
    finally:
        note(OUT.getvalue())
