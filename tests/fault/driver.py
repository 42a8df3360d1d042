"""A driver for tests that end it: runs calls on two workers and tells their process numbers."""

from __future__ import annotations

import sys
import time

from pydron.sessions import Session
from tests.integration import work
from tests.integration.client import Client


def main(what: str, transport: str) -> None:
    """Start workers, print their numbers, then do `what`."""
    session = Session({"workers": [{"type": "multicore", "cores": 2}], "transport": transport})
    client = Client(session)
    first = [client.submit(work.sleep, 0.2) for _ in range(2)]
    for task in first:
        client.result(task)
    pids = {client.call(work.pid) for _ in range(20)}
    print(" ".join(str(member.handle.pid) for member in session._plant.acts.crew.members.values()), flush=True)  # type: ignore[union-attr]
    assert pids
    if what == "spin":
        tasks = [client.submit(work.spin) for _ in range(2)]
        client.pool.flush()
        client.result(tasks[0])
    if what == "idle":
        time.sleep(600)
    if what == "interrupt":
        try:
            client.result(client.submit(work.sleep, 600))
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    if what == "forget":
        client.submit(work.sleep, 600)
        client.pool.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
