"""The worker itself: one thread reads messages and runs tasks in the order they came, another stands in for it.

Short tasks need no second thread: what came meanwhile is read between them. While one task takes long, the stand-in
reads and answers, so that the driver can take back tasks, fetch values and see that the worker lives while a call runs
for hours. It looks every few milliseconds whether it is needed, and sleeps when there has been nothing to do for a
while, so that no task is handed from thread to thread and an idle worker uses no processor time.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from pydron.transport.definitions import DEFINITIONS
from pydron.transport.loans import Loans
from pydron.transport.messages import (
    Bye,
    Code,
    Definition,
    Done,
    DoneMany,
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
    Returned,
    Run,
    RunMany,
    Segments,
    Value,
    pack,
    places,
    unpack,
)
from pydron.worker import inside
from pydron.worker.execute import Executor
from pydron.worker.memory import MemoryLimit
from pydron.worker.sharing import Sharing, open_segments, open_shelf
from pydron.worker.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.transport.messages import Message, Setup
    from pydron.worker.capture import Taker
    from pydron.worker.likeness import ThreadLikeness
    from pydron.worker.link import Link

__all__ = ["Worker"]

_TICK = 0.005
"""Seconds after which the stand-in looks whether a call takes long."""
_DOZE = 40
"""Ticks without work after which it sleeps."""
_GLANCE = 0.02
"""Seconds after which the stand-in looks whether results lie around while a long call runs."""
_HOLD = 0.001
"""Seconds for which results of short calls wait for company, and messages until they are read."""
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
        self._loans = Loans()
        self._memory = None if setup.memory is None else MemoryLimit(setup.memory)
        self._shelf = open_shelf(setup.segments, self._loans, None if self._memory is None else self._memory.stored)
        if self._memory is not None:
            self._store.shelf = self._shelf
        sharing = Sharing(self._loans, self._shelf, self._memory)
        self._executor = Executor(setup, self._store, capture, likeness, sharing)
        self._queue: deque[int] = deque()
        self._waiting: dict[int, Run] = {}
        self._ahead: dict[int, list[int]] = {}
        """The values that were still to be made when a task came that needs them."""
        self._running = -1
        self._begun = 0
        """How many tasks have been started."""
        self._reading = threading.Lock()
        """Held by the thread that reads."""
        self._attending = False
        """Whether the stand-in waits for messages."""
        self._dozing = False
        self._alarm = threading.Semaphore(0)
        """Wakes the stand-in."""
        self._results: deque[Message] = deque()
        self._sending = threading.Lock()
        """Held while results are sent, so that what is sent later cannot overtake."""
        self._longest: dict[bytes, float] = {}
        """Run time of the slowest recent call of each function."""
        self._forgetting: dict[int, list[tuple[bytes, object]]] = {}
        """Functions to drop, by the negative number that stands for them in the queue."""
        self._last_mark = -1
        self._ended = False
        self.settled: Callable[[], bool] | None = None
        """Called by the stand-in when there is time, until it says that the start is over."""

    def run(self) -> None:
        """Run until the driver says goodbye or is gone."""
        self._link.send([Ready(os.getpid(), sys.version.split()[0], self._shelf is not None)])
        watcher = threading.Thread(target=self._watch, name="pydron reading", daemon=True)
        watcher.start()
        try:
            for message in self._early:
                self._take(message)
            self._work()
        except OSError:
            self._gone()
        self._ended = True
        self._alarm.release()
        watcher.join()

    # The thread that runs tasks.

    def _work(self) -> None:
        inside.mark(True)
        queue, waiting = self._queue, self._waiting
        last = 0.0
        while not self._ended:
            if not queue:
                self._flush()
                self._read(None)
                last = time.perf_counter()
                continue
            task = queue.popleft()
            run = waiting.pop(task, None)
            if run is None:
                self._forget(task)
                continue
            now = time.perf_counter()
            if now - last > _HOLD:
                self._flush()
                self._read(0.0)
                last = now
            elif self._results and self._longest.get(run.function, 1.0) > _SHORT:
                self._flush()
            expected = self._ahead.pop(task, None) if self._ahead else None
            if expected is None:
                self._finish(run)
            else:
                self._follow(run, expected)

    def _follow(self, run: Run, expected: list[int]) -> None:
        """Run a task that was sent ahead, or give it back if what it needs was not made here."""
        if all(map(self._store.holds, expected)):
            self._finish(run)
        else:
            self._loans.decline(places(run.arguments))
            self._results.append(Recalled((run.task,)))
        self._store.waive(expected)

    def _finish(self, run: Run) -> None:
        self._begun += 1
        self._running = run.task
        if self._dozing:
            self._dozing = False
            self._alarm.release()
        if self._memory is not None:
            self._memory.adjust()
        message = self._executor.run(run)
        self._running = -1
        if self._attending:
            self._link.ring()
        self._note_time(run.function, message.seconds)
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
        if self._results or self._loans.due:
            with self._sending:
                results = self._drained()
                if results:
                    self._link.send(results)

    def _drained(self) -> list[Message]:
        """Take what is to be sent, what was borrowed and is not read any more included."""
        results = self._results
        drained: list[Message] = []
        last: DoneMany | None = None
        for _ in range(len(results)):
            message = results.popleft()
            if type(message) is not Done or message.captured:
                drained.append(message)
                last = None
                continue
            if last is None:
                last = DoneMany([])
                drained.append(last)
            last.tasks.append(message[:4])
        if self._loans.due:
            drained.append(Returned(self._loans.returns()))
        return drained

    def _read(self, patience: float | None) -> None:
        """Take the messages that come within a time."""
        with self._reading:
            if self._queue:  # the stand-in may have read a task while this thread waited for it
                patience = 0.0
            messages = self._link.receive(patience)
        if messages is None:
            self._end()
        else:
            for message in messages:
                self._take(message)

    def _end(self) -> None:
        """The driver is gone."""
        self._ended = True
        self._gone()

    # The thread that stands in while a call takes long.

    def _watch(self) -> None:
        idle = 0
        seen = -1
        try:
            while not self._ended:
                if self._running >= 0 and self._begun == seen:
                    self._settle()
                    self._attend(seen)
                idle = 0 if self._begun != seen else idle + 1
                seen = self._begun
                if idle > _DOZE and self._running < 0 and self._settle():
                    idle = 0
                    self._doze()
                else:
                    time.sleep(_TICK)
        except OSError:
            self._end()

    def _settle(self) -> bool:
        if self.settled is not None and self.settled():
            self.settled = None
        return self.settled is None

    def _doze(self) -> None:
        self._dozing = True
        if self._begun and self._running >= 0:
            # The task began before it could see the mark.
            self._dozing = False
        else:
            self._alarm.acquire()

    def _attend(self, task: int) -> None:
        """Read and answer until the call under way has ended."""
        with self._reading:
            self._attending = True
            while self._begun == task and self._running >= 0 and not self._ended:
                # Whoever ends the call after this look sees the mark, and rings.
                messages = self._link.attend(_GLANCE)
                if messages is None:
                    self._end()
                    break
                for message in messages:
                    self._take(message)
                if not messages:
                    self._flush()
            self._attending = False
        if self._ended and self._running >= 0:
            # The driver does not want what runs here any more.
            self._gone()

    def _take(self, message: Message) -> None:
        match message:
            case Run():
                if message.references:
                    self._expect(message)
                self._waiting[message.task] = message
                self._queue.append(message.task)
            case RunMany(function, likeness, tasks):
                for task, arguments in tasks:
                    self._waiting[task] = Run(task, function, arguments, (), False, likeness)
                    self._queue.append(task)
            case Code(key, name, payload):
                self._store.add_code(key, name, unpack(payload))
            case Forget(keys):
                self._last_mark -= 1
                self._forgetting[self._last_mark] = self._store.codes(keys)
                self._queue.append(self._last_mark)
            case Definition(key, payload):
                DEFINITIONS.receive(key, bytes(unpack(payload).data))
            case Put(value, payload):
                self._store.put(value, unpack(payload, self._loans.borrow))
            case Fetch(value):
                self._answer(self._value(value))
            case Free(values):
                self._store.free(values)
            case Recall(tasks):
                self._answer(Recalled(tuple([task for task in tasks if self._recall(task)])))
            case Segments(grants):
                open_segments(grants, self._loans)
            case Returned(given):
                self._loans.returned(given)
            case Ping(number):
                self._answer(Pong(number, self._running))
            case Likeness():
                self._executor.know(message)
            case Bye():
                self._ended = True
            case _:
                raise OSError(f"a message for drivers: {type(message).__name__}")

    def _expect(self, run: Run) -> None:
        """Take note of values that the task needs and that are still to be made."""
        expected = [value for _, value in run.references if not self._store.holds(value)]
        if expected:
            self._store.expect(expected)
            self._ahead[run.task] = expected

    def _answer(self, message: Message) -> None:
        """Send an answer after the results that are ready."""
        with self._sending:
            self._link.send([*self._drained(), message])

    def _recall(self, task: int) -> bool:
        """Forget a task that has not been started; return whether it was here."""
        run = self._waiting.pop(task, None)
        if run is not None:
            self._loans.decline(places(run.arguments))
            self._store.waive(self._ahead.pop(task, ()))
        return run is not None

    def _value(self, value: int) -> Message:
        payload = self._store.payload(value)
        return Missing(value) if payload is None else Value(value, pack(payload, self._loans.lend))
