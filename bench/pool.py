"""What the pool costs: start, round trip, throughput of calls that do nothing, large values.

Usage: ``python bench/pool.py [multicore|threads] [unix|tls]``
"""

from __future__ import annotations

import sys
import time
from statistics import median, quantiles
from typing import TYPE_CHECKING

START = time.perf_counter()

from pydron.sessions import Session  # noqa: E402
from pydron.tasks import Inbox, Task  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

WORKERS = 2
ROUNDS = 2000
TASKS = 30_000
LARGE = 100 * 1000 * 1000


def nothing() -> None:
    """Do nothing."""


def size(data: bytes) -> int:
    """Look at a large argument."""
    return len(data)


def make(count: int) -> bytearray:
    """Make a large result."""
    return bytearray(count)


class Client:
    """One run's side of a pool."""

    def __init__(self, session: Session) -> None:
        self.pool = session.pool
        self.inbox = Inbox()

    def submit(self, function: Callable[..., object], *args: object, want: bool = True) -> Task:
        """Submit one call."""
        shipped = self.pool.function(function, "f")
        task = Task(self.pool.new_task_id(), shipped, self.pool.dumps_call(function, "f", args, {}), want_value=want)
        self.pool.submit(task, self.inbox)
        return task

    def collect(self, count: int) -> list[object]:
        """Wait for so many outcomes; return the values."""
        values: list[object] = []
        while len(values) < count:
            self.pool.wait(self.inbox)
            while self.inbox.outcomes:
                outcome = self.inbox.outcomes.popleft()
                if outcome.lost is not None:
                    raise outcome.lost
                if outcome.failure is not None:
                    raise self.pool.load_failure(outcome.failure)
                assert outcome.value is not None
                values.append(self.pool.loads(outcome.value))
        return values


def main() -> None:
    """Measure and print."""
    kind = sys.argv[1] if len(sys.argv) > 1 else "multicore"
    count = "count" if kind == "threads" else "cores"
    config: dict[str, object] = {"workers": [{"type": kind, count: WORKERS}]}
    if len(sys.argv) > 2:
        config["transport"] = sys.argv[2]
    with Session(config) as session:
        client = Client(session)
        client.submit(nothing)
        client.collect(1)
        print(f"first call       {time.perf_counter() - START:8.3f} s after the first import")
        time.sleep(0.5)
        round_trips(client)
        for _ in range(3):
            throughput(client)
        large(client)
        closing = time.perf_counter()
    print(f"close            {time.perf_counter() - closing:8.3f} s")


def round_trips(client: Client) -> None:
    """Measure one call after the other."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        task = client.submit(nothing)
        client.collect(1)
        times.append(time.perf_counter() - start)
        client.pool.release([task.id])  # type: ignore[list-item]
    most = quantiles(times, n=10)[-1]
    print(f"round trip       {median(times) * 1e6:8.0f} µs median, {most * 1e6:.0f} µs for nine in ten")


def throughput(client: Client) -> None:
    """Measure many calls, each submitted on its own."""
    start = time.perf_counter()
    tasks = []
    for number in range(TASKS):
        tasks.append(client.submit(nothing))
        if not number % 64:
            client.pool.flush()
    client.collect(TASKS)
    print(f"throughput       {TASKS / (time.perf_counter() - start):8.0f} calls per second")
    client.pool.release([task.id for task in tasks])  # type: ignore[misc]


def large(client: Client) -> None:
    """Measure a large argument and a large result."""
    data = bytes(LARGE)
    for name, function, argument in (("large argument", size, data), ("large result", make, LARGE)):
        start = time.perf_counter()
        task = client.submit(function, argument)
        client.collect(1)
        seconds = time.perf_counter() - start
        print(f"{name:<16} {LARGE / seconds / 1e6:8.0f} MB/s")
        client.pool.release([task.id])  # type: ignore[list-item]


if __name__ == "__main__":
    main()
