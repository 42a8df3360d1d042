"""What counts as changed by whom output is written to."""

from __future__ import annotations

import logging
import logging.handlers
from typing import TYPE_CHECKING

from pydron.runtime.effects import heard_by, memory_key

if TYPE_CHECKING:
    from collections.abc import Callable

SEEN: list[str] = []
COUNT = 0


class Keeper(logging.Handler):
    """Keeps texts in an object of the program's."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()

    def emit(self, record: logging.LogRecord) -> None:
        self.book.pages.append(record.getMessage())


class Book:
    """Part of a program."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.shelf = (1, 2)


class Layout(logging.Formatter):
    """Refers to an object of the program's."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()


def hears(listener: object, memory: object) -> bool:
    """Say whether what is written to a listener may change an object."""
    return memory_key(memory) in heard_by([listener])


def test_all_counts_that_a_handler_of_the_program_holds() -> None:
    keeper = Keeper()
    assert hears(keeper, keeper)
    assert hears(keeper, keeper.book)
    assert hears(keeper, keeper.book.pages)


def test_what_cannot_change_does_not_count() -> None:
    keeper = Keeper()
    assert not hears(keeper, keeper.book.shelf)
    assert not hears(keeper, ())
    assert not hears(keeper, logging)


def test_of_a_handler_of_a_library_it_is_what_that_collects() -> None:
    keeper = Keeper()
    memory = logging.handlers.MemoryHandler(10, target=keeper)
    layout = Layout()
    memory.formatter = layout
    assert hears(memory, memory.buffer)
    assert hears(memory, keeper.book.pages)
    assert not hears(memory, layout.book.pages)


def test_a_hook_changes_what_it_refers_to() -> None:
    own: list[str] = []

    def count(message: object) -> None:
        global COUNT
        COUNT += 1

    hooks: list[tuple[Callable[..., object], object]] = [
        (own.append, own),
        (lambda message: own.append(str(message)), own),
        (lambda message: SEEN.append(str(message)), SEEN),
        (count, globals()),
    ]
    for hook, memory in hooks:
        assert hears(hook, memory)
        assert not hears(hook, Book().pages)
