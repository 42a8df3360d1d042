"""However a driver ends, its workers end with it, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 20.0


class Driver:
    """A driver process and the numbers of its workers."""

    def __init__(self, what: str, transport: str, directory: Path) -> None:
        self.directory = directory
        environment = {**os.environ, "TMPDIR": str(directory)}
        command = [sys.executable, "-m", "tests.fault.driver", what, transport]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.process.stdout is not None
        self.workers = [int(word) for word in self.process.stdout.readline().split()]
        assert len(self.workers) == 2

    def check_nothing_is_left(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while any(map(exists, self.workers)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not any(map(exists, self.workers)), "a worker outlived its driver"
        assert not list(self.directory.iterdir())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        for pid in self.workers:
            if exists(pid):
                os.kill(pid, signal.SIGKILL)


def exists(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture(params=["unix", "tls"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def drivers(tmp_path: Path, transport: str) -> Iterator[list[Driver]]:
    started: list[Driver] = []

    class Starter(list[Driver]):
        def start(self, what: str) -> Driver:
            self.append(Driver(what, transport, tmp_path))
            return self[-1]

    started = Starter()
    yield started
    for driver in started:
        driver.close()


@pytest.mark.parametrize("what", ["idle", "spin"])
def test_killed(drivers: list[Driver], what: str) -> None:
    driver = drivers.start(what)  # type: ignore[attr-defined]
    driver.process.kill()
    driver.check_nothing_is_left()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_terminated(drivers: list[Driver], number: int) -> None:
    driver = drivers.start("spin")  # type: ignore[attr-defined]
    driver.process.send_signal(number)
    driver.process.wait(PATIENCE)
    driver.check_nothing_is_left()


def test_interrupted(drivers: list[Driver]) -> None:
    driver = drivers.start("interrupt")  # type: ignore[attr-defined]
    time.sleep(0.2)
    os.killpg(driver.process.pid, signal.SIGINT)
    assert driver.process.stdout.read() == "interrupted\n"
    assert driver.process.wait(PATIENCE) == 0
    driver.check_nothing_is_left()


@pytest.mark.parametrize("what", ["quit", "forget"])
def test_ends_without_closing(drivers: list[Driver], what: str) -> None:
    driver = drivers.start(what)  # type: ignore[attr-defined]
    assert driver.process.wait(PATIENCE) == 0
    driver.check_nothing_is_left()
