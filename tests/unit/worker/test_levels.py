"""Which loggers of the driver a worker is told of."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from pydron.worker.likeness import Observer

if TYPE_CHECKING:
    from collections.abc import Iterator


def levels() -> dict[str, int]:
    observer = Observer()
    return dict(observer.noted[observer.note()].levels)


class LibraryLogger(logging.Logger):
    """What a library makes that has loggers of its own."""


@pytest.fixture
def loggers() -> Iterator[None]:
    known = logging.root.manager.loggerDict
    names = {"ordinary", "library"}
    logging.getLogger("ordinary").setLevel(logging.ERROR)
    known["library"] = LibraryLogger("library", logging.ERROR)
    yield
    for name in names:
        del known[name]


@pytest.mark.usefixtures("loggers")
def test_ordinary_loggers_are_told() -> None:
    assert levels()["ordinary"] == logging.ERROR


@pytest.mark.usefixtures("loggers")
def test_loggers_that_a_library_makes_itself_are_left_to_it() -> None:
    assert "library" not in levels()
