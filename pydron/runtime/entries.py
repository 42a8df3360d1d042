"""The store queue: effects whose operands are known or promised, run at their turn in program order."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pydron.runtime.promise import DONE, Promise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pydron.runtime.fiber import Entry, Fiber

__all__ = ["Effect", "walk"]


class Effect:
    """One queued operation, ``function(*operands)``. It never runs user code, whatever its operands turn out to be."""

    __slots__ = ("function", "keys", "operands", "tick")

    def __init__(
        self, function: Callable[..., object], operands: tuple[object, ...], keys: tuple[int, ...], tick: int
    ) -> None:
        self.function = function
        self.operands = operands
        self.keys = keys
        """Memory it changes."""
        self.tick = tick

    def known(self) -> list[object] | Promise:
        """Return the values of the operands, or one of them that is not here yet."""
        values: list[object] = []
        for operand in self.operands:
            if type(operand) is Promise:
                source = operand if operand.alias is None else operand.resolved()
                if source.state != DONE:
                    return source
                values.append(source.value)
            else:
                values.append(operand)
        return values

    def perform(self, values: list[object]) -> None:
        """Do it with the values of the operands. Raises what the operation raises."""
        self.function(*values)


def walk(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Give entries of the reorder buffer in program order, a fiber before what is in its segment.

    However deep they are nested: a program may use up the stack by recursion of its own.
    """
    inside = [iter(entries)]
    while inside:
        for entry in inside[-1]:
            yield entry
            if type(entry) is not Promise and type(entry) is not Effect:
                inside.append(iter(cast("Fiber", entry).segment))
                break
        else:
            inside.pop()
