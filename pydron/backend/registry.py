"""Finds the backend of a worker entry."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from pydron.errors import ConfigError

if TYPE_CHECKING:
    from pydron.backend.launcher import Backend, Launcher, Surroundings
    from pydron.config.records import WorkerEntry

__all__ = ["GROUP", "find_backend", "known_types", "make_launcher"]

GROUP = "pydron.backends"
_BUILT_IN = {
    "multicore": "pydron.backend.multicore:MulticoreBackend",
    "threads": "pydron.backend.threads:ThreadsBackend",
}


def known_types() -> list[str]:
    """List the worker types that can be started here."""
    from importlib.metadata import entry_points  # slow, and seldom needed

    return sorted({*_BUILT_IN, *entry_points(group=GROUP).names})


def find_backend(type_name: str) -> Backend:
    """Return the backend of a worker type.

    Raises:
        ConfigError: there is none; the message lists those that there are.
    """
    if type_name in _BUILT_IN:
        module, _, name = _BUILT_IN[type_name].partition(":")
        return cast("Backend", getattr(import_module(module), name)())
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP, name=type_name):
        return cast("Backend", point.load())
    import difflib

    known = known_types()
    close = difflib.get_close_matches(type_name, known, 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise ConfigError(f"workers of type {type_name!r} cannot be started, only {', '.join(known)}{hint}", path="workers")


def make_launcher(entry: WorkerEntry, surroundings: Surroundings) -> Launcher:
    """Make the launcher for an entry of the configuration.

    Raises:
        ConfigError: there is no backend for it, or the entry asks for what cannot be had.
    """
    return find_backend(entry.type).launcher(entry, surroundings)
