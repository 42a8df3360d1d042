"""Catches what a simulated call writes, as a worker does: to the standard streams, to loggers, as warnings."""

from __future__ import annotations

import io
import logging
import pickle
import sys
import warnings
from typing import TYPE_CHECKING

from pydron.tasks import Captured
from pydron.worker.capture import module_that_warned, warning_content

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Output"]


_SOFT: dict[object, str] = {"error": "error", "ignore": "ignore"}
"""Filter actions that mean the same on a worker; whatever else is shown once is up to the driver."""


class _Pieces(io.BufferedIOBase):
    """The binary end of a stream whose output is caught."""

    def __init__(self, name: str, caught: list[tuple[str, bytes]]) -> None:
        self._name = name
        self._caught = caught

    @property
    def name(self) -> str:
        return f"<{self._name}>"

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        piece = bytes(data)
        if self._caught and self._caught[-1][0] == self._name:
            piece = self._caught.pop()[1] + piece
        self._caught.append((self._name, piece))
        return len(data)


class Output:
    """Takes over the output of the process while a call runs; used as a context manager around each call."""

    def __init__(self) -> None:
        self._caught: list[tuple[str, bytes]] = []
        self._repeats: set[tuple[object, ...]] = set()
        self._streams = (self._stream("stdout", "strict"), self._stream("stderr", "backslashreplace"))
        self._saved: list[tuple[object, ...]] = []
        self._filters: list[tuple[object, ...]] = []
        self._softened: list[tuple[object, ...]] = []

        def call_handlers(_logger: logging.Logger, record: logging.LogRecord) -> None:
            self._log(record)

        self._call_handlers = call_handlers

    def _stream(self, name: str, errors: str) -> io.TextIOWrapper:
        pieces = _Pieces(name, self._caught)
        return io.TextIOWrapper(pieces, encoding="utf-8", errors=errors, write_through=True)

    def __enter__(self) -> None:
        filters: list[tuple[object, ...]] = list(warnings.filters)
        if filters != self._filters:
            self._filters = filters
            self._softened = [(_SOFT.get(entry[0], "always"), *entry[1:]) for entry in filters]
            self._softened.append(("always", None, Warning, None, 0))
        self._saved.append((sys.stdout, sys.stderr, filters, warnings.showwarning, logging.Logger.callHandlers))
        sys.stdout, sys.stderr = self._streams
        _set_filters(self._softened)
        warnings.showwarning = self._warning  # type: ignore[assignment]
        logging.Logger.callHandlers = self._call_handlers  # type: ignore[method-assign,assignment]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        out, err, filters, show, handle = self._saved.pop()
        sys.stdout, sys.stderr = out, err
        _set_filters(filters)
        warnings.showwarning = show  # type: ignore[assignment]
        logging.Logger.callHandlers = handle  # type: ignore[method-assign,assignment]

    def take(self) -> tuple[Captured, ...]:
        """Return what was caught since the last time, oldest first."""
        if not self._caught:
            return ()
        captured = tuple(Captured(stream, content) for stream, content in self._caught)
        self._caught.clear()
        self._repeats.clear()
        return captured

    def _log(self, record: logging.LogRecord) -> None:
        fields = dict(vars(record), msg=record.getMessage(), args=None)
        if record.exc_info:
            fields["exc_text"] = record.exc_text or logging.Formatter().formatException(record.exc_info)
            fields["exc_info"] = None
        try:
            data = pickle.dumps(fields, 5)
        except Exception:
            plain = {name: value for name, value in fields.items() if isinstance(value, str | int | float | None)}
            data = pickle.dumps(plain, 5)
        self._caught.append(("log", data))

    def _warning(self, message: Warning | str, category: type[Warning], filename: str, line: int, *_: object) -> None:
        mark = (str(message), category, filename, line)
        if mark in self._repeats:
            return
        self._repeats.add(mark)
        module = module_that_warned(sys._getframe(1), filename, line)
        self._caught.append(("warning", warning_content(message, category, filename, line, module)))


def _set_filters(filters: object) -> None:
    """Exchange the filters, but let Python remember what it has shown: no call changes them as far as it can see."""
    warnings.filters[:] = filters  # type: ignore[index]
