"""A connected socket on the reactor, as protocols of Twisted's shape expect their transports."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from pydron.transport.reactor import Loss

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from pydron.transport.reactor import Reactor

__all__ = ["Doing", "Factory", "Producer", "Stream", "adopt"]

_READ = 256 * 1024
"""Large reads, so that results of some size arrive in one go."""
_ENOUGH = 64 * 1024
"""Bytes waiting to be written at which a producer is told to pause."""


class Doing(Protocol):
    """What happens over a connection: the shape of Twisted's `IProtocol`."""

    def makeConnection(self, transport: Stream) -> object:
        """Begin."""

    def dataReceived(self, data: bytes) -> object:
        """Take bytes in any portions."""

    def connectionLost(self, reason: Loss) -> object:
        """Take note that the connection is gone. Called once, last, never from within another method of the stream."""


class Factory(Protocol):
    """Who decides what happens over a new connection."""

    def buildProtocol(self, addr: None) -> Doing | None:
        """Return what is to happen; with None the connection is closed."""


class Producer(Protocol):
    """Who writes much, and waits in between: the shape of Twisted's `IPushProducer`."""

    def pauseProducing(self) -> object:
        """Write no more until told."""

    def resumeProducing(self) -> object:
        """Go on writing."""


def adopt(reactor: Reactor, connection: socket.socket, factory: Factory) -> None:
    """Hand a connected socket to a reactor."""
    doing = factory.buildProtocol(None)
    if doing is None:
        connection.close()
    else:
        doing.makeConnection(Stream(reactor, connection, doing))


class Stream:
    """Reads whatever comes; writes at once what the socket takes, and the rest when it takes more."""

    def __init__(self, reactor: Reactor, connection: socket.socket, doing: Doing) -> None:
        self._reactor = reactor
        self._socket = connection
        self._doing = doing
        self._waiting: deque[memoryview] = deque()
        self._producer: Producer | None = None
        self._paused = False
        self.disconnecting = False
        """Whether the connection ends when all is written."""
        connection.setblocking(False)
        reactor.addReader(self)

    def fileno(self) -> int:
        """Return the number of the socket."""
        return self._socket.fileno()

    def getHandle(self) -> socket.socket:
        """Return the socket."""
        return self._socket

    # Reading.

    def doRead(self) -> None:
        """Pass on what has come."""
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(error)
            return
        if data:
            self._doing.dataReceived(data)
        else:
            self._lose(EOFError("the connection was closed"))

    # Writing.

    def write(self, data: bytes | memoryview) -> None:
        """Write bytes. They must not change any more."""
        self.writeSequence((data,))

    def writeSequence(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Write pieces of bytes one after the other. They must not change any more."""
        if self._socket.fileno() < 0 or self.disconnecting:
            return
        idle = not self._waiting
        self._waiting.extend([memoryview(piece).cast("B") for piece in pieces])
        if idle and not self._send():
            self._reactor.addWriter(self)
        if self._producer is not None and sum(map(len, self._waiting)) > _ENOUGH:
            self._paused = True
            self._producer.pauseProducing()

    def _send(self) -> bool:
        """Write until all is written, which is when this is true, or the socket takes no more."""
        waiting = self._waiting
        while waiting:
            try:
                sent = self._socket.send(waiting[0])
            except BlockingIOError:
                return False
            except OSError:
                # Why it broke is heard when it is read, after all that the other end has said before.
                waiting.clear()
                return True
            if sent == len(waiting[0]):
                waiting.popleft()
            else:
                waiting[0] = waiting[0][sent:]
        return True

    def doWrite(self) -> None:
        """Write more of what waits."""
        if not self._send():
            return
        self._reactor.removeWriter(self)
        if self.disconnecting:
            self._lose(EOFError("the connection was closed"))
        elif self._producer is not None and self._paused:
            self._paused = False
            self._producer.resumeProducing()

    def registerProducer(self, producer: Producer, streaming: bool) -> None:
        """Tell a producer when to pause and when to go on."""
        assert streaming
        self._producer = producer
        self._paused = False

    def unregisterProducer(self) -> None:
        """Tell it no more."""
        self._producer = None

    # Ending.

    def loseConnection(self) -> None:
        """End the connection when all is written."""
        if self._socket.fileno() >= 0 and not self.disconnecting:
            self.disconnecting = True
            self._reactor.removeReader(self)
            self._reactor.addWriter(self)

    def abortConnection(self) -> None:
        """End the connection at once."""
        if self._close():
            self._reactor.callLater(0, self._doing.connectionLost, Loss(EOFError("the connection was aborted")))

    def connectionLost(self, reason: Loss) -> None:
        """End because the reactor does, or because what happens here has failed."""
        if self._close():
            self._doing.connectionLost(reason)

    def _lose(self, error: Exception) -> None:
        if self._close():
            self._doing.connectionLost(Loss(error))

    def _close(self) -> bool:
        """Let go of the socket; return whether there was one."""
        if self._socket.fileno() < 0:
            return False
        self._reactor.removeReader(self)
        self._reactor.removeWriter(self)
        self._socket.close()
        self._waiting.clear()
        return True
