"""Show in the driver what functional calls wrote on their workers, when they retire: streams, log records, warnings."""

from __future__ import annotations

import logging
import pickle
import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydron.tasks import Captured

__all__ = ["show"]


def show(captured: tuple[Captured, ...]) -> None:
    """Do with what calls wrote as if they had run here."""
    for item in captured:
        if item.stream == "log":
            record = logging.makeLogRecord(pickle.loads(item.content))
            logging.getLogger(record.name).handle(record)
        elif item.stream == "warning":
            _warn(item.content)
        else:
            stream = sys.stderr if item.stream == "stderr" else sys.stdout
            if stream is not None:
                stream.write(item.content.decode("utf-8", "surrogateescape"))


_registries: dict[str, dict[str, Any]] = {}
"""Namespaces for what was warned about in modules that are not imported here."""


def _warn(content: bytes) -> None:
    message, category, filename, line, module = pickle.loads(content)
    if module is None:
        warnings._showwarnmsg(warnings.WarningMessage(message, category, filename, line))  # type: ignore[attr-defined]
        return
    # Filters such as "once" and "default" look into the registry, as they do for calls that run here.
    known = sys.modules.get(module)
    names = _registries.setdefault(module, {}) if known is None else vars(known)
    registry = names.setdefault("__warningregistry__", {})
    warnings.warn_explicit(message, category, filename, line, module, registry)
