"""Writes the keys of a configuration as Markdown tables, from the records that check them."""

from __future__ import annotations

import json
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any, get_type_hints

from pydron.config.check import shape_of
from pydron.config.records import BUILT_IN, Config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydron.config.records import WorkerEntry

__all__ = ["option_table", "worker_sections"]


def option_table() -> str:
    """Describe the keys at the top of a configuration."""
    return _table(Config)


def worker_sections() -> str:
    """Describe each type of worker entry under a heading of its own."""
    return "\n".join(_section(record) for record in BUILT_IN.values())


def _section(record: type[WorkerEntry]) -> str:
    summary = (record.__doc__ or "").splitlines()[0]
    return f"### `{record.type}`\n\n{summary}\n\n{_table(record)}"


def _table(record: type) -> str:
    rows = "\n".join(_rows(record))
    return f"| key | expected | default | meaning |\n| --- | --- | --- | --- |\n{rows}\n"


def _rows(record: type) -> Iterator[str]:
    hints = get_type_hints(record, include_extras=True)
    for declared in fields(record):
        expected = shape_of(hints[declared.name]).expected
        meaning = declared.metadata["meaning"]
        if also := declared.metadata.get("also"):
            meaning += f" Also written `{also}`."
        yield f"| `{declared.name}` | {expected} | {_default(declared)} | {meaning} |"


def _default(declared: Field[Any]) -> str:
    if declared.default is MISSING:
        return "(must be given)"
    if declared.name == "workers":
        return '`[{"type": "multicore"}]`'
    return f"`{json.dumps(declared.default)}`"
