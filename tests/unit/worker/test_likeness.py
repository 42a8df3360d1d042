"""The driver notices when it has changed, and not otherwise."""

from __future__ import annotations

import decimal
import logging
import sys
import warnings
from typing import TYPE_CHECKING

import pytest

from pydron.worker.likeness import DecimalNote, Observer, decimal_mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_nothing_changed() -> None:
    observer = Observer()
    assert {observer.note() for _ in range(5)} == {0}
    assert observer.noted[0].environment == ()


def set_level(patch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("pydron.test")
    patch.setattr(logger, "level", 0)
    logger.setLevel(5)


CHANGES: dict[str, Callable[[pytest.MonkeyPatch, Path], object]] = {
    "directory": lambda patch, path: patch.chdir(path),
    "path": lambda patch, path: patch.setattr(sys, "path", [*sys.path, str(path)]),
    "environment": lambda patch, _: patch.setenv("PYDRON_TEST", "1"),
    "filters": lambda patch, _: patch.setattr(warnings, "filters", [("ignore", None, Warning, None, 0)]),
    "levels": lambda patch, _: set_level(patch),
}


@pytest.mark.parametrize("what", CHANGES)
def test_something_changed(what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    observer = Observer()
    observer.note()
    CHANGES[what](monkeypatch, tmp_path)
    assert observer.note() == 1
    before, after = observer.noted
    differing = {name for name in before._fields if getattr(before, name) != getattr(after, name)}
    assert differing == {"number", what}
    assert observer.note() == 1


def test_the_decimal_context() -> None:
    observer = Observer()
    observer.note()
    with decimal.localcontext(prec=3):
        assert observer.note() == 1
    assert observer.note() == 2


@pytest.mark.parametrize(
    "change",
    [
        {"prec": 3}, {"rounding": decimal.ROUND_UP}, {"Emin": -5}, {"Emax": 5}, {"capitals": 0}, {"clamp": 1},
        {"traps": [decimal.Inexact]},
    ],
    ids=str,
)  # fmt: skip
def test_a_note_of_the_decimal_context_tells_whether_it_has_changed(change: dict[str, object]) -> None:
    note, mark = DecimalNote(), decimal_mark()
    with decimal.localcontext() as context:
        for name, value in change.items():
            setattr(context, name, dict.fromkeys(context.traps, False) if name == "traps" else value)
        assert not note.is_current()
        assert decimal_mark() != mark
        assert DecimalNote().is_current()
    assert note.is_current()


def test_a_note_of_a_decimal_context_outlives_what_is_done_with_it() -> None:
    note = DecimalNote()
    decimal.Decimal(1) / decimal.Decimal(3)
    assert note.is_current()
    decimal.getcontext().clear_flags()
    assert note.is_current()
