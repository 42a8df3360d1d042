"""The worker's end of the connection: blocking reads by one thread at a time, writes by any."""

from __future__ import annotations

import os
import select
import socket
import threading
from typing import TYPE_CHECKING

from pydron.transport.framing import FrameReader, encode_frame
from pydron.transport.messages import Setup, from_wire, to_wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydron.transport.messages import Message

__all__ = ["Link"]

_SEND_BUFFER = 512 * 1024


class Link:
    """Frames over a connected, authenticated socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._reader = FrameReader()
        self._sending = threading.Lock()
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._bell: tuple[int, int] | None = None
        self._attentive = select.poll()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    def receive(self, timeout: float | None) -> list[Message] | None:
        """Return the next messages, none of them if the time is up, and None when the other end is gone."""
        if timeout is not None and not self._pending() and not self._poll.poll(timeout * 1000):
            return []
        try:
            count = self._socket.recv_into(self._reader.target())
        except OSError:
            return None
        return [from_wire(wire) for wire in self._reader.filled(count)] if count else None

    def attend(self, timeout: float) -> list[Message] | None:
        """Return the next messages, none of them if the time is up or somebody rings, None when the driver is gone."""
        if self._bell is None:
            self._bell = os.pipe()
            self._attentive.register(self._socket, select.POLLIN)
            self._attentive.register(self._bell[0], select.POLLIN)
        ready = [] if self._pending() else self._attentive.poll(timeout * 1000)
        if any(number == self._bell[0] for number, _ in ready):
            os.read(self._bell[0], 64)
        return self.receive(0.0)

    def ring(self) -> None:
        """Let `attend` return."""
        if self._bell is not None:
            os.write(self._bell[1], b"\0")

    def first(self) -> tuple[Setup, list[Message]] | None:
        """Wait for the description of the driver; return it with the messages that came along, None if it is gone."""
        messages = self.receive(None)
        while messages == []:
            messages = self.receive(None)
        if not messages or not isinstance(messages[0], Setup):
            return None
        return messages[0], messages[1:]

    def send(self, messages: Sequence[Message]) -> None:
        """Send messages in one frame.

        Raises:
            OSError: the other end is gone.
        """
        pieces = encode_frame([to_wire(message) for message in messages])
        with self._sending:
            for piece in pieces:
                self._socket.sendall(piece)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
        if self._bell is not None:
            for end in self._bell:
                os.close(end)
            self._bell = None

    def _pending(self) -> bool:
        """Tell whether TLS has decrypted more than has been read, which `poll` does not see."""
        pending = getattr(self._socket, "pending", None)
        return pending is not None and pending() > 0
