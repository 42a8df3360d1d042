"""Tasks that are sent to the worker that makes what they need."""

from __future__ import annotations

from pydron.ids import WorkerId
from pydron.scheduler import events
from pydron.scheduler.commands import Recall
from tests.unit.scheduler.stage import Stage, values_of


def with_workers(number: int, *, keeps: bool = True) -> Stage:
    """Return a stage whose workers have done two short tasks, so that tasks are known to be short."""
    stage = Stage()
    for each in range(number):
        stage.tell(events.WorkerJoined(WorkerId(f"w{each}"), "host", keeps=keeps))
        task = stage.submit()
        ((name, _, _),) = stage.assigned()
        stage.done(name, task, seconds=1e-5)
        stage.release(task)
    stage.commands.clear()
    return stage


def test_a_chain_is_sent_as_a_whole() -> None:
    stage = with_workers(2)
    first = stage.task()
    second = stage.task(first.id)
    third = stage.task(second.id)
    stage.tell(events.TasksSubmitted(stage.run, [first, second, third]))
    ((name, tasks, values),) = stage.assigned()
    assert tasks == [first.id, second.id, third.id]
    assert values == []
    stage.done(name, *tasks, seconds=1e-5)
    assert values_of(stage.delivered()).keys() == set(tasks)


def test_a_chain_goes_step_by_step_to_a_worker_that_keeps_nothing() -> None:
    stage = with_workers(1, keeps=False)
    first = stage.task()
    stage.tell(events.TasksSubmitted(stage.run, [first, stage.task(first.id)]))
    assert stage.assigned() == [("w0", [first.id], [])]


def test_a_later_batch_follows_what_is_under_way() -> None:
    stage = with_workers(1)
    first = stage.submit()
    stage.assigned()
    second = stage.submit(first)
    assert stage.assigned() == [("w0", [second], [])]


def test_long_calls_are_not_sent_ahead() -> None:
    stage = with_workers(1)
    for _ in range(10):
        long = stage.submit()
        stage.done("w0", long, seconds=1.0)
    stage.assigned()
    first = stage.submit()
    stage.submit(first)
    assert stage.assigned() == [("w0", [first], [])]


def test_one_task_follows_each_value() -> None:
    stage = with_workers(2)
    first = stage.submit()
    stage.assigned()
    followers = [stage.submit(first) for _ in range(3)]
    assert [tasks for _, tasks, _ in stage.assigned()] == [followers[:1]]


def test_other_values_travel_along() -> None:
    stage = with_workers(1)
    there = stage.submit()
    stage.assigned()
    stage.done("w0", there, seconds=1e-5)
    first = stage.submit()
    second = stage.submit(there, first)
    assert stage.assigned() == [("w0", [first], []), ("w0", [second], [there])]


def test_values_of_two_workers_are_waited_for() -> None:
    stage = with_workers(2)
    pair = [stage.task(), stage.task()]
    stage.tell(events.TasksSubmitted(stage.run, pair))
    assert len(stage.assigned()) == 2
    both = stage.submit(*(task.id for task in pair))
    assert stage.assigned() == []
    stage.done("w0", stage.scheduler.ledger.workers["w0"].heads[0].id, seconds=1e-5)
    stage.done("w1", stage.scheduler.ledger.workers["w1"].heads[0].id, seconds=1e-5)
    assert [tasks for _, tasks, _ in stage.assigned()] == [[both]]


def test_a_task_that_was_given_back_is_placed_with_its_value() -> None:
    stage = with_workers(1)
    first = stage.submit()
    second = stage.submit(first)
    stage.assigned()
    stage.done("w0", first, seconds=1e-5)
    stage.recalled("w0", second)
    assert stage.assigned() == [("w0", [second], [first])]


def test_what_follows_a_failure_is_called_back() -> None:
    stage = with_workers(1)
    first = stage.submit()
    second = stage.submit(first)
    stage.assigned()
    stage.fail("w0", first)
    assert stage.take(Recall) == [Recall(WorkerId("w0"), [second])]
    stage.recalled("w0", second)
    assert [outcome.task for outcome in stage.delivered()] == [first]
    stage.cancel(second)
    assert second not in stage.scheduler.ledger.tasks


def test_a_chain_on_a_dead_worker_is_run_again() -> None:
    stage = with_workers(2)
    first = stage.submit()
    second = stage.submit(first)
    ((name, _, _), _) = stage.assigned()
    stage.leave(name)
    assert [tasks for _, tasks, _ in stage.assigned()] == [[first]]
    assert stage.record(second).state.value == "waiting"
