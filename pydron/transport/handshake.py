"""Who is at the other end: both sides prove that they know the secret of this worker, before anything is unpickled.

::

    worker → driver   greeting, ticket, the worker's nonce
    driver → worker   the driver's nonce, proof
    worker → driver   proof

A proof is an HMAC over the role and both nonces. The same exchange runs inside TLS, where it tells which worker it is.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from pydron.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ANSWER_SIZE", "HELLO_SIZE", "PROOF_SIZE", "SECRET_SIZE", "TICKET_SIZE", "DriverSide", "WorkerSide"]

_GREETING = b"pydron1\n"
TICKET_SIZE = 16
SECRET_SIZE = 32
_NONCE_SIZE = 32
PROOF_SIZE = 32
HELLO_SIZE = len(_GREETING) + TICKET_SIZE + _NONCE_SIZE
ANSWER_SIZE = _NONCE_SIZE + PROOF_SIZE


def _proof(secret: bytes, role: bytes, own: bytes, other: bytes) -> bytes:
    return hmac.new(secret, role + own + other, hashlib.sha256).digest()


class WorkerSide:
    """The worker's part."""

    __slots__ = ("_nonce", "_secret", "_ticket")

    def __init__(self, ticket: bytes, secret: bytes) -> None:
        self._ticket = ticket
        self._secret = secret
        self._nonce = os.urandom(_NONCE_SIZE)

    def hello(self) -> bytes:
        """Return what to send first."""
        return _GREETING + self._ticket + self._nonce

    def check(self, answer: bytes) -> bytes:
        """Check the driver's answer of `ANSWER_SIZE` bytes; return the proof to send.

        Raises:
            AuthenticationError: this is not our driver.
        """
        nonce, proof = answer[:_NONCE_SIZE], answer[_NONCE_SIZE:]
        if not hmac.compare_digest(proof, _proof(self._secret, b"driver", nonce, self._nonce)):
            raise AuthenticationError("the driver does not know the secret of this worker")
        return _proof(self._secret, b"worker", self._nonce, nonce)


class DriverSide:
    """The driver's part."""

    __slots__ = ("_expected", "_find_secret", "ticket")

    def __init__(self, find_secret: Callable[[bytes], bytes | None]) -> None:
        self._find_secret = find_secret
        self._expected = b""
        self.ticket = b""

    def answer(self, hello: bytes) -> bytes:
        """Answer a greeting of `HELLO_SIZE` bytes.

        Raises:
            AuthenticationError: this is no worker of ours, or it speaks another protocol.
        """
        if not hello.startswith(_GREETING):
            raise AuthenticationError(f"not the greeting of a worker: {hello[:8]!r}")
        self.ticket = hello[len(_GREETING) : -_NONCE_SIZE]
        secret = self._find_secret(self.ticket)
        if secret is None:
            raise AuthenticationError("a worker that was not expected")
        theirs, ours = hello[-_NONCE_SIZE:], os.urandom(_NONCE_SIZE)
        self._expected = _proof(secret, b"worker", theirs, ours)
        return ours + _proof(secret, b"driver", ours, theirs)

    def check(self, proof: bytes) -> None:
        """Check the worker's proof of `PROOF_SIZE` bytes.

        Raises:
            AuthenticationError: it does not know its secret.
        """
        if not hmac.compare_digest(proof, self._expected):
            raise AuthenticationError("a worker that does not know its secret")
