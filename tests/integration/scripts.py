"""Runs programs as their users do: a process of its own in a directory of its own, with what it prints taken down."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which Pydron is found, and nothing else of this test run."""
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYDRON", "PYTHON")) or (name, value) == ("PYDRON", "on")
    }
    return {**plain, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **more}


def run(
    directory: Path, program: str, *arguments: str, given: str | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a program that is in a file; `more` goes to its environment."""
    script = directory / "script.py"
    script.write_text(dedent(program))
    return command(directory, "script.py", *arguments, given=given, **more)


def command(
    directory: Path, *arguments: str, given: str | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with arguments; `given` comes to its standard input through a pipe."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env=environment(**more),
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def frames(text: str) -> list[tuple[str, str, str]]:
    """List the entries of the tracebacks in a text: file, line, function."""
    return re.findall(r'File "([^"]*)", line (\d+), in (\S+)', text)


def own_frames(text: str) -> list[str]:
    """List the functions of Pydron's own that tracebacks in a text show."""
    return [function for file, _, function in frames(text) if "/pydron/" in file]
