"""Large values between driver and workers: right, writable, private to whoever holds them, and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

import pydron
from pydron.sessions import Session
from pydron.transport.segments import can_share, memory_directory
from tests.integration.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

np = pytest.importorskip("numpy")

COUNT = 400_000
"""Numbers in an array of 3.2 MB."""
KINDS: dict[str, dict[str, object]] = {
    "unix": {"workers": [{"type": "multicore", "cores": 2}]},
    "tls": {"workers": [{"type": "multicore", "cores": 2}], "transport": "tls"},
    "threads": {"workers": [{"type": "threads", "count": 2}]},
}


@pytest.fixture(params=[*KINDS, "frames"])
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    kind = request.param
    if kind == "frames":
        monkeypatch.setattr("pydron.sessions.depot.can_share", lambda: False)
        kind = "unix"
    with Session(KINDS[kind]) as session:
        client = Client(session)
        yield client
        client.outcomes.clear()
    sys.modules[__name__].__dict__.pop("_hoarded", None)


def fill(value: float) -> object:
    return np.full(COUNT, value)


def spoil(array: object) -> tuple[float, bool]:
    """Write to an argument; say what was there."""
    before = float(array.sum())  # type: ignore[attr-defined]
    array[:] = -1  # type: ignore[index]
    return before, bool(array.flags.writeable)  # type: ignore[attr-defined]


def bump(array: object) -> object:
    array[0] += 1  # type: ignore[index]
    return array


def hoard(array: object) -> int:
    """Keep an argument beyond the call."""
    kept = sys.modules[__name__].__dict__.setdefault("_hoarded", [])
    kept.append(array)
    return len(kept)


def hoarded() -> list[float]:
    return [float(array.sum()) for array in sys.modules[__name__].__dict__["_hoarded"]]


def mixed(parts: dict[str, object]) -> dict[str, object]:
    return {name: [part, part] for name, part in parts.items()}


def reversed_bytes(data: bytes) -> bytes:
    assert type(data) is bytes
    return data[::-1]


def fail_with(array: object) -> None:
    raise ValueError(array.shape)  # type: ignore[attr-defined]


def die_with(array: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_call_writes_is_its_own(client: Client) -> None:
    array = np.ones(COUNT)
    tasks = [client.submit(spoil, array) for _ in range(6)]
    array[:] = 5
    later = client.submit(spoil, array)
    assert [client.result(task) for task in tasks] == [(float(COUNT), True)] * 6
    assert client.result(later) == (5.0 * COUNT, True)
    assert array.sum() == 5.0 * COUNT


def test_what_comes_back_is_the_drivers_own(client: Client) -> None:
    task = client.submit(fill, 3.0)
    first, second = client.result(task), client.result(task)
    first[:] = 0  # type: ignore[index]
    assert second.sum() == 3.0 * COUNT  # type: ignore[attr-defined]
    reader = client.submit(spoil, None, references=((0, task),))
    assert client.result(reader) == (3.0 * COUNT, True)
    again = client.submit(spoil, None, references=((0, task),))
    assert client.result(again) == (3.0 * COUNT, True)


def test_results_are_passed_on(client: Client) -> None:
    task = client.submit(fill, 1.0)
    for _ in range(10):
        task = client.submit(bump, None, references=((0, task),))
    assert client.result(task)[:2].tolist() == [11.0, 1.0]  # type: ignore[index]


def test_a_result_that_is_an_argument_again(client: Client) -> None:
    array = client.call(fill, 2.0)
    assert client.call(spoil, array) == (2.0 * COUNT, True)
    array[0] = 7  # type: ignore[index]
    assert client.call(spoil, array) == (2.0 * COUNT + 5, True)


def test_room_is_not_used_again_while_a_call_has_kept_its_argument(client: Client) -> None:
    wanted = []
    for number in range(12):
        array = np.full(COUNT, float(number))
        client.call(hoard, array)
        wanted.append(float(number) * COUNT)
        del array
    found: list[float] = []
    for _ in range(20):
        found += cast("list[float]", client.call(hoarded)) if client.call(_has_hoarded) else []
    assert set(found) <= set(wanted)
    assert found


def _has_hoarded() -> bool:
    return "_hoarded" in sys.modules[__name__].__dict__


def test_containers_and_shared_parts(client: Client) -> None:
    array = np.arange(COUNT * 1.0)
    result = client.call(
        mixed, {"a": array, "b": b"x" * 1_000_000, "c": bytearray(500_000), "d": array.reshape(2, -1).T}
    )
    assert (result["a"][0] == array).all()  # type: ignore[index]
    assert result["a"][0] is result["a"][1]  # type: ignore[index]
    assert result["b"][1] == b"x" * 1_000_000  # type: ignore[index]
    assert result["c"][0] == bytearray(500_000)  # type: ignore[index]
    assert (result["d"][0] == array.reshape(2, -1).T).all()  # type: ignore[index]
    assert result["d"][0].flags.f_contiguous  # type: ignore[index]


def test_bytes_stay_bytes(client: Client) -> None:
    data = os.urandom(1_000_000)
    back = client.call(mixed, {"a": data})
    assert back["a"][0] == data  # type: ignore[index]
    same = [client.submit(reversed_bytes, data) for _ in range(3)]
    assert [client.result(task) for task in same] == [data[::-1]] * 3
    reader = client.submit(reversed_bytes, None, references=((0, same[0]),))
    assert client.result(reader) == data


def test_calls_that_fail_or_die_give_their_arguments_back(client: Client) -> None:
    array = np.ones(COUNT)
    with pytest.raises(ValueError, match="400000"):
        client.call(fail_with, array)
    if client.call(os.getpid) != os.getpid():
        task = client.submit(die_with, array, retries=0)
        with pytest.raises(pydron.WorkerLost):
            client.result(task)
    assert client.call(spoil, array) == (float(COUNT), True)


def test_many_arrays_pass_through_little_room() -> None:
    with Session(KINDS["unix"]) as session:
        client = Client(session)
        for start in range(0, 120, 6):
            arrays = [np.full(COUNT, float(start + number)) for number in range(6)]
            tasks = [client.submit(spoil, array) for array in arrays]
            assert [client.result(task) for task in tasks] == [((start + n) * 1.0 * COUNT, True) for n in range(6)]
            client.outcomes.clear()
            client.pool.release([task.id for task in tasks])  # type: ignore[misc]
            del arrays
        if session.pool.depot.open:
            shelf = session.pool.depot.shelf()
            assert shelf is not None
            assert shelf._arenas[0]._end < 40 * 8 * COUNT


@dataclass(frozen=True, slots=True)
class Frame:
    """What a call returns that the program looks into before it goes on."""

    counts: Sequence[float]
    exposure: float


@pydron.functional
def expose(exposure: float) -> Frame:
    return Frame(cast("Sequence[float]", fill(exposure)), exposure)


@pydron.functional
def meet(frame: Frame, directory: str, together: int) -> int:
    """Say how many such calls have been under way at a time, which is as many as are waited for."""
    (Path(directory) / str(frame.exposure)).touch()
    deadline = time.monotonic() + 20
    while (met := len(list(Path(directory).iterdir()))) < together and time.monotonic() < deadline:
        time.sleep(0.005)
    return met


@pydron.schedule
def night(exposures: list[float], directory: str) -> list[int]:
    met: list[int] = []
    for exposure in exposures:
        frame = expose(exposure)
        if frame.exposure == 0.0:
            continue
        if frame.counts[0] != exposure:
            print("left out")
            continue
        met.append(meet(frame, directory, 2))
    return met


@pytest.mark.parametrize("kind", ["unix", "tls", "frames"])
def test_what_is_looked_into_holds_nothing_up(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # `met` is still to be appended to when the next frame comes in: nothing of it can be part of a frame.
    if kind == "frames":
        monkeypatch.setattr("pydron.sessions.depot.can_share", lambda: False)
        kind = "unix"
    with pydron.session({**KINDS[kind], "ship": True}):
        assert night([1.0, 0.0, 2.0], str(tmp_path)) == [2, 2]


SCRIPT = """
    import os, signal, sys, threading, time
    import numpy as np
    import pydron

    @pydron.functional
    def grow(array):
        array += 1
        return array

    @pydron.functional
    def sleep(array):
        time.sleep(60)

    @pydron.schedule
    def program(array):
        for _ in range(4):
            array = grow(array)
        print(array[0], flush=True)
        {end}

    with pydron.session({{"workers": [{{"type": "multicore", "cores": 2}}], "ship": True}}):
        program(np.zeros(1_000_000))
"""
ENDS = {
    "return": ("pass", 0),
    "exception": ("raise ValueError(array)", 1),
    "exit": ("sys.exit(3)", 3),
    "interrupt": ("threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start(); sleep(array)", -signal.SIGINT),
    "kill": ("threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start(); sleep(array)", -signal.SIGKILL),
}


@pytest.mark.skipif(not can_share() or memory_directory() is None, reason="no segments here")
@pytest.mark.parametrize("end", ENDS)
def test_nothing_is_left_after(end: str, tmp_path: Path) -> None:
    how, status = ENDS[end]
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT.format(end=how)), encoding="utf-8")
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    before = _shared_names()
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "4.0\n", done.stderr
    assert done.returncode == status, done.stderr
    deadline = time.monotonic() + 10
    while (left := [path.name for path in tmp_path.iterdir() if path != script]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
    assert not [name for name in _shared_names() - before if "pydron" in name]


def _shared_names() -> set[str]:
    return {path.name for path in Path("/dev/shm").iterdir()}
