"""What a number was measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def heading() -> str:
    """Return one line that names processor, cores, Python and commit."""
    return f"{processor()}, {cores()} cores, Python {platform.python_version()}, commit {commit()}"


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """Return the name of the processor, as far as the system tells."""
    table = Path("/proc/cpuinfo")
    if table.exists():
        for line in table.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def stolen() -> int:
    """Return how long the host of this virtual machine has run something else when it was to run; 0 if nobody tells.

    It is counted in hundredths of a second, for all processors together.
    """
    table = Path("/proc/stat")
    if not table.exists():
        return 0
    _, *counts = table.read_text(encoding="utf-8").partition("\n")[0].split()
    return int(counts[7])


def commit() -> str:
    """Return the commit of the working directory, marked if there are changes on top of it."""
    command = ["git", "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def one_thread() -> None:
    """Keep numerical libraries that are loaded from now on, here and in child processes, to one thread."""
    for name in THREAD_VARIABLES:
        os.environ[name] = "1"
