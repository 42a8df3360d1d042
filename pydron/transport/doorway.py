"""Where invited workers come in: a listening socket that is there only while a worker is expected."""

from __future__ import annotations

import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from pydron.transport.handshake import SECRET_SIZE, TICKET_SIZE, DriverSide
from pydron.transport.invitation import Invitation
from pydron.transport.peer import Listener, Peer
from pydron.transport.stream import Factory, adopt

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.transport.reactor import Loss, Reactor

__all__ = ["Doorway", "Entrance", "TlsEntrance", "UnixEntrance"]

_BACKLOG = 128
_PATIENCE = 20.0
"""Seconds in which a connection must have proven who it is."""


class Entrance(Protocol):
    """A way of listening."""

    def open(self, factory: Factory) -> None:
        """Begin to listen."""

    def invite(self, ticket: bytes, secret: bytes) -> Invitation:
        """Tell how to get here."""

    def close(self) -> None:
        """Stop listening and leave nothing behind."""


class UnixEntrance:
    """A Unix socket in a private directory; both exist only while the entrance is open."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._directory = ""
        self._acceptor: _Acceptor | None = None

    @property
    def _path(self) -> str:
        return f"{self._directory}/driver"

    def open(self, factory: Factory) -> None:
        """Begin to listen."""
        self._directory = tempfile.mkdtemp(prefix="pydron-")
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self._path)
        Path(self._path).chmod(0o600)
        self._acceptor = _Acceptor(self._reactor, listening, factory)

    def invite(self, ticket: bytes, secret: bytes) -> Invitation:
        """Tell how to get here."""
        return Invitation(ticket, secret, path=self._path)

    def close(self) -> None:
        """Stop listening; remove socket and directory."""
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None:
            acceptor.close()
            for remove, path in ((os.unlink, self._path), (os.rmdir, self._directory)):
                try:
                    remove(path)
                except OSError:
                    # A worker that took the driver for dead was faster.
                    pass


class TlsEntrance:
    """TCP on one interface, by default loopback, with mutual TLS 1.3 and certificates of this run."""

    def __init__(self, reactor: Reactor, interface: str = "127.0.0.1") -> None:
        from pydron.transport.security import Authority

        self._reactor = reactor
        self._interface = interface
        self._authority = Authority()
        self._acceptor: _Acceptor | None = None

    def open(self, factory: Factory) -> None:
        """Begin to listen."""
        from twisted.protocols.tls import TLSMemoryBIOFactory

        # The reactor at hand, not the one that Twisted would take for granted.
        wrapped = TLSMemoryBIOFactory(self._authority.doorkeeper(), False, factory, self._reactor)  # type: ignore[arg-type]
        listening = socket.create_server((self._interface, 0), backlog=_BACKLOG)
        self._acceptor = _Acceptor(self._reactor, listening, cast("Factory", wrapped))

    def invite(self, ticket: bytes, secret: bytes) -> Invitation:
        """Tell how to get here; the worker gets a certificate of its own."""
        assert self._acceptor is not None
        authority, certificate = self._authority.certificate_text(), self._authority.worker_certificate()
        host, port = self._acceptor.address
        return Invitation(ticket, secret, host=host, port=port, authority=authority, certificate=certificate)

    def close(self) -> None:
        """Stop listening."""
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None:
            acceptor.close()


class _Acceptor:
    """Accepts connections. It is closed when `close` returns, and removes no path."""

    def __init__(self, reactor: Reactor, listening: socket.socket, factory: Factory) -> None:
        self._reactor = reactor
        self._socket = listening
        self._factory = factory
        listening.listen(_BACKLOG)
        listening.setblocking(False)
        reactor.addReader(self)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of a TCP socket."""
        host, port = self._socket.getsockname()[:2]
        return host, port

    def fileno(self) -> int:
        return self._socket.fileno()

    def doRead(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError:
            return
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        adopt(self._reactor, connection, self._factory)

    def doWrite(self) -> None:
        raise NotImplementedError

    def connectionLost(self, reason: Loss) -> None:  # noqa: ARG002
        self.close()

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._reactor.removeReader(self)
            self._socket.close()


@dataclass(frozen=True, slots=True)
class _Expected:
    secret: bytes
    joined: Callable[[Peer], Listener | None]


class Doorway:
    """Lets in the workers that were invited, each once."""

    def __init__(self, reactor: Reactor, entrance: Entrance) -> None:
        self._reactor = reactor
        self._entrance = entrance
        self._expected: dict[bytes, _Expected] = {}
        self._unproven: set[Peer] = set()

    def invite(self, joined: Callable[[Peer], Listener | None]) -> Invitation:
        """Expect one more worker.

        Args:
            joined: called when it has proven who it is; returns who listens to it.
        """
        if not self._expected:
            self._entrance.open(self)
        ticket, secret = os.urandom(TICKET_SIZE), os.urandom(SECRET_SIZE)
        self._expected[ticket] = _Expected(secret, joined)
        return self._entrance.invite(ticket, secret)

    def withdraw(self, ticket: bytes) -> None:
        """Expect a worker no longer."""
        if self._expected.pop(ticket, None) is not None and not self._expected:
            self._entrance.close()

    def close(self) -> None:
        """Expect nobody any more."""
        for ticket in list(self._expected):
            self.withdraw(ticket)
        for peer in list(self._unproven):
            if peer.transport is not None:
                peer.hang_up("the driver ends")

    def buildProtocol(self, addr: None) -> Peer:  # noqa: ARG002
        """Meet somebody who wants in."""
        peer = Peer(DriverSide(self._secret), self._let_in)
        self._unproven.add(peer)
        self._reactor.callLater(_PATIENCE, self._give_up, peer)
        return peer

    def _secret(self, ticket: bytes) -> bytes | None:
        expected = self._expected.get(ticket)
        return None if expected is None else expected.secret

    def _let_in(self, peer: Peer) -> Listener | None:
        self._unproven.discard(peer)
        assert peer.side is not None
        expected = self._expected.get(peer.side.ticket)
        self.withdraw(peer.side.ticket)
        return None if expected is None else expected.joined(peer)

    def _give_up(self, peer: Peer) -> None:
        if peer in self._unproven:
            self._unproven.discard(peer)
            if peer.transport is not None:
                peer.hang_up("it did not say who it is")
