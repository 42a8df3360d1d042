"""Shelves: room is found, used again, and refused when there is none."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from pydron.errors import ProtocolError
from pydron.transport import shelf as shelves
from pydron.transport.loans import Loans
from pydron.transport.segments import Extent, Segment, can_share, memory_directory, whole_pages
from pydron.transport.shelf import LARGE, Arena, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not can_share(), reason="no such files here")


def filled(byte: int, size: int = LARGE) -> memoryview:
    return memoryview(bytes([byte]) * size)


def content(kept: Extent | None) -> bytes:
    assert kept is not None
    return bytes(kept.view())


@pytest.fixture
def segment(tmp_path: Path) -> Iterator[Segment]:
    segment = Segment.create(1, str(tmp_path))
    yield segment
    segment.close()


@pytest.fixture
def memory() -> Iterator[Segment]:
    directory = memory_directory()
    if directory is None:
        pytest.skip("no files in memory here")
    segment = Segment.create(3, directory)
    yield segment
    segment.close()


def test_small_buffers_stay_out(segment: Segment) -> None:
    assert Shelf([Arena(segment)]).keep(filled(1, LARGE - 1)) is None


def test_room_is_used_again_when_nobody_reads_it(segment: Segment) -> None:
    arena = Arena(segment)
    first, second = arena.keep(filled(1)), arena.keep(filled(2))
    assert first is not None
    mapped, offset = first.map(), first.offset
    del first
    third = arena.keep(filled(3))
    assert third is not None
    assert third.offset != offset, "somebody still reads it"
    assert bytes(mapped) == bytes(filled(1))
    del mapped
    fourth = arena.keep(filled(4))
    assert fourth is not None
    assert fourth.offset == offset
    assert [content(kept)[0] for kept in (second, third, fourth)] == [2, 3, 4]


def test_neighbours_that_are_free_become_one(segment: Segment) -> None:
    arena = Arena(segment)
    kept = [arena.keep(filled(number)) for number in range(3)]
    for index in (0, 2, 1):
        kept[index] = None
    large = arena.keep(filled(9, 3 * LARGE))
    assert large is not None
    assert large.offset == 0


def test_no_room_is_no_error(segment: Segment, memory: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:
        full.setattr(Arena, "_left", lambda _self: LARGE - 1)
        assert Arena(segment).keep(filled(1)) is None
    limited = Arena(memory, limit=LARGE)
    kept = limited.keep(filled(1))
    assert limited.keep(filled(2)) is None
    del kept
    assert limited.keep(filled(3)) is not None


class Full(Segment):
    """A file system that fills up halfway."""

    def write(self, data: memoryview, offset: int) -> None:
        super().write(data[: data.nbytes // 2], offset)
        raise OSError(28, "No space left on device")


def test_what_does_not_fit_goes_to_the_next(segment: Segment, tmp_path: Path) -> None:
    full = Full.create(2, str(tmp_path))
    shelf = Shelf([Arena(full), Arena(segment)])
    kept = shelf.keep(filled(5))
    assert kept is not None
    assert kept.segment is segment
    assert content(kept) == bytes(filled(5))
    assert Shelf([Arena(full)]).keep(filled(5)) is None
    full.close()


def test_much_that_is_free_goes_back_to_the_system(segment: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "_WARM", LARGE)
    dropped: list[tuple[int, int]] = []

    def drop(offset: int, length: int) -> bool:
        dropped.append((offset, length))
        return True

    monkeypatch.setattr(segment, "drop", drop)
    arena = Arena(segment)
    kept = [arena.keep(filled(number)) for number in range(3)]
    kept.clear()
    again = arena.keep(filled(7))
    assert len(dropped) == 2
    assert again is not None
    assert (again.offset, LARGE) not in dropped


def test_any_order_of_keeping_and_ending(segment: Segment) -> None:
    rng = random.Random(5)
    arena = Arena(segment)
    kept: dict[int, Extent] = {}
    for number in range(400):
        extent = arena.keep(filled(number % 251, rng.choice([1, 5, 9]) * 4096 + rng.choice([0, 7])))
        assert extent is not None
        kept[number] = extent
        while len(kept) > 20:
            kept.pop(rng.choice(list(kept)))
    for number, extent in kept.items():
        assert set(content(extent)) == {number % 251}
    arena.reclaim()
    assert arena.used == sum(whole_pages(extent.nbytes) for extent in kept.values())


def test_there_is_room_for_something(segment: Segment, memory: Segment) -> None:
    assert min(Arena(segment)._left(), Arena(memory)._left()) > LARGE


def test_what_is_lent_stays_until_it_comes_back(segment: Segment) -> None:
    arena = Arena(segment)
    near, far = Loans(), Loans()
    far.know(segment)
    kept = arena.keep(filled(1))
    assert kept is not None
    place = near.lend(kept)
    near.lend(kept)
    del kept
    borrowed = [far.borrow(place), far.borrow(place)]
    borrowed.pop()
    near.returned(far.returns())
    arena.reclaim()
    assert arena.used == LARGE
    borrowed.pop()
    assert far.due
    near.returned(far.returns())
    arena.reclaim()
    assert arena.used == 0


def test_what_was_lent_to_somebody_who_is_gone_comes_back(segment: Segment) -> None:
    arena = Arena(segment)
    loans = Loans()
    kept = arena.keep(filled(1))
    assert kept is not None
    loans.lend(kept)
    del kept
    loans.forget()
    arena.reclaim()
    assert arena.used == 0


def test_a_segment_never_heard_of_is_no_way_in() -> None:
    with pytest.raises(ProtocolError):
        Loans().borrow((3, 0, 10))
