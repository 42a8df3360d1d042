"""Each row of the catalogue of language features means what it meant: one program or more per row, in every order."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from tests.property.harness import (
    ORDERS,
    PLAIN,
    SEQUENTIAL,
    Way,
    failure_plans,
    has_state,
    loaded,
    run_caught,
    simulated,
)
from tests.property.programs import Program

CASES = Path(__file__).with_name("cases")
DEFAULTS = {
    "arguments": "\ndef arguments():\n    return ()\n",
    "drive": "\ndef drive(*args):\n    return main(*args)\n",
}
MOST_FAILURES = 24


def read(path: Path) -> list[Program]:
    """Return the programs of a file: each begins with a comment that gives its row and title."""
    _, *parts = re.split(r"^# --- ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    programs = []
    for number, part in enumerate(parts):
        title, _, source = part.partition("\n")
        for name, text in DEFAULTS.items():
            if f"def {name}(" not in source:
                source += text
        programs.append(Program(f"{path.stem}_{number}", f"# {title}\nimport pydron\n{source}"))
    return programs


PROGRAMS = [program for path in sorted(CASES.glob("*.py")) for program in read(path)]


def ways(rng: Random, program: Program) -> list[Way]:
    more: dict[str, object] = {"ship": True} if has_state(program) else {}
    plain = zip(ORDERS, (1, 2, 8, 3), strict=True)
    return [
        SEQUENTIAL,
        *(simulated(rng.randrange(1000), order, workers, **more) for order, workers in plain),
        simulated(rng.randrange(1000), "random", 3, deaths=0.1, eager=0.7, **more),
        simulated(rng.randrange(1000), "reverse", 4, remote_values=0, eager=0.3, **more),
    ]


def title(program: Program) -> str:
    return program.source.partition("\n")[0][2:]


@pytest.mark.parametrize("program", PROGRAMS, ids=title)
def test_means_what_it_meant(program: Program, seed: int) -> None:
    rng = Random(seed)
    with loaded(program) as it:
        expected = it.run(PLAIN, {})
        assert expected.error[0] == ("NoneType", None) or it.calls, "a program that cannot run shows nothing"
        plans = [{}, *failure_plans(it.calls, rng, MOST_FAILURES)]
        for number, failures in enumerate(plans):
            expected = it.run(PLAIN, failures)
            for way in ways(rng, program) if number == 0 else rng.sample(ways(rng, program), 2):
                actual = run_caught(it, way, failures)
                part = expected.difference(actual)
                assert not part, (
                    f"{part} differs: {way.name}, failures {failures}\n"
                    f"expected {getattr(expected, part)}\nactual   {getattr(actual, part)}\nerror    {actual.error}"
                )


def test_every_case_is_a_program_of_its_own() -> None:
    titles = [title(program) for program in PROGRAMS]
    assert len(titles) == len(set(titles)) > 80
