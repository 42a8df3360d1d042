"""Reads the programs in a Markdown page and makes one script of them, each line where it stands in the page.

What is run:

* fenced blocks marked ``python``, in order, as one program; an ``output`` block after one is what it prints;
* ``console`` blocks: lines such as ``$ PYDRON=off python a.py`` are run, the lines that follow are what they print.
  They have to succeed unless a traceback is among it.

A comment before a block changes that: ``<!-- file: NAME -->`` writes it to a file instead, ``<!-- not run: REASON -->``
passes over it. A line of three dots in an output stands for any text, and so do three dots within a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FENCE = re.compile(r"^(?P<ticks>`{3,})(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=ticks)$", re.MULTILINE | re.DOTALL)
_REMARK = re.compile(r"<!-- (?P<what>file|not run): (?P<text>[^\n]*?) -->\s*\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block. `line` is that of its first line of text."""

    language: str
    text: str
    line: int
    file: str | None = None
    not_run: str | None = None

    @property
    def end(self) -> int:
        """The line of the closing fence."""
        return self.line + self.text.count("\n")


@dataclass(frozen=True, slots=True)
class Command:
    """One command at a console, and what it prints."""

    environment: dict[str, str]
    words: list[str]
    expected: str
    line: int

    @property
    def fails(self) -> bool:
        """Whether it is meant to end with an exception."""
        return "\nTraceback (" in f"\n{self.expected}"


def blocks(page: Path) -> list[Block]:
    """List the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [_block(text, match) for match in _FENCE.finditer(text)]


def _block(text: str, match: re.Match[str]) -> Block:
    remark = _REMARK.search(text, 0, match.start())
    says = {remark["what"]: remark["text"]} if remark else {}
    line = text.count("\n", 0, match.start("text")) + 1
    return Block(match["language"], match["text"], line, says.get("file"), says.get("not run"))


def marker(block: Block) -> str:
    """Return what the script prints at the end of a block."""
    return f"--- end of the block that ends on line {block.end} ---"


def script(program: list[Block]) -> str:
    """Make one program of blocks. Lines keep their numbers, so that errors point into the page."""
    lines = [""] * (program[-1].end if program else 0)
    for block in program:
        lines[block.line - 1 : block.end - 1] = block.text.splitlines()
        lines[block.end - 1] = f"print({marker(block)!r}, flush=True)"
    return "\n".join(lines) + "\n"


def commands(block: Block) -> Iterator[Command]:
    """Take a console block apart."""
    for part in re.finditer(r"^\$ (?P<command>.*)\n(?P<output>(?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
        words = part["command"].split()
        first = next(number for number, word in enumerate(words) if "=" not in word)
        environment = dict(word.split("=", 1) for word in words[:first])
        line = block.line + block.text.count("\n", 0, part.start())
        yield Command(environment, words[first:], part["output"], line)


def matches(expected: str, actual: str) -> bool:
    """Compare outputs; three dots stand for anything."""
    pattern = re.escape(expected.rstrip()).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern, actual.rstrip(), re.DOTALL) is not None
