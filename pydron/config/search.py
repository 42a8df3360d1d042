"""Finds the configuration file, and the worker types that installed packages bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydron.config.records import WorkerEntry
from pydron.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

__all__ = ["InstalledWorkerTypes", "find_config", "search_path"]

VARIABLE = "PYDRON_CONF"
NAME = "pydron.conf"
SYSTEM = Path("/etc")


def search_path(cwd: Path | None, home: Path | None, system: Path = SYSTEM) -> list[Path]:
    """List where a configuration is looked for when `PYDRON_CONF` names none, best first."""
    return [directory / NAME for directory in (cwd, home, system) if directory is not None]


def find_config(environ: Mapping[str, str], cwd: Path | None, home: Path | None, system: Path = SYSTEM) -> Path | None:
    """Return the configuration file that counts, or None if there is none.

    Raises:
        ConfigError: `PYDRON_CONF` names a file that does not exist.
    """
    if named := environ.get(VARIABLE):
        path = expand(Path(named), cwd, home)
        if not path.is_file():
            what = "is no file" if path.exists() else "does not exist"
            raise ConfigError(f"the environment variable {VARIABLE} names this file, but it {what}", str(path))
        return path
    return next((path for path in search_path(cwd, home, system) if path.is_file()), None)


def expand(path: Path, cwd: Path | None, home: Path | None) -> Path:
    """Make a path absolute as a shell would."""
    if home is not None and path.parts[:1] == ("~",):
        path = home.joinpath(*path.parts[1:])
    return cwd / path if cwd is not None else path


class InstalledWorkerTypes(Mapping[str, type[WorkerEntry]]):
    """The worker types of installed packages: entry points of the group `pydron.backends`, one for each type.

    An entry point refers to an object whose attribute `entry` is the record of its keys. It is loaded when asked for.
    """

    group = "pydron.backends"

    @cached_property
    def _points(self) -> EntryPoints:
        from importlib.metadata import entry_points  # slow, and seldom needed

        return entry_points(group=self.group)

    def __getitem__(self, word: str) -> type[WorkerEntry]:
        return cast("type[WorkerEntry]", self._points[word].load().entry)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._points.names))

    def __len__(self) -> int:
        return len(self._points.names)

    def __contains__(self, word: object) -> bool:
        return word in self._points.names
