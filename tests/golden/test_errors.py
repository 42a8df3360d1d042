"""Typical mistakes, tried as a user makes them: what is printed names the line and what to do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Golden

HERE = Path(__file__).parent
SCRIPTS = HERE / "cases" / "errors"
MISTAKES = sorted(path.name for path in SCRIPTS.iterdir() if path.is_dir() and path.name != "interrupted")


def start(name: str) -> subprocess.Popen[str]:
    """Run a script in its directory, as a session of its own."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYDRON") or value == "on"}
    environment["PYTHONPATH"] = str(HERE.parent.parent)
    if name == "mutated_argument" or name.startswith("checked_"):
        environment["PYDRON_CHECK"] = "1"
    return subprocess.Popen(
        [sys.executable, "script.py"], cwd=SCRIPTS / name, env=environment, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def told(text: str, name: str) -> str:
    """Return what was printed without what depends on the machine, the interpreter or the lines of Pydron itself."""
    text = text.replace(str(SCRIPTS / name) + os.sep, "")
    text = re.sub(r"^ *[~^]+\n", "", text, flags=re.MULTILINE)
    text = re.sub(r'File "[^"]*/lib/python[^"]*/(\w+)/__init__\.py", line \d+', r"(\1)", text)
    text = re.sub(r" at 0x[0-9a-f]+", " at 0x", text)
    return re.sub(r"worker local-\d+", "worker local-N", text)


@pytest.mark.parametrize("name", MISTAKES)
def test_says_what_to_do(name: str, golden: Golden) -> None:
    script = start(name)
    output, _ = script.communicate(timeout=60)
    assert "/pydron/" not in told(output, name)
    golden(told(output, name), f"errors/{name}.txt")


def test_interrupted(golden: Golden) -> None:
    script = start("interrupted")
    assert script.stdout is not None
    begun = script.stdout.readline()
    time.sleep(1.0)  # as long as a person thinks
    os.killpg(script.pid, signal.SIGINT)
    output, _ = script.communicate(timeout=30)
    golden(begun + told(output, "interrupted"), "errors/interrupted.txt")
    assert script.returncode == -signal.SIGINT
