"""Finds the line that does it: runs a call again, and looks after each line of the user's code."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from pydron.traces import is_of_library, is_ours

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from _typeshed import TraceFunction


__all__ = ["line_that"]

_LONGEST = 10.0
"""Seconds after which looking is given up."""


class _Found(BaseException):
    """The line is known: nothing more needs to run."""


def line_that(call: Callable[[], object], happened: Callable[[], bool]) -> tuple[str, int] | None:
    """Return file and line after which something had happened, None if it has not, or that takes too long.

    Args:
        call: makes the call.
        happened: says whether it has happened by now.
    """
    latest: tuple[str, int] | None = None
    ends = time.monotonic() + _LONGEST

    def look(frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal latest
        if happened():
            raise _Found
        if time.monotonic() > ends:
            latest = None
            raise _Found
        if event != "return":
            latest = frame.f_code.co_filename, frame.f_lineno
        return look

    def enter(frame: FrameType, _event: str, _argument: object) -> TraceFunction | None:
        filename = frame.f_code.co_filename
        return None if is_of_library(filename) or is_ours(filename) else look

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        call()
    except _Found:
        return latest
    except Exception:
        return None
    finally:
        sys.settrace(before)
    return latest if happened() else None
