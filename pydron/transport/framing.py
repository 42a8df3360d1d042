"""Frames: batches of messages in, pieces of bytes out, and back. No sockets here.

::

    frame  = header, lengths of the buffers, envelope, buffers
    header = length of the envelope (u32), number of buffers (u32), both little-endian; each length is a u64

The envelope is the pickled list of the batch's messages. Whatever is large inside them (`pickle.PickleBuffer`) follows
as raw bytes and is received straight into a `bytearray` of its own, so that nothing is copied twice and arrays made on
top of it are writable.
"""

from __future__ import annotations

import io
import pickle
import struct
from typing import TYPE_CHECKING

from pydron.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydron.transport.messages import Wire

__all__ = ["FrameReader", "encode_frame"]

_HEADER = struct.Struct("<II")
_LENGTH = struct.Struct("<Q")
_SCRATCH = 256 * 1024
_MOST_BUFFERS = 1 << 20
Piece = bytes | memoryview


def encode_frame(batch: Sequence[Wire]) -> list[Piece]:
    """Make one frame of many messages: pieces to be written one after the other."""
    found: list[pickle.PickleBuffer] = []
    envelope = pickle.dumps(batch, 5, buffer_callback=found.append)
    if not found:
        return [_HEADER.pack(len(envelope), 0) + envelope]
    buffers = [buffer.raw() for buffer in found]
    lengths = b"".join([_LENGTH.pack(buffer.nbytes) for buffer in buffers])
    return [_HEADER.pack(len(envelope), len(buffers)) + lengths + envelope, *buffers]


class _Plain(pickle.Unpickler):
    """Reads envelopes; refuses everything that is not plain data."""

    def find_class(self, module: str, name: str) -> object:
        raise ProtocolError(f"a frame names {module}.{name}")


def _decode(envelope: bytes | memoryview, buffers: Iterable[bytearray]) -> list[Wire]:
    try:
        batch = _Plain(io.BytesIO(envelope), buffers=buffers).load()
    except ProtocolError:
        raise
    except Exception as error:
        raise ProtocolError(f"a frame cannot be read: {error!r}") from None
    if not isinstance(batch, list):
        raise ProtocolError("a frame holds no list of messages")
    return batch


class FrameReader:
    """Cuts a stream of bytes into frames.

    Either `feed` it with bytes as they come, or let the socket write into `target` and say with `filled` how much came.
    """

    __slots__ = ("_buffers", "_envelope", "_head", "_limit", "_rest", "_scratch", "_view")

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        """Most bytes of a frame, for peers that have not proven who they are."""
        self._scratch = memoryview(bytearray(_SCRATCH))
        self._head = bytearray()
        """The beginning of a frame, up to the end of its envelope, when it is cut or large."""
        self._envelope: bytes = b""
        self._buffers: list[bytearray] = []
        self._view: memoryview | None = None
        """What is left to fill of the buffer at hand."""
        self._rest: list[bytearray] = []

    def target(self) -> memoryview:
        """Return where the next bytes belong."""
        if self._view is not None:
            return self._view
        return self._scratch

    def filled(self, count: int) -> list[Wire]:
        """Take note of `count` bytes written to `target`; return the messages of frames that are now complete."""
        if self._view is not None:
            return self._fill(count)
        return self._cut(self._scratch[:count])

    def feed(self, data: bytes | memoryview) -> list[Wire]:
        """Take bytes; return the messages of frames that are now complete."""
        view = memoryview(data)
        messages: list[Wire] = []
        while self._view is not None and view:
            part = min(len(view), len(self._view))
            self._view[:part] = view[:part]
            messages += self._fill(part)
            view = view[part:]
        if len(view):
            messages += self._cut(view)
        return messages

    def _fill(self, count: int) -> list[Wire]:
        assert self._view is not None
        self._view = self._view[count:]
        return self._next_buffer() if not len(self._view) else []

    def _next_buffer(self) -> list[Wire]:
        """Go on with the next buffer that has any bytes; return the messages when there is none."""
        while self._rest:
            buffer = self._rest.pop()
            if buffer:
                self._view = memoryview(buffer)
                return []
        self._view = None
        envelope, buffers = self._envelope, self._buffers
        self._envelope, self._buffers = b"", []
        return _decode(envelope, buffers)

    def _cut(self, view: memoryview) -> list[Wire]:
        messages: list[Wire] = []
        while len(view):
            if self._view is not None:
                return messages + self.feed(view)
            if not self._head:
                used = self._whole(view, messages)
                if used:
                    view = view[used:]
                    continue
            view = view[self._collect(view, messages) :]
        return messages

    def _whole(self, view: memoryview, messages: list[Wire]) -> int:
        """Read a frame that lies whole in `view` and has no buffers; return its length or 0."""
        if len(view) < _HEADER.size:
            return 0
        size, count = _HEADER.unpack_from(view)
        end = _HEADER.size + size
        if count or len(view) < end:
            return 0
        self._check(size, count)
        messages += _decode(view[_HEADER.size : end], ())
        return int(end)

    def _collect(self, view: memoryview, messages: list[Wire]) -> int:
        """Add to the head of a frame what belongs to it; return how much that was."""
        used = 0
        wanted = self._wanted()
        while used < len(view) and len(self._head) < wanted:
            part = min(len(view) - used, wanted - len(self._head))
            self._head += view[used : used + part]
            used += part
            wanted = self._wanted()
        if len(self._head) >= _HEADER.size and len(self._head) == wanted:
            messages += self._begin()
        return used

    def _wanted(self) -> int:
        """Return how long the head will be, as far as known."""
        if len(self._head) < _HEADER.size:
            return _HEADER.size
        size, count = _HEADER.unpack_from(self._head)
        self._check(size, count)
        return int(_HEADER.size + count * _LENGTH.size + size)

    def _check(self, size: int, count: int) -> None:
        if count > _MOST_BUFFERS:
            raise ProtocolError(f"a frame of {count} buffers")
        if self._limit is not None and (size > self._limit or count):
            raise ProtocolError(f"a frame of {size} bytes and {count} buffers before authentication")

    def _begin(self) -> list[Wire]:
        """Start on the buffers of a frame whose head is complete."""
        head, self._head = self._head, bytearray()
        _, count = _HEADER.unpack_from(head)
        start = _HEADER.size + count * _LENGTH.size
        lengths = [_LENGTH.unpack_from(head, _HEADER.size + index * _LENGTH.size)[0] for index in range(count)]
        try:
            self._buffers = [bytearray(length) for length in lengths]
        except (MemoryError, OverflowError):
            raise ProtocolError(f"a frame with buffers of {sum(lengths)} bytes") from None
        self._envelope = bytes(memoryview(head)[start:])
        self._rest = self._buffers[::-1]
        return self._next_buffer()
