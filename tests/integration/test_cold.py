"""How little a small script starts and imports."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells of children")
DECORATED = """
import os, sys
from pathlib import Path
import pydron

@pydron.functional
def f(x):
    return x + 1

@pydron.schedule
def calls():
    return children(), f(1)

@pydron.schedule
def refers():
    def inner():
        return f(1)
    return children()

@pydron.schedule
def plain():
    return children()

def children():
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += (task / "children").read_text().split()
        except FileNotFoundError:  # of a thread that has ended meanwhile
            pass
    return len(found)

TWO = {"workers": [{"type": "multicore", "cores": 2}]}
"""


def run(directory: Path, program: str) -> str:
    script = directory / "script.py"
    script.write_text(DECORATED + dedent(program))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return done.stdout.strip()


def test_decorating_brings_no_translator_and_no_session(tmp_path: Path) -> None:
    program = """
    late = {"pydron.compiled", "pydron.runtime.run", "pydron.scheduler", "pydron.sessions.session"}
    print(sorted(late & set(sys.modules)))
    """
    assert run(tmp_path, program) == "[]"


def test_workers_on_a_unix_socket_need_no_twisted(tmp_path: Path) -> None:
    program = """
    with pydron.session(TWO):
        print(calls()[1], "twisted" in sys.modules, "cryptography" in sys.modules, "asyncio" in sys.modules)
    """
    assert run(tmp_path, program) == "2 False False False"


@pytest.mark.parametrize("first, started", [("plain", False), ("refers", True), ("calls", True)])
def test_processes_start_early_if_there_is_likely_to_be_a_call(tmp_path: Path, first: str, started: bool) -> None:
    program = f"""
    with pydron.session(TWO):
        found = {first}()
        print((found[0] if isinstance(found, tuple) else found) > 0)
    print(children())
    """
    assert run(tmp_path, program).split() == [str(started), "0"]


def test_a_session_that_is_not_used_starts_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, "with pydron.session(TWO):\n    print(children())") == "0"


def test_sequential_sessions_start_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, 'with pydron.session(TWO, mode="sequential"):\n    print(calls())') == "(0, 2)"


def test_workers_outlive_the_thread_that_needed_them_first(tmp_path: Path) -> None:
    program = """
    import threading, time

    @pydron.functional
    def pid(number):
        time.sleep(0.05)
        return os.getpid()

    @pydron.schedule
    def pids():
        return [pid(number) for number in range(4)]

    with pydron.session(TWO):
        found = set()
        for _ in range(3):
            thread = threading.Thread(target=lambda: found.update(pids()))
            thread.start()
            thread.join()
        print(len(found) <= 2)
    """
    assert run(tmp_path, program) == "True"
