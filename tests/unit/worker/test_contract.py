"""Calls that change their arguments are found, and told where."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pydron.errors import ContractError
from pydron.worker.contract import Witness

if TYPE_CHECKING:
    from collections.abc import Callable


class Thing:
    def __init__(self) -> None:
        self.parts = [1, {"a": [2]}]
        self.name = "thing"

    def rename(self) -> None:
        self.name = "other"


def process(thing: object, *, option: object = None) -> None: ...


def witnessed(change: Callable[[Thing, dict[str, object]], object]) -> str:
    thing = Thing()
    option: dict[str, object] = {"key": (1, [2])}
    witness = Witness("process", process, (thing,), {"option": option})
    change(thing, option)
    with pytest.raises(ContractError) as caught:
        witness.compare()
    return caught.value.breach


def test_a_call_that_keeps_the_contract() -> None:
    thing = Thing()
    witness = Witness("process", process, (thing,), {"option": {}})
    witness.compare()


@pytest.mark.parametrize(
    "change,where",
    [
        (lambda thing, _: thing.parts.append(3), "thing.parts"),
        (lambda thing, _: thing.parts[1]["a"].append(3), "thing.parts[1]['a']"),
        (lambda _, option: option["key"][1].clear(), "option['key'][1]"),
        (lambda _, option: option.update(more=1), "option"),
    ],
    ids=["attribute", "deep", "keyword", "new key"],
)
def test_the_place_is_told(change: Callable[[Thing, dict[str, object]], object], where: str) -> None:
    assert witnessed(change) == f"has changed its argument {where}: work on a copy of it, and return that"


def test_a_method_that_changes_its_owner() -> None:
    thing = Thing()
    witness = Witness("Thing.rename", thing.rename, (), {})
    thing.rename()
    with pytest.raises(ContractError, match=r"self\.name"):
        witness.compare()


def test_what_cannot_be_pickled_is_not_judged() -> None:
    Witness("process", process, (threading.Lock(),), {}).compare()
