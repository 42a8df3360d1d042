"""Values that leave the memory of the worker come back as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydron.tasks import Payload
from pydron.transport.codec import dumps, loads
from pydron.transport.segments import Segment, can_share
from pydron.transport.shelf import LARGE, Arena, Shelf
from pydron.worker.spilling import Spilled, spill
from pydron.worker.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not can_share(), reason="no segments here")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    segment = Segment.create(1, str(tmp_path))
    yield Shelf([Arena(segment)])
    segment.close()


def test_a_value_comes_back(shelf: Shelf) -> None:
    numpy = pytest.importorskip("numpy")
    value = {"text": "x" * 50_000, "some": numpy.arange(5_000), "large": numpy.arange(LARGE), "list": list(range(9))}
    spilled = spill(dumps(value, copy=False, keep=shelf.keep), shelf)
    assert isinstance(spilled, Spilled)
    assert [type(part) is int for part in spilled.parts] == [True, False]
    back = loads(spilled.payload(), copy=True)
    assert isinstance(back, dict)
    assert back["text"] == value["text"]
    assert back["list"] == value["list"]
    assert (back["some"] == value["some"]).all()
    assert (back["large"] == value["large"]).all()
    back["some"][0] = back["large"][0] = 7
    again = loads(spilled.payload(), copy=True)
    assert isinstance(again, dict)
    assert (again["some"][0], again["large"][0]) == (0, 0)


def test_small_values_stay(shelf: Shelf) -> None:
    payload = Payload(b"x" * 100)
    assert spill(payload, shelf) is payload


def test_without_room_values_stay() -> None:
    payload = Payload(b"x" * 100_000)
    assert spill(payload, Shelf([])) is payload


def test_a_store_with_a_shelf_answers_as_one_without(shelf: Shelf) -> None:
    plain, limited = Store(), Store()
    limited.shelf = shelf
    value = [f"{number:>200}" for number in range(1000)]
    for store in (plain, limited):
        store.put(1, dumps(value))
        assert store.load(1) == value
        assert loads(store.payload(1) or Payload(b"")) == value
        store.free([1])
        assert store.payload(1) is None
        with pytest.raises(LookupError):
            store.load(1)
