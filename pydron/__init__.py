"""Pydron: ordinary sequential Python, run in parallel, meaning exactly what it meant."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pydron.errors import (
    AuthenticationError,
    ConfigError,
    ContractError,
    LaunchError,
    ProtocolError,
    PydronError,
    PydronWarning,
    RemoteError,
    TranslationError,
    UnpicklableError,
    WorkerLost,
)

if TYPE_CHECKING:
    from pydron.api import functional, graph, ordered, schedule
    from pydron.observe.explain import explain
    from pydron.opening import session, shutdown

__all__ = [
    "AuthenticationError",
    "ConfigError",
    "ContractError",
    "LaunchError",
    "ProtocolError",
    "PydronError",
    "PydronWarning",
    "RemoteError",
    "TranslationError",
    "UnpicklableError",
    "WorkerLost",
    "explain",
    "functional",
    "graph",
    "ordered",
    "schedule",
    "session",
    "shutdown",
]

_MODULES = {
    "explain": "pydron.observe.explain",
    "functional": "pydron.api",
    "graph": "pydron.api",
    "ordered": "pydron.api",
    "schedule": "pydron.api",
    "session": "pydron.opening",
    "shutdown": "pydron.opening",
}
_PACKAGES = frozenset(("dataflow", "testing"))


def __getattr__(name: str) -> object:
    # Workers import this package too, on interpreters where only the worker's part can be loaded.
    if name in _PACKAGES:
        return import_module(f"pydron.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value
