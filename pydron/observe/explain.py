"""`explain`: what Pydron makes of each line of a scheduled function, and the edit that would help.

In comes a scheduled function; out come verdicts, as data that prints itself. They follow from the source, from what its
names stand for now, and from what earlier calls have found out.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from pydron.api import Scheduled
from pydron.compiled import NotTranslatable, translate
from pydron.context import name_of
from pydron.observe.judge import Judge
from pydron.observe.verdicts import Kind, Verdict
from pydron.runtime.marks import scheduled_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Explanation", "Kind", "Verdict", "explain"]

_WIDTH = 9


@dataclass(frozen=True, slots=True)
class Explanation:
    """What Pydron makes of a scheduled function."""

    function: str
    filename: str
    verdicts: tuple[Verdict, ...]
    """In the order of the lines; several for a line with several operations."""

    def of_line(self, line: int) -> Kind | None:
        """Return what holds a line up most; None if nothing in it needs a decision."""
        kinds = [verdict.kind for verdict in self.verdicts if verdict.line == line]
        return max(kinds, key=list(Kind).index) if kinds else None

    def __str__(self) -> str:
        parts = [f"{self.function}, {self.filename}"]
        for line, verdicts in groupby(self.verdicts, key=lambda verdict: verdict.line):
            parts += self._line(line, list(verdicts))
        return "\n".join(parts)

    def _line(self, line: int, verdicts: list[Verdict]) -> list[str]:
        kind = self.of_line(line)
        assert kind is not None
        parts = [f"{line:5}  {kind.value:{_WIDTH}}  {linecache.getline(self.filename, line).rstrip()}"]
        margin = " " * (7 + _WIDTH + 2)
        for verdict in verdicts:
            if verdict.kind is not Kind.PARALLEL:
                parts.append(f"{margin}{verdict.what}: {verdict.reason}")
            if verdict.advice:
                parts.append(f"{margin}→ {verdict.advice}")
        return parts


def explain(function: Callable[..., object]) -> Explanation:
    """Say for each line of a scheduled function whether it is parallel, and if not, why and what would help.

    Call the function once before: what its operations turned out to be is then taken into account.

    Raises:
        TypeError: the function is not scheduled.
    """
    scheduled = scheduled_of(getattr(function, "__func__", function))
    if not isinstance(scheduled, Scheduled):
        raise TypeError(f"{name_of(function)} is not a scheduled function")
    plain = scheduled.function
    try:
        translation = translate(plain)
    except NotTranslatable as error:
        line = plain.__code__.co_firstlineno
        reason = f"runs as it is written: {error}"
        advice = "move that into a function of its own, and schedule the rest"
        verdicts: tuple[Verdict, ...] = (Verdict(line, Kind.NATIVE, plain.__qualname__, reason, advice),)
    else:
        verdicts = Judge(plain, translation).verdicts()
    return Explanation(plain.__qualname__, plain.__code__.co_filename, verdicts)
