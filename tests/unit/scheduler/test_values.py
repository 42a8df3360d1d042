"""Values: waited for, moved, freed, lost and computed again."""

from __future__ import annotations

from pydron.errors import PydronError, WorkerLost
from pydron.scheduler.commands import FetchValue, FreeValues
from pydron.scheduler.endings import LINEAGE
from pydron.scheduler.transfer import LOSSES
from tests.unit.scheduler.stage import Stage, payload, values_of


def test_a_task_waits_for_what_it_refers_to() -> None:
    stage = Stage(workers=2)
    first = stage.submit()
    second = stage.submit(first)
    assert stage.assigned() == [("w1", [first], [])]
    stage.done("w1", first)
    ((_, tasks, values),) = stage.assigned()
    assert (tasks, values) == ([second], [first])


def test_a_value_used_twice_is_sent_once() -> None:
    stage = Stage(workers=1)
    first = stage.submit()
    stage.done("w0", first)
    stage.assigned()
    stage.submit(first, first)
    stage.submit(first)
    assert [values for _, _, values in stage.assigned()] == [[first], []]


def test_an_inline_value_is_kept_until_it_is_released() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.done("w0", task)
    assert stage.record(task).payload == payload(task)
    stage.release(task)
    assert task not in stage.scheduler.ledger.tasks


def test_a_value_lives_until_its_last_reader_is_done() -> None:
    stage = Stage(workers=1)
    first = stage.submit()
    stage.done("w0", first, remote=True)
    reader = stage.submit(first)
    stage.release(first)
    assert not stage.take(FreeValues)
    stage.done("w0", reader)
    assert stage.take(FreeValues) == [FreeValues("w0", [first])]  # type: ignore[arg-type, list-item]
    assert first not in stage.scheduler.ledger.tasks


def test_a_value_released_before_it_exists_is_reported_and_freed() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.release(task)
    stage.done("w0", task, remote=True)
    assert [outcome.task for outcome in stage.delivered()] == [task]
    assert stage.take(FreeValues) == [FreeValues("w0", [task])]  # type: ignore[arg-type, list-item]
    assert not stage.scheduler.ledger.tasks


def test_a_wanted_value_is_fetched_once_and_delivered_to_all() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.done("w0", task, remote=True)
    stage.delivered()
    stage.want(task)
    stage.want(task)
    assert len(stage.take(FetchValue)) == 1
    stage.arrive("w0", task)
    assert [outcome.value for outcome in stage.delivered()] == [payload(task)] * 2


def test_a_fetched_value_is_not_kept_here_as_long_as_its_worker_lives() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.done("w0", task, remote=True)
    stage.want(task)
    stage.arrive("w0", task)
    assert stage.record(task).payload is None


def test_an_inline_value_is_delivered_from_here() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.done("w0", task)
    stage.delivered()
    stage.want(task)
    assert values_of(stage.delivered()) == {task: b"value 1"}


def test_a_value_that_is_not_there_is_refused_aloud() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.done("w0", task)
    stage.release(task)
    stage.delivered()
    stage.want(task)
    assert isinstance(stage.lost()[task], PydronError)
    reader = stage.submit(task)
    assert "released" in str(stage.lost()[reader])


def test_a_value_is_relayed_from_worker_to_worker() -> None:
    stage = Stage(workers=2)
    task = stage.submit()
    stage.done("w1", task, remote=True, seconds=3.0)
    stage.assigned()
    stage.submit(task)
    reader = stage.submit(task)
    stage.assigned()
    assert stage.record(reader).state.value == "assigned"
    assert stage.take(FetchValue) == [FetchValue("w1", task)]  # type: ignore[arg-type]
    stage.arrive("w1", task)
    assert stage.assigned() == [("w0", [reader], [task])]
    assert set(stage.scheduler.ledger.workers["w0"].values) == {task}


def lose_value() -> tuple[Stage, int]:
    """Return a stage on which a done task's only replica is lost and nobody needs it."""
    stage = Stage(workers=1)
    task = stage.submit()
    stage.done("w0", task, remote=True)
    stage.leave("w0")
    stage.join("w1")
    stage.delivered()
    stage.assigned()
    return stage, task


def test_a_lost_value_is_computed_again_only_when_needed() -> None:
    stage, task = lose_value()
    assert stage.record(task).state.value == "lost"
    reader = stage.submit(task)
    assert stage.assigned() == [("w1", [task], [])]
    stage.done("w1", task)
    assert not stage.delivered()
    stage.done("w1", reader)
    assert values_of(stage.delivered()) == {reader: b"value 2"}


