# --- 14 rows of results, each looked into while other calls run
def mean(values):
    return sum(values) / len(values)

@pydron.schedule
def main():
    rows = []
    for i in range(3):
        row = []
        for j in range(2):
            row.append(f_int(1, (i, j), i, j))
        rows.append(row)
    sums = [f_int(2, i, sum(row), len(row), max(row)) for i, row in enumerate(rows)]
    means = {}
    for i, row in enumerate(rows):
        means[i] = f_int(3, i, mean(row), sorted(row))
        row.append(i)
    return rows, sums, means, [f_int(4, i, row, rows) for i, row in enumerate(rows)]

# --- 12 a snapshot has the aliases that its originals have
@pydron.functional
def alike(site, rows):
    trip(site, 0)
    return [[one is other for other in rows] for one in rows], [len(row) for row in rows]

@pydron.schedule
def main():
    row = [f_int(1, 0)]
    row.append(f_int(1, 1))
    table = {"row": row, "n": f_int(2, 0)}
    first = alike(3, [row, row, [row]])
    row.append(f_int(1, 2))
    rows = [row, list(row), row]
    rows.append(row[1:])
    second = alike(4, rows)
    row.pop()
    return first, second, alike(5, [table["row"], row]), rows, f_int(6, 0, table)

# --- 12 what helpers hand back is the very object
def same(rows):
    return rows

def inner(rows):
    return rows[0]

def is_other(rows, other):
    return rows is other

def identity(rows):
    return id(rows)

def fresh(rows):
    return [rows[-1], len(rows)]

@pydron.schedule
def main():
    rows = [[f_int(1, 0)], [2]]
    rows.append([f_int(1, 1)])
    rows[0].append(f_int(1, 2))
    a, b, c = same(rows), inner(rows), fresh(rows)
    a.append(f_int(2, 0))
    b.append(f_int(2, 1))
    return rows, a is rows, b is rows[0], c, c[0] is rows[2], is_other(rows, a), identity(a) == id(rows)

# --- 11 parts of a list that is filled meanwhile
@pydron.schedule
def main():
    xs = []
    for i in range(5):
        xs.append(f_int(1, i, i))
    pairs = [f_int(2, k, xs[k : k + 2], sum(xs[k:])) for k in range(0, 5, 2)]
    last = xs[-2:]
    last.append(f_int(3, 0))
    xs[1] = f_int(3, 1)
    every, none = xs[::2], xs[9:]
    xs.extend(last)
    none += [f_int(4, 0)]
    return xs, pairs, last, every, none, f_int(5, 0, last[0], *xs[1:3])

# --- 11 a slice whose step is nothing
@pydron.schedule
def main():
    xs = [f_int(1, 0), f_int(1, 1)]
    xs.append(f_int(1, 2))
    print(f_int(2, 0))
    return xs[:: len(xs) - 3]

# --- 14 dictionaries that make what they do not hold
from collections import defaultdict

@pydron.schedule
def main():
    groups, counts, nested = defaultdict(list), defaultdict(int), defaultdict(lambda: defaultdict(list))
    for i in range(5):
        groups[i % 2].append(f_int(1, i, i))
        counts[i % 3] += f_int(2, i)
        nested[i % 2][i % 3].append(f_int(3, i))
    late = groups[7]
    totals = {k: f_int(4, k, sum(v), len(v)) for k, v in groups.items()}
    if 1 in groups:
        totals["had"] = f_int(5, 0, groups)
    late.append(f_int(6, 0))
    gone = groups.pop(0)
    again = groups[0]
    again.append(f_int(6, 1))
    return groups, counts, nested, totals, gone, groups.get(9), 9 in groups, len(groups), again is groups[0]

# --- 14 a factory that has something to say
from collections import defaultdict

def make():
    print("made")
    return []

@pydron.schedule
def main():
    groups = defaultdict(make)
    strict = defaultdict(None)
    for i in range(4):
        groups[i % 2].append(f_int(1, i))
    for key in sorted(groups):
        print(key, f_int(2, key, groups[key]))
    strict[1] = f_int(3, 0)
    return strict[1], strict[2]

