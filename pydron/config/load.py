"""Loads a configuration: from a file that is named or found, from plain values, or from nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydron.config.records import Config
from pydron.config.search import InstalledWorkerTypes, expand
from pydron.config.search import find_config as find_in
from pydron.errors import ConfigError

if TYPE_CHECKING:
    from pydron.config.records import WorkerEntry

__all__ = ["Source", "find_config", "load_config"]

Source = str | os.PathLike[str] | Mapping[str, object] | Config | None


def load_config(
    source: Source = None,
    *,
    options: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    home: Path | None = None,
    plugins: Mapping[str, type[WorkerEntry]] | None = None,
) -> Config:
    """Return the configuration that counts.

    Args:
        source: a file, plain values as they would stand in a file, a finished configuration; None searches for a file.
        options: values that win over those of the source. Keys as in a file.
        environ: environment variables; those of the process if not given.
        cwd: working directory; that of the process if not given.
        home: home directory; that of the user if not given.
        plugins: worker types beside the built-in ones; those of installed packages if not given.

    Raises:
        ConfigError: naming file, line, key path, and what was expected.
    """
    cwd = cwd or _working_directory()
    home = home or _home_directory()
    if source is None:
        source = find_in(os.environ if environ is None else environ, cwd, home)
    plugins = InstalledWorkerTypes() if plugins is None else plugins
    config = _from_source(source, cwd, home, plugins)
    return replace(config, **_checked(options, plugins)) if options else config


def find_config(
    *, environ: Mapping[str, str] | None = None, cwd: Path | None = None, home: Path | None = None
) -> Path | None:
    """Return the file that `load_config` would read, or None if there is none.

    Raises:
        ConfigError: `PYDRON_CONF` names a file that does not exist.
    """
    return find_in(os.environ if environ is None else environ, cwd or _working_directory(), home or _home_directory())


def _from_source(
    source: Source, cwd: Path | None, home: Path | None, plugins: Mapping[str, type[WorkerEntry]]
) -> Config:
    match source:
        case None:
            return Config()
        case Config():
            return source
        case str() | os.PathLike():
            return _from_file(expand(Path(source), cwd, home), plugins)
        case Mapping():
            return Config(**_checked(source, plugins))
    raise TypeError(f"a configuration is a path, a dictionary or a Config, not {type(source).__name__}")


def _from_file(path: Path, plugins: Mapping[str, type[WorkerEntry]]) -> Config:
    # Checking takes msgspec, whose import is worth a third of the start of a small program.
    from pydron.config.check import check_options
    from pydron.config.text import scan

    return Config(**check_options(scan(_read(path), str(path)), plugins))


def _checked(values: Mapping[str, object], plugins: Mapping[str, type[WorkerEntry]]) -> dict[str, Any]:
    from pydron.config.check import check_options
    from pydron.config.text import Document

    return check_options(Document(dict(values)), plugins)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError("this is not UTF-8; save the file in that encoding", str(path), line) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"the file cannot be read: {reason}", str(path)) from error


def _working_directory() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it was removed under us
        return None


def _home_directory() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:  # a user without one
        return None
