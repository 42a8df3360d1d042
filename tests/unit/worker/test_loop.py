"""The worker's loop: which thread reads, and when."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydron.transport.messages import Done, DoneMany, Failed, Ping, Run, RunMany, Setup
from pydron.worker.likeness import ThreadLikeness
from pydron.worker.link import Link
from pydron.worker.loop import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@contextmanager
def made() -> Iterator[Worker]:
    near, far = socket.socketpair()
    with near, far:
        setup = Setup("w", b"s", (), False, 1 << 16, (), None)
        yield Worker(Link(near), (setup, []), Silent(), ThreadLikeness(), lambda: None)


def test_many_tasks_in_a_message_are_as_many_messages() -> None:
    with made() as worker:
        worker._take(RunMany(b"f", 5, [(1, b"one"), (2, b"two")]))
        assert list(worker._queue) == [1, 2]
        assert worker._waiting == {1: Run(1, b"f", b"one", (), False, 5), 2: Run(2, b"f", b"two", (), False, 5)}
        assert worker._recall(2)
        assert not worker._recall(2)


def test_results_go_together_in_the_order_in_which_they_came() -> None:
    wrote = Done(3, b"c", 1, 0.1, (("stdout", b"text"),))
    failed = Failed(5, b"", "text", 0.1, ())
    with made() as worker:
        results: list[Message] = [
            Done(1, b"a", 1, 0.1, ()),
            Done(2, None, 1, 0.1, ()),
            wrote,
            Done(4, b"d", 1, 0.1, ()),
            failed,
        ]
        worker._results.extend(results)
        assert worker._drained() == [
            DoneMany([(1, b"a", 1, 0.1), (2, None, 1, 0.1)]), wrote, DoneMany([(4, b"d", 1, 0.1)]), failed,
        ]  # fmt: skip
        assert worker._drained() == []