# --- 14 tables of tables
@pydron.schedule
def main():
    table = {}
    for i in range(3):
        table[i] = {}
        for j in range(2):
            table[i][j] = f_int(1, (i, j), j)
    sums = [f_int(2, i, sum(table[i].values()), table.get(i)) for i in range(3)]
    found = {i: [f_int(3, (i, j), value) for j, value in row.items()] for i, row in table.items()}
    keys = []
    for key in table:
        keys.append(f_int(4, key, table[key]))
    return table, sums, found, keys, table.get(5), table.get(1, 2)

# --- 14 a dictionary that changes its size under way
@pydron.schedule
def main():
    table = {}
    for i in range(3):
        table[i] = f_int(1, i, i)
    out = []
    for key, value in table.items():
        out.append(f_int(2, key, value))
        if len(out) == 2:
            table[key + 5] = f_int(3, key)
    return out

# --- 10 attributes that hold what is still to come
class Record:
    kind = "class"

    def __init__(self, number):
        self.number = number

    def plain(self):
        return self.number

@pydron.schedule
def main():
    records = []
    for i in range(3):
        record = Record(i)
        record.value = f_int(1, i, i)
        record.kind = record.value
        records.append(record)
    for record in records:
        record.more = f_int(2, record.number, record.value, record.kind)
        record.again = record.plain()
    first = records[0]
    first.value += f_int(3, 0)
    return [(r.number, r.value, r.kind, r.more, r.again) for r in records], f_int(4, 0, first), first.missing

# --- 10 attributes with code behind them
class Watched:
    def __init__(self):
        self.log = []

    def __getattr__(self, name):
        print("no", name)
        return name

    @property
    def double(self):
        return self.value * 2

class Slotted:
    __slots__ = ("value", "other")

class Counted:
    def __setattr__(self, name, value):
        print("set", name)
        object.__setattr__(self, name, value)

@pydron.schedule
def main():
    watched, slotted, counted = Watched(), Slotted(), Counted()
    watched.value = f_int(1, 0)
    slotted.value = f_int(1, 1)
    counted.value = f_int(1, 2)
    slotted.other = f_int(2, 0, slotted.value)
    watched.log.append(f_int(3, 0, watched.value, watched.double))
    result = f_int(4, 0, slotted.value, slotted.other), watched.nothing, counted.value
    del slotted.value
    return result, watched.log, watched.value, slotted.value

# --- 28 what fails before it is looked into
@pydron.schedule
def main():
    done = []
    for i in range(3):
        row = []
        try:
            for j in range(3):
                row.append(f_int(1, (i, j), i, j))
            done.append(f_int(2, i, sum(row), row))
        except Exception as error:
            done.append((type(error).__name__, len(row), sum(row)))
        finally:
            row.append(None)
            done.append(row)
    return done

# --- 8 rows that are filled behind a condition
@pydron.schedule
def main():
    out = []
    for i in range(4):
        row = [f_int(1, i, i)]
        if row[0] > 5:
            row.append(f_int(2, i))
            if f_int(3, i) > 3:
                row = row[:1] + [f_int(4, i)]
        out.append(f_int(5, i, sum(row), row))
        if len(row) > 1 and any(value > 9 for value in row):
            continue
        out.append(f_int(6, i, max(row), row[-1]))
    return out

# --- 32 what is joined is a text
@pydron.schedule
def main():
    out = []
    for i in range(3):
        line = ",".join(str(f_int(1, (i, j))) for j in range(2))
        out.append(f_int(2, i, len(line)))
        out.append(f"<{i}>".join(map(str, [f_int(3, i), i])))
    return out

# --- 10 containers of a class that nobody may ask for its hash
class Hashless(type):
    def __eq__(cls, other):
        note("compared")
        return cls is other

