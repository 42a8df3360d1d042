"""What translation sets for itself is as it was afterwards."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import pytest

from pydron.translation.nesting import Depth

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    thresholds, limit = gc.get_threshold(), sys.getrecursionlimit()
    yield
    gc.set_threshold(*thresholds)
    sys.setrecursionlimit(limit)


def test_garbage_is_looked_for_less_often_meanwhile() -> None:
    before = gc.get_threshold()
    with Depth():
        with Depth():
            within = gc.get_threshold()
        assert gc.get_threshold() == within
    assert within[0] > 20 * before[0]
    assert within[1:] == before[1:]
    assert gc.get_threshold() == before


def test_who_looks_for_no_garbage_is_not_made_to() -> None:
    gc.set_threshold(0)
    with Depth():
        assert gc.get_threshold()[0] == 0
    assert gc.get_threshold()[0] == 0


def test_what_the_user_sets_meanwhile_stays() -> None:
    limit = sys.getrecursionlimit()
    with Depth():
        assert sys.getrecursionlimit() > limit
        gc.set_threshold(5, 6, 7)
        sys.setrecursionlimit(limit + 77)
    assert gc.get_threshold() == (5, 6, 7)
    assert sys.getrecursionlimit() == limit + 77
