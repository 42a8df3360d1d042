"""Shipped forms of callables are kept as long as the callables, and workers are told when to forget them."""

from __future__ import annotations

import functools
import gc
from typing import TYPE_CHECKING

import pytest

from pydron.transport import functions as module
from pydron.transport.pickling import Functions, loads
from pydron.worker.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every form that nobody holds one too many."""
    monkeypatch.setattr(module, "_IDLE_BYTES", 0)


def closure(value: object) -> Callable[[int], object]:
    return lambda x: (value, x)


def recursive() -> Callable[[int], object]:
    def down(n: int) -> object:
        return down(n - 1) if n else 0

    return down


def in_its_own_namespace() -> Callable[[int], object]:
    names: dict[str, object] = {"__name__": "__main__"}
    exec("def scaled(x): return scaled(x - 1) if x else helper()\ndef helper(): return Kind\nclass Kind: pass", names)
    return names["scaled"]  # type: ignore[return-value]


@pytest.mark.usefixtures("no_room")
@pytest.mark.parametrize(
    "make", [lambda: closure(1), recursive, in_its_own_namespace], ids=["closure", "self", "module"]
)
def test_a_form_goes_with_its_callable(make: Callable[[], Callable[[int], object]]) -> None:
    functions = Functions()
    made = make()
    key = functions.ship(made, "made").key
    gc.collect()
    assert functions.ship(made, "made").key == key
    assert functions.idle() == []
    del made
    gc.collect()
    assert functions.idle() == [key]
    assert functions.idle() == []
    assert not functions._shipped
    assert not functions._holders


@pytest.mark.usefixtures("no_room")
def test_a_form_stays_while_an_equal_callable_has_it() -> None:
    functions = Functions()
    one, two = closure(1), closure(1)
    key = functions.ship(one, "one").key
    assert functions.ship(two, "two").key == key
    del one
    gc.collect()
    assert functions.idle() == []
    del two
    gc.collect()
    assert functions.idle() == [key]


@pytest.mark.usefixtures("no_room")
def test_the_form_of_a_callable_that_has_changed_is_idle() -> None:
    functions = Functions()
    held = [1]
    made = closure(held)
    before = functions.ship(made, "made").key
    held.append(2)
    after = functions.ship(made, "made").key
    assert functions.idle() == [before]
    held.pop()
    assert functions.ship(made, "made").key == before
    assert functions.idle() == [after]


def test_workers_keep_some_functions_that_are_gone() -> None:
    functions = Functions()
    small = [functions.ship(closure(number), "small").key for number in range(5)]
    gc.collect()
    assert functions.idle() == []
    large = functions.ship(closure(bytes(65 << 20)), "large").key
    gc.collect()
    assert sorted(functions.idle()) == sorted([*small, large])


def test_so_many_functions_that_are_gone_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IDLE_MOST", 3)
    functions = Functions()
    for number in range(3):
        functions.ship(functools.partial(closure, number), "partial")
    assert functions.idle() == []
    functions.ship(functools.partial(closure, 3), "partial")
    assert len(functions.idle()) == 4


def test_an_object_at_the_address_of_another_is_not_taken_for_it() -> None:
    functions = Functions()
    for number in range(200):
        made = closure(number)
        shipped = functions.ship(made, "made")
        assert loads(shipped.payload)(0) == (number, 0)  # type: ignore[operator]
        del made


def test_one_object_under_two_names_is_not_two_equal_objects() -> None:
    names: dict[str, object] = {"__name__": "__main__", "A": [1]}
    names["B"] = names["A"]
    exec("def same(x): return A is B", names)
    function: Callable[[int], object] = names["same"]  # type: ignore[assignment]
    functions = Functions()
    before = functions.ship(function, "same")
    names["B"] = [1]
    assert functions.ship(function, "same").key != before.key


def test_a_worker_drops_what_it_is_told_to() -> None:
    functions, store = Functions(), Store()
    shipped = functions.ship(closure(1), "made")
    store.add_code(shipped.key, "made", shipped.payload)
    assert store.function(shipped.key)(2) == (1, 2)
    store.forget(store.codes([shipped.key, b"unknown"]))
    with pytest.raises(KeyError):
        store.function(shipped.key)


def test_a_worker_keeps_what_was_sent_again_meanwhile() -> None:
    functions, store = Functions(), Store()
    shipped = functions.ship(closure(1), "made")
    store.add_code(shipped.key, "made", shipped.payload)
    told = store.codes([shipped.key])
    store.add_code(shipped.key, "made", shipped.payload)
    store.forget(told)
    assert store.function(shipped.key)(2) == (1, 2)
