"""Golden files that are pages: each section a title, a source, and what becomes of it.

A page is read for its sources, and written anew from them. So a case is added by writing a section with a source, and
``--update-golden`` adds the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Golden

__all__ = ["check_page", "sections"]

_SOURCE = re.compile(r"```python\n(.*?)```\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Section:
    """A source and the text before it."""

    introduction: str
    source: str


def sections(page: str) -> tuple[str, list[Section]]:
    """Return what stands before the first section of a page, and its sections."""
    head, *parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)
    found = []
    for part in parts:
        match = _SOURCE.search(part)
        assert match is not None, f"a section without a source:\n{part}"
        found.append(Section(part[: match.start()], match[1]))
    return head, found


def check_page(golden: Golden, path: Path, become: Callable[[str], str], language: str) -> None:
    """Compare a page with what becomes of its sources now."""
    head, parts = sections(path.read_text(encoding="utf-8"))
    assert parts, f"{path} has no section"
    written = [head]
    for part in parts:
        result = become(part.source).strip("\n")
        written.append(f"{part.introduction}```python\n{part.source}```\n\nbecomes\n\n```{language}\n{result}\n```\n\n")
    golden("".join(written).rstrip("\n") + "\n", str(path.relative_to(golden.directory / "cases")))
