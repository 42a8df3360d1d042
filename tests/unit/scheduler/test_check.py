"""The checker notices broken books, and stories tell what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydron.scheduler.check import BrokenLawError, check
from pydron.scheduler.state import DONE, READY, WAITING
from tests.unit.scheduler.stage import Stage, payload

if TYPE_CHECKING:
    from collections.abc import Callable


def lose_count(stage: Stage) -> None:
    stage.record(2).waits = 5


def forget_worker(stage: Stage) -> None:
    del stage.scheduler.ledger.workers["w0"]


def claim_ready(stage: Stage) -> None:
    stage.record(1).state = READY


def claim_done(stage: Stage) -> None:
    stage.record(1).state = DONE


def claim_waiting(stage: Stage) -> None:
    stage.record(1).state = WAITING


def miscount_load(stage: Stage) -> None:
    stage.scheduler.ledger.workers["w0"].load = 7


def miscount_run(stage: Stage) -> None:
    next(iter(stage.scheduler.ledger.runs.values())).tasks = 9


def drop_reader(stage: Stage) -> None:
    stage.record(1).interest.readers.clear()


def drop_value(stage: Stage) -> None:
    stage.record(3).payload = None


BREAKAGES = [
    lose_count,
    forget_worker,
    claim_ready,
    claim_done,
    claim_waiting,
    miscount_load,
    miscount_run,
    drop_reader,
    drop_value,
]


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda each: each.__name__)
def test_broken_books_are_noticed(breakage: Callable[[Stage], None]) -> None:
    stage = Stage(workers=1)
    first = stage.submit()
    stage.submit(first)
    third = stage.submit()
    stage.leave("w0", expected=True)
    stage.join("w0")
    stage.done("w0", third)
    check(stage.scheduler.ledger)
    breakage(stage)
    with pytest.raises(BrokenLawError):
        check(stage.scheduler.ledger)


def test_a_broken_law_tells_the_story_of_its_task() -> None:
    stage = Stage(workers=1)
    first = stage.submit()
    stage.submit(first)
    lose_count(stage)
    with pytest.raises(BrokenLawError, match=r"task 2, a call of module\.f at pipeline\.py:2 in main, is waiting"):
        check(stage.scheduler.ledger)


def test_a_story_tells_where_a_task_stands_and_what_happened() -> None:
    stage = Stage(workers=1)
    first = stage.submit()
    second = stage.submit(first)
    stage.leave("w0", "signal 11")
    stage.join("w1")
    story = stage.scheduler.story(first)
    assert story.startswith("task 1, a call of module.f at pipeline.py:1 in main, is running")
    assert "with worker w1, 0 tasks before it" in story
    assert "attempt 1: w0 on host: signal 11" in story
    assert "is placed on w0" in story
    assert "refers to task 1, which is running" in stage.scheduler.story(second)
    assert "not in the books" in stage.scheduler.story(99)


def test_a_story_says_that_a_value_is_computed_again() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.done("w0", task, remote=True)
    stage.leave("w0")
    stage.want(task)
    story = stage.scheduler.story(task)
    assert "being computed again" in story
    assert "was lost 1 times" in story


def test_quiet_means_that_nothing_is_unfinished() -> None:
    stage = Stage(workers=1)
    assert stage.scheduler.quiet
    task = stage.submit()
    assert not stage.scheduler.quiet
    stage.done("w0", task, remote=True)
    assert stage.scheduler.quiet
    stage.want(task)
    assert not stage.scheduler.quiet
    stage.arrive("w0", task)
    assert stage.scheduler.quiet
    assert payload(task).size == len(b"value 1")
