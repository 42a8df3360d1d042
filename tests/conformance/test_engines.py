"""The kit for engines accepts one that keeps the contract, and finds those that do not."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

import pytest

from pydron.tasks import Outcome, Task
from pydron.testing.conformance import check_engine
from pydron.transport.pickling import dump_failure, dumps, loads

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.ids import TaskId


class FuturesEngine:
    """Runs tasks on a `concurrent.futures` executor."""

    slots = 2

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(self.slots)
        self._futures: dict[TaskId, Future[None]] = {}

    def submit(self, task: Task, ended: Callable[[Outcome], None]) -> None:
        self._futures[task.id] = self._executor.submit(lambda: ended(self.run(task)))

    def run(self, task: Task) -> Outcome:
        try:
            args, kwargs = cast("tuple[tuple[object, ...], dict[str, object]]", loads(task.arguments, copy=True))
            return Outcome(task.id, value=dumps(loads(task.function.payload)(*args, **kwargs)))  # type: ignore[operator]
        except BaseException as error:
            return Outcome(task.id, failure=dump_failure(error))

    def cancel(self, task: TaskId) -> None:
        if task in self._futures:
            self._futures[task].cancel()

    def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)


class Eager(FuturesEngine):
    """Reports from within `submit`."""

    def submit(self, task: Task, ended: Callable[[Outcome], None]) -> None:
        ended(self.run(task))


class Deaf(FuturesEngine):
    """Does not cancel."""

    def cancel(self, task: TaskId) -> None:
        pass


class Fragile(FuturesEngine):
    """Loses calls that raise what is no Exception."""

    def run(self, task: Task) -> Outcome:
        outcome = super().run(task)
        if outcome.failure is not None and "SystemExit" in outcome.failure.text:
            return Outcome(task.id, lost=RuntimeError("gone"))
        return outcome


def test_a_good_engine() -> None:
    check_engine(FuturesEngine)


@pytest.mark.parametrize("bad", [Eager, Deaf, Fragile])
def test_bad_engines(bad: type[FuturesEngine]) -> None:
    with pytest.raises(AssertionError):
        check_engine(bad)
