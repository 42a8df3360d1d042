"""Tracebacks as lists of places, and real traceback objects made from such lists."""

from __future__ import annotations

import ast
import functools
import linecache
import os
import sys
from dataclasses import dataclass
from types import CodeType, FunctionType, TracebackType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Place", "build_traceback", "drop_outermost", "is_of_library", "is_ours", "places_of"]

_OURS = __file__.rpartition(os.sep)[0] + os.sep  # as code objects have it: links are not followed
_INSTALLED = ("site-packages", "dist-packages")
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of a traceback."""

    filename: str
    line: int
    function: str
    span: tuple[int, int, int, int] | None = None
    """First line, last line, first column, last column (in bytes) of the expression at fault."""
    source: str = ""
    """The line itself."""
    first: int = 0
    """Line that the function begins at, if known: there are tools that show all of it."""


def places_of(trace: TracebackType | None) -> list[Place]:
    """List the entries of a traceback, without those of Pydron itself."""
    places: list[Place] = []
    while trace is not None and len(places) < _MOST:
        code = trace.tb_frame.f_code
        if not is_ours(code.co_filename):
            places.append(_place(trace, code))
        trace = trace.tb_next
    return places


def drop_outermost(error: BaseException) -> None:
    """Take the first entry out of an error's traceback."""
    trace = error.__traceback__
    error.__traceback__ = trace.tb_next if trace is not None else None


def is_ours(filename: str) -> bool:
    """Say whether a file is Pydron's own, or the import machinery's."""
    return filename.startswith((_OURS, "<frozen importlib"))


@functools.lru_cache(maxsize=4096)
def is_of_library(filename: str) -> bool:
    """Say whether a file belongs to Python or to an installed package."""
    return filename.startswith(_library()) or any(part in filename for part in _INSTALLED)


@functools.cache
def _library() -> tuple[str, ...]:
    import sysconfig  # slow, and not needed to decorate

    return sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), "<frozen"


def _place(trace: TracebackType, code: CodeType) -> Place:
    line = trace.tb_lineno or code.co_firstlineno
    source = linecache.getline(code.co_filename, line, trace.tb_frame.f_globals)
    return Place(code.co_filename, line, code.co_qualname if sys.version_info >= (3, 13) else code.co_name,
                 _span(code, trace.tb_lasti), source, code.co_firstlineno)  # fmt: skip


def _span(code: CodeType, instruction: int) -> tuple[int, int, int, int] | None:
    if instruction < 0:
        return None
    for index, positions in enumerate(code.co_positions()):
        if index == instruction // 2:
            return None if None in positions else cast("tuple[int, int, int, int]", positions)
    return None


def build_traceback(places: list[Place]) -> TracebackType | None:
    """Make a traceback that prints like the one that was taken down."""
    trace: TracebackType | None = None
    for place in reversed(places):
        _keep_source(place)
        frame, instruction = _frame(place)
        trace = TracebackType(trace, frame, instruction, place.line)
    return trace


def _keep_source(place: Place) -> None:
    """Let `linecache` know a line whose file is not on this machine."""
    if not place.source or linecache.getline(place.filename, place.line):
        return
    entry = linecache.cache.get(place.filename)
    lines = list(entry[2]) if entry is not None and len(entry) == 4 else []
    lines += ["\n"] * (place.line - len(lines))
    lines[place.line - 1] = place.source if place.source.endswith("\n") else place.source + "\n"
    linecache.cache[place.filename] = (sum(map(len, lines)), None, lines, place.filename)


def _frame(place: Place) -> tuple[FrameType, int]:
    code = _stub(place.filename, place.line, place.function, place.span, place.first)
    try:
        FunctionType(code, {"__name__": place.function, "__file__": place.filename})()
    except ZeroDivisionError as error:
        trace = error.__traceback__
        assert trace is not None
        assert trace.tb_next is not None
        return trace.tb_next.tb_frame, trace.tb_next.tb_lasti
    raise AssertionError("the stub did not raise")


@functools.lru_cache(maxsize=1024)
def _stub(filename: str, line: int, name: str, span: tuple[int, int, int, int] | None, begin: int) -> CodeType:
    """Compile code that fails at the given place."""
    first, last, start, stop = span or (line, line, 0, 0)
    tree = ast.parse("def stub(): raise ZeroDivisionError")
    stub = tree.body[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr):
            node.lineno, node.end_lineno, node.col_offset, node.end_col_offset = first, last, start, stop
    stub.lineno = min(begin or first, first)
    (code,) = (each for each in compile(tree, filename, "exec").co_consts if isinstance(each, CodeType))
    simple = name.rpartition(".")[2] if name != "<module>" else name
    return code.replace(co_name=simple, co_qualname=name)
