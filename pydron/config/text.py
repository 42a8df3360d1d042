"""Scans the text of a configuration file: JSON with comments and trailing commas, each key's line kept.

The standard parser reads no comments and does not tell afterwards where a value stood. It also answers the usual slips
(a Windows path, a single quote, a forgotten comma) with what it expected instead of with what to write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from pydron.errors import ConfigError

__all__ = ["Document", "KeyPath", "scan"]

KeyPath = tuple[str | int, ...]
"""How to get to a value: ``("workers", 0, "cores")``."""

_DEEPEST = 50

_SPACE = re.compile(r"(?:[ \t\r\n\f\v\u00a0]|//[^\n]*|#[^\n]*|/\*.*?\*/)+", re.DOTALL)
_PLAIN = re.compile(r'[^"\\\n]+')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[^\s,:\[\]{}\"'/#]+")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_DRIVE = re.compile(r'"([A-Za-z]:)\\(?![\\/"bfnrt]|u[0-9a-fA-F]{4})')
_CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None}
_MISSPELT = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "None": "null", "nil": "null"}
_SECRET_LINE = re.compile(r"(?i)pass|secret|accesskey|token")
_QUOTES = "'`\u2018\u2019\u201c\u201d\u00ab\u00bb"


@dataclass(slots=True)
class Document:
    """A configuration as plain values, and where in its file each key and list element stands."""

    value: object
    filename: str | None = None
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def line(self, path: KeyPath) -> int | None:
        """Return the line of a key, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def scan(text: str, filename: str) -> Document:
    """Read a whole file.

    Raises:
        ConfigError: the text is not JSON; says where, and what to write instead.
    """
    return _Scanner(text, filename).document()


