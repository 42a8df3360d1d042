"""What was being handled when an error came up: `sys.exception`, bare ``raise``, contexts, as Python tells them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

from pydron.traces import is_ours

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["OwnContext", "Unchanged", "in_context", "keep_context", "unlink_missed"]

_T = TypeVar("_T")


class OwnContext:
    """A ``with`` statement around ``raise error`` that leaves the error the context it has.

    Inside a handler Python replaces it by what is being handled there. It takes care that this closes no circle of
    contexts; one that the user has closed stays.
    """

    __slots__ = ("_context", "_error", "_links")

    def __init__(self, error: BaseException) -> None:
        self._error = error
        self._context = error.__context__
        self._links = _link_to(error)

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()

    def restore(self) -> None:
        """Take back what raising the error has done to contexts."""
        self._error.__context__ = self._context
        if self._links is not None:
            self._links.__context__ = self._error


class Unchanged(OwnContext):
    """The same, and the error keeps the traceback it has: no frame that raises it again is seen in it."""

    __slots__ = ("_trace",)

    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self._trace = error.__traceback__

    def restore(self) -> None:
        """Take back what raising the error has done to it, and to contexts."""
        super().restore()
        self._error.__traceback__ = self._trace


def _link_to(error: BaseException) -> BaseException | None:
    """Return what Python would unlink from an error if that were raised here."""
    link = sys.exception()
    if link is error:
        return None
    seen: set[int] = set()
    while link is not None and link.__context__ is not error:
        if id(link) in seen:
            return None
        seen.add(id(link))
        link = link.__context__
    return link


def in_context(around: BaseException | None, function: Callable[[_T], None], argument: _T) -> None:
    """Call a function where an error is being handled, as Python tells it: `sys.exception`, ``raise``, contexts."""
    if around is None or sys.exception() is around:
        function(argument)
        return
    unchanged = Unchanged(around)
    try:
        raise around
    except BaseException:
        unchanged.restore()
        function(argument)


def keep_context(error: BaseException, around: BaseException | None) -> None:
    """Link the oldest exception behind an error to the one that was being handled when the run began."""
    oldest = error
    seen = {id(error)}
    while oldest.__context__ is not None and id(oldest.__context__) not in seen:
        oldest = oldest.__context__
        seen.add(id(oldest))
    if around is not None and id(around) not in seen and oldest.__context__ is None:
        oldest.__context__ = around


def unlink_missed(error: BaseException) -> None:
    """Unlink from an error the interrupts that came up in our own code just before it: nobody was told of them."""
    while isinstance(missed := error.__context__, KeyboardInterrupt):
        trace = missed.__traceback__
        if trace is not None and not is_ours(trace.tb_frame.f_code.co_filename):
            return
        error.__context__ = missed.__context__
