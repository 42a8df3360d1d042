"""Workers run functions of modules as the driver has them, also when it has reloaded one."""

from __future__ import annotations

import importlib.util
import json.tool
import os
import sys
from typing import TYPE_CHECKING, cast

import pytest

from pydron.sessions import Session
from pydron.sessions.reloads import Reloads
from tests.integration.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NEAR = "import {far}\n\n\ndef call(x):\n    return {far}.NUMBER + x\n"


class Modules:
    """Two modules, one of which uses the other, and what was written into them."""

    def __init__(self, directory: Path, far: str, near: str) -> None:
        self.path = directory / f"{far}.py"
        self.write(1)
        (directory / f"{near}.py").write_text(NEAR.format(far=far), encoding="utf-8")
        self.far, self.near = importlib.import_module(far), importlib.import_module(near)

    def write(self, number: int) -> None:
        self.path.write_text(f"NUMBER = {number}\n", encoding="utf-8")
        os.utime(self.path, (number, number))  # a time of its own, however fast the tests are

    @property
    def call(self) -> Callable[[int], int]:
        return cast("Callable[[int], int]", self.near.__dict__["call"])


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Modules]:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    names = [f"{stem}_{abs(hash(request.node.name))}" for stem in ("far", "near")]
    yield Modules(tmp_path, *names)
    for name in names:
        del sys.modules[name]


@pytest.mark.parametrize("workers", [{"type": "multicore", "cores": 2}, {"type": "threads", "count": 2}])
def test_workers_do_not_keep_what_a_module_was(workers: dict[str, object], modules: Modules) -> None:
    with Session({"workers": [workers]}) as session:
        client = Client(session)
        before = [client.submit(modules.call, x) for x in range(8)]
        assert [client.result(task) for task in before] == list(range(1, 9))
        for number in (10, 20):
            modules.write(number)
            importlib.reload(modules.far)
            after = [client.submit(modules.call, x) for x in range(8)]
            assert [client.result(task) for task in after] == [number + x for x in range(8)]


def test_values_outlive_the_workers_that_held_them(modules: Modules) -> None:
    with Session({"workers": [{"type": "multicore", "cores": 2}]}) as session:
        client = Client(session)
        large = client.submit(bytes, 300_000)
        client.outcome(large)
        importlib.reload(modules.far)
        assert client.result(client.submit(len, None, references=((0, large),))) == 300_000


def test_only_reloads_are_noticed() -> None:
    reloads = Reloads()
    try:
        importlib.import_module("json.tool")
        importlib.util.find_spec("json.scanner")
        assert not reloads.taken()
        importlib.reload(json.tool)
        assert reloads.taken()
        assert not reloads.taken()
    finally:
        reloads.close()
    assert reloads not in sys.meta_path
    reloads.close()
