"""What may run now, given the stores that are still to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydron.runtime.conflicts import Memory

if TYPE_CHECKING:
    from collections.abc import Callable


class Program:
    """A function that reads one list; a store into another one is queued."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.first: list[object] = []
        self.second: list[object] = []
        first, second = self.first, self.second
        self.reads: Callable[[], int] = lambda: len(second)
        self.memory.queue(id(first))


@pytest.fixture
def program() -> Program:
    return Program()


def test_a_function_is_looked_at_again_when_there_is_more_to_be_written(program: Program) -> None:
    memory = program.memory
    assert memory.is_open_function(program.reads)
    memory.queue(id(program.first))
    assert memory.is_open_function(program.reads)
    memory.queue(id(program.second))
    assert not memory.is_open_function(program.reads)
    memory.settle(id(program.second))
    assert memory.is_open_function(program.reads)


def test_a_function_is_looked_at_again_when_a_store_is_done(program: Program) -> None:
    memory = program.memory
    memory.queue(id(program.first))
    assert memory.is_open_function(program.reads)
    program.second.append(program.first)
    memory.settle(id(program.first))
    assert not memory.is_open_function(program.reads)
