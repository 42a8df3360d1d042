"""Undecorated functions that lead to functional calls: such a function runs as a part of the run that calls it.

A scheduled function means what it meant, so any function may be treated as one; it gains something where there are
functional calls in it. That is told by names: of what it calls, and of what the functions and methods call that it
calls. A function that only seems to lead to calls means the same, and takes a little longer.
"""

from __future__ import annotations

import inspect
import weakref
from functools import partial
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, TypeVar, cast

from pydron.runtime.effects.attributes import MISSING, gets_generically, static_lookup
from pydron.runtime.effects.memory import class_dict, class_mro, is_class
from pydron.runtime.effects.reach import global_names
from pydron.runtime.marks import functional_of, made_scheduled, on_news, ordered_of, scheduled_of, unbound
from pydron.traces import is_of_library, is_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

    from pydron.runtime.marks import Schedulable

__all__ = [
    "attribute_leads_to_calls",
    "called_by",
    "held_by",
    "is_part",
    "leads_to",
    "likeness",
    "named_by",
    "part_of_run",
    "properties_read",
    "property_read",
]

_Key = TypeVar("_Key")
_Answer = TypeVar("_Answer")

_ITERATED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_CALLERS_MATTER = frozenset(("warn", "warn_explicit", "stack", "_getframe", "currentframe"))
"""Names of what looks at who has called."""
_CALLED_AS_THEY_ARE = frozenset(map(id, (BuiltinFunctionType, FunctionType, MethodType, type)))
"""Ids of the most common types of what is called."""
_MOST = 64
"""How many functions that call each other are looked at."""

_KNOWN = 4096
"""How many answers are kept of each kind."""

_verdicts: dict[tuple[object, ...], bool] = {}
_named: dict[tuple[int, int, str], tuple[tuple[Callable[[], object], bool], ...]] = {}
"""By namespace, its size and name, what `_functions_named` gives: weak references, and which are of properties."""
_indexes: dict[tuple[int, int], _Index] = {}
"""By namespace and its size, what it leads to."""
_read: dict[tuple[int, int, int], frozenset[str]] = {}
"""By code, namespace and its size, the answers of `properties_read`."""


def part_of_run(function: FunctionType, names: Container[object] | None) -> Schedulable | None:
    """Return an undecorated function as a part of a run, or None if that gains nothing or cannot be.

    Args:
        function: what is called.
        names: the callables that the configuration calls functional.
    """
    if not is_part(function, names):
        return None
    part = made_scheduled(function)
    return part if part.plan() is not None else None


def is_part(function: FunctionType, names: Container[object] | None = None) -> bool:
    """Say whether an undecorated function leads to calls of ours, and would be a part of a run by its kind."""
    if not _can_be_part(function):
        return False
    key = (*likeness(function), id(names))
    found = _verdicts.get(key)
    if found is None:
        found = _note(_verdicts, key, leads_to(function, names) is not None)
    return found


def likeness(function: FunctionType) -> tuple[object, ...]:
    """Return what functions have in common that lead to the same calls, as far as it takes to look for them again."""
    code, namespace = function.__code__, function.__globals__
    return id(code), id(namespace), len(namespace), *map(id, held_by(function))


def held_by(function: FunctionType) -> list[object]:
    """Return the callables in a function's closure."""
    return [content for content in map(_content, function.__closure__ or ()) if callable(content)]


def _note(table: dict[_Key, _Answer], key: _Key, answer: _Answer) -> _Answer:
    if len(table) >= _KNOWN:
        table.clear()
    table[key] = answer
    return answer


def leads_to(function: FunctionType, names: Container[object] | None = None) -> str | None:
    """Return the name of one of our callables that a function calls, itself or through others, or None."""
    return next((name for name, _ in named_by(function, names)), None)


def named_by(function: FunctionType, names: Container[object] | None = None) -> Iterator[tuple[str, object]]:
    """Give those of our callables that a function names, itself or through others that it calls, and their names."""
    pending, seen = [function], set[int]()
    while pending and len(seen) < _MOST:
        each = pending.pop()
        code, namespace = each.__code__, each.__globals__
        if id(code) in seen:
            continue
        seen.add(id(code))
        called = [(name, namespace.get(name)) for name in global_names(code)]
        called += zip(code.co_freevars, map(_content, each.__closure__ or ()), strict=True)
        attributes = _names(code) - global_names(code)
        called += [(name, value) for name in attributes for value, _ in _functions_named(name, namespace)]
        for name, value in called:
            callee, _, _ = called_by(value)
            if _is_ours(callee) or (names is not None and callable(callee) and callee in names):
                yield name, callee
            elif type(callee) is FunctionType and _can_be_part(callee):
                pending.append(callee)


def called_by(callee: object) -> tuple[object, tuple[object, ...], dict[str, object]]:
    """Take apart what is called: return what that calls in turn, with which arguments before the others.

    That is what a bound method, a `functools.partial` or an object whose class has a ``__call__`` does.
    """
    if type(callee) is partial:
        function, first = unbound(callee.func)
        return function, (*first, *callee.args), callee.keywords
    if id(type(callee)) not in _CALLED_AS_THEY_ARE:
        method = static_lookup(class_mro(type(callee)), "__call__")
        if type(method) is FunctionType:
            return method, (callee,), {}
    return *unbound(callee), {}


