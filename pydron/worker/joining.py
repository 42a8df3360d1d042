"""From an invitation to an authenticated connection."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from pydron.errors import AuthenticationError
from pydron.transport.handshake import ANSWER_SIZE, WorkerSide

if TYPE_CHECKING:
    import ssl

    from pydron.transport.invitation import Invitation

__all__ = ["connect", "leave"]

_PATIENCE = 30.0


def connect(invitation: Invitation) -> socket.socket:
    """Connect to the driver; both sides are authenticated when this returns.

    Raises:
        OSError: the driver cannot be reached.
        AuthenticationError: somebody else is there.
    """
    sock = _open(invitation)
    try:
        side = WorkerSide(invitation.ticket, invitation.secret)
        sock.sendall(side.hello())
        sock.sendall(side.check(_receive(sock, ANSWER_SIZE)))
        sock.settimeout(None)
    except BaseException:
        sock.close()
        raise
    return sock


def leave(invitation: Invitation) -> None:
    """Remove the way in, for a driver that could not do so itself."""
    if invitation.path:
        for remove, path in ((os.unlink, invitation.path), (os.rmdir, invitation.path.rpartition("/")[0])):
            try:
                remove(path)
            except OSError:
                pass


def _open(invitation: Invitation) -> socket.socket:
    if invitation.path:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(_PATIENCE)
        try:
            sock.connect(invitation.path)
        except BaseException:
            sock.close()
            raise
        return sock
    plain = socket.create_connection((invitation.host, invitation.port), timeout=_PATIENCE)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        return _context(invitation).wrap_socket(plain, server_hostname="pydron.invalid")
    except BaseException:
        plain.close()
        raise


def _context(invitation: Invitation) -> ssl.SSLContext:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=invitation.authority)
    _load(context, invitation.certificate.encode())
    return context


def _load(context: ssl.SSLContext, certificate: bytes) -> None:
    """Load a key, which the standard library reads from files only: from one in memory, where there are such."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("pydron-key"), "wb") as memory:
            memory.write(certificate)
            memory.flush()
            context.load_cert_chain(f"/proc/self/fd/{memory.fileno()}")
        return
    import tempfile

    with tempfile.NamedTemporaryFile("wb", prefix="pydron-") as file:
        file.write(certificate)
        file.flush()
        context.load_cert_chain(file.name)


def _receive(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise AuthenticationError("the driver hung up before it had said who it is")
        data += part
    return data
