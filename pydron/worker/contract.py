"""``PYDRON_CHECK=1``: proves that a call left its arguments alone, or says which one it changed."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from pydron.errors import ContractError
from pydron.transport.codec import dumps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pydron.tasks import Payload

__all__ = ["Witness"]


class Witness:
    """The arguments of one call as they were before it."""

    def __init__(
        self, name: str, function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> None:
        self._name = name
        self._arguments = list(_named(function, args, kwargs))
        self._before = [_snapshot(value) for _, value in self._arguments]

    def compare(self) -> None:
        """Compare with what the arguments are now.

        Raises:
            ContractError: the call has changed one.
        """
        for (label, value), before in zip(self._arguments, self._before, strict=True):
            if before is None:
                continue
            after = _snapshot(value)
            if after is None or not _same(before, after):
                raise ContractError(
                    self._name,
                    f"has changed its argument {label}{_where(before, value)}: work on a copy of it, and return that",
                )


def _named(
    function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
) -> Iterable[tuple[str, object]]:
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return [*((str(number), value) for number, value in enumerate(args, 1)), *kwargs.items()]
    named = list(bound.arguments.items())
    owner = getattr(function, "__self__", None)
    return named if owner is None or isinstance(owner, type) else [("self", owner), *named]


def _snapshot(value: object) -> Payload | None:
    try:
        return dumps(value)
    except Exception:
        return None


def _same(before: Payload, after: Payload) -> bool:
    if before.data != after.data or len(before.buffers) != len(after.buffers):
        return False
    return all(bytes(one) == bytes(other) for one, other in zip(before.raw, after.raw, strict=True))


def _where(before: Payload, now: object) -> str:
    """Return the way to the first part that differs, empty if it cannot be told."""
    from pydron.transport.codec import loads

    return _difference(loads(before, copy=True), now, 0)


def _difference(old: object, new: object, depth: int) -> str:
    if type(old) is not type(new) or depth > 20:
        return ""
    for step, one, other in _pairs(old, new):
        first, second = _snapshot(one), _snapshot(other)
        if first is not None and (second is None or not _same(first, second)):
            return step + _difference(one, other, depth + 1)
    return ""


def _pairs(old: object, new: object) -> Iterable[tuple[str, object, object]]:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in old if key in new]
        return [(f"[{key!r}]", old[key], new[key]) for key in keys]
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return [(f"[{index}]", one, other) for index, (one, other) in enumerate(zip(old, new, strict=False))]
    first, second = getattr(old, "__dict__", {}), getattr(new, "__dict__", {})
    return [(f".{name}", first[name], second[name]) for name in first if name in second]
