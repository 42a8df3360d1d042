"""A function runs in parallel wherever its text comes from, and as it is written where that cannot be had."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.scripts import PATIENCE, ROOT, command, environment, frames, own_frames, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEFINITIONS = """
import os, time
import pydron

class Point:
    def __init__(self, x):
        self.x = x

@pydron.functional
def grown(point):
    time.sleep(0.01)
    print("grown", point.x)
    return Point(1 / point.x), os.getpid()

@pydron.schedule
def main(numbers):
    found = []
    for number in numbers:
        pair = grown(Point(number))
        found.append(pair)
    return found
"""
PROGRAM = (
    DEFINITIONS
    + """
found = main([1, 2, 4])
print([point.x for point, _ in found], {type(point) is Point for point, _ in found})
print("in place" if os.getpid() in {pid for _, pid in found} else "on workers")
main([1, 0])
"""
)
PRINTED = "grown 1\ngrown 2\ngrown 4\n[1.0, 0.5, 0.25] {True}\non workers\ngrown 1\ngrown 0\n"


def check(done: subprocess.CompletedProcess[str], name: str) -> None:
    assert done.stdout == PRINTED
    assert "Warning" not in done.stderr
    files = [(file.rpartition("/")[2], function) for file, _, function in frames(done.stderr) if file[:8] != "<frozen "]
    assert files == [(name, "<module>"), (name, "main"), (name, "grown")]
    assert "ZeroDivisionError: division by zero\nraised by functional grown on worker local-" in done.stderr


def test_a_file(tmp_path: Path) -> None:
    check(run(tmp_path, PROGRAM), "script.py")


def test_the_command_line(tmp_path: Path) -> None:
    check(command(tmp_path, "-c", PROGRAM), "<string>")
    check(command(tmp_path, "-Bc", PROGRAM, "argument"), "<string>")


def test_a_file_as_standard_input(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("# -*- coding: latin-1 -*-\nname = 'M\xfcller'\n" + PROGRAM, encoding="latin-1")
    with script.open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-"], stdin=file, capture_output=True, text=True,
            env=environment(), cwd=tmp_path, check=False, timeout=PATIENCE,
        )  # fmt: skip
    check(done, "<stdin>")


def test_pydron_itself_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "pydron").symlink_to(ROOT / "pydron")
    program = """
        import pydron

        @pydron.functional
        def f(x):
            return x

        @pydron.schedule
        def main(xs):
            return f(1), next(iter(xs))

        print(main([2]))
        main([])
    """
    done = run(tmp_path, program, PYTHONPATH=str(tmp_path / "links"))
    assert done.stdout == "(1, 2)\n"
    assert done.stderr.endswith("\nStopIteration\n")


def test_a_module(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text(PROGRAM)
    check(command(tmp_path, "-m", "package"), "__main__.py")


COMBINED = "import sys; exec(sys.argv[1].replace('GROWN', 'grown'){})"


@pytest.mark.parametrize(
    "arguments,given,name",
    [
        ((), PROGRAM, "<stdin>"),
        (("-c", COMBINED.format(""), PROGRAM.replace("grown", "GROWN")), None, "<string>"),
        (("-c", COMBINED.format(", {'__name__': 'other'}"), PROGRAM.replace("grown", "GROWN")), None, "<string>"),
    ],
    ids=["pipe", "exec", "exec in a namespace"],
)
def test_no_text(tmp_path: Path, arguments: tuple[str, ...], given: str | None, name: str) -> None:
    done = command(tmp_path, *arguments, given=given)
    notice = done.stderr.splitlines()[0]
    assert notice.startswith(f"{name}:15: PydronWarning: main runs sequentially: ")
    assert notice.endswith("into a file"), "it says what helps"
    assert done.stderr.count("PydronWarning") == 1
    assert done.stdout == PRINTED.replace("on workers", "in place")
    assert own_frames(done.stderr) == []


MODULE = """
import pydron

@pydron.functional
def number(x):
    return x + 1

@pydron.schedule
def main(x):
    return number(x) * 10
"""
EDITED = """
import linecache, os, time
import pydron
from pathlib import Path

@pydron.functional
def number(x):
    return x + 1

@pydron.schedule
def main(x):
    return number(x) * 10

@pydron.schedule
def other(x):
    return number(x) * 10

