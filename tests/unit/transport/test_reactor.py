"""The event loop of sessions, and connected sockets on it."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from pydron.transport.reactor import Loss, Reactor
from pydron.transport.stream import Stream, adopt

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def reactor() -> Iterator[Reactor]:
    reactor = Reactor()
    yield reactor
    reactor.close()


def turn(reactor: Reactor) -> None:
    """Turn a reactor until it is stopped."""
    while reactor.running:
        reactor.turn()


class Ends:
    """Notes what happens at one end of a socket pair, and stops the reactor when the connection is gone."""

    def __init__(self, reactor: Reactor) -> None:
        self.reactor = reactor
        self.received = b""
        self.lost = ""
        self.paused = self.resumed = 0
        near, self.far = socket.socketpair()
        adopt(reactor, near, self)

    def buildProtocol(self, addr: None) -> Ends:
        return self

    def makeConnection(self, transport: Stream) -> None:
        self.stream = transport

    def dataReceived(self, data: bytes) -> None:
        self.received += data

    def connectionLost(self, reason: Loss) -> None:
        self.lost = str(reason.value)
        self.reactor.stop()

    def pauseProducing(self) -> None:
        self.paused += 1

    def resumeProducing(self) -> None:
        self.resumed += 1


def test_calls_of_a_turn_come_in_order_before_those_that_are_due(reactor: Reactor) -> None:
    order: list[str] = []
    reactor.callLater(0, order.append, "due")
    reactor.callFromThread(order.append, "first")
    reactor.callFromThread(order.append, "second")
    reactor.callFromThread(reactor.stop)
    turn(reactor)
    assert order == ["first", "second", "due"]


def test_due_calls_come_by_time_then_by_age(reactor: Reactor) -> None:
    order: list[int] = []
    for number, delay in enumerate((0.002, 0.001, 0.001)):
        reactor.callLater(delay, order.append, number)
    reactor.callLater(0.01, reactor.stop)
    turn(reactor)
    assert order == [1, 2, 0]


def test_a_cancelled_call_is_not_made(reactor: Reactor) -> None:
    order: list[int] = []
    timer = reactor.callLater(0, order.append, 1)
    assert timer.active()
    timer.cancel()
    assert not timer.active()
    reactor.callLater(0.001, reactor.stop)
    turn(reactor)
    assert order == []


def test_threads_wake_it(reactor: Reactor) -> None:
    counted: list[int] = []

    def work() -> None:
        for number in range(2000):
            reactor.callFromThread(counted.append, number)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()

    def stop_when_all_are_here() -> None:
        for thread in threads:
            thread.join()
        reactor.callFromThread(reactor.stop)

    waiter = threading.Thread(target=stop_when_all_are_here)
    waiter.start()
    turn(reactor)
    waiter.join()
    assert sorted(counted) == sorted(list(range(2000)) * 3)


def test_what_fails_is_reported_and_the_rest_goes_on(reactor: Reactor, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", reported.append)
    reactor.callFromThread(divmod, 1, 0)
    reactor.callFromThread(reactor.stop)
    turn(reactor)
    assert [each.exc_type for each in reported] == [ZeroDivisionError]


def test_a_connection_whose_handler_fails_is_closed(reactor: Reactor, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", reported.append)
    ends = Ends(reactor)

    def fail(data: bytes) -> None:
        raise ValueError(data)

    monkeypatch.setattr(ends, "dataReceived", fail)
    with ends.far:
        ends.far.sendall(b"x")
        turn(reactor)
        assert ends.far.recv(1) == b""
    assert ends.lost == "b'x'"
    assert [each.exc_type for each in reported] == [ValueError]


def test_all_that_was_said_is_heard_before_the_end(reactor: Reactor) -> None:
    ends = Ends(reactor)
    with ends.far:
        ends.far.sendall(b"last words")
    reactor.callFromThread(ends.stream.write, b"to nobody")
    turn(reactor)
    assert ends.received == b"last words"
    assert ends.lost == "the connection was closed"


def test_what_the_socket_does_not_take_is_written_later(reactor: Reactor) -> None:
    ends = Ends(reactor)
    large = bytes(range(256)) * 20_000
    got = bytearray()

    def read() -> None:
        with ends.far:
            while len(got) < len(large) + 3:
                got.extend(ends.far.recv(100_000))

    reader = threading.Thread(target=read)
    ends.stream.registerProducer(ends, True)
    ends.stream.writeSequence([b"one", large])
    assert (ends.paused, ends.resumed) == (1, 0)
    reader.start()
    turn(reactor)
    reader.join()
    assert got == b"one" + large
    assert (ends.paused, ends.resumed) == (1, 1)


def test_losing_a_connection_writes_what_waits(reactor: Reactor) -> None:
    ends = Ends(reactor)
    large = bytes(5_000_000)
    got = bytearray()

    def read() -> None:
        with ends.far:
            while part := ends.far.recv(100_000):
                got.extend(part)

    reader = threading.Thread(target=read)
    ends.stream.write(large)
    ends.stream.loseConnection()
    ends.stream.write(b"too late")
    reader.start()
    turn(reactor)
    reader.join()
    assert len(got) == len(large)


def test_aborting_tells_later_and_once(reactor: Reactor) -> None:
    ends = Ends(reactor)
    with ends.far:
        ends.stream.abortConnection()
        ends.stream.abortConnection()
        ends.stream.loseConnection()
        assert ends.lost == ""
        turn(reactor)
        assert ends.far.recv(1) == b""
    assert ends.lost == "the connection was aborted"


def test_the_end_of_the_reactor_is_the_end_of_connections() -> None:
    reactor = Reactor()
    ends = Ends(reactor)
    reactor.close()
    with ends.far:
        assert ends.far.recv(1) == b""
    assert ends.lost == "the session has ended"
    reactor.callFromThread(print, "nobody runs this")
