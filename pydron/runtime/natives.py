"""Native segments: code in which there is nothing to run in parallel runs as the user wrote it.

While nothing is pending an operation is an ordinary one, and it stays so until a call is dispatched. So code that can
be seen to make no functional call, by the names it mentions, needs none of the machinery. Were it to make one all the
same, through a callable that no name tells of, that call is made in place, as plain Python would.
"""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

from pydron.runtime.helpers import attribute_leads_to_calls, called_by, is_part
from pydron.runtime.marks import functional_of, named_functional, named_scheduled, scheduled_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from pydron.dataflow.mentions import Mentions
    from pydron.runtime.marks import Asked

__all__ = ["MISSING", "calls_nothing", "is_plain"]

MISSING = object()
"""What a name without a value stands for."""


def calls_nothing(
    mentions: Mentions,
    find: Callable[[str], object],
    namespace: dict[str, object],
    names: Container[object] | None,
    asked: Asked | None,
) -> bool:
    """Say whether code makes no functional call, as far as what it mentions tells.

    Args:
        mentions: what the code mentions.
        find: gives the value of a global or free name, or `MISSING`.
        namespace: the variables of the module.
        names: the callables that the configuration calls functional.
        asked: the scheduled functions that the question is about as well: what is called is added to them.
    """
    if mentions.opaque:
        return False
    attributes: Iterable[str] = mentions.attributes
    if not all(_is_plain_attribute(name, namespace, names, asked) for name in attributes):
        return False
    if _has_operators(names, asked):
        return False
    return all(_is_plain_path(path, find, namespace, names, asked) for path in mentions.paths)


def is_plain(value: object, names: Container[object] | None, asked: Asked | None = None) -> bool:
    """Say whether a value is nothing that `pydron` would run in any other way than Python."""
    if functional_of(value) is not None:
        return False
    function, _, _ = called_by(value)
    if function is not value:
        return is_plain(function, names, asked)
    scheduled = scheduled_of(function)
    if scheduled is not None:
        return scheduled.is_native(names, asked)
    if type(function) is FunctionType and is_part(function, names):
        return False
    return names is None or not callable(value) or function not in names


def _is_plain_path(
    path: tuple[str, ...],
    find: Callable[[str], object],
    namespace: dict[str, object],
    names: Container[object] | None,
    asked: Asked | None,
) -> bool:
    value = find(path[0])
    for index, name in enumerate(path[1:], 1):
        if value is MISSING or not is_plain(value, names, asked):
            break
        if type(value) is not ModuleType:
            return all(_is_plain_attribute(each, namespace, names, asked) for each in path[index:])
        value = vars(value).get(name, MISSING)
    return is_plain(value, names, asked)


def _is_plain_attribute(
    name: str, namespace: dict[str, object], names: Container[object] | None, asked: Asked | None
) -> bool:
    return not attribute_leads_to_calls(name, namespace) and _is_unmarked(name, names, asked)


def _is_unmarked(name: str, names: Container[object] | None, asked: Asked | None) -> bool:
    if named_functional(name):
        return False
    return all(scheduled.is_native(names, asked) for scheduled in named_scheduled(name))


_OPERATORS = (
    "__call__", "__getattr__", "__getitem__", "__setitem__", "__iter__", "__next__", "__len__", "__contains__",
    "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__matmul__", "__eq__",
    "__lt__",
)  # fmt: skip


def _has_operators(names: Container[object] | None, asked: Asked | None) -> bool:
    """Say whether an operation that no name tells of might be a call of ours."""
    return not all(_is_unmarked(name, names, asked) for name in _OPERATORS)
