# --- purity: a helper between functional calls
def scale(value):
    return value * 2 + 1

@pydron.schedule
def main():
    out = []
    for i in range(4):
        out.append(f_int(2, i, scale(f_int(1, i, i))))
    return out

# --- purity: a helper that logs for some values only
@pydron.schedule
def main():
    out = []
    for i in range(6):
        out.append(f_int(2, i, rarely(3, i, f_int(1, i, i))))
        print(i, len(LOG))
    return out

# --- purity: a helper reads what is still to be stored
def worth(box, values):
    return weigh(box.v) + sum(values)

@pydron.schedule
def main():
    box, values, out = Box(1), [0, 0], []
    for i in range(4):
        box.v = f_int(1, i, i)
        values[i % 2] = f_int(2, i, i)
        out.append(worth(box, values))
        out.append(box.size + f_int(3, i, worth(box, values)))
    return out, box, values

# --- purity: properties and operators of results
@pydron.schedule
def main():
    total, out = Vec(0), []
    for i in range(5):
        v = f_vec(1, i, i)
        total = total + v
        out.append((v.norm, v.rare, v.hits, v < total, v == total, -v, f"{v}|{total:>4}", len(v), v[0], v(2)))
        if v:
            out.append(f_int(2, i, v.norm))
    return total, out

# --- purity: constructors of results
@pydron.schedule
def main():
    out = []
    for i in range(5):
        card = Card(f_int(1, i, i), [i])
        out.append(card)
        card.marks.append(f_int(2, i, card))
        out.append(Vec.of((f_int(3, i, i), 2)))
    return out, sorted(c.rank for c in out if type(c) is Card)

# --- purity: a constructor keeps a list that grows
@pydron.schedule
def main():
    out = []
    for i in range(4):
        marks = []
        card = Card(f_int(1, i, i) % 5, "a", marks)
        marks.append(f_int(2, i, i))
        marks.append(i)
        out.append((card, len(marks)))
    return out

# --- purity: a helper gives what it was given
@pydron.schedule
def main():
    rows, out = [[1], [2], [3]], []
    for i in range(4):
        row = pick(rows)
        row.append(f_int(1, i, i))
        out.append(len(alias(row)) + sum(pick(rows)))
        rows.append(rows.pop(0))
    return rows, out

# --- purity: a helper that raises
@pydron.schedule
def main():
    out = []
    for i in range(6):
        try:
            out.append(clip(f_int(1, i, i) + i * 4, 1))
        except ValueError as error:
            out.append(str(error))
            out.append(f_int(2, i, i))
    clip(f_int(3, 0, 1), 99)
    print(clip(f_int(4, 0, 1) + 40, 3))
    return out

# --- purity: a helper that raises no ordinary error
def leave(value):
    raise SystemExit(value) if value % 2 else KeyboardInterrupt(value)

@pydron.schedule
def main():
    f_int(1, 0, 1)
    y = f_int(2, 0, 2)
    try:
        leave(y)
    except BaseException as error:
        print(describe(error))
    f_int(3, 0, y)
    leave(y + 1)

# --- purity: a helper that raises comes after a call that fails
def index(values, at):
    return values[at]

@pydron.schedule
def main():
    values = f_ints(1, 0, 3)
    f_int(2, 0, 1)
    return index(values, 9), say(3, 0, 0)

# --- purity: a helper that would not end ahead of its turn
STATE["armed"] = 1

def spin():
    n = 0
    while STATE["armed"]:
        n += 1
    return n

def deep(n):
    return deep(n + 1) if STATE["armed"] else n

def disarm(site, k):
    trip(site, k)
    STATE["armed"] = 0

@pydron.schedule
def main():
    y = f_int(1, 0, 1)
    disarm(2, 0)
    return spin() + deep(0) + y

# --- purity: a helper that would not end does not hide an earlier error
def endless(n):
    while n:
        n += 1
    return n

