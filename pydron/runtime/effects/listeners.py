"""What hears of the output of calls, besides files: streams, handlers and hooks that the program has put there.

A handler that appends records to a list writes into that list whenever the output of a call is shown, and so does
`warnings.catch_warnings` if it records. Who reads such memory while calls are under way has to wait for them.
"""

from __future__ import annotations

import dis
import gc
import logging
import sys
import warnings
from collections import deque
from functools import lru_cache, partial
from operator import is_
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FrameType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    TracebackType,
    WrapperDescriptorType,
)
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects.memory import class_dict, class_mro, instance_dict, is_class, memory_key
from pydron.runtime.effects.output import is_plain_handler, is_plain_stream
from pydron.runtime.effects.reach import global_names
from pydron.runtime.effects.trust import is_atom, without_atoms
from pydron.standins import behind

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["heard_by", "listeners"]

_MOST = 1000
"""Objects that are looked at; those that are nearest to a listener come first."""
_HOOKS = ("showwarning", "_showwarnmsg_impl")
_OF_LIBRARY = {name: vars(warnings)[name] for name in _HOOKS}
_KEPT = "records"
"""What handlers of test runners keep, which otherwise do no more than write."""


class _Look:
    """What was found at the last look, so that the next one is short if nothing has changed."""

    def __init__(self) -> None:
        self.at: tuple[object, ...] = ()
        """Streams, hooks and references of handlers."""
        self.marks: list[int] = []
        """What their attributes are: all types are known."""

    def shows_none(self, at: tuple[object, ...], handlers: list[object]) -> bool:
        """Say whether there was no listener, and nothing is different now."""
        alike = len(at) == len(self.at) and all(map(is_, at, self.at))
        return alike and _marks(at, handlers) == self.marks

    def found_none(self, at: tuple[object, ...], handlers: list[object]) -> None:
        """Take note that there is no listener."""
        self.at, self.marks = at, _marks(at, handlers)


def _marks(at: tuple[object, ...], handlers: list[object]) -> list[int]:
    marks = [0 if stream is None else len(vars(stream)) for stream in at[:2]]
    for handler in handlers:
        if handler is not None:
            marks.append(len(cast("logging.Handler", handler).filters))
            marks.extend(map(id, vars(handler).values()))
    return marks


_last = _Look()


def listeners() -> list[object]:
    """Return who hears of output and may do more with it than write it to a file."""
    hooks = vars(warnings)
    references = vars(logging)["_handlerList"]
    handlers = [reference() for reference in references]
    streams = (behind(sys.stdout), behind(sys.stderr))
    at = (*streams, *map(behind, map(hooks.get, _HOOKS)), *references)
    if _last.shows_none(at, handlers):
        return []
    found = [stream for stream in streams if not (stream is None or is_plain_stream(stream))]
    found += [hook for hook in at[2:4] if not any(hook is each for each in _OF_LIBRARY.values())]
    found += [each for each in handlers if not is_plain_handler(each) or (each is not None and _KEPT in vars(each))]
    if not found:
        _last.found_none(at, handlers)
    return found


def heard_by(found: Iterable[object]) -> set[int]:
    """Return the memory keys of what listeners may change: all that they hold, and that their functions refer to.

    Of a listener whose class is a library's that is what it collects, such as records. Where a function assigns to
    variables of its module that module is among it.
    """
    keys: set[int] = set()
    seen: set[int] = set()
    pending: deque[object] = deque()
    for each in found:
        pending.append(each)
        if not _is_looked_into(each):
            pending.extend(_collected_by(each))
    while pending and len(seen) < _MOST:
        item = pending.popleft()
        if is_atom(item) or id(item) in seen or _is_leaf(item):
            continue
        seen.add(id(item))
        if not _is_fixed(item):
            keys.add(memory_key(item) or id(item))
        pending.extend(_held(item))
        if type(item) is FunctionType and _assigns(item.__code__):
            keys.add(id(item.__globals__))
    return keys


@lru_cache(maxsize=1024)
def _assigns(code: CodeType) -> bool:
    """Tell whether code assigns to variables of its module."""
    inner = (const for const in code.co_consts if type(const) is CodeType)
    return any(each.opname == "STORE_GLOBAL" for each in dis.get_instructions(code)) or any(map(_assigns, inner))


_OPEN = frozenset(
    map(
        id,
        (list, tuple, dict, set, frozenset, deque, CellType, MappingProxyType, FunctionType, BuiltinFunctionType,
         MethodType, partial),
    )
)  # fmt: skip
"""What shows what it holds, and is nothing else."""
_LEAVES = frozenset(
    map(
        id,
        (ModuleType, CodeType, FrameType, TracebackType, GetSetDescriptorType, MemberDescriptorType,
         MethodDescriptorType, WrapperDescriptorType, logging.LogRecord, warnings.WarningMessage),
    )
)  # fmt: skip
"""What shows nothing of what was written, or does not change any more once it has been written."""


_FIXED = frozenset(map(id, (tuple, frozenset, BuiltinFunctionType, MethodType)))


def _is_fixed(item: object) -> bool:
    """Tell whether nothing is written into something itself: others may hold it that have nothing to do with output."""
    return id(type(item)) in _FIXED or (type(item) is FunctionType and not item.__dict__)


def _is_leaf(item: object) -> bool:
    if is_class(item):
        return _is_foreign(class_dict(cast("type", item)).get("__module__"))
    return id(type(item)) in _LEAVES or (type(item) is FunctionType and _is_foreign(item.__module__))


def _held(item: object) -> Iterable[object]:
    if type(item) is FunctionType:
        return _held_by_function(item)
    if is_class(item):
        cls = cast("type", item)
        return (*class_mro(cls), *class_dict(cls).values())
    if type(item) is BuiltinFunctionType:
        return () if type(item.__self__) is ModuleType else (item.__self__,)
    return without_atoms(gc.get_referents(item)) if _is_looked_into(item) else ()


def _is_looked_into(item: object) -> bool:
    """Tell whether all counts that an object holds: it is a collection, a function or of a class of the program's."""
    kind = type(item)
    return id(kind) in _OPEN or is_class(item) or not _is_foreign(class_dict(kind).get("__module__"))


def _collected_by(listener: object) -> Iterable[object]:
    held = (instance_dict(listener) or {}).values()
    return [each for each in held if id(type(each)) in _OPEN or _is_handler(each)]


def _is_handler(item: object) -> bool:
    return any(parent is logging.Handler for parent in class_mro(type(item)))


def _held_by_function(function: FunctionType) -> Iterable[object]:
    names = function.__globals__
    return (
        *(function.__closure__ or ()),
        *(function.__defaults__ or ()),
        *(function.__kwdefaults__ or {}).values(),
        *(names[name] for name in global_names(function.__code__) if name in names),
    )


def _is_foreign(module: object) -> bool:
    """Tell whether code is not that of a program that waits to be told."""
    return type(module) is not str or module.partition(".")[0] in _FOREIGN


_FOREIGN = sys.stdlib_module_names.union(("pydron", "_pytest", "builtins")).difference(("__main__",))
