"""Failure, death, cancellation: what becomes of a task and of those behind it."""

from __future__ import annotations

import pytest

from pydron.errors import LaunchError, WorkerLost
from pydron.scheduler import events
from pydron.scheduler.commands import FetchValue, FreeValues, Recall, StartWorkers, StopTask, StopWorker
from tests.unit.scheduler.stage import Stage, values_of


def test_a_failure_is_delivered_and_what_stands_behind_it_is_never_run() -> None:
    stage = Stage(workers=1)
    first = stage.submit()
    second = stage.submit(first)
    third = stage.submit(second)
    stage.assigned()
    stage.fail("w0", first)
    (outcome,) = stage.delivered()
    assert outcome.failure is not None
    assert [stage.record(task).state.value for task in (second, third)] == ["cancelled", "cancelled"]
    fourth = stage.submit(third)
    assert stage.record(fourth).state.value == "cancelled"
    assert not stage.assigned()
    assert not stage.delivered()
    stage.cancel(second, third, fourth)
    stage.release(first)
    assert not stage.scheduler.ledger.tasks


def test_the_task_a_worker_died_under_is_tried_again_and_counted() -> None:
    stage = Stage(workers=1)
    head, behind = stage.submit(), stage.submit()
    stage.leave("w0", "exited with status 9")
    stage.join("w1")
    assert stage.record(head).ends == ("w0 on host: exited with status 9",)
    assert stage.record(behind).ends == ()
    stage.done("w1", head)
    stage.done("w1", behind)
    assert sorted(values_of(stage.delivered())) == [head, behind]


def test_tasks_of_a_dead_worker_are_run_alone() -> None:
    stage = Stage(workers=1)
    tasks = [stage.submit() for _ in range(2)]
    more = [stage.submit() for _ in range(3)]
    stage.leave("w0")
    stage.assigned()
    stage.join("w1")
    assert stage.assigned() == [("w1", [tasks[0]], [])]
    stage.done("w1", tasks[0])
    assert stage.assigned() == [("w1", [tasks[1]], [])]
    stage.done("w1", tasks[1])
    assert stage.assigned() == [("w1", more[:2], [])]


def test_a_suspect_is_not_starved_by_tasks_that_share_workers() -> None:
    stage = Stage(workers=2)
    for _ in range(20):
        stage.submit()
    suspects = list(stage.scheduler.ledger.workers["w0"].queue)
    stage.leave("w0")
    ran: list[int] = []
    for _ in range(6):
        queue = list(stage.scheduler.ledger.workers["w1"].queue)
        ran.append(queue[0])
        stage.done("w1", queue[0])
    assert set(suspects) <= set(ran)


def test_a_task_that_kills_its_workers_is_given_up() -> None:
    stage = Stage()
    task = stage.submit(retries=2)
    behind = stage.submit(task)
    for number in range(3):
        stage.join(f"w{number}")
        stage.leave(f"w{number}", "signal 11")
    lost = stage.lost()
    error = lost[task]
    assert isinstance(error, WorkerLost)
    assert (error.function, error.attempts, len(error.ends)) == ("module.f", 3, 3)
    assert error.ends[0] == "w0 on host: signal 11"
    assert error.site is not None
    assert error.site.line == task
    assert lost[behind] is error


def test_the_attempts_of_its_neighbours_do_not_count_for_a_task() -> None:
    stage = Stage()
    killer, innocent = stage.submit(retries=1), stage.submit(retries=0)
    for number in range(2):
        stage.join(f"w{number}")
        stage.leave(f"w{number}")
    assert set(stage.lost()) == {killer}
    stage.join("w2")
    stage.done("w2", innocent)
    assert values_of(stage.delivered()) == {innocent: b"value 2"}


def test_nobody_is_blamed_when_the_driver_sent_the_worker_away() -> None:
    stage = Stage(workers=1)
    task = stage.submit(retries=0)
    stage.leave("w0", expected=True)
    assert stage.record(task).ends == ()
    assert stage.record(task).state.value == "ready"


def test_a_cancelled_task_that_waits_is_forgotten_with_all_behind_it() -> None:
    stage = Stage(workers=1)
    blocker = stage.submit()
    waiting = stage.submit(blocker)
    behind = stage.submit(waiting)
    stage.cancel(waiting, behind)
    assert set(stage.scheduler.ledger.tasks) == {blocker}
    stage.done("w0", blocker)
    assert len(stage.delivered()) == 1


def test_a_cancelled_task_in_a_queue_is_recalled() -> None:
    stage = Stage(workers=1)
    head, queued = stage.submit(), stage.submit()
    stage.cancel(queued)
    assert stage.take(Recall) == [Recall("w0", [queued])]  # type: ignore[arg-type]
    stage.recalled("w0", queued)
    assert list(stage.scheduler.ledger.workers["w0"].queue) == [head]


