"""Who gets what, in which order, how far ahead."""

from __future__ import annotations

from pydron.ids import TaskId
from pydron.scheduler import events
from pydron.scheduler.commands import FetchValue, Recall, ReplaceWorker, StartWorkers, StopTask, WakeUp
from pydron.tasks import Function, Payload
from tests.unit.scheduler.stage import Stage, values_of


def test_a_task_goes_to_a_worker_and_its_outcome_to_its_run() -> None:
    stage = Stage(workers=1)
    task = stage.submit()
    assert stage.assigned() == [("w0", [task], [])]
    stage.done("w0", task)
    assert values_of(stage.delivered()) == {task: b"value 1"}


def test_outcomes_of_a_step_are_delivered_together() -> None:
    stage = Stage(workers=1)
    tasks = [stage.task() for _ in range(2)]
    stage.tell(events.TasksSubmitted(stage.run, tasks))
    stage.done("w0", 1, 2)
    assert [outcome.task for outcome in stage.delivered()] == [1, 2]


def test_ready_tasks_go_out_in_program_order() -> None:
    stage = Stage()
    tasks = [stage.task() for _ in range(6)]
    stage.tell(events.TasksSubmitted(stage.run, tasks[::-1]))
    stage.join("w0")
    order = [task for _, tasks, _ in stage.assigned() for task in tasks]
    for task in range(1, 5):
        stage.done("w0", task)
        order += [task for _, tasks, _ in stage.assigned() for task in tasks]
    assert order == [1, 2, 3, 4, 5, 6]


def test_a_task_that_becomes_ready_passes_later_ones() -> None:
    stage = Stage(workers=1)
    first = stage.submit()
    second = stage.submit(first)
    later = [stage.submit() for _ in range(5)]
    assert stage.assigned() == [("w0", [first], []), ("w0", [later[0]], [])]
    stage.done("w0", first)
    assert stage.assigned() == [("w0", [second], [first])]


def test_marks_tell_where_a_task_stands_in_its_program() -> None:
    stage = Stage()
    places: list[tuple[int, ...]] = [(), (), (), (1,), (1, 4), (1,), (2,)]
    tasks = [stage.task() for _ in places]
    for task, marks in zip(tasks, places, strict=True):
        task.marks = marks
    stage.tell(events.TasksSubmitted(stage.run, tasks))
    stage.join("w0")
    order: list[int] = []
    while assigned := [task for _, tasks, _ in stage.assigned() for task in tasks]:
        order += assigned
        stage.done("w0", assigned[0])
    assert order == [1, 4, 5, 6, 2, 7, 3]


def test_idle_workers_come_before_busy_ones() -> None:
    stage = Stage(workers=3)
    tasks = [stage.submit() for _ in range(3)]
    workers = [worker for worker, _, _ in stage.assigned()]
    assert sorted(workers) == ["w0", "w1", "w2"]
    assert [stage.record(task).state.value for task in tasks] == ["running"] * 3


def test_a_worker_gets_one_task_ahead_while_calls_are_unknown_or_long() -> None:
    stage = Stage(workers=1)
    for _ in range(10):
        stage.submit()
    assert len(stage.assigned()) == 2
    stage.done("w0", 1, seconds=0.5)
    assert len(stage.assigned()) == 1


def test_short_tasks_are_queued_deeper() -> None:
    stage = Stage(workers=1)
    tasks = [stage.task() for _ in range(500)]
    stage.tell(events.TasksSubmitted(stage.run, tasks))
    stage.assigned()
    stage.done("w0", 1, 2, seconds=1e-6)
    (assignment,) = stage.assigned()
    assert len(assignment[1]) > 50
    assert len(assignment[1]) < 400


def test_sixteen_calls_on_eight_workers_take_two_rounds() -> None:
    stage = Stage(workers=8)
    tasks = [stage.task() for _ in range(16)]
    stage.tell(events.TasksSubmitted(stage.run, tasks))
    load = {worker: tasks for worker, tasks, _ in stage.assigned()}
    assert [len(tasks) for tasks in load.values()] == [2] * 8


