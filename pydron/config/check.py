"""Turns plain values into the records of a configuration, or says what is wrong with them, where, and what to write.

All problems of a file are found in one go: the first is the error, the others are its notes.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, Field, fields, is_dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast, get_args, get_type_hints

import msgspec

from pydron.config.records import BUILT_IN, Config, Shape, WorkerEntry
from pydron.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydron.config.text import Document, KeyPath

__all__ = ["check_options", "shape_of"]

_LONGEST_SHOWN = 60


def check_options(document: Document, plugins: Mapping[str, type[WorkerEntry]]) -> dict[str, Any]:
    """Check the values of a document; what it leaves out is left out of the answer.

    Args:
        document: keys are those of `Config`.
        plugins: worker types beside the built-in ones. Looked at only for a type that is not built in.

    Raises:
        ConfigError: naming file, line, key path, and what was expected. Its notes tell further problems.
    """
    check = _Check(document, plugins)
    options = check.top()
    check.finish()
    return options


class _Check:
    """Reads one document. Problems are collected; what has one is left out."""

    def __init__(self, document: Document, plugins: Mapping[str, type[WorkerEntry]]) -> None:
        self.document = document
        self.plugins = plugins
        self.problems: list[ConfigError] = []

    def finish(self) -> None:
        """Raise the first problem, if there is one."""
        if not self.problems:
            return
        first, *others = self.problems
        for other in others:
            line = f"line {other.line}, " if other.line is not None else ""
            first.add_note(f"also: {line}at {other.path}: {other.message}")
        raise first

    def problem(self, message: str, path: KeyPath) -> None:
        line = self.document.line(path)
        self.problems.append(ConfigError(message, self.document.filename, line, _spell(path) or None))

    def top(self) -> dict[str, Any]:
        raw = self.document.value
        if not isinstance(raw, dict):
            self.problem('a configuration is an object such as {"workers": [{"type": "multicore"}]}', ())
            return {}
        return self.keys(Config, raw, (), "The configuration")

    def keys(self, record: type, raw: Mapping[str, object], path: KeyPath, owner: str) -> dict[str, Any]:
        """Check all keys of an object against the fields of a record."""
        hints = get_type_hints(record, include_extras=True)
        known = _known_keys(record)
        found: dict[str, Any] = {}
        for name, value in raw.items():
            inside = (*path, name)
            if (declared := known.get(name)) is None:
                self.unknown_key(name, known if record is Config else {"type", *known}, inside, owner)
            elif declared.name in found:
                also = declared.metadata.get("also")
                self.problem(f'"{also}" is another word for "{declared.name}"; keep one of them', inside)
            elif record is Config and name == "workers":
                found["workers"] = self.workers(value, inside)
            else:
                found[declared.name] = self.value(hints[declared.name], value, inside)
        return found

    def unknown_key(self, name: str, known: Iterable[str], path: KeyPath, owner: str) -> None:
        suggestion = _suggest(name, known) or "."
        self.problem(f'unknown key "{name}"{suggestion} {owner} knows: {", ".join(sorted(known))}', path)

    def value(self, hint: object, raw: object, path: KeyPath) -> object:
        """Check one value against the annotation of its field."""
        shape = shape_of(hint)
        try:
            return _read(hint, shape, raw)
        except ValueError as error:
            message = f"expected {shape.expected}; {_got(hint, shape, raw)}" if shape.expected else str(error)
            self.problem(message, path)
            return None

    def workers(self, raw: object, path: KeyPath) -> tuple[WorkerEntry, ...]:
        if not isinstance(raw, list | tuple):
            hint = "; put the entry in square brackets" if isinstance(raw, dict) else ""
            self.problem(f"expected a list of worker entries{hint}", path)
            return ()
        if not raw:
            self.problem("expected at least one entry; leave `workers` out to use all cores of this machine", path)
        entries = [self.entry(item, (*path, number)) for number, item in enumerate(raw)]
        self.distinct_names(entries, path)
        return tuple(entry for entry in entries if entry is not None)

    def entry(self, raw: object, path: KeyPath) -> WorkerEntry | None:
        if is_dataclass(raw) and hasattr(type(raw), "type"):
            return cast("WorkerEntry", raw)  # made by a program instead of written in a file
        if not isinstance(raw, dict):
            hint = f'; write {{"type": "{raw}"}}' if isinstance(raw, str) else ""
            self.problem(f"expected an entry{hint}", path)
            return None
        record = self.entry_type(raw, path)
        if record is None:
            return None
        before = len(self.problems)
        owner = f'An entry of type "{record.type}"'
        keys = {name: value for name, value in raw.items() if name != "type"}
        options = self.keys(record, keys, path, owner)
        for missing in _missing(record, options):
            self.problem(f'"{missing.name}" is missing. {missing.metadata.get("meaning", "")}', path)
        return record(**options) if len(self.problems) == before else None

    def entry_type(self, raw: Mapping[str, object], path: KeyPath) -> type[WorkerEntry] | None:
        word = raw.get("type")
        if isinstance(word, str) and word in BUILT_IN:
            return BUILT_IN[word]
        if isinstance(word, str) and word in self.plugins:
            return self.plugins[word]
        known = sorted({*BUILT_IN, *self.plugins})
        if "type" not in raw:
            self.problem(f'this entry needs a "type": one of {", ".join(known)}', path)
        else:
            suggestion = _suggest(str(word), known) or "."
            self.problem(f"unknown worker type {_json(word)}{suggestion} Known: {', '.join(known)}", (*path, "type"))
        return None

    def distinct_names(self, entries: list[WorkerEntry | None], path: KeyPath) -> None:
        first: dict[str, int] = {}
        for number, entry in enumerate(entries):
            name = entry.name if entry is not None else None
            if name is None:
                continue
            if name in first:
                taken = _spell((*path, first[name]))
                self.problem(f'the name "{name}" is taken: {taken} has it', (*path, number, "name"))
            first.setdefault(name, number)


def _known_keys(record: type) -> dict[str, Field[Any]]:
    known = {}
    for declared in fields(record):
        known[declared.name] = declared
        if also := declared.metadata.get("also"):
            known[also] = declared
    return known


def _missing(record: type, given: Mapping[str, object]) -> list[Field[Any]]:
    return [
        declared
        for declared in fields(record)
        if declared.default is MISSING and declared.default_factory is MISSING and declared.name not in given
    ]


def shape_of(hint: object) -> Shape:
    """Return the shape in an annotation; backends from elsewhere may leave it out."""
    return next((extra for extra in get_args(hint)[1:] if isinstance(extra, Shape)), Shape(""))


def _read(hint: object, shape: Shape, raw: object) -> object:
    value: object = shape.read(raw) if shape.read else msgspec.convert(raw, hint)
    if isinstance(value, int | float) and not isinstance(value, bool):
        too_small = shape.least is not None and value < shape.least
        if too_small or (shape.most is not None and value > shape.most):
            raise ValueError(f"{value} is out of range")
    return value


def _got(hint: object, shape: Shape, raw: object) -> str:
    """Say what was found instead, and what was probably meant."""
    if shape.secret:
        return "what is there is not shown"
    if isinstance(raw, str):
        if _would_do(hint, shape, _parsed(raw)):
            return f"got the text {_json(raw)}: write {raw.strip().lower()} without quotes"
        if _would_do(hint, shape, [raw]):
            return f"got {_json(raw)}: write [{_json(raw)}]"
        return f"got {_json(raw)}{_suggest(raw, _choices(hint))}"
    if isinstance(raw, int | float) and not isinstance(raw, bool) and _would_do(hint, shape, str(raw)):
        return f'got {_json(raw)}: write "{raw}"'
    return f"got {_json(raw)}"


def _would_do(hint: object, shape: Shape, raw: object) -> bool:
    try:
        _read(hint, shape, raw)
    except ValueError:
        return False
    return True


def _parsed(raw: str) -> object:
    try:
        return json.loads(raw.lower())
    except ValueError:
        return raw


def _choices(hint: object) -> set[str]:
    """Collect the texts that the literals of an annotation allow."""
    found = {argument for argument in get_args(hint) if isinstance(argument, str)}
    return found.union(*(_choices(argument) for argument in get_args(hint)))


def _suggest(word: str, known: Iterable[str]) -> str:
    matches = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f'; did you mean "{matches[0]}"?' if matches else ""


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _spell(path: KeyPath) -> str:
    """Write a key path as one would in a program: ``workers[0].cores``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
