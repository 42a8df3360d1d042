"""Calls that become known late are made where they stand in the program, not behind all that is already known."""

from __future__ import annotations

import pydron
from pydron.testing import simulate

MADE: list[str] = []


@pydron.functional
def load(name: str) -> int:
    MADE.append(f"load {name}")
    return len(name)


@pydron.functional
def look(name: str, value: int) -> int:
    MADE.append(f"look {name}")
    return value + 1


@pydron.functional
def merge(values: list[int]) -> int:
    MADE.append("merge")
    return sum(values)


@pydron.schedule
def groups(count: int, each: int) -> list[int]:
    merged = []
    for group in range(count):
        kept: list[int] = []
        for member in range(each):
            name = f"{group}.{member}"
            value = load(name)
            if value < 0:
                continue
            value = look(name, value)
            if value > 0:
                kept.append(look(name + "!", value))
        merged.append(merge(kept))
    return merged


def test_what_a_branch_calls_comes_before_what_follows_it() -> None:
    MADE.clear()
    with simulate(workers=1, seed=1):
        assert groups(4, 5) == [25, 25, 25, 25]
    for group in range(2):
        later = [
            place for place, made in enumerate(MADE) if made.startswith((f"load {group + 2}", f"look {group + 2}"))
        ]
        assert _merges()[group] < min(later), MADE


def _merges() -> list[int]:
    return [place for place, made in enumerate(MADE) if made == "merge"]
