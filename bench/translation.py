"""What translating a function costs: its analysis, its graph, and the frames that one run of it asks for, one by one.

Beside it, as what nothing that reads the text can go below, stands `ast.parse` and `compile` of the same text. A run on
a simulated pool shows which frames are asked for; they are then translated anew, several times.
"""

from __future__ import annotations

import ast
import importlib
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import machine
from pydron import compiled
from pydron.compiled import Translation, translate
from pydron.testing import simulate
from pydron.translation.source import find_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType

    from pydron.translation.emit import FrameKey

ROUNDS = 5

HEAD = """import pydron

class Row:
    def __init__(self, number):
        self.kind, self.x, self.name, self.seen = number % 7, number, str(number), []

    def add(self, value):
        self.seen.append(value)
        return self

ROWS = [Row(number) for number in range(20)]

@pydron.functional
def f(x, k=0): return x + k

@pydron.functional
def g(x): return x - 1

@pydron.functional
def halve(x): return x / 2

"""
BLOCK = """
    total{k} = 0
    names{k} = []
    for row in rows:
        if row.kind == {k}:
            continue
        value = f(row.x, {k})
        if value > limit:
            value = g(value)
            names{k}.append(row.name)
        elif value < 0:
            skipped += 1
        else:
            total{k} += value * 2 + offset
    mean{k} = total{k} / max(len(rows), 1)
    results[{k}] = [f(name) for name in names{k}]
    while mean{k} > 1:
        mean{k} = halve(mean{k})
    out.append((total{k}, mean{k}))
"""


def blocks(lines: int) -> str:
    """Return a program of loops, branches, comprehensions and convergence."""
    count = max(1, lines // (BLOCK.count("\n") - 1))
    body = "".join(BLOCK.format(k=k) for k in range(count))
    body = body.replace("f(name)", "f(name, '')")
    return f"def run(rows=ROWS, limit=10, offset=1):\n    skipped, out, results = 0, [], {{}}\n{body}    return out\n"


def elif_chain(length: int) -> str:
    """Return a program that compares one pending value again and again."""
    clauses = "".join(f"    elif x == {number}: return f({number})\n" for number in range(1, length))
    return f"def run():\n    x = f({length - 1})\n    if x == 0: return 0\n{clauses}"


def method_chain(length: int) -> str:
    """Return a program of one expression of many calls, each of which has to wait for the one before."""
    return (
        "def run():\n    return (Row(0)\n" + "".join(f"        .add(f({n}))\n" for n in range(length)) + "    .seen)\n"
    )


def native(lines: int) -> str:
    """Return the same program with nothing in it to run in parallel."""
    program = blocks(lines)
    for call, value in {
        "f(row.x, ": "(row.x + ",
        "g(value)": "value - 1",
        "f(name, '')": "name",
        "halve(": "(.5 * ",
    }.items():
        program = program.replace(call, value)
    return program


PROGRAMS: dict[str, str] = {
    "50 lines": blocks(50),
    "200 lines": blocks(200),
    "800 lines": blocks(800),
    "200 lines, no functional call": native(200),
    "50 `elif` clauses": elif_chain(50),
    "200 `elif` clauses": elif_chain(200),
    "chain of 25 calls": method_chain(25),
    "chain of 100 calls": method_chain(100),
}


@dataclass(frozen=True, slots=True)
class Costs:
    """Medians in milliseconds of processor time."""

    python: float
    """`ast.parse` and `compile`."""
    analysis: float
    graph: float
    first: float
    """The frame that a call begins in. The others are written when they are first asked for."""
    frames: float
    """All frames."""
    count: int
    """How many frames."""

    @property
    def until_it_begins(self) -> float:
        return self.analysis + self.graph + self.first

    @property
    def whole(self) -> float:
        return self.analysis + self.graph + self.frames


def _median(what: Callable[[], object]) -> float:
    durations = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        what()
        durations.append(time.process_time() - begin)
    return statistics.median(durations) * 1e3


def _frames(translation: Translation, keys: list[FrameKey]) -> Callable[[], None]:
    def write() -> None:
        translation._codes.clear()
        vars(translation).pop("_emitter", None)  # it keeps what it has written
        for key in keys:
            translation.code(key)

    return write


def measure(function: FunctionType, text: str) -> Costs:
    """Return what translating the function of a program costs."""
    keys = list(translate(function)._codes)
    made = Translation(find_source(function), function.__code__)

    def analyse() -> None:
        compiled._TRANSLATIONS.clear()
        translate(function)

    def graph() -> None:
        vars(made).pop("graph", None)
        vars(made).pop("_lowered", None)
        made.graph  # noqa: B018 - it is built when it is asked for

    return Costs(
        python=_median(lambda: (ast.parse(text), compile(text, "text", "exec"))),
        analysis=_median(analyse),
        graph=_median(graph) if keys else 0,
        first=_median(_frames(made, keys[:1])),
        frames=_median(_frames(made, keys)),
        count=len(keys),
    )


def main() -> None:
    """Print the table."""
    print(machine.heading())
    print()
    print(
        "| program | lines | parse + compile, ms | analysis | graph | first frame | until it begins "
        "| all frames (how many) | all | ms per line |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        for number, (name, program) in enumerate(PROGRAMS.items()):
            text = f"{HEAD}@pydron.schedule\n{program}"
            Path(folder, f"bench_program_{number}.py").write_text(text, encoding="utf-8")
            module = importlib.import_module(f"bench_program_{number}")
            with simulate(workers=4, seed=1):
                assert module.run() == module.run.__wrapped__()
            costs = measure(module.run.__wrapped__, program)
            lines = program.count("\n")
            print(
                f"| {name} | {lines} | {costs.python:.1f} | {costs.analysis:.1f} | {costs.graph:.1f} "
                f"| {costs.first:.1f} | {costs.until_it_begins:.1f} "
                f"| {costs.frames:.1f} ({costs.count}) | {costs.whole:.1f} | {costs.whole / lines:.2f} |",
                flush=True,
            )
        sys.path.remove(folder)


if __name__ == "__main__":
    main()