def attribute_leads_to_calls(name: str, namespace: dict[str, object]) -> bool:
    """Say whether a method of a class in a namespace has a name and leads to functional calls."""
    return any(type(each) is FunctionType and is_part(each) for each, _ in _functions_named(name, namespace))


def properties_read(function: FunctionType) -> frozenset[str]:
    """Return those attributes that a function reads which may be properties that lead to functional calls."""
    code, namespace = function.__code__, function.__globals__
    key = id(code), id(namespace), len(namespace)
    found = _read.get(key)
    if found is None:
        found = _note(_read, key, frozenset(name for name in _names(code) if _is_property(name, namespace)))
    return found


def _is_property(name: str, namespace: dict[str, object]) -> bool:
    getters = [each for each, is_getter in _functions_named(name, namespace) if is_getter]
    return any(scheduled_of(each) is not None or (type(each) is FunctionType and is_part(each)) for each in getters)


def property_read(owner: object, name: str) -> FunctionType | None:
    """Return the function that reading an attribute calls and nothing else, if it is a property."""
    cls = type(owner)
    found = static_lookup(class_mro(cls), name)
    if type(found) is not property or type(found.fget) is not FunctionType or is_class(owner):
        return None
    return found.fget if gets_generically(cls) else None


@on_news
def _forget() -> None:
    for table in (_verdicts, _named, _indexes, _read):
        table.clear()


def _can_be_part(function: FunctionType) -> bool:
    """Say whether a function is the user's, and may be run as a part of another without anybody being the wiser."""
    code = function.__code__
    if code.co_flags & _ITERATED:
        return False
    if not _CALLERS_MATTER.isdisjoint(code.co_names) or _is_ours(function):
        return False
    return _is_users(code.co_filename)


def _is_users(path: str) -> bool:
    return not (is_of_library(path) or is_ours(path))


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # empty
        return None


def _is_ours(value: object) -> bool:
    return functional_of(value) is not None or scheduled_of(value) is not None or ordered_of(value) is not None


def _functions_named(name: str, namespace: dict[str, object]) -> list[tuple[object, bool]]:
    """Give the callables of ours and users' functions among the same; of properties their functions, with a mark."""
    key = id(namespace), len(namespace), name
    known = _named.get(key)
    if known is None:
        known = _note(_named, key, tuple(_references(_index(namespace).found(name))))
    return [(callee, is_getter) for refer, is_getter in known if (callee := refer()) is not None]


def _references(found: Iterable[object]) -> Iterator[tuple[Callable[[], object], bool]]:
    for value in found:
        function = value
        if type(value) is property:
            function = value.fget
        elif isinstance(value, staticmethod | classmethod):
            function = value.__func__
        callee, _, _ = called_by(function)
        if _is_ours(callee) or (type(callee) is FunctionType and _can_be_part(callee)):
            try:
                yield weakref.ref(callee), type(value) is property
            except TypeError:
                yield partial(_itself, callee), type(value) is property


def _itself(value: object) -> object:
    return value


class _Index:
    """The user's modules in a namespace, and by name the classes in it and in those that have an attribute."""

    def __init__(self, namespace: dict[str, object]) -> None:
        values = [*namespace.values()]
        modules = [value for value in values if type(value) is ModuleType and _is_users_module(value, namespace)]
        self._modules = [weakref.ref(module) for module in modules]
        self._owners: dict[str, list[weakref.ref[type]]] = {}
        inside = [value for module in modules for value in [*vars(module).values()]]
        for cls in {id(value): cast("type", value) for value in (*values, *inside) if is_class(value)}.values():
            refer = weakref.ref(cls)
            for name in set[str]().union(*[class_dict(each) for each in class_mro(cls) if each is not object]):
                self._owners.setdefault(name, []).append(refer)

    def found(self, name: str) -> Iterator[object]:
        """Give what modules and classes have by a name."""
        for refer in self._modules:
            module = refer()
            if module is not None and name in vars(module):
                yield vars(module)[name]
        for refer_to in self._owners.get(name, ()):
            cls = refer_to()
            found = static_lookup(class_mro(cls), name) if cls is not None else MISSING
            if found is not MISSING:
                yield found


def _is_users_module(module: ModuleType, namespace: dict[str, object]) -> bool:
    inside = vars(module)
    file = inside.get("__file__")
    return inside is not namespace and type(file) is str and _is_users(file)


def _index(namespace: dict[str, object]) -> _Index:
    key = id(namespace), len(namespace)
    known = _indexes.get(key)
    if known is None:
        known = _note(_indexes, key, _Index(namespace))
    return known


def _names(code: CodeType) -> frozenset[str]:
    """Return the names of globals and attributes in code."""
    return frozenset(code.co_names).union(*[_names(const) for const in code.co_consts if type(const) is CodeType])
