"""Every program in the documentation runs, and prints what the documentation says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.snippets import Block, blocks, commands, marker, matches, script

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def run(arguments: list[str], directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python as a reader of the page would, in a directory of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYDRON", "PYTEST"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env=environment | {"HOME": str(directory), "PYTHONWARNINGS": "error", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )


def outputs(page: list[Block]) -> dict[int, Block]:
    """Find the output block that belongs to each Python block."""
    return {before.line: after for before, after in pairwise(page) if after.language == "output"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_programs_of_a_page_run(path: Path, tmp_path: Path) -> None:
    page = blocks(path)
    for block in page:
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "console" and not block.not_run:
            check_console(block, path, tmp_path)
    program = [block for block in page if block.language == "python" and not (block.file or block.not_run)]
    if program:
        check_program(program, outputs(page), path, tmp_path)


def check_console(block: Block, page: Path, directory: Path) -> None:
    for command in commands(block):
        place = f"{page.relative_to(ROOT)}:{command.line}"
        assert command.words[0] == "python", f"{place}: only `python` is run here; mark the block as not run"
        done = run(command.words[1:], directory, **command.environment)
        assert (done.returncode != 0) == command.fails, f"{place}: {done.stdout}"
        assert matches(command.expected, done.stdout), f"{place}: this was printed instead:\n{done.stdout}"


def check_program(program: list[Block], expected: dict[int, Block], page: Path, directory: Path) -> None:
    file = directory / f"{page.stem.replace('-', '_').lower()}.py"
    file.write_text(script(program), encoding="utf-8")
    done = run([str(file)], directory)
    assert done.returncode == 0, f"{page.relative_to(ROOT)}:\n{done.stdout}"
    rest = done.stdout
    for block in program:
        printed, _, rest = rest.partition(marker(block) + "\n")
        place = f"{page.relative_to(ROOT)}:{block.line}"
        if block.line in expected:
            assert matches(expected[block.line].text, printed), f"{place}: this was printed instead:\n{printed}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_within_the_documentation_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
        assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}"


def test_three_dots_stand_for_anything() -> None:
    assert matches("a ... c\n", "a b c\n")
    assert matches("1\n...\n9\n", "1\n2\n3\n9\n")
    assert not matches("a ... c\n", "a b d\n")
    assert not matches("a\n", "a\nb\n")


def test_a_page_is_taken_apart(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Title\n\n```python\nx = 1\n```\n\n```output\nnothing\n```\n\n"
        "<!-- not run: takes long -->\n```python\nx = 2\n```\n"
        "<!-- file: a.py -->\n\n```python\nx = 3\n```\n\n"
        "```console\n$ python a.py\n1\n2\n$ X=1 python b.py\nTraceback (most recent call last):\n```\n"
    )
    first, output, skipped, file, console = blocks(page)
    assert (first.text, first.line, first.end) == ("x = 1\n", 4, 5)
    assert outputs(blocks(page)) == {4: output}
    assert (skipped.not_run, skipped.file) == ("takes long", None)
    assert (file.not_run, file.file) == (None, "a.py")
    good, bad = commands(console)
    assert (good.words, good.expected, good.line, good.fails) == (["python", "a.py"], "1\n2\n", 22, False)
    assert (bad.words, bad.environment, bad.line, bad.fails) == (["python", "b.py"], {"X": "1"}, 25, True)
    assert script([first]).splitlines()[3:] == ["x = 1", f"print({marker(first)!r}, flush=True)"]
