"""Segments: what is written is read, privately, and nothing stays."""

from __future__ import annotations

import errno
import gc
import mmap
import os
from collections import deque
from typing import TYPE_CHECKING

import pytest

from pydron.transport import segments
from pydron.transport.segments import Extent, Segment, can_share, whole_pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydron.transport.segments import Place

pytestmark = pytest.mark.skipif(not can_share(), reason="no such files here")

SIZE = 3 * mmap.PAGESIZE
DATA = bytes(range(256)) * (SIZE // 256)


@pytest.fixture
def segment(tmp_path: Path) -> Iterator[Segment]:
    segment = Segment.create(7, str(tmp_path))
    segment.write(memoryview(DATA), 0)
    yield segment
    segment.close()


def blocks(segment: Segment) -> int:
    return os.fstat(segment.descriptor).st_blocks


def test_a_segment_has_no_name(segment: Segment, tmp_path: Path) -> None:
    assert os.fstat(segment.descriptor).st_nlink == 0
    assert list(tmp_path.iterdir()) == []


def test_file_systems_without_nameless_files_do_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    segment = Segment.create(1, str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    segment.close()


def test_another_descriptor_reads_what_was_written(segment: Segment) -> None:
    other = Segment.open(segment.grant())
    assert bytes(Extent(other, 0, SIZE, deque()).map()) == DATA
    with pytest.raises(OSError, match="Bad file descriptor"):
        other.write(memoryview(b"x"), 0)
    other.close()


def test_another_file_in_its_place_is_refused(segment: Segment, tmp_path: Path) -> None:
    with (tmp_path / "other").open("wb") as other:
        number, _, device, inode = segment.grant()
        with pytest.raises(FileNotFoundError):
            Segment.open((number, f"/proc/self/fd/{other.fileno()}", device, inode))


def test_who_writes_to_a_mapping_writes_to_his_own(segment: Segment) -> None:
    extent = Extent(segment, 0, SIZE, deque())
    mine, other = extent.map(), extent.map()
    mine[0] = 99
    assert (mine[0], other[0], extent.view()[0]) == (99, 0, 0)
    assert extent.view().readonly


def test_an_extent_lives_as_long_as_what_is_mapped(segment: Segment) -> None:
    ended: deque[Place] = deque()
    extent = Extent(segment, mmap.PAGESIZE, 100, ended)
    mapped = extent.map()
    part = memoryview(mapped)[10:20]
    del extent, mapped
    assert not ended
    del part
    assert list(ended) == [(7, mmap.PAGESIZE, 100)]


def test_with_too_many_mappings_values_are_copied(segment: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "_MOST", 0)
    ended: deque[Place] = deque()
    copied = Extent(segment, 0, SIZE, ended).map()
    assert isinstance(copied, bytearray)
    assert copied == DATA
    assert list(ended) == [(7, 0, SIZE)]


def test_what_a_fork_may_read_is_never_given_back(segment: Segment) -> None:
    ended: deque[Place] = deque()
    mapped = Extent(segment, 0, SIZE, ended).map()
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    del mapped
    assert not ended
    segment.orphan()
    assert segment.descriptor == -1, "it is gone when the child is"


def test_overwriting_gives_the_same_bytes(segment: Segment) -> None:
    segment.overwrite(memoryview(DATA[::-1]), mmap.PAGESIZE)
    assert bytes(Extent(segment, mmap.PAGESIZE, SIZE, deque()).view()) == DATA[::-1]
    assert bytes(Extent(segment, 0, mmap.PAGESIZE, deque()).view()) == DATA[: mmap.PAGESIZE]


@pytest.mark.skipif(segments.memory_directory() is None, reason="no files in memory here")
def test_an_orphan_keeps_only_what_is_read() -> None:
    segment = Segment.create(1, segments.memory_directory() or "")
    segment.write(memoryview(DATA), 0)
    before = blocks(segment)
    middle = Extent(segment, mmap.PAGESIZE, 100, deque()).map()
    segment.orphan()
    assert blocks(segment) == before // 3
    assert bytes(middle) == DATA[mmap.PAGESIZE : mmap.PAGESIZE + 100]
    descriptor = segment.descriptor
    del middle
    gc.collect()
    assert segment.descriptor == -1
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_full_file_system_is_an_error_that_can_be_caught(segment: Segment) -> None:
    resource = pytest.importorskip("resource")
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, before[1]))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            segment.write(memoryview(DATA), SIZE - 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.errno == errno.EFBIG


def test_whole_pages() -> None:
    assert [whole_pages(length) // mmap.PAGESIZE for length in (0, 1, mmap.PAGESIZE, mmap.PAGESIZE + 1)] == [0, 1, 1, 2]


@pytest.mark.skipif(segments.memory_directory() is None, reason="no files in memory here")
def test_an_orphan_keeps_what_a_fork_may_read() -> None:
    segment = Segment.create(1, segments.memory_directory() or "")
    segment.write(memoryview(DATA), 0)
    mapped = Extent(segment, mmap.PAGESIZE, 100, deque()).map()
    ask, answer = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:
        os.read(ask[0], 1)
        os.write(answer[1], bytes(mapped))
        os._exit(0)
    del mapped
    segment.orphan()
    os.write(ask[1], b"x")
    assert os.read(answer[0], 200) == DATA[mmap.PAGESIZE : mmap.PAGESIZE + 100]
    os.waitpid(pid, 0)
    for end in (*ask, *answer):
        os.close(end)
