"""Errors on their way to the statement around them that may catch them, and the order in which a body settles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from pydron.runtime.entries import Effect, walk
from pydron.runtime.promise import FAILED, PENDING, Promise

if TYPE_CHECKING:
    from pydron.runtime.fiber import Entry, Fiber

__all__ = ["SETTLED", "Caught", "Culprit", "first_failure", "keep_value", "noted"]

SETTLED: Final = object()
"""Nothing in a body can fail any more."""


class Caught:
    """What a body ended with instead of its results: an error, and the variables as of the place where it came up."""

    __slots__ = ("context", "error", "trace", "variables")

    def __init__(self, error: BaseException, variables: dict[str, object]) -> None:
        self.error = error
        self.trace = error.__traceback__
        self.context = error.__context__
        self.variables = variables

    def restore(self) -> None:
        """Take back what raising the error again to look at it has done to it."""
        self.error.__traceback__ = self.trace
        self.error.__context__ = self.context


class Culprit:
    """The first entry of a body, in program order, that has failed."""

    __slots__ = ("entry", "fiber")

    def __init__(self, fiber: Fiber, entry: Promise | Fiber) -> None:
        self.fiber = fiber
        self.entry = entry


def keep_value(variables: dict[str, object], name: str, boxed: tuple[object]) -> None:
    """Note the value of a variable, at its place in the store queue."""
    variables[name] = boxed[0]


_SAFE = frozenset((keep_value, list.append))


def first_failure(fiber: Fiber) -> object:
    """Say how a body ends, as far as this can be told before its effects have retired.

    Returns:
        `SETTLED` if nothing in it can fail any more; the `Culprit` if it has failed; None if that is still open.
    """
    inside = [(fiber, iter(fiber.segment))]
    while inside:
        fiber, entries = inside[-1]
        for entry in entries:
            if type(entry) is Promise:
                if entry.state == FAILED:
                    return Culprit(fiber, entry)
                if entry.state == PENDING:
                    return None
            elif type(entry) is Effect:
                if entry.function not in _SAFE:
                    return None
            else:
                inner = cast("Fiber", entry)
                if inner.guard is inner and not inner.settled:
                    return None  # an error in it goes to the statement closer by
                inside.append((inner, iter(inner.segment)))
                break
        else:
            ending = fiber.ending()
            if ending is not SETTLED:
                return ending
            inside.pop()
    return SETTLED


def noted(entries: list[Entry], variables: dict[str, object]) -> dict[str, object]:
    """Return variables with the values that unretired entries of a body would note."""
    values = dict(variables)
    for entry in walk(entries):
        if type(entry) is Effect and entry.function is keep_value and entry.operands[0] is variables:
            values[entry.operands[1]] = entry.operands[2][0]  # type: ignore[index]
    return values
