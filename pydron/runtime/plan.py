"""What the runtime needs to know of a translated function; made by the translation, handed in from above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    import ast
    from collections.abc import Container, Generator, Mapping
    from types import CellType, CodeType

    from pydron.runtime.marks import Asked
    from pydron.runtime.trials import Obstacle
    from pydron.tasks import Site
    from pydron.traces import Place

__all__ = ["Activation", "Frame", "Making", "Plan", "Values", "Way"]

Frame: TypeAlias = "Generator[object, object, object]"
Values: TypeAlias = tuple[object, ...]
"""Values of variables or operands; in calls from frames always in the order in which the frame was written."""


class Way(NamedTuple):
    """How to come from one of the values that a frame hands over to a part of it: ``self.rows[k]``."""

    start: int
    """Where the value stands."""
    steps: tuple[tuple[str, object], ...]
    """To the ``"attribute"`` of a name, to the ``"item"`` at a key, or to the ``"item at"`` what stands at a place."""


@dataclass(frozen=True, slots=True)
class Making:
    """How a fiber is made when a frame asks for it: by a list of a text, ``"unit 7"``, and of values."""

    kind: str
    """``"unit"``, ``"region"``, ``"loop"``: a region that may run as it was written; of a statement that catches
    errors, ``"attempt"``: its body, and ``"part"``: what follows the body."""
    tick: int
    frame: tuple[str, int]
    """The key of the frame of the fiber."""
    end: int
    """Where in the list the values end that the frame of the fiber takes."""
    writes: tuple[int, ...]
    """Where those stand whose objects it may store into."""
    parts: tuple[Way, ...]
    """How to come to parts of the values that it may store into."""
    callees: tuple[int, ...]
    """Where those stand that are called in what the user wrote."""
    snapshot: tuple[str, ...]
    """The variables that a resumption of the frame that asks takes, before those that the fiber binds."""
    binds_one: bool
    """It binds one variable, no more and no fewer."""
    jumps: bool
    """It may end other than at its end: its maker is told how, and waits for that."""


class Plan(Protocol):
    """A translated function."""

    name: str
    qualname: str
    filename: str
    impure: set[int]
    """Ticks where something run ahead had to be done again: from then on nothing runs ahead of them."""
    futile: dict[int, int]
    """How often in a row running ahead of the handover at a tick has led to no call."""

    makings: Mapping[tuple[int, str], Making]
    """How to make what a frame asks for: that of the region at a tick, or at 0, the entry."""

    is_generator: bool
    """Calling it makes a generator, and nothing happens before that is asked for its first value."""
    is_coroutine: bool
    """Calling it makes a coroutine."""
    is_part: bool
    """It is not decorated: calls of functional coroutine functions give coroutines in it."""
    account: object
    """What is known of the time that calls take is noted by this."""

    obstacles: dict[int, Obstacle | None]
    """Ticks of operations that were not known to be pure, and why."""

    def bind(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> tuple[object, ...]:
        """Return the values of the parameters in order. Raises Python's own `TypeError` for a wrong call."""

    def cells(self) -> dict[str, CellType]:
        """Return fresh cells for the variables that inner functions share, one set for each call."""

    def frame(self, key: tuple[str, int] | tuple[str, int, int], cells: dict[str, CellType], *args: object) -> Frame:
        """Return a frame, about to begin."""

    def outputs(self, tick: int) -> tuple[str, ...]:
        """Return the variables that the region or unit at a tick binds for later."""

    def carried(self, tick: int) -> tuple[int | None, ...]:
        """Return, for each variable that a region or ``x += y`` stores into, which of those it is, if it is one."""

    def attributes_stored(self, tick: int) -> tuple[frozenset[str] | None, ...]:
        """Return, for each variable that a region or store stores into, the only attributes it stores, if so."""

    def mutator(self, tick: int) -> str:
        """Return the name of the method that the call at a tick is of if it may change its object, or nothing."""

    @property
    def own_attributes(self) -> frozenset[str] | None:
        """The only attributes that the function stores of its first argument, or None if it may do more to it."""

    def escapes(self, tick: int) -> bool:
        """Say whether the region at a tick may end by ``break`` or ``return``."""

    def bets(self, tick: int) -> bool:
        """Say whether the loop around the branch at a tick most likely goes on after it."""

    def is_native(self, tick: int, names: Container[object] | None, asked: Asked | None = None) -> bool:
        """Say whether there is nothing to run in parallel in the loop at a tick, or at 0, in the whole function."""

    def site(self, tick: int) -> Site:
        """Return where a node stands in the user's source."""

    def origin(self, tick: int) -> ast.AST:
        """Return the syntax tree of a node, with the user's positions."""

    def in_comprehensions(self, place: Place) -> list[Place]:
        """Return the traceback entries of a place: more than one where comprehensions have frames of their own."""

    def ended_by_stop(self, place: Place) -> tuple[str, int] | None:
        """Return what `StopIteration` means at a place, or None if it is an error like any other.

        That is the text of an error, and how many of the place's traceback entries it passes through.
        """

    def owns(self, code: CodeType) -> bool:
        """Say whether a code object is one of the function's frames."""


class Activation:
    """One call of a scheduled function."""

    __slots__ = ("caller", "cells", "depth", "plan", "tick")

    def __init__(self, plan: Plan, caller: Activation | None, tick: int) -> None:
        self.plan = plan
        self.caller = caller
        """The scheduled call that made this one."""
        self.tick = tick
        """Node of the caller that made the call."""
        self.depth: int = caller.depth + 1 if caller is not None else 0
        self.cells = plan.cells()
