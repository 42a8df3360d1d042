"""Whoever has not been invited gets nowhere, and disturbs nobody."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from pydron.errors import AuthenticationError
from pydron.sessions.bridge import Bridge
from pydron.transport.doorway import Doorway, TlsEntrance, UnixEntrance
from pydron.transport.handshake import ANSWER_SIZE, TICKET_SIZE
from pydron.transport.invitation import Invitation, read_invitation
from pydron.transport.messages import Ready
from pydron.transport.security import Authority
from pydron.worker.joining import connect
from pydron.worker.link import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydron.transport.messages import Message
    from pydron.transport.peer import Peer


class House:
    """A doorway with somebody who notes who comes in."""

    def __init__(self, kind: str) -> None:
        self.bridge = Bridge()
        entrance = UnixEntrance if kind == "unix" else TlsEntrance
        self.doorway = self.bridge.ask(lambda: Doorway(self.bridge.reactor, entrance(self.bridge.reactor)))
        self.invitation = self.bridge.ask(lambda: self.doorway.invite(self._joined))
        self.heard: list[Message] = []
        self.peers: list[Peer] = []
        self.changed = threading.Event()

    def _joined(self, peer: Peer) -> House:
        self.peers.append(peer)
        self.changed.set()
        return self

    def received(self, messages: list[Message]) -> None:
        self.heard += messages
        self.changed.set()

    def lost(self, reason: str) -> None:
        self.heard.clear()
        self.reason = reason
        self.changed.set()

    def close(self) -> None:
        self.bridge.ask(self.doorway.close)
        for peer in self.peers:
            self.bridge.call(peer.hang_up, "over")
        self.bridge.stop()

    def still_lets_the_invited_in(self) -> None:
        with connect(self.invitation) as sock:
            Link(sock).send([Ready(1, "3", False)])
            while not self.heard:
                assert self.changed.wait(20)
                self.changed.clear()


@pytest.fixture(params=["unix", "tls"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    house = House(request.param)
    yield house
    house.close()


def changed(invitation: Invitation, **fields: object) -> Invitation:
    """Return an invitation that says something else."""
    values = {name: getattr(invitation, name) for name in invitation.__slots__}
    return Invitation(**values | fields)


def test_the_invited(house: House) -> None:
    assert read_invitation(house.invitation.dumps()) == house.invitation
    house.still_lets_the_invited_in()


@pytest.mark.parametrize("field", ["secret", "ticket"])
def test_a_wrong_secret_or_ticket(house: House, field: str) -> None:
    wrong = changed(house.invitation, **{field: os.urandom(len(getattr(house.invitation, field)))})
    with pytest.raises((AuthenticationError, OSError)):
        connect(wrong)
    assert not house.peers
    house.still_lets_the_invited_in()


def test_an_invitation_is_good_once(house: House) -> None:
    house.still_lets_the_invited_in()
    with pytest.raises((AuthenticationError, OSError)):
        connect(house.invitation)
    assert len(house.peers) == 1


GARBAGE: list[Callable[[], bytes]] = [
    lambda: b"",
    lambda: b"GET / HTTP/1.1\r\n\r\n" * 20,
    lambda: os.urandom(100_000),
    lambda: b"pydron1\n" + bytes(TICKET_SIZE) + bytes(32),
    lambda: b"\x80\x05cos\nsystem\n(S'true'\ntR." * 50,
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=["nothing", "http", "noise", "greeting", "pickle"])
def test_garbage(house: House, garbage: Callable[[], bytes]) -> None:
    with _plain(house.invitation) as sock:
        try:
            sock.sendall(garbage())
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(ANSWER_SIZE):
                pass
        except OSError:
            # Hung up on, which is right.
            pass
    assert not house.peers
    house.still_lets_the_invited_in()


def test_garbage_after_the_handshake(house: House) -> None:
    with connect(house.invitation) as sock:
        sock.sendall(b"\xff" * 1000)
        while not hasattr(house, "reason"):
            assert house.changed.wait(20)
            house.changed.clear()
    assert "a frame of" in house.reason


@pytest.fixture
def tls_house() -> Iterator[House]:
    house = House("tls")
    yield house
    house.close()


def test_a_certificate_of_another_run(tls_house: House) -> None:
    other = Authority()
    with pytest.raises((ssl.SSLError, AuthenticationError, OSError)):
        connect(changed(tls_house.invitation, certificate=other.worker_certificate()))
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(changed(tls_house.invitation, authority=other.certificate_text()))
    tls_house.still_lets_the_invited_in()


def test_no_certificate(tls_house: House) -> None:
    context = ssl.create_default_context(cadata=tls_house.invitation.authority)
    refused = pytest.raises(OSError)
    with refused, _plain(tls_house.invitation) as plain, _wrapped(context, plain) as sock:
        sock.sendall(b"pydron1\n")
        if not sock.recv(1):
            raise OSError("hung up on")
    tls_house.still_lets_the_invited_in()


def test_the_doorway_is_shut_when_all_are_in() -> None:
    house = House("unix")
    directory = os.path.dirname(house.invitation.path)  # noqa: PTH120
    assert os.stat(directory).st_mode & 0o777 == 0o700  # noqa: PTH116
    house.still_lets_the_invited_in()
    assert not os.path.exists(directory)  # noqa: PTH110
    house.close()


def _plain(invitation: Invitation) -> socket.socket:
    if not invitation.path:
        return socket.create_connection((invitation.host, invitation.port), timeout=20)
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(20)
    sock.connect(invitation.path)
    return sock


def _wrapped(context: ssl.SSLContext, plain: socket.socket) -> ssl.SSLSocket:
    return context.wrap_socket(plain, server_hostname="pydron.invalid")
