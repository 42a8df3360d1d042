"""Reads `pydron.conf`: text in, frozen records out, an error that shows the place for everything else.

Data flow: `search` finds the file, `text` scans it and keeps the line of each key, `check` turns plain values into the
records of `records`. Nothing here is imported before a configuration is wanted, and msgspec not before there is one to
check: a program without `pydron.conf` does not pay for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydron.config.load import find_config, load_config
    from pydron.config.records import Cloud, Config, Multicore, PortRange, Secret, Ssh, Threads, WorkerEntry

__all__ = [
    "Cloud",
    "Config",
    "Multicore",
    "PortRange",
    "Secret",
    "Ssh",
    "Threads",
    "WorkerEntry",
    "find_config",
    "load_config",
]

_MODULES = {"find_config": "load", "load_config": "load"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_MODULES.get(name, 'records')}"), name)
    globals()[name] = value
    return value
