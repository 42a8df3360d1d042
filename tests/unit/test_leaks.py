"""The leak check is itself checked: a check that cannot fail would hide everything."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from tests import leaks


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "PATIENCE_S", 0.0)


def test_an_idle_test_leaks_nothing() -> None:
    assert leaks.leaked_since(leaks.holdings()) == []


def test_an_open_file_is_seen(tmp_path: Path) -> None:
    before = leaks.holdings()
    with (tmp_path / "left.txt").open("w"):
        (leak,) = leaks.leaked_since(before)
    assert "left.txt" in leak
    assert leaks.leaked_since(before) == []


def test_a_thread_is_seen() -> None:
    before = leaks.holdings()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="left-alone")
    thread.start()
    found = leaks.leaked_since(before)
    stop.set()
    thread.join()
    assert found == ["thread 'left-alone'"]


def test_a_child_process_is_seen() -> None:
    before = leaks.holdings()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    found = leaks.leaked_since(before)
    child.communicate(b"\n")
    assert any(f"child process {child.pid}" in leak for leak in found)
    assert leaks.leaked_since(before) == []


def test_an_entry_in_the_temporary_directory_is_seen() -> None:
    before = leaks.holdings()
    left = Path(tempfile.mkdtemp(prefix="pydron-"))
    found = leaks.leaked_since(before)
    left.rmdir()
    assert found == [f"file {left}"]
