"""typical scripts: top level schedule main with everything inside; class-based pipeline with inheritance, abstract steps, registry decorators, plugin dicts"""

from __future__ import annotations
import abc, sys, json, re, math, itertools, functools, operator, textwrap, string, random, statistics, bisect, heapq, datetime as dt, hashlib, base64, zlib, struct, csv, io, uuid, fractions, typing as t
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field, replace, asdict
import pydron

REGISTRY: dict[str, type[Step]] = {}


def register(cls):
    REGISTRY[cls.__name__.lower()] = cls
    return cls


@dataclass
class Item:
    id: int
    text: str
    meta: dict = field(default_factory=dict)
    score: float | None = None


class Step(abc.ABC):
    order = 0

    def __init__(self, **options):
        self.options = options

    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        Step.order += 1
        cls.order = Step.order

    @abc.abstractmethod
    def apply(self, item: Item) -> Item | None: ...
    def __call__(self, item):
        return self.apply(item)

    def __or__(self, other):
        return Chain(self, other)

    def __lt__(self, other):
        return self.order < other.order

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.options.items())})"


@register
class Clean(Step):
    @pydron.functional
    def apply(self, item):
        return replace(item, text=re.sub(r"\W+", " ", item.text).strip().lower())


@register
class Drop(Step):
    def apply(self, item):
        return None if len(item.text) < self.options.get("minimum", 3) else item


@register
class Score(Step):
    weights = {"good": 2, "bad": -3}

    @pydron.functional
    def apply(self, item):
        words = item.text.split()
        return replace(
            item, score=sum(self.weights.get(w, 0.5) for w in words) / len(words), meta={**item.meta, "n": len(words)}
        )


class Chain(Step):
    def __init__(self, *steps):
        super().__init__()
        self.steps = [s for step in steps for s in (step.steps if isinstance(step, Chain) else [step])]

    def apply(self, item):
        for step in self.steps:
            item = step(item)
            if item is None:
                return None
        return item


class Pipeline:
    def __init__(self, spec):
        self.chain = functools.reduce(operator.or_, (REGISTRY[name](**opts) for name, opts in spec))
        self.dropped = 0
        self.stats = Counter()

    @pydron.schedule
    def run(self, texts):
        kept, by_length = [], defaultdict(lambda: deque(maxlen=2))
        for number, text in enumerate(texts):
            item = self.chain(Item(number, text))
            if item is None:
                self.dropped += 1
                continue
            self.stats[item.meta["n"]] += 1
            by_length[item.meta["n"]].appendleft(item.id)
            bisect.insort(kept, (item.score, item.id, item), key=lambda e: e[:2])
            if item.score < -2:
                raise RuntimeError(f"too bad: {item}")
        return [asdict(i) for *_, i in kept], {k: list(v) for k, v in sorted(by_length.items())}


@pydron.functional
def prime(n):
    return n > 1 and all(n % k for k in range(2, math.isqrt(n) + 1))


@pydron.schedule
def primes(limit):
    found, gaps, previous = [], Counter(), None
    for n in range(limit):
        if not prime(n):
            continue
        if previous is not None:
            gaps[n - previous] += 1
        previous = n
        found.append(n)
        if len(found) >= 15:
            break
    twins = [(a, b) for a, b in itertools.pairwise(found) if b - a == 2 and prime(a + b + 1)]
    first = next((n for n in itertools.count(90) if prime(n)), None)
    return (
        found,
        gaps.most_common(2),
        twins,
        first,
        all(prime(p) for p in found),
        any(prime(n) for n in (4, 6, 7, 8)),
        sum(map(prime, range(30))),
        list(filter(prime, range(20))),
        max(found, key=lambda p: p % 7),
        Counter(prime(n) for n in range(10)),
    )


@pydron.functional
def block(payload, key):
    return base64.b64encode(zlib.compress(bytes(b ^ key for b in payload))).decode()


@pydron.functional
def unblock(text, key):
    return bytes(b ^ key for b in zlib.decompress(base64.b64decode(text)))


@pydron.schedule
def roundtrip(data, size=16):
    parts = [data[i : i + size] for i in range(0, len(data), size)]
    coded = {i: block(p, i % 7) for i, p in enumerate(parts)}
    digest = hashlib.sha1()
    for i in sorted(coded):
        digest.update(coded[i].encode())
    back = b"".join(unblock(c, i % 7) for i, c in coded.items())
    header = struct.pack(">IH", len(data), len(coded))
    buf = io.StringIO()
    w = csv.writer(buf)
    [w.writerow([i, len(c)]) for i, c in coded.items()]
    return digest.hexdigest(), back == data, header.hex(), buf.getvalue().splitlines()[:3]


Move = namedtuple("Move", "src dst")


@pydron.functional
def gain(board, move):
    return sum(abs(a - b) for a, b in zip(board, board[1:])) - 3 * board[move.src] + board[move.dst]


@pydron.schedule
def climb(board, rounds):
    trail = []
    for r in range(rounds):
        moves = [Move(a, b) for a in range(len(board)) for b in range(len(board)) if a != b]
        gains = {m: gain(tuple(board), m) for m in moves}
        best = max(gains, key=lambda m: (gains[m], m))
        if trail and gains[best] <= trail[-1][0]:
            break
        board[best.src], board[best.dst] = board[best.dst], board[best.src]
        trail.append((gains[best], best))
    else:
        print("rounds over")
    return trail, board


def hanoi(n, a, b, c):
    return 0 if n == 0 else hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a)


fh = pydron.functional(hanoi)


@pydron.schedule
def dates(start, n):
    days = [start + dt.timedelta(days=fh(i, "a", "b", "c")) for i in range(n)]
    weeks = {k: [d.isoformat() for d in g] for k, g in itertools.groupby(days, key=lambda d: d.strftime("%G"))}
    return weeks, [f"{d:%a %d}" for d in days], statistics.pstdev([fh(i, 1, 2, 3) for i in range(5)])


if __name__ == "__main__":
    p = Pipeline([("clean", {}), ("drop", {"minimum": 4}), ("score", {})])
    print(
        json.dumps(p.run(["Good, good day!", "x", "bad dog...", "some words here", "a b", "good bad good"]), indent=0)
    )
    print(p.dropped, p.stats, p.chain.steps)
    try:
        p.run(["fine text", "bad bad bad", "never reached at all"])
    except RuntimeError as e:
        print(e, p.stats)
    print(primes(200))
    print(roundtrip(bytes(range(256)) * 2))
    print(climb([3, 1, 4, 1, 5], 6))
    print(dates(dt.date(2024, 12, 28), 6))
