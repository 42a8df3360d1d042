"""What a test may not leave behind: threads, open files and sockets, child processes, entries in shared directories."""

from __future__ import annotations

import gc
import os
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 5.0
"""How long something on its way out may take. Only a test that leaks waits this long."""

SHARED_DIRECTORIES = (Path("/dev/shm"),)


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything a process holds that could be left behind, each with a word for people."""

    threads: frozenset[threading.Thread]
    descriptors: frozenset[tuple[int, str]]
    children: frozenset[tuple[int, str]]
    entries: frozenset[Path]

    def beyond(self, before: Holdings) -> list[str]:
        """Say what is held now that was not held before."""
        return [
            *(f"thread {thread.name!r}" for thread in self.threads - before.threads),
            *(f"descriptor {number}: {target}" for number, target in sorted(self.descriptors - before.descriptors)),
            *(f"child process {pid}: {command}" for pid, command in sorted(self.children - before.children)),
            *(f"file {path}" for path in sorted(self.entries - before.entries) if not _in_use(path)),
        ]


def holdings() -> Holdings:
    """Take stock of this process."""
    return Holdings(
        threads=frozenset(thread for thread in threading.enumerate() if thread.is_alive()),
        descriptors=frozenset(_descriptors()),
        children=frozenset(_children()),
        entries=frozenset(_entries()),
    )


def leaked_since(before: Holdings) -> list[str]:
    """Say what is held that was not held before, after everything on its way out had time to go."""
    leaks = holdings().beyond(before)
    if leaks:
        gc.collect()
    deadline = time.monotonic() + PATIENCE_S
    while (leaks := holdings().beyond(before)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return leaks


def _descriptors() -> list[tuple[int, str]]:
    found = []
    for name in _listing(Path("/proc/self/fd")):
        try:
            target = str(Path(f"/proc/self/fd/{name}").readlink())
        except OSError:  # the descriptor of the listing itself
            continue
        found.append((int(name), target))
    return found


def _children() -> list[tuple[int, str]]:
    found = []
    for task in _listing(Path("/proc/self/task")):
        try:
            pids = Path(f"/proc/self/task/{task}/children").read_text().split()
        except OSError:
            continue
        found += [(int(pid), _command(int(pid))) for pid in pids]
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "ended, but nobody waited for it"


def _entries() -> list[Path]:
    places = (Path(tempfile.gettempdir()), *SHARED_DIRECTORIES)
    return [place / name for place in places for name in _listing(place) if name.lstrip(".").startswith("pydron")]


def _in_use(path: Path) -> bool:
    """Tell whether a shared entry is somebody else's: another test run on this machine may have it open."""
    if path.parent not in SHARED_DIRECTORIES:
        return False
    own = str(os.getpid())
    for pid in _listing(Path("/proc")):
        if not pid.isdigit() or pid == own:
            continue
        try:
            if str(path) in Path(f"/proc/{pid}/maps").read_text():
                return True
            if any(entry.readlink() == path for entry in Path(f"/proc/{pid}/fd").iterdir()):
                return True
        except OSError:
            continue
    return False


def _listing(directory: Path) -> list[str]:
    try:
        return [entry.name for entry in directory.iterdir()]
    except OSError:
        return []
