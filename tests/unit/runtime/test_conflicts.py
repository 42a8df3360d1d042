"""What may run now, given the stores that are still to come."""

from __future__ import annotations

from pydron.runtime.conflicts import Memory


def test_a_function_is_looked_at_again_when_there_is_more_to_be_written() -> None:
    first: list[int] = []
    second: list[int] = []
    memory = Memory()

    def reads() -> int:
        return len(second)

    memory.queue(id(first))
    assert memory.is_open_function(reads)
    memory.queue(id(first))
    assert memory.is_open_function(reads)
    memory.queue(id(second))
    assert not memory.is_open_function(reads)
    memory.settle(id(second))
    assert memory.is_open_function(reads)


def test_a_function_is_looked_at_again_when_a_store_is_done() -> None:
    first: list[int] = []
    second: list[object] = []
    memory = Memory()

    def reads() -> int:
        return len(second)

    memory.queue(id(first))
    memory.queue(id(first))
    assert memory.is_open_function(reads)
    second.append(first)
    memory.settle(id(first))
    assert not memory.is_open_function(reads)