def test_a_lost_value_that_is_wanted_is_computed_again() -> None:
    stage, task = lose_value()
    stage.want(task)
    stage.done("w1", task, remote=True)
    assert stage.take(FetchValue)
    stage.arrive("w1", task)
    assert values_of(stage.delivered()) == {task: b"value 1"}


def test_a_value_lost_once_is_kept_here_when_computed_again() -> None:
    stage, task = lose_value()
    stage.submit(task)
    stage.done("w1", task, remote=True)
    assert stage.take(FetchValue)
    stage.arrive("w1", task)
    assert stage.record(task).payload == payload(task)
    stage.leave("w1")
    assert stage.record(task).state.value == "done"


def test_lineage_reaches_through_values_that_were_freed() -> None:
    stage = Stage(workers=1)
    first = stage.submit()
    stage.done("w0", first, remote=True)
    second = stage.submit(first)
    stage.done("w0", second, remote=True)
    stage.release(first)
    stage.leave("w0")
    stage.join("w1")
    stage.assigned()
    third = stage.submit(second)
    assert stage.assigned() == [("w1", [first], [])]
    stage.done("w1", first)
    assert stage.assigned() == [("w1", [second], [first])]
    stage.done("w1", second)
    assert stage.assigned() == [("w1", [third], [second])]


def test_a_long_chain_of_values_is_saved_here_now_and_then() -> None:
    stage = Stage(workers=1)
    previous = stage.submit()
    stage.done("w0", previous, remote=True)
    saved = 0
    for _ in range(3 * LINEAGE):
        task = stage.submit(previous)
        stage.release(previous)
        stage.done("w0", task, remote=True)
        for command in stage.take(FetchValue):
            stage.arrive("w0", command.value)
            saved += 1
        previous = task
    assert saved == 3
    assert len(stage.scheduler.ledger.tasks) <= LINEAGE + 1


def test_a_replica_elsewhere_makes_up_for_a_lost_one() -> None:
    stage = Stage(workers=2)
    task = stage.submit()
    stage.done("w1", task, remote=True, seconds=3.0)
    stage.submit(task)
    reader = stage.submit(task)
    stage.arrive("w1", task)
    stage.leave("w1")
    assert stage.record(task).state.value == "done"
    stage.done("w0", reader)
    assert reader in {outcome.task for outcome in stage.delivered()}


def test_a_task_under_way_to_a_worker_waits_again_when_its_value_is_lost() -> None:
    stage = Stage(workers=2)
    task = stage.submit()
    stage.done("w1", task, remote=True, seconds=3.0)
    stage.submit(task)
    reader = stage.submit(task)
    assert stage.record(reader).worker is not None
    stage.leave("w1")
    assert stage.record(reader).state.value == "waiting"
    assert stage.record(task).state.value == "running"


def test_a_value_that_its_holder_does_not_have_is_computed_again() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.done("w0", task, remote=True)
    stage.want(task)
    stage.missing("w0", task)
    assert stage.record(task).state.value == "running"


def test_a_value_lost_again_and_again_is_given_up() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    stage.done("w0", task, remote=True)
    stage.want(task)
    for number in range(LOSSES + 1):
        stage.leave(f"w{number}")
        if task in stage.lost():
            break
        stage.join(f"w{number + 1}")
        stage.done(f"w{number + 1}", task, remote=True)
    else:
        raise AssertionError("it was never given up")
    reader = stage.submit(task)
    error = stage.lost()[reader]
    assert isinstance(error, WorkerLost)
    assert error.function == "module.f"


def test_answers_that_nobody_waits_for_are_ignored() -> None:
    stage = Stage(workers=1)
    stage.arrive("w0", 99)
    stage.missing("w0", 99)
    stage.arrive("nobody", 1)
    stage.missing("nobody", 1)
    stage.release(99)
    stage.cancel(99)
    assert not stage.commands


def test_a_value_is_freed_though_the_worker_that_was_to_send_it_died() -> None:
    stage = Stage(workers=2)
    task = stage.submit()
    stage.done("w1", task, remote=True, seconds=3.0)
    near, far = stage.submit(task), stage.submit(task)
    stage.arrive("w1", task)
    assert len(stage.record(task).interest.replicas) == 2
    stage.want(task)
    (asked,) = [command.worker for command in stage.take(FetchValue)][-1:]
    other = stage.submit(run=object())
    stage.cancel(near, far, task)
    stage.leave(asked)
    assert set(stage.scheduler.ledger.tasks) == {other}
