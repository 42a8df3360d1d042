"""Functional calls that are made in the driver, at the place where they stand, because shipping them costs more."""

from __future__ import annotations

from time import perf_counter
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

from pydron.interrupts import is_interrupt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydron.runtime.dispatch import Dispatch
    from pydron.runtime.marks import Functional

__all__ = ["is_silent", "run_inline"]

_SILENT_NAMES = frozenset(
    (
        "abs", "all", "any", "bool", "chr", "complex", "dict", "divmod", "enumerate", "float", "frozenset", "int",
        "len", "list", "max", "min", "ord", "pow", "range", "reversed", "round", "set", "sorted", "sum", "tuple", "zip",
        "append", "items", "join", "keys", "values",
        "math", "ceil", "cos", "exp", "floor", "log", "pi", "sin", "sqrt", "tan",
    )
)  # fmt: skip
"""Names of builtins and methods that write nothing."""


def is_silent(function: Callable[..., object]) -> bool:
    """Say whether a function certainly prints, logs and warns nothing: what it wrote would come before its turn."""
    return type(function) is FunctionType and _names_are_silent(function.__code__)


def _names_are_silent(code: CodeType) -> bool:
    return _SILENT_NAMES.issuperset(code.co_names) and all(
        _names_are_silent(constant) for constant in code.co_consts if isinstance(constant, CodeType)
    )


def run_inline(
    fiber: Dispatch,
    function: Callable[..., object],
    functional: Functional,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    tick: int,
) -> object:
    """Return the result of the call, or a failed promise at its place in program order."""
    begun = perf_counter()
    try:
        result = function(*args, **kwargs)
    except BaseException as error:
        if is_interrupt(error):
            raise
        return fiber.failed(error, tick)
    fiber.run.observe(functional, perf_counter() - begun, None, 0.0)
    return result
