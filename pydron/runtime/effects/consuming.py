"""What loops use that stand for builtins which take all elements of an iterable at once."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from pydron.runtime.effects.rules import READ_ALL, fixed_call, judge
from pydron.runtime.effects.trust import LONG_LIMIT, survey
from pydron.runtime.effects.verdict import PURE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydron.runtime.effects.rules import Arguments, CallRule, Keywords
    from pydron.runtime.effects.verdict import Verdict

__all__ = ["CONSUMING_CALLS", "Total", "begin_total", "consumes", "sort_by", "total_of"]

_RECEIVERS: dict[str, type] = {"join": str, "extend": list, "update": dict}
_BUILTINS: dict[str, object] = {
    name: getattr(builtins, name)
    for name in (
        "list",
        "tuple",
        "set",
        "dict",
        "sum",
        "sorted",
        "min",
        "max",
        "any",
        "all",
        "next",
        "map",
        "filter",
        "zip",
        "enumerate",
        "reversed",
    )
}


def consumes(*asked: object) -> bool:
    """Say whether callables are the builtins that they are called after, and owners of methods of the builtin type.

    Args:
        asked: callable or owner, name, and so on. What is called "given" is called itself, so it must not be None.
    """
    return all(_is_called(callee, name) for callee, name in zip(asked[::2], asked[1::2], strict=True))


def _is_called(callee: object, name: object) -> bool:
    if name == "given":
        return callee is not None
    return type(callee) is _RECEIVERS[name] if name in _RECEIVERS else callee is _BUILTINS[name]  # type: ignore[index]


_LARGEST = 2**63


def _is_small(value: object) -> bool:
    """Say whether a value is a number whose addition to others of the kind cannot fail."""
    return type(value) in {float, bool} or (type(value) is int and -_LARGEST <= value < _LARGEST)


class Total:
    """Numbers that are to be added up as `sum` does, which is more exact than one addition after the other."""

    __slots__ = ("_before", "_last")

    def __init__(self, before: Total | None, last: object) -> None:
        self._before = before
        self._last = last

    def takes(self, value: object) -> bool:
        """Say whether adding a value runs no code but of the interpreter, and cannot fail."""
        return _is_small(value)

    def __add__(self, value: object) -> object:
        if _is_small(value):
            return Total(self, value)
        return self.total() + value  # type: ignore[operator]

    def total(self) -> object:
        """Return the sum."""
        numbers = []
        each: Total | None = self
        while each is not None:
            numbers.append(each._last)
            each = each._before
        start = numbers.pop()
        numbers.reverse()
        return sum(numbers, start)  # type: ignore[call-overload]


def begin_total(start: object) -> object:
    """Return what elements are to be added to, one after the other."""
    sum((), start)  # type: ignore[call-overload]  # refuses what cannot be the start
    return Total(None, start) if _is_small(start) else start


def total_of(state: object) -> object:
    """Return the sum of what was added up."""
    return state.total() if type(state) is Total else state


def sort_by(items: list[object], keys: Sequence[object], *, reverse: object = False) -> list[object]:
    """Return items in the order of keys that are known for each."""
    known = iter(keys)
    result: list[object] = sorted(items, key=lambda _item: next(known), reverse=reverse)  # type: ignore[call-overload]
    return result


def _sort_by(args: Arguments, kwargs: Keywords) -> Verdict:
    _, keys = args
    return judge(survey((keys, *kwargs.values()), LONG_LIMIT), READ_ALL, numbers_warn=False)


def _begin(args: Arguments, _kwargs: Keywords) -> Verdict:
    return PURE if type(args[0]) in {int, float, bool, str, list, tuple} else UNKNOWN


CONSUMING_CALLS: dict[object, CallRule] = {
    consumes: fixed_call(PURE),
    begin_total: _begin,
    total_of: fixed_call(PURE),
    sort_by: _sort_by,
}
