"""Values outside the memory of the worker that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydron.tasks import Payload

if TYPE_CHECKING:
    from pydron.tasks import Buffer, Kept
    from pydron.transport.segments import Extent
    from pydron.transport.shelf import Shelf

__all__ = ["Spilled", "spill"]

_WORTH_IT = 32 * 1024
"""Smaller values stay."""


@dataclass(frozen=True, slots=True)
class Spilled:
    """A payload whose stream and small buffers are one after the other in an extent."""

    extent: Extent
    stream: int
    """Length of the stream."""
    parts: tuple[int | Kept, ...]
    """The buffers: the length of one in the extent, or where it is."""

    def payload(self) -> Payload:
        """Read it."""
        content = self.extent.view()
        buffers: list[Buffer] = []
        place = self.stream
        for part in self.parts:
            if isinstance(part, int):
                buffers.append(content[place : place + part])
                place += part
            else:
                buffers.append(part)
        return Payload(bytes(content[: self.stream]), tuple(buffers))


def spill(payload: Payload, shelf: Shelf) -> Payload | Spilled:
    """Put what a payload has in memory into a segment, which may be on disk; return it as it is if there is no room."""
    if payload.size - payload.kept < _WORTH_IT:
        return payload
    pieces: list[bytes | bytearray | memoryview] = [payload.data]
    parts: list[int | Kept] = []
    for buffer in payload.buffers:
        if isinstance(buffer, bytes | bytearray | memoryview):
            pieces.append(buffer)
            parts.append(memoryview(buffer).nbytes)
        else:
            parts.append(buffer)
    extent = shelf.put(memoryview(b"".join(pieces)))
    return payload if extent is None else Spilled(extent, len(payload.data), tuple(parts))