def test_a_worker_with_slots_runs_as_many_tasks() -> None:
    stage = Stage(workers=1, slots=3)
    tasks = [stage.submit() for _ in range(5)]
    states = [stage.record(task).state.value for task in tasks]
    assert states == ["running", "running", "running", "assigned", "ready"]


def test_a_wide_task_takes_the_slots_it_asks_for() -> None:
    stage = Stage(workers=1, slots=2)
    wide, narrow = stage.submit(cores=2), stage.submit()
    assert stage.record(wide).state.value == "running"
    assert stage.record(narrow).state.value == "assigned"
    stage.done("w0", wide)
    assert stage.record(narrow).state.value == "running"


def test_a_task_wider_than_any_worker_still_runs() -> None:
    stage = Stage(workers=1)
    task = stage.submit(cores=16)
    assert stage.record(task).state.value == "running"


def test_runs_share_the_workers() -> None:
    stage = Stage(workers=4)
    one, two = object(), object()
    for run in (one, two):
        stage.tell(events.TasksSubmitted(run, [stage.task() for _ in range(20)]))
    flight = {run.run: run.in_flight for run in stage.scheduler.ledger.runs.values()}
    assert flight[one] == 8
    for task in range(1, 5):
        stage.done(stage.record(task).worker.id, task)  # type: ignore[union-attr]
    flight = {run.run: run.in_flight for run in stage.scheduler.ledger.runs.values()}
    assert flight == {one: 4, two: 4}


def test_what_waits_behind_a_long_task_is_recalled_for_an_idle_worker() -> None:
    stage = Stage(workers=2)
    long, short, behind = stage.submit(), stage.submit(), stage.submit()
    owner = stage.record(behind).worker
    assert owner is not None
    head = next(iter(owner.queue))
    other = ({long, short} - {head}).pop()
    free = stage.record(other).worker
    assert free is not None
    stage.now = 0.001
    stage.done(free.id, other)
    assert stage.take(Recall) == [Recall(owner.id, [behind])]
    stage.assigned()
    stage.recalled(owner.id, behind)
    assert stage.assigned() == [(free.id, [behind], [])]


def test_a_recalled_task_that_was_started_meanwhile_stays() -> None:
    stage = Stage(workers=1)
    head, behind = stage.submit(), stage.submit()
    stage.join("w1")
    assert stage.take(Recall) == [Recall("w0", [behind])]  # type: ignore[arg-type]
    stage.done("w0", head)
    stage.recalled("w0")
    stage.done("w0", behind)
    assert values_of(stage.delivered()) == {head: b"value 1", behind: b"value 2"}


def test_short_waits_are_waited_for_until_they_turn_out_long() -> None:
    stage = Stage(workers=1)
    stage.submit()
    stage.done("w0", 1, seconds=1e-4)
    head, behind = stage.submit(), stage.submit()
    stage.join("w1")
    assert not stage.take(Recall)
    (wake,) = stage.take(WakeUp)
    stage.pass_time(wake.seconds)
    assert stage.take(Recall) == [Recall("w0", [behind])]  # type: ignore[arg-type]
    assert stage.record(head).state.value == "running"


def test_a_task_goes_where_its_data_is() -> None:
    stage = Stage(workers=3)
    task = stage.submit()
    holder = stage.record(task).worker
    assert holder is not None
    stage.done(holder.id, task, size=50_000_000, remote=True)
    stage.assigned()
    reader = stage.submit(task)
    assert stage.assigned() == [(holder.id, [reader], [])]
    assert not stage.take(FetchValue)


def test_data_moves_when_waiting_for_its_holder_takes_longer() -> None:
    stage = Stage(workers=2)
    task = stage.submit()
    holder = stage.record(task).worker
    assert holder is not None
    stage.done(holder.id, task, size=1000, remote=True, seconds=2.0)
    busy = stage.submit(task)
    assert stage.record(busy).worker is holder
    reader = stage.submit(task)
    assert stage.record(reader).worker is not holder
    assert stage.take(FetchValue)


