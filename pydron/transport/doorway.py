"""Where invited workers come in: a listening socket that is there only while a worker is expected."""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from twisted.internet.protocol import Factory

from pydron.transport.handshake import SECRET_SIZE, TICKET_SIZE, DriverSide
from pydron.transport.invitation import Invitation
from pydron.transport.peer import Listener, Peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IAddress, IListeningPort, IReactorSSL, IReactorTime, IReactorUNIX

    class Reactor(IReactorTime, IReactorUNIX, IReactorSSL):  # type: ignore[misc]
        """What is needed of a reactor."""


__all__ = ["Doorway", "Entrance", "TlsEntrance", "UnixEntrance"]

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
        self._port: IListeningPort | None = None

    @property
    def _path(self) -> str:
        return os.path.join(self._directory, "driver")

    def open(self, factory: Factory) -> None:
        """Begin to listen."""
        self._directory = tempfile.mkdtemp(prefix="pydron-")
        self._port = self._reactor.listenUNIX(self._path, factory, mode=0o600, backlog=128)

    def invite(self, ticket: bytes, secret: bytes) -> Invitation:
        """Tell how to get here."""
        return Invitation(ticket, secret, path=self._path)

    def close(self) -> None:
        """Stop listening; remove socket and directory."""
        port, self._port = self._port, None
        if port is not None:
            port.stopListening()
            for remove, path in ((os.unlink, self._path), (os.rmdir, self._directory)):
                try:
                    remove(path)
                except OSError:
                    # A worker that took the driver for dead was faster.
                    pass


class TlsEntrance:
    """TCP on the loopback interface, mutual TLS 1.3 with certificates of this run."""

    def __init__(self, reactor: Reactor, interface: str = "127.0.0.1") -> None:
        from pydron.transport.security import Authority

        self._reactor = reactor
        self._interface = interface
        self._authority = Authority()
        self._port: IListeningPort | None = None

    def open(self, factory: Factory) -> None:
        """Begin to listen."""
        options = self._authority.driver_options()
        self._port = self._reactor.listenSSL(0, factory, options, interface=self._interface, backlog=128)

    def invite(self, ticket: bytes, secret: bytes) -> Invitation:
        """Tell how to get here; the worker gets a certificate of its own."""
        assert self._port is not None
        port = self._port.getHost().port
        authority, certificate = self._authority.certificate_text(), self._authority.worker_certificate()
        return Invitation(
            ticket, secret, host=self._interface, port=port, authority=authority, certificate=certificate
        )

    def close(self) -> None:
        """Stop listening."""
        port, self._port = self._port, None
        if port is not None:
            port.stopListening()


@dataclass(frozen=True, slots=True)
class _Expected:
    secret: bytes
    joined: Callable[[Peer], Listener | None]


class Doorway(Factory):
    """Lets in the workers that were invited, each once."""

    noisy = False

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
        ticket, secret = secrets.token_bytes(TICKET_SIZE), secrets.token_bytes(SECRET_SIZE)
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
            peer.hang_up("the driver ends")

    def buildProtocol(self, addr: IAddress) -> Peer | None:
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
            peer.hang_up("it did not say who it is")
