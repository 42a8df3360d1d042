"""Ctrl-C and what handlers of other signals raise: the user's wish, which comes before the order of the program."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

__all__ = ["HeldBack", "is_interrupt"]


# The functions of `signal` look for the handler among its constants, and write it down on their way. That of an event
# loop holds the main task, and writing that down asks objects of the user's for their text.
_get = signal._signal.getsignal  # type: ignore[attr-defined]
_set = signal._signal.signal  # type: ignore[attr-defined]
_SIGNALS = tuple(map(int, signal.valid_signals()))


def is_interrupt(error: BaseException) -> bool:
    """Say whether an error is Ctrl-C, or comes from the handler of a signal: an alarm, a request to end."""
    if isinstance(error, KeyboardInterrupt):
        return True
    if threading.current_thread() is not threading.main_thread():
        return False  # signals are handled in the main thread
    codes = {code for number in _SIGNALS if (code := _code_of(_get(number))) is not None}
    trace = error.__traceback__
    while codes and trace is not None:
        if trace.tb_frame.f_code in codes:
            return True
        trace = trace.tb_next
    return False


def _code_of(handler: object) -> object:
    return getattr(getattr(handler, "__func__", handler), "__code__", None)


class HeldBack:
    """A ``with`` statement that no handler of a signal interrupts: it is called when the section is over.

    What a handler raises would be taken for an error of what is done there: a `TimeoutError` for one of the system.
    Only the main thread is ever interrupted.
    """

    __slots__ = ("_alarm", "_before", "_dropped", "pressed")

    def __init__(self, *, dropped: bool = False, alarm: Callable[[], object] | None = None) -> None:
        """Make the section.

        Args:
            dropped: forget a Ctrl-C, because another one has its effect already.
            alarm: called when there is a signal, so that the section may end soon.
        """
        self._dropped = dropped
        self._alarm = alarm
        self.pressed: dict[int, None] = {}
        """The signals that wait for the end of the section."""
        self._before: dict[int, Callable[..., object]] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread():
            return self
        handlers = [(number, _get(number)) for number in _SIGNALS]
        try:
            for number, handler in handlers:
                if callable(handler) and not _is_loop(handler):
                    self._before[number] = handler
                    _set(number, self._note)
        except ValueError:  # a subinterpreter, which no signal reaches
            self._before.clear()
        except BaseException:  # a handler that was not replaced yet
            self._restore()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()
        if self._dropped:
            self.pressed.pop(signal.SIGINT, None)
        for number in self.pressed:
            signal.raise_signal(number)

    def _restore(self) -> None:
        try:
            while self._before:
                *_, (number, handler) = self._before.items()
                _set(number, handler)
                del self._before[number]
        finally:  # a handler that is back may have raised
            if self._before:
                self._restore()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.pressed[number] = None
        if self._alarm is not None:
            self._alarm()


def _is_loop(handler: object) -> bool:
    """Say whether an event loop hears of a signal in another way, and has nothing called for it."""
    return getattr(handler, "__name__", "") == "_sighandler_noop"