def test_tasks_without_workers_ask_for_workers_once() -> None:
    stage = Stage()
    stage.submit()
    stage.submit()
    assert stage.take(StartWorkers) == [StartWorkers()]
    stage.join("w0")
    assert len(stage.assigned()[0][1]) == 2


def test_a_dead_worker_is_replaced_but_one_sent_away_is_not() -> None:
    stage = Stage(workers=2)
    stage.leave("w0")
    stage.leave("w1", expected=True)
    assert stage.take(ReplaceWorker) == [ReplaceWorker("w0", "host")]  # type: ignore[arg-type]


def test_functions_are_measured_apart() -> None:
    stage = Stage(workers=1)
    slow = Function(b"slow", "slow", Payload(b""))
    quick = stage.task()
    stage.tell(events.TasksSubmitted(stage.run, [quick]))
    stage.done("w0", 1, seconds=1e-6)
    stage.tell(events.TasksSubmitted(stage.run, [stage.task(function=slow) for _ in range(10)]))
    assert stage.scheduler.ledger.workers["w0"].load == 2


def test_a_batch_of_events_gives_the_same_outcomes() -> None:
    stage = Stage(workers=2)
    tasks = [stage.task() for _ in range(4)]
    batch = [events.TasksSubmitted(stage.run, tasks[:2]), events.TasksSubmitted(stage.run, tasks[2:])]
    stage.commands += stage.scheduler.handle_all(batch, 0.0)
    assert sorted(task for _, tasks, _ in stage.assigned() for task in tasks) == [1, 2, 3, 4]


def test_wake_ups_do_not_multiply() -> None:
    stage = Stage(workers=1)
    runs = [object() for _ in range(4)]
    for run in runs:
        for _ in range(3):
            stage.submit(run=run)
    for task in (4, 7, 10):
        stage.tell(events.TaskUrgent(TaskId(task)))
    asked = len(stage.take(WakeUp))
    for _ in range(5):
        stage.pass_time(0.9)
        asked += len(stage.take(WakeUp))
    assert 1 <= asked <= 6


def test_an_urgent_task_gets_the_place_of_a_call_that_takes_too_long() -> None:
    stage = Stage(workers=1)
    endless, queued, needed = stage.submit(), stage.submit(), stage.submit()
    stage.tell(events.TaskUrgent(needed))
    assert not stage.take(StopTask)
    stage.pass_time(2.0)
    assert stage.take(StopTask) == [StopTask("w0", endless)]  # type: ignore[arg-type]
    assert stage.take(Recall) == [Recall("w0", [queued])]  # type: ignore[arg-type]
    stage.leave("w0", "stopped")
    assert stage.record(endless).ends == ()


def test_an_urgent_task_stays_urgent_when_it_loses_its_worker() -> None:
    stage = Stage(workers=2)
    needed, endless, other = stage.submit(), stage.submit(), stage.submit()
    stage.tell(events.TaskUrgent(needed))
    place = stage.record(needed).worker
    assert place is not None
    stage.leave(str(place.id))
    assert stage.record(needed).state.value != "running"
    stage.pass_time(2.0)
    assert stage.take(StopTask)[0].task in {endless, other}


def test_a_task_stays_urgent_when_what_it_refers_to_is_done() -> None:
    stage = Stage(workers=1)
    first = stage.submit()
    needed = stage.submit(first)
    endless = stage.submit()
    stage.tell(events.TaskUrgent(needed))
    stage.done("w0", first)
    stage.pass_time(2.0)
    assert stage.record(needed).state.value == "running" or stage.take(StopTask)[0].task == endless


def test_an_urgent_task_that_must_run_alone_waits_for_an_empty_worker() -> None:
    stage = Stage(workers=1)
    suspect = stage.submit()
    stage.join("w1", slots=2)
    other = stage.submit()
    stage.leave("w0")
    assert stage.record(suspect).state.value == "ready"
    stage.tell(events.TaskUrgent(suspect))
    assert stage.record(suspect).state.value == "ready"
    stage.done("w1", other)
    assert stage.record(suspect).state.value == "running"
