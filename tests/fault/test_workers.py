"""Workers die, freeze and fail to start; runs get the right results, or an error that says what happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydron.errors import LaunchError, WorkerLost
from pydron.sessions import Session
from tests.integration import work
from tests.integration.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

TWO = {"workers": [{"type": "multicore", "cores": 2}]}


@pytest.fixture(params=["unix", "tls"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    with Session({**TWO, "transport": request.param}) as session:
        yield Client(session)


@pytest.fixture
def local() -> Iterator[Session]:
    with Session(TWO) as session:
        yield session


def pids(session: Session) -> list[int]:
    """List the worker processes of a session."""
    plant = session._plant
    assert plant is not None
    members = plant.bridge.ask(lambda: list(plant.acts.crew.ready))
    return [member.handle.pid for member in members if member.handle is not None]


def test_right_results_while_workers_are_killed(local: Session, seed: int) -> None:
    client = Client(local)
    client.call(work.add, 0, 0)
    rng = random.Random(seed)
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.2):
            found = pids(local)
            if found:
                try:
                    os.kill(rng.choice(found), signal.SIGKILL)
                except ProcessLookupError:
                    pass

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        large = client.submit(work.zeros, 100_000)
        slept = [client.submit(work.sleep, 0.02, retries=1000) for _ in range(100)]
        sums = [client.submit(work.add, None, bytes([n]), references=((0, large),), retries=1000) for n in range(50)]
        assert [client.result(task) for task in slept] == [0.02] * 100
        for number, task in enumerate(sums):
            assert client.result(task) == bytearray(100_000) + bytes([number])
    finally:
        over.set()
        killer.join()


def test_a_call_that_always_kills_its_worker(client: Client) -> None:
    task = client.submit(work.crash, retries=1)
    with pytest.raises(WorkerLost) as caught:
        client.result(task)
    assert caught.value.attempts == 2
    assert "SIGABRT" in caught.value.ends[0]
    assert "Fatal Python error" in caught.value.ends[0], "the end of what it wrote is told"
    assert "work.py" in caught.value.ends[0]
    assert client.call(work.add, 1, 1) == 2


def test_a_frozen_worker_is_replaced() -> None:
    with Session({**TWO, "heartbeat_s": 0.1}) as session:
        client = Client(session)
        client.call(work.add, 0, 0)
        tasks = [client.submit(work.sleep, 0.5) for _ in range(4)]
        client.pool.flush()
        time.sleep(0.1)
        for pid in pids(session):
            os.kill(pid, signal.SIGSTOP)
        assert [client.result(task) for task in tasks] == [0.5] * 4


def test_a_busy_worker_is_not_taken_for_frozen() -> None:
    with Session({**TWO, "heartbeat_s": 0.1}) as session:
        client = Client(session)
        assert client.call(hold_the_interpreter, 1.0) == 1.0
        found = pids(session)
        assert client.call(hold_the_interpreter, 1.0) == 1.0
        assert pids(session) == found


def hold_the_interpreter(seconds: float) -> float:
    """Keep all other threads of the process from running."""
    import ctypes

    ctypes.PyDLL(None).usleep(int(seconds * 1e6))
    return seconds


def test_workers_that_cannot_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no such luck' >&2\nexit 7\n")
    broken.chmod(0o700)
    with Session(TWO) as session:
        client = Client(session)
        monkeypatch.setattr(sys, "executable", str(broken))
        with pytest.raises(LaunchError, match=r"(?s)exited with status 7, saying:.*no such luck"):
            client.call(work.add, 1, 1)
        monkeypatch.undo()
        assert client.call(work.add, 1, 1) == 2, "later it may work"


def test_an_interpreter_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with Session(TWO) as session:
        client = Client(session)
        monkeypatch.setattr(sys, "executable", "/nonexistent/python")
        with pytest.raises(LaunchError, match="No such file"):
            client.call(work.add, 1, 1)


def test_children_of_calls_are_killed_too(local: Session) -> None:
    client = Client(local)
    child = client.call(leave_a_child)
    for pid in pids(local):
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while _runs(child) and time.monotonic() < deadline:  # type: ignore[arg-type]
        time.sleep(0.02)
    assert not _runs(child)  # type: ignore[arg-type]


def leave_a_child() -> int:
    """Start a process and let it run."""
    return subprocess.Popen(["/bin/sleep", "600"]).pid


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
