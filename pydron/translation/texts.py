"""Where the text of a function may be: in a file, on the command line, in standard input, among what was typed.

Python keeps the names of files only. Code of ``python -c``, of ``python < script`` and of a prompt has names like
``<string>`` that several texts can share, and a file may have been changed since it was read: such a text must prove,
by being compiled, that it is the one.
"""

from __future__ import annotations

import functools
import io
import linecache
import os
import re
import stat
import sys
import tokenize
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType
from typing import TYPE_CHECKING

from pydron.translation.stamp import stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydron.translation.stamp import Stamp

__all__ = ["FUTURE_FLAGS", "Text", "is_compiled_from", "texts_of", "unwarned"]

FUTURE_FLAGS = 0x1FF0000
"""Every bit of ``from __future__`` that a code object can carry."""
_MOST_DECORATORS = 60
"""Lines between the first of a statement that was typed and the ``def`` in it."""


@dataclass(frozen=True, slots=True)
class Text:
    """What may be the source of a function."""

    text: str
    certain: bool
    """It is; any other has to prove it."""


def texts_of(code: CodeType, namespace: dict[str, object], stamp: Stamp | None) -> Iterator[Text]:
    """Find what may be the source of a function, the most likely first.

    Args:
        code: of the function.
        namespace: its globals.
        stamp: of its file, when the function was made.
    """
    filename = code.co_filename
    if not filename.startswith("<"):
        changed = stamp is not None and stamp_of(filename) not in {stamp, None}
        if changed:
            yield Text("".join(linecache.getlines(filename, namespace)), certain=False)
        # The lines may be those of before the module was reloaded.
        linecache.checkcache(filename)
        yield Text("".join(linecache.getlines(filename, namespace)), certain=not changed)
        return
    yield Text("".join(linecache.getlines(filename, namespace)), certain=False)
    if filename == "<string>":
        yield from (Text(argument, certain=False) for argument in sys.orig_argv if code.co_name in argument)
    if filename == "<stdin>":
        yield Text(_standard_input(), certain=False)
    if filename in {"<stdin>", "<console>"}:
        yield from (Text(text, certain=False) for text in _typed(code.co_name))
    if filename == "<timed exec>":
        yield from (Text(text, certain=False) for text in _cells_with_magic())


def is_compiled_from(code: CodeType, text: str) -> bool:
    """Tell whether compiling a text gives the code of a function in it.

    Raises:
        SyntaxError: the text is no program.
        ValueError: there are characters in it that no program has.
    """
    positions = list(code.co_positions())
    codes = _codes(code.co_filename, text, code.co_flags & FUTURE_FLAGS)
    return any(each == code and list(each.co_positions()) == positions for each in codes)


@functools.lru_cache(maxsize=16)
def _codes(filename: str, text: str, flags: int) -> list[CodeType]:
    """Compile a text; return the code of all functions in it."""
    with unwarned(filename):
        codes = [compile(text, filename, "exec", flags, dont_inherit=True)]
    for code in codes:
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return codes


@contextmanager
def unwarned(filename: str) -> Iterator[None]:
    """Compile a file without the warnings that the user has seen when Python compiled it.

    `warnings.catch_warnings` would make Python forget which other warnings it has shown already.
    """
    module = re.compile(re.escape(filename.removesuffix(".py") or "<unknown>") + r"\Z")
    mute = ("ignore", None, Warning, module, 0)
    filters = warnings.filters
    filters.insert(0, mute)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        filters.remove(mute)  # type: ignore[attr-defined]


def _standard_input() -> str:
    """Return the whole of standard input if that is a file: what is read once from a pipe is gone."""
    try:
        status = os.fstat(0)
        data = os.pread(0, status.st_size, 0) if stat.S_ISREG(status.st_mode) else b""
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (OSError, SyntaxError, UnicodeDecodeError):
        return ""


def _typed(name: str) -> Iterator[str]:
    """Find statements that define a function in what was typed at a prompt, the last first."""
    readline = sys.modules.get("readline")
    if readline is None:
        return
    lines = [readline.get_history_item(number + 1) or "" for number in range(readline.get_current_history_length())]
    head = re.compile(rf"\s*def\s+{re.escape(name)}\b")
    for number in reversed(range(len(lines))):
        if head.match(lines[number]):
            for first in range(number, max(-1, number - _MOST_DECORATORS), -1):
                if lines[first][:1].strip():
                    yield _statement(lines, first, number)


def _statement(lines: list[str], first: int, last: int) -> str:
    """Return a statement that begins at a line, with all that may belong to it after another line."""
    end = last + 1
    while end < len(lines) and re.match(r"[\s)\]}#]|else\b|elif\b|except\b|finally\b", lines[end]):
        end += 1
    return "\n".join(lines[first:end]) + "\n"


def _cells_with_magic() -> Iterator[str]:
    """Find the cells of a notebook that were given to a magic command, such as ``%%time``, the last first."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    for cell in reversed(shell.history_manager.input_hist_raw if shell is not None else []):
        if cell.startswith("%%"):
            yield cell.partition("\n")[2]