class Bag(metaclass=Hashless):
    def __init__(self, *items):
        self.items = list(items)

    def __iter__(self):
        return iter(self.items)

    def __len__(self):
        return len(self.items)

    def __contains__(self, item):
        return item in self.items

    def __getitem__(self, place):
        return self.items[place]

    def __setitem__(self, place, item):
        self.items[place] = item

    def __iadd__(self, item):
        self.items.append(item)
        return self

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.items.append(kind and kind.__name__)

    def append(self, item):
        self.items.append(item)

@pydron.schedule
def main():
    bag = Bag(1, 2, 3)
    out = [f_int(1, x, x) for x in bag]
    bag.append(f_int(2, 0))
    bag[0] = f_int(3, 0)
    bag += f_int(4, 0)
    if bag and out[0] in bag:
        out.append(f_int(5, 0, bag[0]))
    for place, x in enumerate(bag):
        out.append(f_int(6, place, x))
    for x, y in zip(bag, bag):
        out.append(f_int(7, x, x, y))
    with bag as same:
        out += [f_int(8, len(same)), sum(f_int(9, x, x) for x in same), max([f_int(10, x, x) for x in bag])]
    match bag:
        case Bag(items=[first, *_]):
            out.append(f_int(11, 0, first))
    out += [*map(str, bag), sorted(bag.items[:3], key=str), f"{f_int(12, 0)} {len(bag)}"]
    return out, bag.items

# --- 14 a worklist: items taken out at both ends, put back, counted and tested
@pydron.schedule
def main():
    work, out = [1, 2, 3, 4], []
    while work:
        item = work.pop(0)
        value = f_int(1, len(out), item)
        out.append(value)
        if len(out) < 5:
            work.append(f_int(2, len(out), value))
        if len(work) > 2 and not len(out) % 2:
            out.append(work.pop())
            out.append(work.pop(-2))
        if len(work) > 1:
            work[-1] = f_int(3, len(out), value)
            out.append(work[0])
    return out, work, not work

# --- 14 a deque as a worklist
@pydron.schedule
def main():
    work, out = collections.deque(range(5)), []
    while work and len(out) < 12:
        item = work.popleft()
        out.append(f_int(1, len(out), item))
        if item and len(out) < 7:
            work.append(f_int(2, len(out), item) % 3)
        elif work:
            out.append(work.pop())
        if len(work) == 3:
            work.appendleft(f_int(3, len(out), item))
            work.rotate(1)
            work.extend([item, item])
    few = collections.deque([1, 2], maxlen=2)
    few.append(f_int(4, 0, 1))
    out.append(few.popleft())
    few.append(f_int(5, 0, few.pop()))
    return out, work, few

# --- 14 taking out of what is empty, at a place that is not there, or with what is no place
@pydron.schedule
def main():
    work, out = [1, 2], []
    for i in range(5):
        out.append(f_int(1, i, i))
        try:
            out.append(work.pop(0))
        except IndexError as error:
            print(error, len(work), len(out))
    work.append(f_int(2, 0, 1))
    for place in (3, "a", True, None, -1):
        out.append(f_int(3, 0, 1))
        try:
            out.append(work.pop(place))
        except (IndexError, TypeError) as error:
            print(error, work)
    return out, work, collections.deque(out).pop()

# --- 14 what was taken out when a call fails
@pydron.schedule
def main():
    work = [1, 2, 3, 4, 5]
    waiting = collections.deque(work)
    try:
        while work:
            f_int(1, len(work), work.pop())
            print(f_int(2, len(work), waiting.popleft()))
    finally:
        print(work, waiting)
    print(work or waiting, [*waiting])

# --- 14 a store to a place that is gone by then
@pydron.schedule
def main():
    work = [1, 2, 3]
    try:
        for i in range(3):
            work[2 - i] = f_int(1, i, i)
            print(work.pop(), f_int(2, i, i))
            work[2] = i
    except IndexError as error:
        print(error, work)
    rows = [[1], [2]]
    rows[0].append(f_int(3, 0, 1))
    rows.pop(0).append(f_int(4, 0, 1))
    return rows, work
