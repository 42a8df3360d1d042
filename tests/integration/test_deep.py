"""Deep stacks and deep trees: what fits in plain Python fits here."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import pydron
from pydron.testing import simulate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

said: Counter[str] = Counter()


class Noted:
    def __enter__(self) -> None:
        said["entered"] += 1

    def __exit__(self, *about: object) -> None:
        said["left"] += 1


@pydron.functional
def increased(number: int) -> int:
    return number + 1


@pydron.schedule
def triangle(number: int) -> int:
    said["called"] += 1
    try:
        if number == 0:
            return increased(0)
        with Noted():
            return triangle(number - 1) + increased(number)
    finally:
        said["ended"] += 1


def below(frames: int, function: Callable[[int], int]) -> int:
    return below(frames - 1, function) if frames else function(30)


@pytest.mark.parametrize("natives", [False, True])
def test_a_run_that_begins_near_the_recursion_limit(natives: bool) -> None:
    said.clear()
    ended: Counter[str] = Counter()
    with simulate(workers=3, natives=natives):
        for frames in range(100, sys.getrecursionlimit(), 40):
            try:
                assert below(frames, triangle) == 496
                ended["with a result"] += 1
            except RecursionError:
                ended["with an error"] += 1
    assert set(ended) == {"with a result", "with an error"}
    assert said["called"] == said["ended"]
    assert said["entered"] == said["left"]


SHAPES = {
    "sum": "    return " + " + ".join(f"increased({number})" for number in range(400)),
    "elif": "    x = increased(3)\n    if not x:\n        return 0\n"
    + "".join(f"    elif x == {number + 5}:\n        return increased({number})\n" for number in range(150))
    + "    return increased(x)\n",
    "calls in calls": "    return " + "increased(" * 90 + "1" + ")" * 90,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_trees_that_nest_deeply(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "deep.py"
    path.write_text(f"def deep():\n{SHAPES[shape]}\n", encoding="utf-8")
    names: dict[str, Any] = {"increased": increased}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    plain = names["deep"]
    limit = sys.getrecursionlimit()
    with simulate(workers=3):
        assert pydron.schedule(plain)() == plain()
    assert sys.getrecursionlimit() == limit


def test_what_nests_too_deeply_runs_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "deep.py"
    terms = " + ".join(["increased(1)"] * 1100)
    path.write_text(f"def deep():\n    return 1\n\n\ndef deeper():\n    return {terms}\n", encoding="utf-8")
    names: dict[str, Any] = {"increased": increased}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    with simulate(workers=3), pytest.warns(pydron.PydronWarning, match="line 6: what is written there nests more than"):
        assert pydron.schedule(names["deeper"])() == 2200
