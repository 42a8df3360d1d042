"""Catches what a call writes.

That is: to `sys.stdout` and `sys.stderr`, to the file descriptors below them, to loggers, and as warnings. It is shown
in the driver, in the program's order, when the call retires there.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

from pydron.transport.codec import dumps, is_plain

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from types import FrameType

__all__ = ["Capture", "Caught", "Taker", "log_content", "module_that_warned", "warning_content"]

Caught = tuple[str, bytes]


class Taker(Protocol):
    """What a worker needs of a capture."""

    caught: list[Caught]

    def take(self) -> tuple[Caught, ...]:
        """Return what was caught since the last time, oldest first."""


class _Stream(io.BufferedIOBase):
    """The binary end of a text stream whose output is caught."""

    def __init__(
        self, name: str, descriptor: int, encoding: str, caught: list[Caught], before: Callable[[], None]
    ) -> None:
        """Make the end of a stream.

        Args:
            name: of the stream.
            descriptor: below it.
            encoding: of what is written to it; it is caught as UTF-8.
            caught: where the output goes.
            before: called first at each write; it takes what was written to the descriptors.
        """
        self._before = before
        self._encoding = "" if encoding.lower() in {"utf-8", "utf8"} else encoding
        self._name = name
        self._descriptor = descriptor
        self._caught = caught

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        data = bytes(data)
        if self._encoding:
            data = data.decode(self._encoding, "surrogateescape").encode("utf-8", "surrogateescape")
        self._before()
        caught = self._caught
        if caught and caught[-1][0] == self._name and len(caught[-1][1]) < 8192:
            caught[-1] = (self._name, caught[-1][1] + data)
        else:
            caught.append((self._name, data))
        return len(data)

    def fileno(self) -> int:
        return self._descriptor


class _Text(io.TextIOWrapper):
    """A text stream that survives being closed by a call."""

    def close(self) -> None:
        self.flush()


class Capture:
    """Takes over the output of this process."""

    def __init__(self) -> None:
        self.caught: list[Caught] = []
        self._files = tuple(_regular(descriptor) for descriptor in (1, 2))
        sys.stdout = self._text("stdout", 1, sys.stdout)
        sys.stderr = self._text("stderr", 2, sys.stderr)
        self._streams = (sys.stdout, sys.stderr)
        self._repeats: set[tuple[object, ...]] = set()

    def _text(self, name: str, descriptor: int, like: TextIO) -> _Text:
        """Make a stream that takes the same text as another."""
        stream = _Stream(name, descriptor, like.encoding, self.caught, self._take_files)
        return _Text(stream, encoding=like.encoding, errors=like.errors, write_through=True)  # type: ignore[arg-type]

    def take(self) -> tuple[Caught, ...]:
        """Return what was caught since the last time, oldest first."""
        sys.stdout, sys.stderr = self._streams
        self._take_files()
        if not self.caught:
            return ()
        taken = tuple(self.caught)
        self.caught.clear()
        self._repeats.clear()
        return taken

    def _take_files(self) -> None:
        """Fetch what C code and child processes wrote to the descriptors, if these are files of our own."""
        for name, descriptor, ours in (("stdout", 1, self._files[0]), ("stderr", 2, self._files[1])):
            if ours and (size := os.lseek(descriptor, 0, os.SEEK_END)):
                data = os.pread(descriptor, size, 0)
                os.ftruncate(descriptor, 0)
                self.caught.append((name, data.decode("utf-8", "replace").encode()))

    def log(self, record: logging.LogRecord) -> None:
        """Catch a log record."""
        self._take_files()
        self.caught.append(("log", log_content(record)))

    def warning(self, message: Warning | str, category: type[Warning], filename: str, line: int, *_: object) -> None:
        """Catch a warning, the same one once in each call; the driver's filters decide what becomes of it."""
        mark = (str(message), category, filename, line)
        if mark not in self._repeats:
            self._repeats.add(mark)
            self._take_files()
            module = module_that_warned(sys._getframe(1), filename, line)
            self.caught.append(("warning", warning_content(message, category, filename, line, module)))


def log_content(record: logging.LogRecord) -> bytes:
    """Pickle the fields of a log record, with what cannot travel made text."""
    import logging

    fields = dict(vars(record), msg=record.getMessage(), args=None)
    if record.exc_info:
        fields["exc_text"] = record.exc_text or logging.Formatter().formatException(record.exc_info)
        fields["exc_info"] = None
    try:
        return dumps(fields).data
    except Exception:
        return dumps({name: value for name, value in fields.items() if is_plain(value)}).data


def warning_content(
    message: Warning | str, category: type[Warning], filename: str, line: int, module: str | None
) -> bytes:
    """Pickle a warning: ``(message, category, filename, line, module)``; no module if it has passed the filters."""
    try:
        return dumps((message, category, filename, line, module)).data
    except Exception:
        return dumps((str(message), UserWarning, filename, line, module)).data


def module_that_warned(frame: FrameType | None, filename: str, line: int) -> str:
    """Return the name of the module whose code at a line warns, as far as it is on the stack."""
    while frame is not None:
        if frame.f_lineno == line and frame.f_code.co_filename == filename:
            return str(frame.f_globals.get("__name__", filename))
        frame = frame.f_back
    return filename


def _regular(descriptor: int) -> bool:
    """Tell whether a descriptor is a regular file opened for both ways, as our own launchers provide."""
    import fcntl
    import stat

    try:
        ours = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return ours and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
    except OSError:
        return False
