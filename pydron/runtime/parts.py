"""The undecorated functions that are parts of one run, and which of them are better called as they are."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING

from pydron.runtime.helpers import named_by, part_of_run
from pydron.runtime.marks import functional_of

if TYPE_CHECKING:
    from pydron.runtime.marks import Functional, Schedulable
    from pydron.runtime.plan import Plan
    from pydron.runtime.surroundings import Surroundings

__all__ = ["Parts"]


class Parts:
    """What a run knows of undecorated functions that it calls.

    Of one with a closure nothing is kept: there may be another one for each round of a loop.
    """

    __slots__ = ("_made", "_parts", "_surroundings")

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._parts: dict[FunctionType, Schedulable | None] = {}
        self._made: dict[FunctionType, list[Functional] | None] = {}

    def find(self, function: object) -> Schedulable | None:
        """Return an undecorated function that leads to functional calls as a part of this run, if it can be one."""
        if type(function) is not FunctionType:
            return None
        names = self._surroundings.functional_names
        if function.__closure__ is not None:
            return part_of_run(function, names)
        if function not in self._parts:
            self._parts[function] = part_of_run(function, names)
        return self._parts[function]

    def is_quick(self, plan: Plan, function: FunctionType) -> bool:
        """Say whether calls of a part are soon done, and all the calls that it leads to are made in the driver."""
        inlines = self._surroundings.inlines
        if not inlines(plan.account):
            return False
        made = self._functional_in(function)
        return made is not None and all(map(inlines, made))

    def _functional_in(self, function: FunctionType) -> list[Functional] | None:
        """List the functional functions that a part names, or return None if only a run knows how to call some."""
        if function.__closure__ is not None:
            return self._find_functional(function)
        if function not in self._made:
            self._made[function] = self._find_functional(function)
        return self._made[function]

    def _find_functional(self, function: FunctionType) -> list[Functional] | None:
        names = self._surroundings.functional_names
        found: list[Functional] = []
        for _, callee in named_by(function, names):
            is_listed = names is not None and callee in names
            functional = self._surroundings.adopt(callee) if is_listed else functional_of(callee)
            if functional is None or functional.waits:
                return None
            found.append(functional)
        return found
