"""The driver's end of the connection to one worker, on Twisted."""

from __future__ import annotations

import socket
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.tcp import Connection

from pydron.errors import AuthenticationError, ProtocolError
from pydron.transport.framing import FrameReader, encode_frame
from pydron.transport.handshake import HELLO_SIZE, PROOF_SIZE, DriverSide
from pydron.transport.messages import from_wire, to_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.python.failure import Failure

    from pydron.transport.messages import Message

__all__ = ["Listener", "Peer"]

_READ = 256 * 1024
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


class Peer(TwistedProtocol):
    """Authenticates a worker, then exchanges messages with it. Nothing is unpickled before that."""

    def __init__(self, side: DriverSide | None, joined: Callable[[Peer], Listener | None]) -> None:
        """Make one end.

        Args:
            side: the handshake; None if the connection was made within this process.
            joined: called when the worker has proven who it is; returns who listens from now on, None to hang up.
        """
        self.side = side
        self._joined = joined
        self._state = _State.GREETING
        self._early = bytearray()
        self._reader = FrameReader()
        self._listener: Listener | None = None
        self._reason = ""
        self._backlog: deque[memoryview] = deque()
        """What is to be written and not yet in the hands of the transport."""
        self._producing = self._paused = False
        self._plain = False
        """Whether bytes go to the socket as they are."""

    def connectionMade(self) -> None:
        """Begin the handshake, or go on without one."""
        # Fewer, larger reads: results of some size arrive in one go.
        vars(self.transport)["bufferSize"] = _READ
        self._plain = isinstance(self.transport, Connection)
        if self._plain:
            self.transport.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _CHUNK)  # type: ignore[union-attr]
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
        waits = bool(self._backlog)
        self._backlog.extend(memoryview(piece) for piece in pieces)
        if not waits:
            self._pump()

    def _pump(self) -> None:
        """Write until everything is written or the transport has enough."""
        transport, backlog = self.transport, self._backlog
        assert transport is not None
        while backlog and not self._paused:
            piece = backlog[0][self._send_now(backlog[0]) :]
            if not piece.nbytes:
                backlog.popleft()
                continue
            chunk = bytes(piece[:_CHUNK])
            if piece.nbytes > _CHUNK:
                backlog[0] = piece[_CHUNK:]
            else:
                backlog.popleft()
            if backlog and not self._producing:
                self._producing = True
                transport.registerProducer(self, True)  # type: ignore[attr-defined]
            transport.write(chunk)
        if not backlog and self._producing:
            self._producing = self._paused = False
            transport.unregisterProducer()  # type: ignore[attr-defined]

    def _send_now(self, piece: memoryview) -> int:
        """Give the socket what it takes at once, if nothing waits before it; return how much that was."""
        transport = self.transport
        if not self._plain or transport.dataBuffer or transport._tempDataBuffer:  # type: ignore[union-attr]
            return 0
        try:
            sent: int = transport.socket.send(piece)  # type: ignore[union-attr]
        except OSError:
            # Full or broken; the transport finds out which.
            sent = 0
        return sent

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
            self.transport.abortConnection()  # type: ignore[attr-defined]

    def cut(self) -> None:
        """End a connection within this process now, not in the reactor's next turn."""
        try:
            self.transport.getHandle().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
        except OSError:
            # It is cut already.
            pass
        self.hang_up("it was cut")

    def connectionLost(self, reason: Failure = None) -> None:  # type: ignore[assignment]
        """Tell the listener."""
        self._state = _State.CLOSED
        self._backlog.clear()
        listener, self._listener = self._listener, None
        if listener is not None:
            said = "the connection was closed" if isinstance(reason.value, ConnectionDone) else str(reason.value)
            listener.lost(self._reason or said)
