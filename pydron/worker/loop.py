"""The worker itself: one thread reads messages and answers at once, the other runs tasks in the order they came.

So the driver can take back tasks, fetch values and see that the worker lives while a call runs for hours.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from pydron.transport.definitions import DEFINITIONS
from pydron.transport.messages import (
    Bye,
    Code,
    Definition,
    Done,
    Fetch,
    Forget,
    Free,
    Likeness,
    Missing,
    Ping,
    Pong,
    Put,
    Ready,
    Recall,
    Recalled,
    Run,
    Value,
    pack,
    unpack,
)
from pydron.worker.execute import Executor
from pydron.worker.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.transport.messages import Message, Setup
    from pydron.worker.capture import Taker
    from pydron.worker.likeness import ThreadLikeness
    from pydron.worker.link import Link

__all__ = ["Worker"]

_GLANCE = 0.02
"""Seconds after which the reading thread looks whether results lie around while a long call runs."""
_HOLD = 0.001
"""Seconds for which results of short calls wait for company."""
_SHORT = 0.0005
_BATCH = 256


class Worker:
    """Runs tasks for one driver over one connection."""

    def __init__(
        self,
        link: Link,
        first: tuple[Setup, list[Message]],
        capture: Taker,
        likeness: ThreadLikeness,
        gone: Callable[[], None],
    ) -> None:
        """Make a worker.

        Args:
            link: the connection.
            first: what has come over it already.
            capture: catches what calls write.
            likeness: makes this worker like the driver.
            gone: called when the driver is gone, or does not want any more what runs here.
        """
        setup, self._early = first
        self._link = link
        self._gone = gone
        self._store = Store()
        self._executor = Executor(setup, self._store, capture, likeness)
        self._queue: SimpleQueue[int] = SimpleQueue()
        self._waiting: dict[int, Run] = {}
        self._running = -1
        self._results: list[Message] = []
        self._result_lock = threading.Lock()
        self._longest: dict[bytes, float] = {}
        """Run time of the slowest recent call of each function."""
        self._forgetting: dict[int, list[tuple[bytes, object]]] = {}
        """Functions to drop, by the negative number that stands for them in the queue."""
        self._last_mark = -1
        self._ended = False
        self.settled: Callable[[], None] | None = None
        """Called once by the reading thread when the start is over."""

    def run(self) -> None:
        """Run until the driver says goodbye or is gone."""
        self._link.send([Ready(os.getpid(), sys.version.split()[0])])
        reader = threading.Thread(target=self._read, name="pydron reading", daemon=True)
        reader.start()
        try:
            self._work()
        except OSError:
            self._gone()
        reader.join()

    # The thread that runs tasks.

    def _work(self) -> None:
        last = time.perf_counter()
        while not self._ended:
            try:
                task = self._queue.get_nowait()
            except Empty:
                self._flush()
                task = self._queue.get()
            run = self._waiting.pop(task, None)
            if run is None:
                self._forget(task)
                continue
            now = time.perf_counter()
            if self._results and (now - last > _HOLD or self._longest.get(run.function, 1.0) > _SHORT):
                self._flush()
                last = now
            self._finish(run)

    def _finish(self, run: Run) -> None:
        self._running = run.task
        message = self._executor.run(run)
        self._running = -1
        self._note_time(run.function, message.seconds)  # type: ignore[union-attr]
        with self._result_lock:
            self._results.append(message)
        large = type(message) is Done and message.size > _BATCH
        if large or len(self._results) >= _BATCH:
            self._flush()

    def _forget(self, number: int) -> None:
        for code in self._forgetting.pop(number, ()):
            self._store.forget([code])
            self._longest.pop(code[0], None)

    def _note_time(self, function: bytes, seconds: float) -> None:
        known = self._longest.get(function, 0.0)
        self._longest[function] = seconds if seconds > known else known * 0.99 + seconds * 0.01

    def _flush(self) -> None:
        if self._results:
            with self._result_lock:
                results, self._results = self._results, []
                # Under the lock, so that what is sent later cannot overtake.
                if results:
                    self._link.send(results)

    # The thread that reads.

    def _read(self) -> None:
        try:
            messages: list[Message] | None = self._early
            while not self._ended:
                if messages is None:
                    break
                for message in messages:
                    self._take(message)
                if self._results and not messages:
                    self._flush()
                if not self._ended:
                    messages = self._link.receive(self._patience())
        except OSError:
            pass
        if not self._ended or self._running >= 0:
            # The driver is gone, or does not want what runs here any more.
            self._gone()
        self._ended = True
        self._queue.put(-1)

    def _patience(self) -> float | None:
        if self._running >= 0 or self._waiting:
            return _GLANCE
        if self.settled is not None:
            settled, self.settled = self.settled, None
            settled()
        return None

    def _take(self, message: Message) -> None:
        match message:
            case Run():
                self._waiting[message.task] = message
                self._queue.put(message.task)
            case Code(key, name, payload):
                self._store.add_code(key, name, unpack(payload))
            case Forget(keys):
                self._last_mark -= 1
                self._forgetting[self._last_mark] = self._store.codes(keys)
                self._queue.put(self._last_mark)
            case Definition(key, payload):
                DEFINITIONS.receive(key, bytes(unpack(payload).data))
            case Put(value, payload):
                self._store.put(value, unpack(payload))
            case Fetch(value):
                self._answer(self._value(value))
            case Free(values):
                self._store.free(values)
            case Recall(tasks):
                self._answer(Recalled(tuple(task for task in tasks if self._waiting.pop(task, None) is not None)))
            case Ping(number):
                self._answer(Pong(number, self._running))
            case Likeness():
                self._executor.know(message)
            case Bye():
                self._ended = True
            case _:
                raise OSError(f"a message for drivers: {type(message).__name__}")

    def _answer(self, message: Message) -> None:
        """Send an answer after the results that are ready."""
        with self._result_lock:
            results, self._results = self._results, []
            self._link.send([*results, message])

    def _value(self, value: int) -> Message:
        payload = self._store.payload(value)
        return Missing(value) if payload is None else Value(value, pack(payload))
