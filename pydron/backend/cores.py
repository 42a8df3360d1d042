"""How many cores this process may use: what is there, what it is bound to, what its control groups allow."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Literal

__all__ = ["usable_cores", "wanted_cores"]


def wanted_cores(cores: int | Literal["all"], root: Path = Path("/")) -> int:
    """Return the number that an entry of the configuration means."""
    return usable_cores(root) if cores == "all" else cores


def usable_cores(root: Path = Path("/")) -> int:
    """Return how many cores are worth using, at least one."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = [limit for limit in (_limit_v2(root), _limit_v1(root)) if limit is not None]
    return max(1, min([bound, *(math.ceil(limit) for limit in limits)]))


def _limit_v2(root: Path) -> float | None:
    """Return the tightest `cpu.max` on the way from the root group to our own."""
    base = root / "sys/fs/cgroup"
    found = [_quota(base / level / "cpu.max") for level in _levels(_group(root, ""))]
    return min((limit for limit in found if limit is not None), default=None)


def _limit_v1(root: Path) -> float | None:
    found: list[float] = []
    for name in ("cpu", "cpu,cpuacct", "cpuacct,cpu"):
        for level in _levels(_group(root, "cpu")):
            base = root / "sys/fs/cgroup" / name / level
            quota, period = _number(base / "cpu.cfs_quota_us"), _number(base / "cpu.cfs_period_us")
            if quota is not None and period and quota > 0:
                found.append(quota / period)
    return min(found, default=None)


def _quota(path: Path) -> float | None:
    try:
        quota, period = path.read_text().split()
        return None if quota == "max" else float(quota) / float(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return None


def _group(root: Path, controller: str) -> str:
    """Return the control group of this process for a controller ("" for version 2)."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return ""
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controller in controllers.split(","):
            return path.strip("/")
    return ""


def _levels(group: str) -> list[str]:
    """List a group and all that it is in."""
    parts = [part for part in group.split("/") if part and part != ".."]
    return ["/".join(parts[:length]) for length in range(len(parts) + 1)]
