"""The worker's loop: which thread reads, and when."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

from pydron.transport.messages import Ping, Run, Setup
from pydron.worker.likeness import ThreadLikeness
from pydron.worker.link import Link
from pydron.worker.loop import Worker

if TYPE_CHECKING:
    from pydron.transport.messages import Message


class Silent:
    """A capture of calls that write nothing."""

    def __init__(self) -> None:
        self.caught: list[tuple[str, bytes]] = []

    def take(self) -> tuple[tuple[str, bytes], ...]:
        return ()


class Recorded(Link):
    """A link that tells for how long it was read."""

    timeouts: list[float | None]

    def receive(self, timeout: float | None) -> list[Message] | None:
        self.timeouts.append(timeout)
        return [Ping(0)] if timeout is None else []


def test_a_task_that_the_stand_in_has_read_is_not_slept_through() -> None:
    near, far = socket.socketpair()
    with near, far:
        link = Recorded(near)
        link.timeouts = []
        setup = Setup("w", b"s", (), False, 1 << 16, (), None)
        worker = Worker(link, (setup, []), Silent(), ThreadLikeness(), lambda: None)
        worker._reading.acquire()
        reader = threading.Thread(target=worker._read, args=(None,))
        reader.start()
        worker._take(Run(1, b"f", b"", (), True, 0))
        worker._reading.release()
        reader.join()
        assert link.timeouts == [0.0]
        worker._queue.clear()
        worker._read(None)
        assert link.timeouts == [0.0, None]
