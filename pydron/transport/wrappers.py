"""What `functools` makes of the functions of a script: it travels as the function and how to wrap it once more."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from pydron.transport.definitions import is_by_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FunctionType

__all__ = ["reduce_dispatcher", "reduce_wrapper"]


def reduce_wrapper(value: Any, kind: type) -> tuple[object, ...] | None:
    """Return how to pickle a cached property, a cached function or a generic method, None for everything else."""
    if kind is functools.cached_property:
        # Python 3.11 keeps a lock in it.
        return functools.cached_property, (value.func,), {"attrname": value.attrname, "__doc__": value.__doc__}
    if kind is functools._lru_cache_wrapper and is_by_value(value.__module__, value.__qualname__):
        # Pickle takes it for something to import.
        return _cached_function, (value.__wrapped__, value.cache_parameters()), vars(value)
    if kind is functools.singledispatchmethod:
        # Python 3.13 keeps weak references to the objects that it has met.
        return _dispatching_method, (value.func, dict(value.dispatcher.registry))
    return None


def reduce_dispatcher(function: FunctionType) -> tuple[object, ...] | None:
    """Return how to pickle a generic function, see `functools.singledispatch`; None for every other function."""
    if function.__code__ is not _DISPATCHER or not is_by_value(function.__module__, function.__qualname__):
        return None
    # The cache around it refers weakly to the classes that it has met.
    return _dispatcher, (dict(vars(function)["registry"]),)


def _cached_function(function: Callable[..., object], parameters: Mapping[str, Any]) -> object:
    return functools.lru_cache(**parameters)(function)


def _dispatcher(registry: Mapping[type, Callable[..., object]]) -> object:
    return _registered(functools.singledispatch(registry[object]), registry)


def _dispatching_method(function: Callable[..., object], registry: Mapping[type, Callable[..., object]]) -> object:
    return _registered(functools.singledispatchmethod(function), registry)


def _registered(made: Any, registry: Mapping[type, Callable[..., object]]) -> object:
    for kind, function in registry.items():
        made.register(kind, function)
    return made


_DISPATCHER = functools.singledispatch(lambda _: None).__code__  # type: ignore[attr-defined]
