"""bank/inventory: exceptions, finally, nested functions, globals, closures, class bodies, lambdas, custom containers, __getitem__, iterators, star args"""

import collections, functools, itertools, operator, sys, traceback, decimal, fractions, datetime, enum, types
import pydron

COUNTER = 0


class Kind(enum.Enum):
    A = 1
    B = 2


class Table:
    def __init__(self):
        self.rows = {}
        self.log = []

    def __getitem__(self, k):
        self.log.append(("get", k))
        return self.rows[k]

    def __setitem__(self, k, v):
        self.log.append(("set", k))
        self.rows[k] = v

    def __contains__(self, k):
        return k in self.rows

    def __iter__(self):
        return iter(sorted(map(str, self.rows)))

    def __len__(self):
        return len(self.rows)

    def __enter__(self):
        self.log.append("enter")
        return self

    def __exit__(self, t, e, tb):
        self.log.append(("exit", t and t.__name__))
        return t is KeyError


class Overdrawn(Exception):
    def __init__(self, who, amount):
        super().__init__(f"{who}: {amount}")
        self.who = who


@pydron.functional
def price(item, *, when=None, kind=Kind.A):
    if item == "bad":
        raise Overdrawn(item, decimal.Decimal("1.50"))
    return decimal.Decimal(len(item)) / (2 if kind is Kind.A else 3) + (when.day if when else 0)


@pydron.functional
def divmod_all(*pairs, **named):
    return [divmod(a, b) for a, b in pairs], named


def bump(n=1):
    global COUNTER
    COUNTER += n
    return COUNTER


@pydron.schedule
def shop(items, day=datetime.date(2026, 2, 3)):
    table, errors, undo = Table(), [], []

    def fail(e, depth=0):
        errors.append((depth, str(e), bump()))

    total = decimal.Decimal(0)
    for i, (item, kind) in enumerate(items):
        try:
            try:
                p = price(item, when=day if i % 2 else None, kind=kind)
                if p > 8:
                    raise LookupError(item)
            except Overdrawn as e:
                fail(e)
                raise RuntimeError("wrapped") from e
            finally:
                undo.append(item)
        except RuntimeError as e:
            fail(e.__cause__, 1)
            continue
        except LookupError:
            table["costly"] = table["costly"] + 1 if "costly" in table else 1
        else:
            table[item] = p
            total += p
    with table as t:
        t["x1"] = divmod_all((7, 2), *[(i, 3) for i in range(3)], a=total)
        t["nothing"]
        print("not here")
    key = functools.partial(operator.itemgetter(0))
    groups = {k: list(g) for k, g in itertools.groupby(sorted(str(k) for k in table), key=key)}
    acc = functools.reduce(lambda a, b: a + b, (price(k) for k in groups), 0)
    first, *mid, last = sorted(groups)
    (a, b), c = divmod_all((9, 4))[0][0], len(mid)
    assert a == 2, "two"
    total2 = sum(price(n) for n in groups if n != "x")
    print(f"{total=!s:>8} {acc:.3f} {first!r}{last!r} {a}{b}{c} {total2:08.2f}")
    return table.log, errors, undo, COUNTER, table.rows


@pydron.schedule
def exact(n):
    s = fractions.Fraction(0)
    for k in range(1, n):
        s += fractions.Fraction(1, k) * len(price("a" * k).as_tuple().digits)

    class Local:
        value = s

        def __call__(self):
            return self.value + n

    f = Local()
    ns = types.SimpleNamespace(a=1)
    ns.a += int(price("abcd"))
    ns.b = [ns.a] * 2
    ns.b[1] += 1
    return (
        s,
        f(),
        ns,
        next((k for k in range(1, 30) if price("z" * k) > 3), None),
        any(price("y" * k) == 5 for k in range(20)),
    )


@pydron.schedule
def unhandled(items):
    done = []
    for it in items:
        print("about to", it)
        done.append(price(it))
    return done


if __name__ == "__main__":
    for row in shop(
        [("apple", Kind.A), ("bad", Kind.B), ("kiwi", Kind.B), ("extraordinarily long", Kind.A), ("pear", Kind.A)]
    ):
        print(row)
    print(exact(8))
    try:
        unhandled(["ok", "bad", "never"])
    except Overdrawn as e:
        print(type(e), e, e.who, e.args)
        print([f.name for f in traceback.extract_tb(e.__traceback__) if "tour" in f.filename])
