"""The driver's end of the connection to one worker: a protocol of Twisted's shape."""

from __future__ import annotations

import socket
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from pydron.errors import AuthenticationError, ProtocolError
from pydron.transport.framing import FrameReader, encode_frame
from pydron.transport.handshake import HELLO_SIZE, PROOF_SIZE, DriverSide
from pydron.transport.messages import from_wire, to_wire
from pydron.transport.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydron.transport.messages import Message
    from pydron.transport.reactor import Loss

__all__ = ["Listener", "Peer"]

_CHUNK = 512 * 1024


class Listener(Protocol):
    """Who hears what a worker says. Called on the reactor's thread."""

    def received(self, messages: list[Message]) -> None:
        """Take messages, in the order in which they were sent."""

    def lost(self, reason: str) -> None:
        """Take note that the connection is gone. Called once, last."""


class _State(Enum):
    GREETING = "waits for the worker's greeting"
    PROVING = "waits for the worker's proof"
    OPEN = "exchanges messages"
    CLOSED = "is gone"


class Peer:
    """Authenticates a worker, then exchanges messages with it. Nothing is unpickled before that."""

    def __init__(self, side: DriverSide | None, joined: Callable[[Peer], Listener | None]) -> None:
        """Make one end.

        Args:
            side: the handshake; None if the connection was made within this process.
            joined: called when the worker has proven who it is; returns who listens from now on, None to hang up.
        """
        self.side = side
        self.transport: Stream | None = None
        """The connection, or TLS over it."""
        self._joined = joined
        self._state = _State.GREETING
        self._early = bytearray()
        self._reader = FrameReader()
        self._listener: Listener | None = None
        self._reason = ""
        self._backlog: deque[memoryview] = deque()
        """What is to be written and not yet in the hands of TLS, which keeps what it has in memory."""
        self._producing = self._paused = False
        self._plain = False
        """Whether bytes go to the socket as they are."""

    def makeConnection(self, transport: Stream) -> None:
        """Begin the handshake, or go on without one."""
        self.transport = transport
        self._plain = isinstance(transport, Stream)
        if self._plain:
            transport.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _CHUNK)
        if self.side is None:
            self._open()

    def dataReceived(self, data: bytes) -> None:
        """Take bytes in any portions."""
        if self._state is _State.OPEN:
            self._read(data)
        elif self._state is not _State.CLOSED:
            self._early += data
            try:
                self._shake()
            except AuthenticationError as error:
                self.hang_up(str(error))

    def _shake(self) -> None:
        assert self.side is not None
        if self._state is _State.GREETING and len(self._early) >= HELLO_SIZE:
            self._write([self.side.answer(self._take(HELLO_SIZE))])
            self._state = _State.PROVING
        if self._state is _State.PROVING and len(self._early) >= PROOF_SIZE:
            self.side.check(self._take(PROOF_SIZE))
            early, self._early = bytes(self._early), bytearray()
            self._open()
            if early and not self._reason:
                self._read(early)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._early[:size])
        del self._early[:size]
        return taken

    def _open(self) -> None:
        self._state = _State.OPEN
        self._listener = self._joined(self)
        if self._listener is None:
            self.hang_up("not wanted any more")

    def _read(self, data: bytes) -> None:
        try:
            messages = [from_wire(wire) for wire in self._reader.feed(data)]
        except ProtocolError as error:
            self.hang_up(str(error))
            return
        if messages and self._listener is not None:
            self._listener.received(messages)

    def send(self, messages: Sequence[Message]) -> None:
        """Send messages in one frame; they are dropped if the connection is gone."""
        if self._state is _State.OPEN:
            self._write(encode_frame([to_wire(message) for message in messages]))

    def _write(self, pieces: Sequence[bytes | memoryview]) -> None:
        assert self.transport is not None
        if self._plain:
            self.transport.writeSequence(pieces)
            return
        waits = bool(self._backlog)
        self._backlog.extend(memoryview(piece) for piece in pieces)
        if not waits:
            self._pump()

    def _pump(self) -> None:
        """Write until everything is written or the transport has enough."""
        transport, backlog = self.transport, self._backlog
        assert transport is not None
        while backlog and not self._paused:
            piece = backlog.popleft()
            if piece.nbytes > _CHUNK:
                backlog.appendleft(piece[_CHUNK:])
            if backlog and not self._producing:
                self._producing = True
                transport.registerProducer(self, True)
            transport.write(bytes(piece[:_CHUNK]))
        if not backlog and self._producing:
            self._producing = self._paused = False
            transport.unregisterProducer()

    def resumeProducing(self) -> None:
        """Go on writing."""
        self._paused = False
        self._pump()

    def pauseProducing(self) -> None:
        """Write no more until told."""
        self._paused = True

    def stopProducing(self) -> None:
        """Drop what is not written: nobody will read it."""
        self._backlog.clear()

    def hang_up(self, reason: str) -> None:
        """End the connection at once."""
        if self._state is not _State.CLOSED:
            self._reason = self._reason or reason
            assert self.transport is not None
            self.transport.abortConnection()

    def cut(self) -> None:
        """End a connection within this process now, not in the reactor's next turn."""
        assert self.transport is not None
        try:
            self.transport.getHandle().shutdown(socket.SHUT_RDWR)
        except OSError:
            # It is cut already.
            pass
        self.hang_up("it was cut")

    def connectionLost(self, reason: Loss) -> None:
        """Tell the listener."""
        self._state = _State.CLOSED
        self._backlog.clear()
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.lost(self._reason or str(reason.value))
