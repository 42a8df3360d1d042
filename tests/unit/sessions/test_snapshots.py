"""Snapshots: always what the buffer held, and no more copies than it takes."""

from __future__ import annotations

import pickle
import random
from typing import TYPE_CHECKING

import pytest

from pydron.sessions import snapshots as module
from pydron.sessions.depot import Depot
from pydron.sessions.snapshots import Snapshots
from pydron.transport import pages
from pydron.transport.segments import can_share
from pydron.transport.shelf import LARGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from pydron.transport.segments import Extent

numpy = pytest.importorskip("numpy")
pytestmark = pytest.mark.skipif(not can_share(), reason="no segments here")

SIZES = [LARGE, module._WATCHED + 24, module._WATCHED_AT_ONCE + 8]


@pytest.fixture(params=["watched", "compared"])
def snapshots(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snapshots]:
    if request.param == "compared":

        def refuse(self: pages.PageWatch) -> None:
            raise OSError("not here")

        monkeypatch.setattr(pages.PageWatch, "__init__", refuse)
    depot = Depot()
    snapshots = Snapshots(depot, lambda: None, lambda: 0)
    yield snapshots
    snapshots.close()
    depot.close()


def raw(array: NDArray[np.uint8]) -> memoryview:
    return pickle.PickleBuffer(array).raw()  # type: ignore[arg-type]


def kept(snapshots: Snapshots, array: NDArray[np.uint8]) -> bytes:
    extent = snapshots.keep(raw(array))
    assert extent is not None
    return bytes(extent.view())


@pytest.mark.parametrize("size", SIZES)
def test_one_copy_of_what_does_not_change(snapshots: Snapshots, size: int) -> None:
    array = numpy.random.default_rng(1).integers(0, 255, size, numpy.uint8)
    extents = [snapshots.keep(raw(array)) for _ in range(6)]
    assert snapshots.written == 1
    assert len({id(extent) for extent in extents}) == 1


@pytest.mark.parametrize("size", SIZES)
def test_every_change_shows(snapshots: Snapshots, size: int) -> None:
    rng = random.Random(size)
    array = numpy.zeros(size, numpy.uint8)
    before = []
    for number in range(30):
        place = rng.choice([0, 1, size - 1, size // 2, rng.randrange(size)])
        if rng.random() < 0.5:
            array[place] = number
        extent = snapshots.keep(raw(array))
        assert extent is not None
        before.append((extent, array.tobytes()))
    for extent, content in before:
        assert bytes(extent.view()) == content, "and what was taken before does not change"


def test_parts_of_one_array(snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WATCHED_AT_ONCE", 2 * module._WATCHED)
    size = 2 * module._WATCHED_AT_ONCE
    array = numpy.zeros(size, numpy.uint8)
    rng = random.Random(3)
    parts = [array, array[: size // 2], array[size // 4 :], array[100:-100]]
    for number in range(40):
        part = rng.choice(parts)
        if rng.random() < 0.4:
            array[rng.randrange(size)] = number + 1
        assert kept(snapshots, part) == part.tobytes()


def test_another_array_at_the_same_place(snapshots: Snapshots) -> None:
    for number in range(8):
        array = numpy.full(module._WATCHED_AT_ONCE, number, numpy.uint8)
        for _ in range(3):
            assert kept(snapshots, array) == array.tobytes()
        del array


def test_memory_goes_back_when_nothing_is_shown_any_more(snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = [numpy.full(LARGE, number, numpy.uint8) for number in range(5)]
    needed = snapshots.keep(raw(arrays[0]))
    for array in arrays:
        kept(snapshots, array)
    shelf = snapshots._depot.shelf()
    assert shelf is not None
    snapshots.age()
    assert shelf.used() == 5 * LARGE
    monkeypatch.setattr(module, "_AGE", -1.0)
    snapshots.age()
    assert shelf.used() == LARGE
    assert needed is not None
    assert bytes(needed.view()) == arrays[0].tobytes()
    assert kept(snapshots, arrays[3]) == arrays[3].tobytes()


def test_an_array_that_grows(snapshots: Snapshots) -> None:
    array = numpy.ones(module._WATCHED_AT_ONCE, numpy.uint8)
    for number in range(4):
        assert kept(snapshots, array) == array.tobytes()
        array.resize(array.size + module._WATCHED, refcheck=False)
        array[-1] = number
        assert kept(snapshots, array) == array.tobytes()


def test_without_files_everything_is_copied(snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    array = numpy.ones(LARGE, numpy.uint8)
    kept(snapshots, array)

    def refuse(self: object) -> memoryview:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("pydron.transport.segments.Extent.view", refuse)
    assert snapshots.keep(raw(array)) is None


def test_not_too_much_is_held(snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HELD", 3 * LARGE)
    arrays = [numpy.full(LARGE, number, numpy.uint8) for number in range(10)]
    for array in arrays:
        kept(snapshots, array)
    assert len(snapshots._held) == 3
    assert kept(snapshots, arrays[0]) == arrays[0].tobytes()


def test_any_buffer_will_do(snapshots: Snapshots) -> None:
    data = bytearray(b"x" * LARGE)
    first = snapshots.keep(memoryview(data))
    assert snapshots.keep(memoryview(data)) is first
    data[0] = 1
    second = snapshots.keep(memoryview(data))
    assert first is not None
    assert second is not None
    assert (first.view()[0], second.view()[0]) == (ord("x"), 1)


def test_who_makes_arguments_waits_for_those_who_read_them(
    snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AHEAD", 4 * LARGE)
    snapshots._most = 4 * LARGE
    needed: list[Extent | None] = []
    naps: list[int] = []

    def sleep(_seconds: float) -> None:
        naps.append(len(needed))
        needed.pop(0)

    monkeypatch.setattr("time.sleep", sleep)
    for number in range(10):
        array = numpy.full(LARGE, number, numpy.uint8)
        needed.append(snapshots.keep(raw(array)))
    assert naps == [4] * 6
    assert [extent.view()[0] for extent in needed if extent is not None] == [6, 7, 8, 9]


def test_who_makes_arguments_does_not_wait_for_ever(snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AHEAD", 4 * LARGE)
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    snapshots._most = 4 * LARGE
    needed = [snapshots.keep(raw(numpy.full(LARGE, number, numpy.uint8))) for number in range(12)]
    assert [extent.view()[0] for extent in needed if extent is not None] == list(range(12))
    assert snapshots._most == 12 * LARGE
    needed.clear()
    snapshots.keep(raw(numpy.zeros(LARGE, numpy.uint8)))


def test_who_makes_arguments_does_not_wait_in_vain(snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AHEAD", 4 * LARGE)
    snapshots._most = 4 * LARGE
    ended = [0]

    def sleep(_seconds: float) -> None:
        ended[0] += 40

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr(snapshots, "_ended", lambda: ended[0])
    needed = [snapshots.keep(raw(numpy.full(LARGE, number, numpy.uint8))) for number in range(9)]
    assert [extent.view()[0] for extent in needed if extent is not None] == list(range(9))
    assert ended[0] == 2 * 80
