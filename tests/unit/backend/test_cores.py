"""How many cores may be used."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pydron.backend.cores import usable_cores, wanted_cores

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _sixteen_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("DOT", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_no_limits(tmp_path: Path) -> None:
    assert usable_cores(tmp_path) == 16


@pytest.mark.parametrize("quota,cores", [("max 100000", 16), ("250000 100000", 3), ("50000 100000", 1), ("broken", 16)])
def test_version_2(tmp_path: Path, quota: str, cores: int) -> None:
    write(tmp_path, proc__self__cgroup="0::/mine\n", sys__fs__cgroup__mine__cpuDOTmax=quota)
    assert usable_cores(tmp_path) == cores


def test_the_tightest_level_counts(tmp_path: Path) -> None:
    write(
        tmp_path,
        proc__self__cgroup="0::/outer/inner\n",
        sys__fs__cgroup__outer__cpuDOTmax="200000 100000",
        sys__fs__cgroup__outer__inner__cpuDOTmax="800000 100000",
    )
    assert usable_cores(tmp_path) == 2


@pytest.mark.parametrize("quota,cores", [("-1", 16), ("400000", 4)])
def test_version_1(tmp_path: Path, quota: str, cores: int) -> None:
    write(
        tmp_path,
        proc__self__cgroup="4:cpu,cpuacct:/mine\n3:memory:/other\n",
        sys__fs__cgroup__cpu__mine__cpuDOTcfs_quota_us=quota,
        sys__fs__cgroup__cpu__mine__cpuDOTcfs_period_us="100000",
    )
    assert usable_cores(tmp_path) == cores


def test_a_number_is_taken_at_its_word(tmp_path: Path) -> None:
    assert wanted_cores(40, tmp_path) == 40
    assert wanted_cores("all", tmp_path) == 16
