"""Which documents are alike: count words, weigh them by how rare they are, compare each document with all others."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pydron

if TYPE_CHECKING:
    from bench.applications import Each

DOCUMENTS = 160
LENGTH = 6000
"""Words in a document."""
COMMON = {"ba", "be", "bi", "bo", "bu"}

Weights = dict[str, float]


def prepare() -> tuple[dict[str, str]]:
    """Make up documents: each has words that it shares with all, and words of its subject."""
    rng = Random(5)
    syllables = [consonant + vowel for consonant in "bdfgklmnprst" for vowel in "aeiou"]
    words = syllables + [a + b for a in syllables for b in syllables]
    documents = {}
    for number in range(DOCUMENTS):
        subject = words[60 + number % 12 * 200 :][:200]
        ranks = [int(math.exp(rng.uniform(0.0, math.log(len(words))))) - 1 for _ in range(LENGTH)]
        text = [rng.choice(subject) if rng.random() < 0.2 else words[rank] for rank in ranks]
        for place in range(0, LENGTH, 12):
            text[place] = text[place].capitalize() + rng.choice(",;.")
        documents[f"document {number}"] = " ".join(text)
    return (documents,)


@pydron.functional
def count_words(text: str) -> Counter[str]:
    """Count words, and pairs of words that follow each other."""
    words = [word for word in re.findall(r"[a-z]+", text.lower()) if word not in COMMON]
    counts = Counter(words)
    for first, second in itertools.pairwise(words):
        counts[f"{first} {second}"] += 1
    return Counter({word: count for word, count in counts.items() if count > 1})


@pydron.functional
def weigh(counts: Counter[str], documents_with: Counter[str], documents: int) -> Weights:
    """Return the words of a document by how much they say about it, as a vector of length one."""
    most = max(counts.values())
    weights = {word: count / most * math.log(documents / documents_with[word]) for word, count in counts.items()}
    length = math.sqrt(math.fsum(weight**2 for weight in weights.values()))
    return {word: weight / length for word, weight in weights.items()}


@pydron.functional
def alike(weights: Weights, others: dict[str, Weights]) -> list[tuple[float, str]]:
    """Return the three documents that are most like one; it is among them itself."""
    found = []
    for name, other in others.items():
        shared = math.fsum(weight * other[word] for word, weight in weights.items() if word in other)
        found.append((shared, name))
    return sorted(found, reverse=True)[:3]


@pydron.schedule
def run(documents: dict[str, str]) -> dict[str, list[tuple[float, str]]]:
    counts = {name: count_words(text) for name, text in documents.items()}
    documents_with: Counter[str] = Counter()
    for words in counts.values():
        documents_with.update(words.keys())
    weights = {}
    for name, words in counts.items():
        weights[name] = weigh(words, documents_with, len(documents))
    similar = {}
    for name in documents:
        similar[name] = alike(weights[name], weights)
        nearness, other = similar[name][1]
        print(f"{name} is most like {other}: {nearness:.3f}")
    return similar


def alike_by_name(name: str, weights: dict[str, Weights]) -> list[tuple[float, str]]:
    """Return the documents that are most like the one with this name."""
    return alike(weights[name], weights)


def by_hand(each: Each, documents: dict[str, str]) -> dict[str, list[tuple[float, str]]]:
    counts = each(count_words, documents.values())
    documents_with: Counter[str] = Counter()
    for words in counts:
        documents_with.update(words.keys())
    weights = dict(zip(documents, each(weigh, counts, documents_with, len(documents)), strict=True))
    similar = dict(zip(documents, each(alike_by_name, documents, weights), strict=True))
    for name, found in similar.items():
        print(f"{name} is most like {found[1][1]}: {found[1][0]:.3f}")
    return similar
