"""Both ends prove that they know the secret."""

from __future__ import annotations

import pytest

from pydron.errors import AuthenticationError
from pydron.transport.handshake import ANSWER_SIZE, HELLO_SIZE, PROOF_SIZE, DriverSide, WorkerSide

TICKET, SECRET = b"t" * 16, b"s" * 32


def driver(secret: bytes = SECRET) -> DriverSide:
    return DriverSide({TICKET: secret}.get)


def test_friends() -> None:
    worker, other = WorkerSide(TICKET, SECRET), driver()
    hello = worker.hello()
    answer = other.answer(hello)
    proof = worker.check(answer)
    other.check(proof)
    assert (len(hello), len(answer), len(proof)) == (HELLO_SIZE, ANSWER_SIZE, PROOF_SIZE)
    assert SECRET not in hello + answer + proof


def test_a_driver_without_the_secret() -> None:
    worker = WorkerSide(TICKET, SECRET)
    with pytest.raises(AuthenticationError, match="the driver does not know"):
        worker.check(driver(b"x" * 32).answer(worker.hello()))


def test_a_worker_without_the_secret() -> None:
    other = driver()
    other.answer(WorkerSide(TICKET, b"x" * 32).hello())
    with pytest.raises(AuthenticationError, match="a worker that does not know"):
        other.check(bytes(PROOF_SIZE))


def test_a_proof_is_good_once() -> None:
    first, second, worker = driver(), driver(), WorkerSide(TICKET, SECRET)
    proof = worker.check(first.answer(worker.hello()))
    second.answer(worker.hello())
    with pytest.raises(AuthenticationError):
        second.check(proof)


def test_a_proof_of_the_driver_is_none_of_the_worker() -> None:
    other, worker = driver(), WorkerSide(TICKET, SECRET)
    answer = other.answer(worker.hello())
    with pytest.raises(AuthenticationError):
        other.check(answer[-PROOF_SIZE:])


def test_an_unknown_ticket() -> None:
    with pytest.raises(AuthenticationError, match="not expected"):
        driver().answer(WorkerSide(b"u" * 16, SECRET).hello())


def test_another_protocol() -> None:
    with pytest.raises(AuthenticationError, match="not the greeting"):
        driver().answer(b"GET / HTTP/1.1\r\n".ljust(HELLO_SIZE, b" "))
