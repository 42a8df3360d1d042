"""When values can be turned into text without running user code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.runtime.effects.arrays import numpy_types
from pydron.runtime.effects.trust import ARRAY, FOREIGN, are_atoms, survey

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["can_show"]

_SHOW_LIMIT = 10_000


def can_show(values: Collection[object]) -> bool:
    """Tell whether `str`, `repr` and `format` of the values run no user code."""
    if are_atoms(values):
        return True
    bits = survey(values, _SHOW_LIMIT)
    if bits & FOREIGN:
        return False
    return not bits & ARRAY or _shows_arrays_plainly()


def _shows_arrays_plainly() -> bool:
    # The program may have told numpy to call its own function for each element.
    known = numpy_types()
    if known is None or known.major < 2:
        return False
    options = known.module.get_printoptions()
    return options["formatter"] is None and options.get("override_repr") is None
