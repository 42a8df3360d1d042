"""Try many programs, and keep the small form of those that diverge."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from tests.property.harness import PLAIN, Divergence, Failures, OverrunError, Tally, Way, check, loaded, run_caught
from tests.property.minimise import minimise
from tests.property.programs import Program, generate

DIVERGENCES = Path(__file__).with_name("divergences")
RETRIES = 4
"""Ways in which a smaller program is tried: another shape may need another order to show."""


@dataclass(slots=True)
class Summary:
    """What a campaign did and found."""

    tally: Tally = field(default_factory=Tally)
    features: Counter[str] = field(default_factory=Counter)
    found: list[tuple[str, Divergence]] = field(default_factory=list)
    """Divergences with their signatures."""

    def add(self, other: Summary) -> None:
        self.tally.programs += other.tally.programs
        self.tally.runs += other.tally.runs
        self.tally.failures += other.tally.failures
        self.tally.useless += other.tally.useless
        self.features += other.features
        self.found += other.found


def campaign(seeds: range, end: float, most_small: int = 4, orders: int = 1) -> Summary:
    """Check the programs of `seeds`, as `check` does, until the time `end`; minimise the first few divergences."""
    summary = Summary()
    seen: set[str] = set()
    for seed in seeds:
        if time.monotonic() > end:
            break
        program = generate(seed)
        summary.features += program.features
        divergence = check(program, Random(seed), summary.tally, orders=orders)
        if divergence is not None:
            sign = signature(divergence)
            if len(seen) < most_small and sign not in seen:
                seen.add(sign)
                divergence = small(divergence)
            # A way holds functions, which do not travel between processes.
            way = Way(divergence.way.name, None)  # type: ignore[arg-type]
            summary.found.append((sign, replace(divergence, way=way)))
    return summary


def signature(divergence: Divergence) -> str:
    """Return what divergences of one cause probably share."""
    expected, actual = getattr(divergence.expected, divergence.part), getattr(divergence.actual, divergence.part)
    if divergence.part == "output":
        expected, actual = expected.splitlines(), actual.splitlines()
    at = next((at for at, (one, two) in enumerate(zip(expected, actual, strict=False)) if one != two), 0)
    shown = f"{divergence.part}: {expected[at : at + 2]} {actual[at : at + 2]}"
    if divergence.part == "error":
        shown = (
            f"{divergence.part}: {expected[:3]} {actual[:3]} {[name for _, name, _ in divergence.actual.trace][-2:]}"
        )
    return re.sub(r"\d+", "#", re.sub(r"/programs/\S+|0x[0-9a-f]+", "", shown))[:300]


def divergence_of(
    program: Program, failures: Failures, ways: list[Way], part: str | None = None, seconds: float = 10.0
) -> Divergence | None:
    """Return how a program diverges in one of some ways; with `part`, only in that part."""
    try:
        with loaded(program) as it:
            expected = it.run(PLAIN, failures)
            for way in ways:
                actual = run_caught(it, way, failures, seconds)
                differs = expected.difference(actual)
                if differs and (part is None or differs == part):
                    return Divergence(program, failures, way, differs, expected, actual)
    except (SyntaxError, OverrunError):
        pass
    except Exception:
        return None  # not a program any more
    return None


def small(divergence: Divergence, seconds: float = 15.0) -> Divergence:
    """Return the same divergence of a smaller program."""
    ways, part = [divergence.way], divergence.part
    for plan in ({}, divergence.failures):
        if divergence_of(divergence.program, plan, ways, part):
            failures = plan
            break
    else:
        return divergence
    text = (
        divergence.actual.error[:2]
        if divergence.actual.error[:1] and isinstance(divergence.actual.error[0], str)
        else None
    )

    def diverges(program: Program) -> bool:
        again = divergence_of(program, failures, ways, part, 1.0)
        if again is None or again.expected.error[:1] != divergence.expected.error[:1]:
            return False
        return text is None or similar(again.actual.error, text)

    program = minimise(divergence.program, diverges, seconds)
    return divergence_of(program, failures, ways, part) or divergence


def similar(error: tuple[object, ...], text: tuple[object, ...]) -> bool:
    """Tell whether two errors from outside the program have the same cause."""
    return re.sub(r"\W?\d+", "", str(error[:2])) == re.sub(r"\W?\d+", "", str(text))


def text_of(divergence: Divergence, title: str) -> str:
    """Return a divergence as a program that shows it when replayed."""
    plan = f"\nFAIL.update({divergence.failures!r})\n" if divergence.failures else ""
    source = divergence.program.source.replace("import pydron\n", f"import pydron\n{plan}", 1)
    return f'"""{title}"""\n\n{source}'


def save(divergence: Divergence, name: str, title: str, directory: Path = DIVERGENCES) -> Path:
    """Keep a divergence as a program that is replayed ever after."""
    numbers = [int(path.name[:3]) for path in directory.glob("[0-9][0-9][0-9]_*.py")]
    path = directory / f"{max(numbers, default=0) + 1:03d}_{name}.py"
    path.write_text(text_of(divergence, title), encoding="utf-8")
    return path
