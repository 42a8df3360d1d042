"""Calls that the user has declared ordered: each is made in its turn, and what comes after it does not wait for that.

A call that changes a resource claims it until it is done. One that only reads runs at once, unless an earlier call
claims the resource. Should such an earlier call be discovered later, in a branch that had to wait, everything that ran
ahead of it is dropped and done again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.runtime.conflicts import has_promise
from pydron.runtime.promise import Choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydron.runtime.conflicts import Memory
    from pydron.runtime.fiber import Fiber
    from pydron.runtime.marks import Ordered

__all__ = ["place_ordered"]


def place_ordered(
    fiber: Fiber, callee: object, ordered: Ordered, args: tuple[object, ...], kwargs: Mapping[str, object]
) -> Choice:
    """Say what to do with a call of an ordered callable that does not stand at its turn."""
    run = fiber.run
    late = has_promise(args, kwargs)
    if not run.pending and not late:
        return Choice.NOW
    memory = run.memory
    if ordered.only_reads:
        run.keeps_calls = True
        if late or run.guessing or not _may_read(memory, callee, ordered, (*args, *kwargs.values())):
            return Choice.UNIT
        memory.read_early.update(ordered.reads)
        return Choice.NOW
    if fiber.exposed and not memory.read_early.isdisjoint(ordered.changes) and not fiber.has_announced(ordered.changes):
        return Choice.TURN
    fiber.claim(ordered.changes)
    return Choice.UNIT


def _may_read(memory: Memory, callee: object, ordered: Ordered, operands: tuple[object, ...]) -> bool:
    """Say whether nothing that a call reads is still to be written, as far as is known."""
    if not memory.writes:
        return True
    if not memory.writes.keys().isdisjoint(ordered.reads):
        return False
    return memory.is_open_function(callee) and all(map(memory.is_open_deep, operands))
