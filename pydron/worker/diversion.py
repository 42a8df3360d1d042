"""Catches what calls write when they run on threads or event loops of the driver's own process, and nothing else.

While there are such, `sys.stdout` and `sys.stderr`, the handlers of loggers and the display of warnings lead
through here. What is written by anybody else goes on to where it went before.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from contextvars import ContextVar
from typing import TYPE_CHECKING, TextIO, cast

from pydron.standins import StreamStandIn, stand_down, stand_in
from pydron.worker.capture import Caught, log_content, warning_content

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ThreadCapture", "catch", "enter", "leave", "renew"]

_LOCAL = threading.local()
_CONTEXT: ContextVar[list[Caught] | None] = ContextVar("pydron caught", default=None)


def _current() -> list[Caught] | None:
    """Return where what the current thread or task writes is kept, None if it makes no call."""
    capture = cast("ThreadCapture | None", getattr(_LOCAL, "capture", None))
    return capture.caught if capture is not None else _CONTEXT.get()


class _Fork(StreamStandIn):
    """A text stream that leads to the capture of the current thread, or to the stream it stands for."""

    def __init__(self, name: str, stream: TextIO) -> None:
        super().__init__(stream)
        self._name = name

    def write(self, text: str) -> int:
        caught = _current()
        if caught is None:
            return self.stream.write(text)
        caught.append((self._name, text.encode("utf-8", "backslashreplace")))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if _current() is None:
            self.stream.flush()

    def __getattr__(self, name: str) -> object:
        # Whatever else streams can do, and users may ask of them.
        return getattr(self.stream, name)


class _Diversion:
    """The one diversion of a process; there while somebody uses it."""

    def __init__(self) -> None:
        self._users = 0
        self._lock = threading.Lock()
        self._streams: list[tuple[str, TextIO, _Fork]] = []
        self._undo: list[Callable[[], None]] = []

    def enter(self) -> None:
        with self._lock:
            self._users += 1
            self._divert_streams()
            if self._users == 1:
                self._divert_logging()
                self._divert_warnings()

    def renew(self) -> None:
        """Divert streams that somebody has put in place since."""
        if type(sys.stdout) is not _Fork or type(sys.stderr) is not _Fork:
            with self._lock:
                if self._users:
                    self._divert_streams()

    def _divert_streams(self) -> None:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if type(stream) is not _Fork:
                fork = _Fork(name, stream)
                self._streams.append((name, stream, fork))
                setattr(sys, name, fork)

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                for name, stream, fork in self._streams:
                    if getattr(sys, name) is fork:
                        setattr(sys, name, stream)
                for undo in self._undo:
                    undo()
                self._streams.clear()
                self._undo.clear()

    def _divert_logging(self) -> None:
        original = logging.Logger.callHandlers

        def call_handlers(logger: logging.Logger, record: logging.LogRecord) -> None:
            caught = _current()
            if caught is None:
                original(logger, record)
            else:
                caught.append(("log", log_content(record)))

        def undo() -> None:
            stand_down(call_handlers)
            if logging.Logger.callHandlers is call_handlers:
                logging.Logger.callHandlers = original  # type: ignore[method-assign]

        stand_in(call_handlers, original)
        logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign,assignment]
        self._undo.append(undo)

    def _divert_warnings(self) -> None:
        original = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            caught = _current()
            if caught is None:
                original(message, category, filename, lineno, file, line)
            else:
                caught.append(("warning", warning_content(message, category, filename, lineno, None)))

        def undo() -> None:
            stand_down(show)
            if warnings.showwarning is show:
                warnings.showwarning = original

        stand_in(show, original)
        warnings.showwarning = show
        self._undo.append(undo)


_DIVERSION = _Diversion()
enter, leave, renew = _DIVERSION.enter, _DIVERSION.leave, _DIVERSION.renew


def catch() -> list[Caught]:
    """Catch what the current task of an event loop writes from now on, while the diversion is there."""
    caught: list[Caught] = []
    _CONTEXT.set(caught)
    return caught


class ThreadCapture:
    """What the calls on one thread write."""

    def __init__(self) -> None:
        self.caught: list[Caught] = []
        _DIVERSION.enter()

    def begin(self) -> None:
        """Catch what the current thread writes from now on."""
        _LOCAL.capture = self

    def take(self) -> tuple[Caught, ...]:
        """Return what was caught since the last time, oldest first."""
        taken = tuple(self.caught)
        self.caught.clear()
        return taken

    def close(self) -> None:
        """Catch no more."""
        _DIVERSION.leave()
