"""Watched memory: every way of writing to it shows."""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import TYPE_CHECKING

import pytest

from pydron.transport.pages import PageWatch, address_of, same_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SIZE = 64 * mmap.PAGESIZE


@pytest.fixture
def pages() -> Iterator[PageWatch]:
    try:
        watch = PageWatch()
    except OSError as error:
        pytest.skip(f"not on this system: {error}")
    yield watch
    watch.close()


def private(size: int = SIZE) -> mmap.mmap:
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory[:] = b"a" * size
    return memory


def by_slice(memory: mmap.mmap) -> None:
    memory[SIZE // 2] = 7


def by_same_value(memory: mmap.mmap) -> None:
    memory[5] = memory[5]


def by_the_kernel(memory: mmap.mmap) -> None:
    with open("/dev/zero", "rb", buffering=0) as zeros:  # noqa: PTH123
        zeros.readinto(memoryview(memory)[100:200])


def by_c(memory: mmap.mmap) -> None:
    ctypes.memset(address_of(memoryview(memory)) + SIZE - 1, 1, 1)


def by_dropping_pages(memory: mmap.mmap) -> None:
    memory.madvise(mmap.MADV_DONTNEED, mmap.PAGESIZE, mmap.PAGESIZE)


def after_a_fork(memory: mmap.mmap) -> None:
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    memory[0] = 1


@pytest.mark.parametrize("write", [by_slice, by_same_value, by_the_kernel, by_c, by_dropping_pages, after_a_fork])
def test_whoever_writes_is_seen(pages: PageWatch, write: Callable[[mmap.mmap], None]) -> None:
    memory = private()
    watch = pages.mark(address_of(memoryview(memory)), SIZE)
    assert watch is not None
    assert bytes(memoryview(memory)[:10]) == b"a" * 10
    assert pages.untouched(watch)
    assert pages.untouched(watch), "looking is not writing"
    write(memory)
    assert not pages.untouched(watch)
    assert not pages.untouched(watch), "once written, always written"


def test_memory_that_is_replaced_is_seen(pages: PageWatch) -> None:
    memory = private()
    address = address_of(memoryview(memory))
    watch = pages.mark(address, SIZE)
    assert watch is not None
    memory.close()
    again = private()
    if address_of(memoryview(again)) != address:
        pytest.skip("the system chose another place")
    assert not pages.untouched(watch)


def test_marking_again_ends_other_watches_of_the_same_pages(pages: PageWatch) -> None:
    memory = private()
    start = address_of(memoryview(memory))
    first = pages.mark(start, SIZE)
    assert first is not None
    memory[0] = 9
    second = pages.mark(start + SIZE // 2, SIZE // 2)
    third = pages.mark(start, SIZE // 4)
    assert second is not None
    assert third is not None
    assert not pages.untouched(first), "what was written shows in no mark any more"
    assert pages.untouched(second)
    assert pages.untouched(third)


def test_only_whole_pages_are_watched(pages: PageWatch) -> None:
    memory = private()
    start = address_of(memoryview(memory))
    watch = pages.mark(start + 10, SIZE - 20)
    assert watch is not None
    assert (watch.first, watch.last) == (start + mmap.PAGESIZE, start + SIZE - mmap.PAGESIZE)
    assert pages.mark(start + 10, 100) is None


def test_memory_that_others_may_write_is_not_watched(pages: PageWatch, tmp_path: Path) -> None:
    shared = mmap.mmap(-1, SIZE)
    shared[:] = b"a" * SIZE
    assert pages.mark(address_of(memoryview(shared)), SIZE) is None
    (tmp_path / "file").write_bytes(bytes(SIZE))
    with (tmp_path / "file").open("rb") as file:
        private = mmap.mmap(file.fileno(), SIZE, access=mmap.ACCESS_COPY)
        assert pages.mark(address_of(memoryview(private)), SIZE) is None


def test_a_forked_child_watches_nothing(pages: PageWatch) -> None:
    memory = private()
    watch = pages.mark(address_of(memoryview(memory)), SIZE)
    assert watch is not None
    pid = os.fork()
    if not pid:
        seen = pages.untouched(watch) or pages.mark(address_of(memoryview(memory)), SIZE) is not None
        os._exit(int(seen))
    assert os.waitpid(pid, 0)[1] == 0


def test_bytes_are_compared() -> None:
    one, other = bytearray(b"abc" * 1000), bytes(b"abc" * 1000)
    assert same_bytes(memoryview(one), memoryview(other))
    assert not same_bytes(memoryview(one), memoryview(other)[1:])
    one[2999] = 0
    assert not same_bytes(memoryview(one), memoryview(other))