def test_a_cancelled_task_that_runs_is_stopped_and_those_behind_it_are_recalled() -> None:
    stage = Stage(workers=1)
    head, queued = stage.submit(), stage.submit()
    stage.cancel(head)
    assert stage.take(StopTask) == [StopTask("w0", head)]  # type: ignore[arg-type]
    assert stage.take(Recall) == [Recall("w0", [queued])]  # type: ignore[arg-type]
    stage.submit()
    assert stage.scheduler.ledger.workers["w0"].load == 2
    stage.leave("w0", "stopped")
    assert stage.record(queued).ends == ()
    stage.join("w1")
    stage.done("w1", queued)
    assert values_of(stage.delivered()) == {queued: b"value 2"}


def test_a_cancelled_task_that_ends_after_all_is_not_heard_of_and_its_value_is_freed() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.cancel(task)
    stage.done("w0", task, remote=True)
    assert not stage.delivered()
    assert stage.take(FreeValues) == [FreeValues("w0", [task])]  # type: ignore[arg-type, list-item]
    assert not stage.scheduler.ledger.workers["w0"].closed


def test_a_cancelled_task_that_gets_to_run_before_the_recall_is_stopped() -> None:
    stage = Stage(workers=1)
    head, queued = stage.submit(), stage.submit()
    stage.cancel(queued)
    stage.done("w0", head)
    assert stage.take(StopTask) == [StopTask("w0", queued)]  # type: ignore[arg-type]
    stage.recalled("w0", queued)
    assert not stage.scheduler.ledger.workers["w0"].closed


def test_cancelling_a_done_task_releases_its_value() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.done("w0", task, remote=True)
    stage.cancel(task)
    assert stage.take(FreeValues)
    assert not stage.scheduler.ledger.tasks


def test_a_failure_while_computing_again_reaches_the_tasks_that_need_the_value() -> None:
    stage = Stage(workers=1)
    first = stage.submit()
    stage.done("w0", first, remote=True)
    stage.leave("w0")
    stage.join("w1")
    reader = stage.submit(first)
    stage.delivered()
    stage.fail("w1", first)
    (outcome,) = stage.delivered()
    assert outcome.task == reader
    assert outcome.failure is not None


def test_the_end_of_a_run_leaves_nothing_behind() -> None:
    stage = Stage(workers=2)
    done = stage.submit()
    stage.done("w1", done, remote=True)
    running = stage.submit(done)
    stage.submit(running)
    other = object()
    kept = stage.submit(run=other)
    stage.delivered()
    stage.tell(events.RunEnded(stage.run))
    assert set(stage.scheduler.ledger.tasks) == {kept}
    assert stage.take(FreeValues)
    assert stage.take(StopTask)
    stage.tell(events.RunEnded(stage.run))


def test_without_any_worker_to_come_tasks_end_with_the_reason() -> None:
    stage = Stage()
    first = stage.submit()
    second = stage.submit(first)
    error = LaunchError("no such file")
    stage.tell(events.WorkersUnavailable(error))
    assert stage.lost() == {first: error, second: error}
    stage.take(StartWorkers)
    stage.submit()
    assert stage.take(StartWorkers), "the next task is a new chance"


def test_workers_that_cannot_be_replaced_do_not_matter_while_there_are_others() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.tell(events.WorkersUnavailable(LaunchError("no")))
    stage.done("w0", task)
    assert values_of(stage.delivered()) == {task: b"value 1"}


def test_a_draining_worker_finishes_what_it_runs_and_saves_what_only_it_has() -> None:
    stage = Stage(workers=1)
    value = stage.submit()
    stage.done("w0", value, remote=True)
    running, queued = stage.submit(), stage.submit()
    stage.drain("w0")
    assert stage.take(Recall) == [Recall("w0", [queued])]  # type: ignore[arg-type]
    stage.recalled("w0", queued)
    assert not stage.take(StopWorker)
    stage.done("w0", running)
    assert stage.take(FetchValue) == [FetchValue("w0", value)]  # type: ignore[arg-type]
    stage.arrive("w0", value)
    assert stage.take(StopWorker) == [StopWorker("w0")]  # type: ignore[arg-type]
    stage.leave("w0", expected=True)
    assert stage.record(value).state.value == "done"
    stage.join("w1")
    assert stage.record(queued).state.value == "running"


def test_outcomes_of_unknown_tasks_and_workers_are_ignored() -> None:
    stage = Stage(workers=1)
    stage.done("w0", 99)
    stage.done("nobody", 1)
    stage.recalled("nobody", 1)
    stage.leave("nobody")
    stage.drain("nobody")
    assert not stage.commands


def test_an_outcome_that_comes_twice_counts_once() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.done("w0", task)
    stage.done("w0", task)
    assert len(stage.delivered()) == 1


def test_a_worker_joins_once() -> None:
    stage = Stage(workers=1)
    with pytest.raises(ValueError, match="w0 joined twice"):
        stage.join("w0")