text = Path(__file__).read_text()
Path(__file__).write_text(EDIT)
print(main(1), other(1))
"""


def test_a_file_that_is_edited_while_it_runs(tmp_path: Path) -> None:
    done = run(tmp_path, EDITED.replace("EDIT", "text.replace('return number(x) * 10', 'return number(x) * 11', 1)"))
    assert done.stdout == "20 20\n"
    assert "main runs sequentially" in done.stderr
    assert "script.py has changed since it was imported; start the program again" in done.stderr
    assert "other runs" not in done.stderr


def test_a_file_that_is_edited_elsewhere(tmp_path: Path) -> None:
    done = run(tmp_path, EDITED.replace("EDIT", "text + '# another line'"))
    assert (done.stdout, done.stderr) == ("20 20\n", "")


def test_a_module_that_is_loaded_again(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(MODULE)
    program = """
    import importlib
    from pathlib import Path
    import module
    print(module.main(1))
    Path("module.py").write_text(Path("module.py").read_text().replace("* 10", "* 99"))
    importlib.reload(module)
    print(module.main(1))
    """
    done = run(tmp_path, program, PYTHONDONTWRITEBYTECODE="1")
    assert (done.stdout, done.stderr) == ("20\n198\n", "")


class Prompt:
    """The prompt of Python in a terminal."""

    def __init__(self, directory: Path, **more: str) -> None:
        self._near, far = pty.openpty()
        plain = {"TERM": "xterm", "PYTHON_COLORS": "0", "HOME": str(directory), "INPUTRC": os.devnull, **more}
        self.process = subprocess.Popen(
            [sys.executable, "-q"], stdin=far, stdout=far, stderr=far, env=environment(**plain), cwd=directory,
            start_new_session=True,
        )  # fmt: skip
        os.close(far)
        self._text = ""

    def answer(self, mark: str) -> str:
        """Wait for a mark; return what was printed before it."""
        deadline = time.monotonic() + PATIENCE
        while mark not in self._text:
            assert time.monotonic() < deadline, f"no {mark!r} in {self._text!r}"
            if select.select([self._near], [], [], 1)[0]:
                read = os.read(self._near, 10_000).decode("utf-8", "replace")
                self._text += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z@]|\x1b[=>]|\r", "", read)
        found, _, self._text = self._text.partition(mark)
        return found

    def type(self, text: str) -> None:
        os.write(self._near, text.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._near)


@pytest.fixture
def prompts(tmp_path: Path) -> Iterator[list[Prompt]]:
    opened: list[Prompt] = []
    yield opened
    for prompt in opened:
        prompt.close()


STATEMENTS = [*re.sub(r"\n\n(?=[@c])", "\n\n\n", DEFINITIONS.strip()).split("\n\n\n")]


def test_a_prompt(tmp_path: Path, prompts: list[Prompt]) -> None:
    prompt = Prompt(tmp_path, PYTHON_BASIC_REPL="1")
    prompts.append(prompt)
    for statement in STATEMENTS:
        prompt.answer(">>> ")
        for line in (statement + "\n").split("\n"):
            prompt.type(line + "\n")
    ask(prompt)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="Python 3.13 has a prompt of its own")
def test_a_prompt_of_many_lines(tmp_path: Path, prompts: list[Prompt]) -> None:
    prompt = Prompt(tmp_path)
    prompts.append(prompt)
    for statement in STATEMENTS:
        prompt.answer(">>> ")
        prompt.type(f"\x1b[200~{statement}\n\x1b[201~\r")
    ask(prompt)


def ask(prompt: Prompt) -> None:
    """Call what has been defined at a prompt."""
    prompt.answer(">>> ")
    prompt.type("'on ' + 'workers' if os.getpid() not in {pid for _, pid in main([1, 2, 4])} else 'in ' + 'place'\n")
    printed = prompt.answer("'on workers'\n")
    assert "grown 1\ngrown 2\ngrown 4\n" in printed
    assert "Warning" not in printed
    prompt.answer(">>> ")
    prompt.type("main([1, 0])\n")
    prompt.answer("grown 1\ngrown 0\n")
    trace = prompt.answer("ZeroDivisionError: division by zero\n")
    assert [function for _, _, function in frames(trace)] == ["<module>", "main", "grown"]
    prompt.answer(">>> ")
    prompt.type("exit()\n")
    assert prompt.process.wait(PATIENCE) == 0
