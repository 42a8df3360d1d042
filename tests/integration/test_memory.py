"""Workers with a limit of memory: values go to disk, and a call that wants too much fails by itself."""

from __future__ import annotations

import os
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from pydron.sessions import Session
from pydron.transport.segments import can_share, memory_directory
from tests.integration.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not can_share() or memory_directory() is None, reason="no limit here"
)
LIMIT = 192_000_000


@pytest.fixture
def client() -> Iterator[Client]:
    with Session({"workers": [{"type": "multicore", "cores": 2, "memory": "192MB"}]}) as session:
        client = Client(session)
        yield client
        client.outcomes.clear()


def fill(value: int, size: int) -> bytearray:
    return bytearray([value]) * size


def texts(value: int, count: int) -> list[str]:
    return [str(value)] * 10 + [f"{value}-{number:>100}" for number in range(count)]


def first(array: bytearray | list[str]) -> object:
    return array[0], len(array)


def peak(kind: str) -> int:
    """Return the bytes of one kind that this process uses now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(kind):
            return int(line.split()[1]) * 1024
    raise LookupError(kind)


def array(value: float, count: int) -> object:
    return pytest.importorskip("numpy").full(count, value)


def total(values: object) -> float:
    return float(values.sum())  # type: ignore[attr-defined]


def faults(rounds: int, size: int) -> int:
    """Return how many pages the system had to provide for some blocks that are needed again and again."""
    import resource

    time.sleep(0.05)  # once it has begun, a worker sees to such things when a call takes long
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        blocks = [fill(1, size) for _ in range(4)]
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - begun


def shared_memory() -> int:
    """Return the bytes of memory that the segments of this session use."""
    used = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            if os.readlink(descriptor).startswith("/dev/shm/#"):  # noqa: PTH115
                used += os.stat(descriptor).st_blocks * 512  # noqa: PTH116
        except OSError:
            continue
    return used


def test_four_times_the_limit_goes_through(client: Client) -> None:
    count = 2_000_000
    tasks = [client.submit(array, float(number), count) for number in range(4 * LIMIT // (8 * count))]
    for task in tasks:
        client.outcome(task)
        assert shared_memory() < LIMIT
    sums = [client.submit(total, None, references=((0, task),)) for task in tasks]
    assert [client.result(task) for task in sums] == [float(number) * count for number in range(len(tasks))]
    usage = {client.call(os.getpid): client.call(peak, "VmHWM") for _ in range(4)}
    assert max(usage.values()) < LIMIT  # type: ignore[type-var,operator]


def test_values_without_large_buffers_leave_the_process_too(client: Client) -> None:
    tasks = [client.submit(texts, number, 60_000) for number in range(20)]
    readers = [client.submit(first, None, references=((0, task),)) for task in tasks]
    assert [client.result(task) for task in readers] == [(str(number), 60_010) for number in range(20)]
    assert client.result(tasks[7])[-1] == f"7-{59_999:>100}"  # type: ignore[index]


def test_a_call_that_wants_too_much_fails_alone(client: Client) -> None:
    pids = {client.call(os.getpid) for _ in range(8)}
    for _ in range(3):
        with pytest.raises(MemoryError) as caught:
            client.call(fill, 1, 2 * LIMIT)
        assert "may use 192 MB of memory: `memory`" in caught.value.__notes__[0]
    assert client.call(first, bytearray(5)) == (0, 5)
    assert {client.call(os.getpid) for _ in range(8)} <= pids | {client.call(os.getpid)}
    assert len(client.call(fill, 1, LIMIT // 4)) == LIMIT // 4  # type: ignore[arg-type]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="for the GNU library alone")
def test_what_a_call_frees_is_kept_for_the_next() -> None:
    with Session({"workers": [{"type": "multicore", "cores": 1}]}) as session:
        client = Client(session)
        client.call(faults, 1, 1_000_000)
        once = 4 * 1_000_000 // os.sysconf("SC_PAGE_SIZE")
        assert cast("int", client.call(faults, 20, 1_000_000)) < 5 * once
        client.outcomes.clear()
