"""The lowerings, in order: each takes a function's tree and returns one that uses less of the language.

What is left after the last: assignments of one call or of one expression without calls, stores to attributes and
items, `if`, `for`, `while` with ``break`` and ``else``, ``return``, ``raise``, ``del``, inner functions, and
statements that run natively as they stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.translation.lowering.assertions import lower_assertions
from pydron.translation.lowering.asynchronous import lower_asynchronous
from pydron.translation.lowering.calls import lower_calls
from pydron.translation.lowering.loop_continue import lower_continue
from pydron.translation.lowering.properties import lower_properties
from pydron.translation.lowering.written_loops import keep_loops
from pydron.translation.lowering.zero_argument_super import lower_zero_argument_super

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.translation.lowering.context import Lowered

__all__ = ["LOWERINGS", "lower"]

LOWERINGS: tuple[Callable[[Lowered], None], ...] = (
    lower_zero_argument_super,
    lower_asynchronous,  # makes `while` and `try`
    keep_loops,  # before anything that only serves running in parallel
    lower_properties,
    lower_assertions,  # makes `if` and `raise`
    lower_continue,  # makes `if`, so before the order of evaluation is written out
    lower_calls,
)


def lower(function: Lowered) -> None:
    """Run all lowerings on a function."""
    for lowering in LOWERINGS:
        lowering(function)
