"""Finds what inside an object refuses to be pickled, so that the error can name it."""

from __future__ import annotations

import inspect
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydron.errors import UnpicklableError
from pydron.interrupts import is_interrupt
from pydron.transport.codec import Refusal, dumps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pydron.tasks import Site

__all__ = ["Culprit", "find_culprit", "refused_argument", "refused_result"]

_DEPTH = 60
_WIDTH = 10_000


@dataclass(frozen=True, slots=True)
class Culprit:
    """The smallest part of an object that refuses, and how to get there."""

    path: str
    type_name: str
    reason: str


def find_culprit(value: object, error: BaseException) -> Culprit:
    """Walk down to the smallest part of an object that refuses; `error` is what pickle said about the whole."""
    path = ""
    seen = {id(value)}
    for _ in range(_DEPTH):
        found = _failing_part(value, seen)
        if found is None:
            break
        step, value, error = found
        path += step
        seen.add(id(value))
    return Culprit(path, _type_name(value), _reason(error))


def refused_argument(
    function: Callable[..., object],
    name: str,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    error: BaseException,
    site: Site | None = None,
) -> UnpicklableError:
    """Make the error for a call whose arguments cannot be pickled."""
    for label, value in _named(function, args, kwargs):
        problem = refusal(value)
        if problem is not None:
            culprit = find_culprit(value, problem)
            return UnpicklableError(name, label, culprit.path, culprit.type_name, culprit.reason, site)
    return UnpicklableError(name, "arguments", "", "tuple", _reason(error), site)


def refused_result(name: str, value: object, error: BaseException) -> UnpicklableError:
    """Make the error for a result that cannot be pickled."""
    culprit = find_culprit(value, error)
    return UnpicklableError(name, "result", culprit.path, culprit.type_name, culprit.reason)


def refusal(value: object) -> BaseException | None:
    """Return what pickle says against an object, None if nothing."""
    try:
        dumps(value, copy=False)
    except Exception as error:
        if is_interrupt(error):
            raise
        return error
    return None


def _named(
    function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
) -> Iterable[tuple[str, object]]:
    """Pair each argument with what to call it."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        yield from ((f"argument {number}", value) for number, value in enumerate(args, 1))
        yield from ((f"argument '{key}'", value) for key, value in kwargs.items())
        return
    yield from ((f"argument '{key}'", value) for key, value in bound.arguments.items())


def _failing_part(value: object, seen: set[int]) -> tuple[str, object, BaseException] | None:
    for step, part in _parts(value):
        if id(part) not in seen:
            problem = refusal(part)
            if problem is not None:
                return step, part, problem
    return None


def _parts(value: object) -> Iterable[tuple[str, object]]:
    """List the parts of an object with the text that leads to each."""
    if isinstance(value, dict):
        for number, (key, item) in enumerate(list(value.items())[:_WIDTH]):
            yield f"[{key!r:.40}]", item
            yield f".keys()[{number}]", key
    elif isinstance(value, list | tuple):
        yield from ((f"[{number}]", item) for number, item in enumerate(value[:_WIDTH]))
    elif isinstance(value, set | frozenset):
        yield from ((f"{{{item!r:.40}}}", item) for item in list(value)[:_WIDTH])
    elif isinstance(value, types.FunctionType):
        yield from _function_parts(value)
    elif isinstance(value, types.MethodType):
        yield ".__self__", value.__self__
        yield ".__func__", value.__func__
    if not isinstance(value, type | types.ModuleType | types.FunctionType):
        yield from _attributes(value)


def _function_parts(function: types.FunctionType) -> Iterable[tuple[str, object]]:
    closed = inspect.getclosurevars(function)
    yield from ((f" variable {name} around it", item) for name, item in closed.nonlocals.items())
    yield from ((f" global {name}", item) for name, item in closed.globals.items())
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    named = [*zip(names, defaults, strict=True), *(function.__kwdefaults__ or {}).items()]
    yield from ((f" default of {name}", item) for name, item in named)


def _attributes(value: object) -> Iterable[tuple[str, object]]:
    yield from ((f".{name}", item) for name, item in list(getattr(value, "__dict__", {}).items()))
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in {"__dict__", "__weakref__"} and hasattr(value, name):
                yield f".{name}", getattr(value, name)


def _type_name(value: object) -> str:
    cls = type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _reason(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text if isinstance(error, Refusal | TypeError) else f"{type(error).__name__}: {text}"
