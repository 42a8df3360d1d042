"""graph / matrix / text"""

import collections, itertools, re, json, functools, heapq, string
import pydron


@pydron.functional
def tokenize(text):
    return re.findall(r"[a-z']+", text.lower())


@pydron.functional
def count(words, *, stop=frozenset({"the", "a"})):
    return collections.Counter(w for w in words if w not in stop)


@pydron.functional
def ngrams(words, n=2):
    return list(zip(*(words[i:] for i in range(n))))


def merge(into, other):
    for k, v in other.items():
        into[k] += v
    return into


@pydron.schedule
def corpus(texts):
    total = collections.Counter()
    grams = collections.defaultdict(list)
    index = {}
    for number, text in enumerate(texts):
        words = tokenize(text)
        c = count(words, stop=frozenset({"of", "and"}))
        total.update(c)
        for gram in ngrams(words):
            grams[gram[0]].append((number, gram[1]))
        index[number] = len(words), c.most_common(1)[0] if c else None
        if not number % 10:
            print(f"{number:>4}: {len(words)} words")
    longest = max(index, key=lambda n: index[n][0])
    lengths = [index[n][0] for n in sorted(index)]
    by_letter = {}
    for word, n in total.items():
        by_letter.setdefault(word[0], []).append((n, word))
    for letter in by_letter:
        heapq.heapify(by_letter[letter])
    return (
        total.most_common(5),
        longest,
        sum(lengths),
        sorted(grams)[:5],
        {k: heapq.nsmallest(2, v) for k, v in sorted(by_letter.items())[:4]},
    )


@pydron.schedule
def reduce_tree(values):
    level = [tokenize(v) for v in values]
    while len(level) > 1:
        pairs = list(itertools.zip_longest(level[::2], level[1::2], fillvalue=[]))
        level = [sorted(a + b) for a, b in pairs]
    return level[0][:10]


def memo(f):
    cache = {}

    @functools.wraps(f)
    def inner(*args):
        if args not in cache:
            cache[args] = f(*args)
        return cache[args]

    return inner


@memo
@pydron.functional
def score(word, k):
    return sum(string.ascii_lowercase.find(ch) * k for ch in word)


@pydron.schedule
def scores(words):
    out = {}
    for w in words:
        for k in (1, 2, 1):
            out[w, k] = out.get((w, k), 0) + score(w, k)
    best = None
    for key, value in out.items():
        if best is None or value > out[best]:
            best = key
    del out[best]
    return best, len(out), sum(out.values())


if __name__ == "__main__":
    base = ("the quick brown fox jumps over the lazy dog and runs of the hill " * 3).split()
    texts = [" ".join(base[i % 7 : i % 7 + 5 + i % 11]) for i in range(25)]
    print(json.dumps([str(x) for x in corpus(texts)], indent=1))
    print(reduce_tree(texts))
    print(scores(["alpha", "beta", "gamma", "beta"]))
