"""What the driver has set in its context, for the calls that it makes: context variables, numpy's error handling.

The variables of the standard library and of numpy are left out: what matters of them is known by name.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, TypeAlias, cast

from pydron.transport.codec import dumps, loads
from pydron.transport.definitions import module_holding
from pydron.transport.messages import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydron.transport.messages import Packed

__all__ = ["USUAL_MODES", "Values", "Variables", "floating_errors", "packed", "set_floating_errors", "set_variables"]

_Variable: TypeAlias = "ContextVar[object]"
Values: TypeAlias = "tuple[tuple[_Variable, Packed], ...]"
"""Variables, each with its pickled value."""
_KEPT_BACK = sys.stdlib_module_names.union(("numpy", "pydron")).difference(("__main__",))
_UNNAMED = frozenset(("decimal_context",))
"""Names of variables of the standard library that no module holds."""
USUAL_MODES = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
"""What numpy does about floating-point errors without being told."""
_MODES = frozenset(("ignore", "warn", "raise", "print"))
"""What numpy can be told without a function or object of the driver's."""


class Variables:
    """The context variables that calls are to have, and their values."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[_Variable, bool]] = {}
        """By identity, the variables that were met, with whether they are taken along."""

    def now(self) -> Values:
        """Return those that are set here, with their pickled values, as far as these can be pickled."""
        found: list[tuple[_Variable, Packed]] = []
        for variable, value in copy_context().items():
            if self._is_taken_along(variable):
                with suppress(Exception):  # a call that reads it finds its default, see the documentation
                    found.append((variable, pack(dumps(value))))
        return tuple(found)

    def _is_taken_along(self, variable: _Variable) -> bool:
        known = self._known.get(id(variable))
        if known is None:
            place = module_holding(variable)
            is_users = variable.name not in _UNNAMED if place is None else place[0].partition(".")[0] not in _KEPT_BACK
            known = self._known[id(variable)] = variable, is_users
        return known[1]


def packed(found: Values) -> Packed:
    """Return variables and their values for a message, empty if there are none."""
    return pack(dumps(found)) if found else b""


def set_variables(values: Packed) -> None:
    """Set variables in this context."""
    for variable, value in cast("Values", loads(unpack(values))):
        variable.set(loads(unpack(value)))


def floating_errors() -> tuple[tuple[str, str], ...]:
    """Return what numpy is told to do about floating-point errors here, nothing if that is what it does anyway."""
    ask = getattr(sys.modules.get("numpy"), "geterr", None)
    modes = USUAL_MODES if ask is None else ask()
    return () if modes == USUAL_MODES else tuple([(error, mode) for error, mode in modes.items() if mode in _MODES])


def set_floating_errors(modes: Mapping[str, str]) -> None:
    """Tell numpy what to do about floating-point errors in this context, if it is in use."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.seterr(**modes)
