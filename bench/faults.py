"""What ``kill -9`` costs: of a worker every 200 ms during a run of 10 s, and of the driver in the middle of one.

``python -m bench.faults [--runs N]``
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

import pydron
from bench import machine

EVERY = 0.2
"""Seconds from one kill to the next."""
ROWS = 160
DRIVER = """
import pydron
from bench.faults import program
with pydron.session({"workers": [{"type": "multicore", "cores": 4}]}, ship=True):
    program(400)
"""


@pydron.functional
def step(x: int, y: int) -> int:
    time.sleep(0.02 + (x * 7 + y) % 5 * 0.02)
    return x * 31 + y


@pydron.schedule
def program(rows: int) -> list[int]:
    totals: list[int] = []
    for x in range(rows):
        total = 0
        for y in range(4):
            total += step(x, y)
        if total % 2:
            total += step(total, x)
        totals.append(total)
    return totals


def expected(rows: int) -> list[int]:
    totals = []
    for x in range(rows):
        total = sum(x * 31 + y for y in range(4))
        totals.append(total + (total * 31 + x if total % 2 else 0))
    return totals


def shared_files() -> set[Path]:
    shared = Path("/dev/shm")  # noqa: S108 - where values of a session might be
    return set(shared.iterdir()) if shared.is_dir() else set()


def workers_of(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children()
    except psutil.Error:
        return []


def is_alive(process: psutil.Process) -> bool:
    """Say whether a process runs; one that only waits to be taken note of does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def killed_workers(rows: int) -> tuple[float, int, bool]:
    """Run the program while workers are killed; return seconds, how many were killed, whether the result is right."""
    over = threading.Event()
    killed = 0

    def kill() -> None:
        nonlocal killed
        while not over.wait(EVERY):
            if workers := workers_of(os.getpid()):
                os.kill(random.choice(workers).pid, signal.SIGKILL)
                killed += 1

    killer = threading.Thread(target=kill)
    with pydron.session({"workers": [{"type": "multicore", "cores": 4}]}, ship=True):
        program(1)
        killer.start()
        begun = time.perf_counter()
        try:
            result = program(rows)
        finally:
            over.set()
            killer.join()
        return time.perf_counter() - begun, killed, result == expected(rows)


def killed_driver(directory: str) -> tuple[float, list[str]]:
    """Kill a driver in the middle of its run; return how long until no worker is left, and the files left."""
    before = shared_files()
    driver = subprocess.Popen([sys.executable, "-c", DRIVER], env={**os.environ, "TMPDIR": directory})
    while len(workers := workers_of(driver.pid)) < 4:
        time.sleep(0.05)
    time.sleep(0.5)
    driver.kill()
    begun = time.perf_counter()
    driver.wait()
    while any(map(is_alive, workers)) and time.perf_counter() < begun + 10:
        time.sleep(0.005)
    seconds = time.perf_counter() - begun
    time.sleep(0.5)
    return seconds, [str(path) for path in [*Path(directory).rglob("*"), *(shared_files() - before)]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    print(machine.heading())
    print("| worker killed every 200 ms | seconds | killed | result |\n|---|---|---|---|")
    for number in range(runs):
        seconds, killed, right = killed_workers(ROWS)
        print(f"| run {number + 1} | {seconds:.1f} | {killed} | {'right' if right else 'WRONG'} |")
    times = []
    left: list[str] = []
    for _ in range(runs * 3):
        with tempfile.TemporaryDirectory() as directory:
            seconds, files = killed_driver(directory)
            times.append(seconds)
            left += files
    print(
        f"\ndriver killed {len(times)} times: no worker after {statistics.median(times):.2f} s (median), "
        f"{max(times):.2f} s (longest); left behind: {left or 'nothing'}"
    )


if __name__ == "__main__":
    main()
