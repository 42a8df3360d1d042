"""The driver notices when it has changed, and not otherwise."""

from __future__ import annotations

import decimal
import logging
import sys
import warnings
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from pydron.worker.likeness import DecimalNote, Observer, ThreadLikeness, decimal_mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType


ALSO_SET: ContextVar[object] = ContextVar("also set")
VARIABLE: ContextVar[object] = ContextVar("variable", default="nothing")


def in_call(observer: Observer, ask: Callable[[], object]) -> object:
    """Return what a call finds in the likeness that was noted last."""
    likeness = ThreadLikeness()
    likeness.apply(observer.noted[-1])

    def call() -> object:
        likeness.enter()
        return ask()

    return Context().run(call)


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


@pytest.mark.parametrize("within", ["_describe", "_look_at_levels"])
def test_interrupted(within: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_level(monkeypatch)
    for calls in range(1, 4):
        observer, left = Observer(), calls

        def press(frame: FrameType, event: str, _argument: object) -> None:
            nonlocal left
            left -= frame.f_code.co_name == within and event in ("call", "c_call", "c_return")
            if left == 0:
                left = -1
                raise KeyboardInterrupt

        before = sys.getprofile()
        sys.setprofile(press)
        try:
            with pytest.raises(KeyboardInterrupt):
                observer.note()
        finally:
            left = -1
            sys.setprofile(before)
        assert ("pydron.test", 5) in observer.noted[observer.note()].levels
        assert [each.number for each in observer.noted] == [*range(len(observer.noted))]


def test_context_variables() -> None:
    local: ContextVar[int] = ContextVar("local", default=1)

    def here() -> None:
        observer = Observer()
        assert observer.note() == 0
        assert in_call(observer, VARIABLE.get) == "nothing"
        value = [1]
        VARIABLE.set(value)
        ALSO_SET.set(lambda: 3)
        local.set(2)
        assert [observer.note(), observer.note()] == [1, 1]
        assert in_call(observer, VARIABLE.get) == [1]
        assert in_call(observer, VARIABLE.get) is not value
        assert in_call(observer, lambda: cast("Callable[[], int]", ALSO_SET.get())() + 1) == 4
        assert in_call(observer, local.get) == 2
        value.append(2)
        assert observer.note() == 2
        assert in_call(observer, VARIABLE.get) == [1, 2]
        VARIABLE.set(open)
        ALSO_SET.set(iter([1]))
        assert observer.note() == 3
        assert in_call(observer, VARIABLE.get) is open
        assert in_call(observer, lambda: ALSO_SET.get(None)) is None

    Context().run(here)


def test_what_numpy_does_about_errors() -> None:
    observer = Observer()
    observer.note()
    with np.errstate(divide="raise", over="call"):
        assert observer.note() == 1
        assert in_call(observer, np.geterr) == {**np.geterr(), "over": "warn"}
    assert observer.note() == 2
    assert in_call(observer, lambda: np.geterr()["divide"]) == "warn"


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
