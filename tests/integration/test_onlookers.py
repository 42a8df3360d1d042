"""Debuggers, coverage and profilers see the program as it is written; one notice says that it runs sequentially."""

from __future__ import annotations

import re
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.integration.scripts import command

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

PROGRAM = """\
import pydron

@pydron.functional
def double(x):
    y = x * 2
    return y

@pydron.schedule
def evens(xs):
    out = []
    for x in xs:
        y = double(x)
        if y > 2:
            out.append(y)
        else:
            print("small", y)
    return out

@pydron.schedule
def other(xs):
    return [double(x) for x in xs]

if __name__ == "__main__":
    print(evens([1, 2]))
    print(other([1, 2]))
"""
PRINTS = "small 2\n[4]\n[2, 4]\n"
NOTICE = "and all other scheduled functions run sequentially"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path


def notices(done: CompletedProcess[str]) -> list[str]:
    text = done.stdout + done.stderr
    assert text.count("Traceback") == 0, text
    return re.findall(rf"evens {NOTICE}: (.*?)\. With PYDRON=on they", text)


def debugged(directory: Path, *typed: str) -> CompletedProcess[str]:
    (directory / ".pdbrc").write_text("")
    return command(directory, "-m", "pdb", "program.py", given="\n".join([*typed, "q"]) + "\n")


def test_breakpoints_are_hit_in_functional_and_scheduled_functions(directory: Path) -> None:
    done = debugged(directory, "b program.py:5", "b program.py:13", "c", "p 'x is', x", "c", "p xs, out, y", "c", "c")
    assert "> " + str(directory / "program.py") + "(5)double()" in done.stdout
    assert "> " + str(directory / "program.py") + "(13)evens()" in done.stdout
    assert "('x is', 1)" in done.stdout
    assert "([1, 2], [], 2)" in done.stdout
    assert notices(done) == ["pdb follows each line (sys.settrace)"]


def test_a_step_leads_from_line_to_line(directory: Path) -> None:
    done = debugged(directory, "b program.py:11", "c", "n", "s", "s", "s", "n")
    lines = [int(line) for line in re.findall(r"program\.py\((\d+)\)", done.stdout)]
    assert lines[-6:] == [11, 12, 3, 5, 6, 6]


@pytest.mark.parametrize("core", ["ctrace", "pytrace", "sysmon"])
def test_coverage_has_each_line(directory: Path, core: str) -> None:
    if core == "sysmon" and sys.version_info < (3, 12):
        pytest.skip("sys.monitoring is of Python 3.12")
    done = command(directory, "-m", "coverage", "run", "--include=program.py", "program.py", COVERAGE_CORE=core)
    assert done.stdout == PRINTS
    how = "looks on (sys.monitoring)" if core == "sysmon" else "follows each line (sys.settrace)"
    assert [notice.replace("coverage.py", "coverage") for notice in notices(done)] == [f"coverage {how}"]
    report = command(directory, "-m", "coverage", "report", "-m")
    assert re.search(r"program\.py +\d+ +0 +100%", report.stdout), report.stdout


def test_a_profile_counts_the_calls(directory: Path) -> None:
    done = command(directory, "-m", "cProfile", "program.py")
    assert done.stdout.startswith(PRINTS)
    assert len(notices(done)) == 1
    assert re.search(r"\n +4 .*program\.py:\d+\(double\)", done.stdout)
    assert re.search(r"\n +1 .*program\.py:\d+\(evens\)", done.stdout)
    assert "run.py" not in done.stdout


def test_who_does_not_mind_can_say_so(directory: Path) -> None:
    done = command(directory, "-m", "coverage", "run", "program.py", PYDRON="on")
    assert (done.stdout, done.stderr) == (PRINTS, "")


def test_no_notice_where_nothing_would_run_in_parallel(directory: Path) -> None:
    done = command(directory, "-m", "coverage", "run", "program.py", PYDRON="off")
    assert (done.stdout, done.stderr) == (PRINTS, "")


def test_strict_makes_an_error_of_it(directory: Path) -> None:
    program = directory / "program.py"
    program.write_text(PROGRAM.replace("@pydron.schedule\n", "@pydron.schedule(strict=True)\n"))
    done = command(directory, "-m", "coverage", "run", "program.py")
    error = r"TranslationError: .*program\.py:8 in evens: evens cannot be scheduled: coverage follows each line"
    assert re.search(error, done.stderr)
    session = dedent("""
        import sys
        import pydron
        from program import evens

        sys.setprofile(lambda *_: None)
        with pydron.session(strict=True):
            try:
                evens([1])
            except pydron.TranslationError as error:
                sys.setprofile(None)
                print(error)
        """)
    program.write_text(PROGRAM)
    (directory / "session.py").write_text(session)
    assert "follows each call (sys.setprofile). With PYDRON=on it" in command(directory, "session.py").stdout
