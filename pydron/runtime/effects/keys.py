"""Which functions may be called by sorted, min, reduce and the like on trusted values without running user code."""

from __future__ import annotations

import operator
from types import MethodDescriptorType

from pydron.runtime.effects.trust import are_atoms

__all__ = ["is_plain_key"]

_FUNCTIONS = frozenset(
    map(
        id,
        (len, abs, int, float, ord, hash, bool, sum, min, max, operator.neg, operator.pos, operator.not_,
         operator.truth, operator.add, operator.sub, operator.mul, operator.and_, operator.or_, operator.xor,
         operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge),
    )
)  # fmt: skip
_TEXT_METHODS = frozenset({"lower", "upper", "casefold", "strip", "lstrip", "rstrip", "title", "swapcase", "count"})


def is_plain_key(function: object) -> bool:
    """Tell whether the function, applied to trusted values, runs no user code and changes nothing."""
    if function is None or id(function) in _FUNCTIONS:
        return True
    if type(function) is operator.itemgetter:
        return are_atoms(function.__reduce__()[1])
    return (
        type(function) is MethodDescriptorType and function.__objclass__ is str and function.__name__ in _TEXT_METHODS
    )
