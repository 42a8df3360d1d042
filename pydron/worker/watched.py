"""What a call must leave alone: its arguments, the globals and outer variables it names, the global random states."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING

from pydron.transport.codec import dumps
from pydron.worker.suspects import RANDOM_ADVICE, plain_function, suspects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pydron.tasks import Payload

__all__ = ["Watched", "same", "snapshot", "surroundings_of"]

_NOTHING = "nothing"
_CODE = (ModuleType, FunctionType, BuiltinFunctionType, type)
_RETURN = "take it as an argument, and return the new value"


@dataclass(frozen=True, slots=True)
class Watched:
    """Something outside of a call that must be the same after it."""

    breach: str
    name: str
    get: Callable[[], object]
    advice: str
    has_parts: bool = True
    """Whether it makes sense to say which part of it has changed."""


def snapshot(value: object) -> Payload | None:
    """Return a value as it is now; None if it cannot be pickled."""
    try:
        return dumps(value)
    except Exception:
        return None


def same(before: Payload, after: Payload) -> bool:
    """Say whether two snapshots show the same."""
    if before.data != after.data or len(before.buffers) != len(after.buffers):
        return False
    return all(bytes(one) == bytes(other) for one, other in zip(before.raw, after.raw, strict=True))


def surroundings_of(callee: object) -> Iterator[Watched]:
    """Return what a callable can change besides its arguments."""
    function = plain_function(callee)
    if function is not None:
        yield from _outer(function)
        for name in dict.fromkeys(_global_names(function, set())):
            yield Watched(f"has changed the global {name}", name, _global(function, name), _RETURN)
    yield Watched(
        "has used the global state of random", "random", random.getstate, RANDOM_ADVICE["random"], has_parts=False
    )
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        yield Watched(
            "has used the global state of numpy.random", "numpy.random", numpy.get_state,
            RANDOM_ADVICE["numpy.random"], has_parts=False,
        )  # fmt: skip


def _outer(function: FunctionType) -> Iterator[Watched]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):

        def get(cell: object = cell) -> object:
            try:
                return cell.cell_contents  # type: ignore[attr-defined]
            except ValueError:
                return _NOTHING

        if not isinstance(get(), _CODE):
            yield Watched(f"has changed {name}, a variable of the function around it,", name, get, _RETURN)


def _global(function: FunctionType, name: str) -> Callable[[], object]:
    return lambda: function.__globals__.get(name, _NOTHING)


def _global_names(function: FunctionType, seen: set[CodeType]) -> Iterator[str]:
    """Return the globals that a function, or one of its module that it names, may change."""
    if function.__code__ in seen:
        return
    seen.add(function.__code__)
    bound = {suspect.name for suspect in suspects(function)}
    for name in _names(function.__code__):
        found = function.__globals__.get(name, _NOTHING)
        if isinstance(found, FunctionType) and found.__globals__ is function.__globals__:
            yield from _global_names(found, seen)
        elif not isinstance(found, _CODE) and (name in function.__globals__ or name in bound):
            yield name


def _names(code: CodeType) -> Iterable[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
