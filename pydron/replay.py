"""Show in the driver what functional calls wrote on their workers, when they retire: streams, log records, warnings."""

from __future__ import annotations

import logging
import pickle
import sys
import warnings
from typing import TYPE_CHECKING

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


_shown: dict[str, dict[str | tuple[str, type[Warning], int], int]] = {}
"""What was warned about in each file: filters such as "once" and "default" look here."""


def _warn(content: bytes) -> None:
    message, category, filename, line = pickle.loads(content)
    warnings.warn_explicit(message, category, filename, line, registry=_shown.setdefault(filename, {}))
