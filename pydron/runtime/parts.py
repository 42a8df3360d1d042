"""The undecorated functions that are parts of one run, and which of them are better called as they are."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from pydron.runtime.forecasts import MISSING
from pydron.runtime.helpers import held_by, likeness, named_by, part_of_run
from pydron.runtime.marks import functional_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FunctionType

    from pydron.runtime.marks import Functional, Schedulable
    from pydron.runtime.plan import Plan
    from pydron.runtime.surroundings import Surroundings

__all__ = ["Parts"]


class Parts:
    """What a run knows of undecorated functions that it calls."""

    __slots__ = ("_kept", "_parts", "_quick", "_surroundings", "others")

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._parts: dict[FunctionType, Schedulable] = {}
        self.others: set[FunctionType] = set()
        """Functions without a closure that are no parts."""
        self._quick: dict[object, list[object]] = {}
        """By functions, or what is alike of those with closures, what they and their calls are accounted by."""
        self._kept: list[object] = []
        """What such keys name by identity."""

    def find(self, function: FunctionType) -> Schedulable | None:
        """Return an undecorated function that leads to functional calls as a part of this run, if it can be one."""
        names = self._surroundings.functional_names
        if function.__closure__ is not None:
            return part_of_run(function, names)  # there may be another one for each round of a loop
        if function not in self._parts:
            part = part_of_run(function, names)
            if part is None:
                self.others.add(function)
                return None
            self._parts[function] = part
        return self._parts[function]

    def note(self, plan: Plan, function: FunctionType) -> None:
        """Take note that a part has had nothing to wait for. So much for how long it takes as it is."""
        self._surroundings.observe(plan.account, 0.0, None, 0.0)
        key = _key(function)
        if key not in self._quick:
            self._kept.append((function, held_by(function)))
            made = self._find_functional(function)
            self._quick[key] = [plan.account, *made] if made is not None else []

    def call_if_quick(self, function: FunctionType, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
        """Call a part as it is written, if such calls are soon done, and all that they lead to made in the driver.

        Returns `MISSING` otherwise.
        """
        accounts = self._quick.get(_key(function))
        if not accounts or not all(map(self._surroundings.inlines, accounts)):
            return MISSING
        begun = perf_counter()
        result = function(*args, **kwargs)
        self._surroundings.observe(accounts[0], perf_counter() - begun, None, 0.0)
        return result

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


def _key(function: FunctionType) -> object:
    return function if function.__closure__ is None else likeness(function)