class _Scanner:
    """Recursive descent over one text; `position` is the next character to read."""

    def __init__(self, text: str, filename: str) -> None:
        self.text = text
        self.filename = filename
        self.position = 0
        self.lines: dict[KeyPath, int] = {}
        self.open: list[tuple[str, int]] = []
        """Brackets not closed yet, and where they stand."""

    def document(self) -> Document:
        self.skip()
        if not self.next:
            self.fail("there is nothing in this file; the least is {}")
        if self.next not in "{[":
            self.fail('a configuration starts with "{"')
        value = self.value(())
        self.skip()
        if self.next:
            self.fail("the configuration ends before this; remove the rest")
        return Document(value, self.filename, self.lines)

    @property
    def next(self) -> str:
        return self.text[self.position : self.position + 1]

    def skip(self) -> None:
        """Pass over white space and comments."""
        if match := _SPACE.match(self.text, self.position):
            self.position = match.end()
        if self.text.startswith("/*", self.position):
            self.fail("this comment is never closed; */ closes it")

    def value(self, path: KeyPath) -> object:
        self.lines[path] = self.line_of(self.position)
        match self.next:
            case "{":
                return self.mapping(path)
            case "[":
                return self.sequence(path)
            case '"':
                return self.string()
            case "":
                self.fail_at_end()
            case quote if quote in _QUOTES:
                self.fail_quote()
            case _:
                return self.number_or_constant()

    def mapping(self, path: KeyPath) -> dict[str, object]:
        self.enter()
        found: dict[str, object] = {}
        while self.another("}"):
            start = self.position
            name = self.key()
            inside = (*path, name)
            if name in found:
                self.fail(f'"{name}" is given twice, first on line {self.lines[inside]}', start)
            self.skip()
            self.colon(name)
            self.skip()
            found[name] = self.value(inside)
            self.lines[inside] = self.line_of(start)
        return found

    def sequence(self, path: KeyPath) -> list[object]:
        self.enter()
        found: list[object] = []
        while self.another("]"):
            found.append(self.value((*path, len(found))))
        return found

    def enter(self) -> None:
        self.open.append((self.next, self.position))
        if len(self.open) > _DEEPEST:
            self.fail("this is nested deeper than any configuration")
        self.position += 1

    def another(self, closing: str) -> bool:
        """Move to the next element of the innermost brackets, or past their end."""
        first = self.text[self.position - 1] in "{[" and self.position - 1 == self.open[-1][1]
        end = self.position
        self.skip()
        if not first and self.next == ",":
            end = self.position
            self.position += 1
            self.skip()
            if self.next == ",":
                self.fail("one comma is enough", mended=(end, end + 1, ""))
            first = True
        if self.next == closing:
            self.position += 1
            self.open.pop()
            return False
        if not self.next:
            self.fail_at_end()
        if self.next in "}]":
            opening, where = self.open[-1]
            self.fail(f'expected "{closing}": "{opening}" was opened on line {self.line_of(where)}')
        if not first:
            self.fail("a comma is missing before this", shown=end, mended=(end, end, ","))
        return True

    def key(self) -> str:
        if self.next == '"':
            return self.string()
        if self.next in _QUOTES:
            self.fail_quote()
        if match := _WORD.match(self.text, self.position):
            self.fail("a key is a text in double quotes", mended=(*match.span(), f'"{match[0]}"'))
        self.fail("expected a key in double quotes")

    def colon(self, name: str) -> None:
        if self.next == ":":
            self.position += 1
        elif self.next == "=":
            self.fail(f'after the key "{name}" comes a colon', mended=(self.position, self.position + 1, ":"))
        else:
            self.fail(f'after the key "{name}" comes a colon and a value')

    def string(self) -> str:
        start = self.position
        if match := _DRIVE.match(self.text, start):
            self.fail_backslash(match.end() - 1, "a backslash in a text is written twice, or as a slash")
        self.position += 1
        parts: list[str] = []
        while self.next != '"':
            if match := _PLAIN.match(self.text, self.position):
                parts.append(match[0])
                self.position = match.end()
            elif self.next == "\\":
                parts.append(self.escape())
            else:
                self.fail("this text is not closed on its line; a double quote closes it", start)
        self.position += 1
        return "".join(parts)

    def escape(self) -> str:
        letter = self.text[self.position + 1 : self.position + 2]
        if letter == "u" and re.match(r"[0-9a-fA-F]{4}", self.text[self.position + 2 : self.position + 6]):
            code = self.hexadecimal()
            if 0xD800 <= code < 0xDC00 and re.match(r"\\u[dD][c-fC-F][0-9a-fA-F]{2}", self.text[self.position :][:6]):
                code = 0x10000 + ((code - 0xD800) << 10) + self.hexadecimal() - 0xDC00
            return chr(code)
        if letter not in _ESCAPES:
            self.fail_backslash(self.position, f'a backslash in a text is written twice: "\\{letter}" means nothing')
        self.position += 2
        return _ESCAPES[letter]

    def hexadecimal(self) -> int:
        digits = self.text[self.position + 2 : self.position + 6]
        self.position += 6
        return int(digits, 16)

    def number_or_constant(self) -> object:
        match = _WORD.match(self.text, self.position)
        if match is None:
            self.fail(f'expected a value, not "{self.next}"')
        word = match[0]
        if word in _CONSTANTS:
            self.position = match.end()
            return _CONSTANTS[word]
        if number := _NUMBER.fullmatch(word):
            self.position = match.end()
            return float(word) if number[1] or number[2] else int(word)
        if word in _MISSPELT:
            self.fail(f"this is JSON: {word} is written {_MISSPELT[word]}", mended=(*match.span(), _MISSPELT[word]))
        if not word.strip(".\u2026"):
            self.fail("these dots stand for something left out; write it, or remove them")
        if word[0] in "+-.0123456789":
            self.fail(f'"{word}" is no number')
        self.fail("a text is written in double quotes", mended=(*match.span(), f'"{word}"'))

    def line_of(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    def end_of_line(self, position: int) -> int:
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end

    def fail_quote(self) -> NoReturn:
        start = self.position
        closing = re.compile(f"[{_QUOTES}]").search(self.text, start + 1)
        if closing is None or "\n" in self.text[start : closing.end()]:
            self.fail('a text is written in double quotes: "…"')
        inside = self.text[start + 1 : closing.start()]
        self.fail("a text is written in double quotes", mended=(start, closing.end(), f'"{inside}"'))

    def fail_backslash(self, position: int, reason: str) -> NoReturn:
        """Complain about a lone backslash; the mended line doubles all of its text, which is surely a path."""
        start = self.text.rindex('"', 0, position)
        closing = self.text.find('"', position)
        end = self.end_of_line(position) if closing < 0 else min(closing, self.end_of_line(position))
        doubled = re.sub(r"\\+", r"\\\\", self.text[start:end])
        self.fail(reason, position, mended=(start, end, doubled))

    def fail_at_end(self) -> NoReturn:
        if not self.open:
            self.fail("a value is missing at the end of the file")
        opening, where = self.open[-1]
        self.fail(f'"{opening}" is never closed; "{"}" if opening == "{" else "]"}" closes it', where)

    def fail(
        self,
        reason: str,
        position: int | None = None,
        *,
        shown: int | None = None,
        mended: tuple[int, int, str] | None = None,
    ) -> NoReturn:
        """Raise an error that shows the line, a caret under the place, and the line as it should be.

        Args:
            reason: what is wrong.
            position: where; the next character if not given.
            shown: where the caret stands, if elsewhere.
            mended: what to replace for a line that reads: start, end, text.
        """
        if position is None:
            position = self.position
        where = position if shown is None else shown
        start = self.text.rfind("\n", 0, where) + 1
        line = self.text[start : self.end_of_line(where)].rstrip("\r")
        parts = [reason]
        if line and not _SECRET_LINE.search(line):
            margin = re.sub(r"[^\t]", " ", line[: where - start])
            parts += [f"    {line}", f"    {margin}^"]
            if mended:
                first, last, text = mended
                parts += ["write", f"    {line[: first - start]}{text}{line[last - start :]}"]
        raise ConfigError("\n".join(parts), self.filename, self.line_of(where))