@pydron.schedule
def main():
    y = f_int(1, 0, 1)
    z = f_less(2, 0, y)
    if z > -99:
        raise ValueError(z)
    return endless(1)

# --- purity: rebinding a helper while the loop runs
def helper(value):
    return value + 1

def other(value):
    note("other", value)
    return value + 2

def rebind(i):
    global helper
    if i == 2:
        helper = other

@pydron.schedule
def main():
    out = []
    for i in range(5):
        y = f_int(1, i, i)
        rebind(i)
        out.append(helper(y))
    return out

# --- purity: replacing a method while the loop runs
def loud_norm(self):
    note("norm", self.x)
    return 3

def replace(i):
    if i == 2:
        Vec.norm = property(loud_norm)

@pydron.schedule
def main():
    out = []
    for i in range(5):
        v = f_vec(1, i, i)
        replace(i)
        out.append(v.norm)
    return out

# --- purity: globals that an earlier call changes
def limit():
    return TABLE.get(1, 0) + Box.limit + STATE["n"]

def change(i, value):
    Box.limit = value
    STATE["n"] += i

@pydron.schedule
def main():
    out = []
    for i in range(4):
        TABLE[1] = f_int(1, i, i)
        out.append(limit())
        change(i, f_int(2, i, i))
        out.append(f_int(3, i, limit()))
    return out

# --- purity: variables that inner functions share
@pydron.schedule
def main():
    total, out = 0, []

    def plus(value):
        return total + value

    def bump(value):
        nonlocal total
        total += value
        return total

    for i in range(4):
        y = f_int(1, i, i)
        out.append(plus(y))
        out.append(bump(y))
        total = total + f_int(2, i, plus(1))
        out.append((lambda q: q + total)(y))
    return out, total

# --- purity: functions that are given functions
@pydron.schedule
def main():
    values = [f_int(1, i, i) for i in range(5)]
    vecs = [f_vec(2, i, i) for i in range(4)]
    return (
        sorted(values, key=half), max(values, key=lambda q: -q), min(vecs, key=lambda q: q.x), max(vecs),
        [total(v, v) for v in vecs], sorted(vecs)[0], sum(vecs, Vec(0)), nearest(vecs, 3), count_up(values),
        sorted(values, key=lambda q: rarely(3, q, q)), any(map(half, values)), [*map(half, values)],
    )

# --- purity: a helper with an iterator that was there before
def take(iterator):
    return next(iterator)

@pydron.schedule
def main():
    iterator, out = iter([3, 4, 5, 6]), []
    for i in range(3):
        y = f_int(1, i, i)
        out.append(take(iterator) + y)
        out.append(sum(e for e in [take(iterator)]) if i == 1 else i)
    return out, list(iterator)

# --- purity: a helper that swallows what stops it
def sly(value):
    try:
        note("sly", value)
    except BaseException:
        return 7
    finally:
        if value > 3:
            return value
    return 8

@pydron.schedule
def main():
    out = []
    for i in range(4):
        out.append(f_int(2, i, sly(f_int(1, i, i))))
    return out

# --- purity: a helper that calls a functional function
def both(k, value):
    return f_int(1, k, value) + f_int(2, k, value)

@pydron.schedule
def main():
    return [both(i, f_int(3, i, i)) for i in range(4)]

# --- purity: a generator is made early and runs late
def produce(k, value):
    note("begin", k)
    yield value
    note("end", k)

@pydron.schedule
def main():
    made, out = [], []
    for i in range(3):
        made.append(produce(i, f_int(1, i, i)))
    for i, each in enumerate(made):
        out.append(f_int(2, i, list(each)))
    return out

# --- purity: a change in place that comes late
@pydron.schedule
def main():
    values, out = [1, 2, 3], []
    for i in range(5):
        out.append(spoil(values, f_int(1, i, i)))
        out.append(f_int(2, i, values))
    return out, values
