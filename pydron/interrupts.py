"""Ctrl-C in sections that must not be left halfway: it counts when they are over."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType, TracebackType

__all__ = ["HeldBack"]


# The functions of `signal` look for the handler among its constants, and write it down on their way. That of an event
# loop holds the main task, and writing that down asks objects of the user's for their text.
_get = signal._signal.getsignal  # type: ignore[attr-defined]
_set = signal._signal.signal  # type: ignore[attr-defined]


class HeldBack:
    """A ``with`` statement that a Ctrl-C does not interrupt. Only the main thread is ever interrupted."""

    __slots__ = ("_before", "_dropped", "_pressed")

    def __init__(self, *, dropped: bool = False) -> None:
        """Make the section.

        Args:
            dropped: forget a Ctrl-C, because another one has its effect already.
        """
        self._dropped = dropped
        self._pressed = False
        self._before: object = None

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            before = _get(signal.SIGINT)
            if callable(before):
                try:
                    _set(signal.SIGINT, self._note)
                except ValueError:  # a subinterpreter, which no signal reaches
                    return
                self._before = before

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            _set(signal.SIGINT, self._before)
            if self._pressed and not self._dropped:
                signal.raise_signal(signal.SIGINT)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._pressed = True
