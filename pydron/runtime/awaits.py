"""Calls that are awaited where they stand, from generated code: begun on the event loop that the coroutine runs on.

Whatever else is awaited is handed over to that loop, at its turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pydron.runtime.calls import CONTAINERS, Calls, joined
from pydron.runtime.effects import plain_attribute
from pydron.runtime.marks import functional_of, scheduled_of, unbound
from pydron.runtime.promise import Choice, Promise, settled

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Awaits"]


class Awaits(Calls):
    """The awaited calls; mixed into the fiber, which generated code knows as ``.S``."""

    __slots__ = ()

    def awaited(self, callee: object, args: tuple[object, ...], keywords: object, tick: int) -> object:
        """``await callee(*args, **keywords)``: return the result, a promise of it, or what to do."""
        return self._awaited_call(callee, args, keywords, tick, in_turn=False)

    def awaited_in_turn(self, callee: object, args: tuple[object, ...], keywords: object, tick: int) -> object:
        """The same once it is the fiber's turn: nothing earlier is to come."""
        return self._awaited_call(callee, args, keywords, tick, in_turn=True)

    def awaited_method(self, owner: object, name: str, args: tuple[object, ...], keywords: object, tick: int) -> object:
        """``await owner.name(*args, **keywords)``: return the result, a promise of it, or what to do."""
        return self._awaited_method(owner, name, args, keywords, tick, in_turn=False)

    def awaited_in_turn_method(
        self, owner: object, name: str, args: tuple[object, ...], keywords: object, tick: int
    ) -> object:
        """The same once it is the fiber's turn."""
        return self._awaited_method(owner, name, args, keywords, tick, in_turn=True)

    def _awaited_method(
        self, owner: object, name: str, args: tuple[object, ...], keywords: object, tick: int, *, in_turn: bool
    ) -> object:
        owner = settled(owner)
        to_come = type(owner) is Promise
        if not to_come and (id(type(owner)) in CONTAINERS or not plain_attribute(owner, name)):
            return self._turn()
        if to_come or (self.run.pending and not self.run.memory.is_open(owner)):
            return Choice.TURN if in_turn else Choice.UNIT
        return self._awaited_call(getattr(owner, name), args, keywords, tick, in_turn=in_turn)

    def _awaited_call(
        self, callee: object, args: tuple[object, ...], keywords: object, tick: int, *, in_turn: bool
    ) -> object:
        run = self.run
        function, first = unbound(callee)
        functional = functional_of(function)
        if functional is None and first and (functional := functional_of(callee)) is not None:
            function, first = callee, ()  # this very method of this very object
        kwargs = joined(keywords)
        if kwargs is None:
            return self._turn()
        if functional is not None and functional.waits and run.loop is not None:
            called = cast("Callable[..., object]", function)
            return self._begin(called, functional, (*first, *args), kwargs, tick, in_turn=in_turn, loop=run.loop)
        scheduled = scheduled_of(function)
        plan = scheduled.plan() if scheduled is not None else None
        if scheduled is None or plan is None or not plan.is_coroutine:
            return self._turn()
        if not run.pending and run.natives and scheduled.is_native(run.names):
            return Choice.NOW
        return self.activate(plan, (*first, *args), kwargs, tick) if self.is_unit else Choice.UNIT
