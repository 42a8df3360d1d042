"""What stands in for streams and functions of the library while calls run in this process.

Most of the time it passes on what it gets, so who asks what printing or logging may do looks at what is behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["StreamStandIn", "behind", "stand_down", "stand_in"]

_FUNCTIONS: dict[int, tuple[object, object]] = {}


class StreamStandIn:
    """What passes on to a stream whatever it does not keep."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream


def stand_in(function: Callable[..., object], original: Callable[..., object]) -> None:
    """Say that a function passes on to another what it does not keep."""
    _FUNCTIONS[id(function)] = function, original


def stand_down(function: Callable[..., object]) -> None:
    """Say that this is over."""
    _FUNCTIONS.pop(id(function), None)


def behind(value: object) -> object:
    """Return what a stream or function stands for, perhaps itself."""
    while True:
        if issubclass(type(value), StreamStandIn):  # not `isinstance`, which asks the value itself
            value = cast("StreamStandIn", value).stream
        elif id(value) in _FUNCTIONS:
            value = _FUNCTIONS[id(value)][1]
        else:
            return value
