"""The code of scheduled sequential functions, and of all that is written inside them.

In it a call of a functional coroutine function stands for its result; in any other code it gives a coroutine.
"""

from __future__ import annotations

import inspect
import weakref
from functools import partial
from types import CodeType

__all__ = ["SCHEDULED", "add_sequential", "is_sequential"]

SCHEDULED = "__scheduled_"
"""How the attribute of a scheduled function begins that holds what is known of it here: it goes nowhere else."""

_ASYNCHRONOUS = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_codes: dict[int, weakref.ref[CodeType]] = {}
"""By identity: code objects of different files may be equal."""


def add_sequential(code: CodeType) -> None:
    """Say that code is that of a scheduled function; functions written inside it count too, unless they can await."""
    if code.co_flags & _ASYNCHRONOUS:
        return
    if not is_sequential(code):
        key = id(code)
        _codes[key] = weakref.ref(code, partial(_codes.pop, key))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            add_sequential(constant)


def is_sequential(code: CodeType) -> bool:
    """Say whether code is that of a scheduled sequential function."""
    reference = _codes.get(id(code))
    return reference is not None and reference() is code
