"""Running numpy ahead of its turn: no warning may appear before its place in the output."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from pydron.runtime.effects.arrays import numpy_types

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

__all__ = ["MustWait", "quiet", "run_quietly"]

_Result = TypeVar("_Result")
_SILENT = frozenset({"ignore"})


class MustWait(Exception):
    """The operation has something to say: run it again when its turn comes."""


def run_quietly(operation: Callable[[], _Result]) -> _Result:
    """Run an operation that only reads, unless it would warn.

    Raises:
        MustWait: a floating point event happened that the program has not asked to ignore. Nothing was said.
    """
    with quiet():
        try:
            return operation()
        except FloatingPointError:
            raise MustWait from None


def quiet() -> AbstractContextManager[object]:
    """Have floating point events raise `FloatingPointError`, unless the program has asked to ignore them."""
    known = numpy_types()
    if known is None:
        return nullcontext()
    settings = {event: "ignore" if how in _SILENT else "raise" for event, how in known.module.geterr().items()}
    errstate: AbstractContextManager[object] = known.module.errstate(**settings)
    return errstate
