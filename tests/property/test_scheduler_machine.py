"""The scheduler under any interleaving of everything that can happen to it.

The machine plays runs and workers: it believes every command, checks that commands make sense to a worker that has only
seen the commands before, and checks the scheduler's own laws after each step. At the end everything is let finish,
which it must.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pydron.ids import TaskId, ValueId, WorkerId
from pydron.scheduler import Scheduler, commands, events
from pydron.scheduler.check import check
from pydron.tasks import Failure, Function, Outcome, Payload, Requirements, Task

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS = [Function(bytes([number]), f"f{number}", Payload(b"")) for number in range(3)]
CHANCE = st.integers(0, 10**6)


@dataclass
class Run:
    """A client: what it submitted and what it heard."""

    outcomes: dict[int, list[Outcome]] = field(default_factory=dict)
    wants: dict[int, int] = field(default_factory=dict)


@dataclass
class Worker:
    """What a worker knows from the commands that it was given."""

    id: WorkerId
    slots: int
    queue: list[Task] = field(default_factory=list)
    store: set[int] = field(default_factory=set)
    news: list[events.Event] = field(default_factory=list)
    draining: bool = False
    keeps: bool = False
    kept: set[int] = field(default_factory=set)
    """Values that went to the driver and are needed by tasks that were sent before they were made."""

    def needs(self, task: Task) -> set[int]:
        """Return what a task refers to and is not here."""
        return {int(value) for _, value in task.references} - self.store - self.kept

    @property
    def running(self) -> list[Task]:
        heads: list[Task] = []
        free = self.slots
        for task in self.queue:
            free -= task.requirements.cores
            if free < 0 and heads:
                break
            heads.append(task)
            if free <= 0:
                break
        return heads


class SchedulerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.scheduler = Scheduler(history=True)
        self.now = 0.0
        self.workers: dict[WorkerId, Worker] = {}
        self.started = 0
        self.runs = [Run(), Run()]
        self.tasks: dict[TaskId, Task] = {}
        self.owner: dict[TaskId, Run] = {}
        self.fails: dict[int, bool] = {}
        self.remote: dict[int, bool] = {}
        self.gone: set[int] = set()
        self.cancelled: set[int] = set()
        self.released: set[int] = set()
        self.owed_workers = 0
        self.wakes: list[float] = []
        self.pressed = False

    # Playing the outside.

    def tell(self, event: events.Event) -> None:
        for command in self.scheduler.handle(event, self.now):
            self.obey(command)

    def obey(self, command: commands.Command) -> None:
        match command:
            case commands.Assign(name, tasks, values):
                worker = self.workers[name]
                assert tasks, "an assignment holds tasks"
                assert not worker.draining, "a draining worker gets no tasks"
                worker.store.update(value for value, _ in values)
                for task in tasks:
                    missing = worker.needs(task)
                    if worker.keeps:
                        missing -= {other.id for other in worker.queue}
                    assert not missing, f"{name} was not sent {missing} for {task.id}"
                    worker.queue.append(task)
            case commands.Recall(name, tasks):
                worker = self.workers[name]
                back = [task for task in worker.queue if task.id in tasks and task not in worker.running]
                worker.queue = [task for task in worker.queue if task not in back]
                worker.news.append(events.TasksRecalled(name, [task.id for task in back]))
            case commands.StopTask(name, task):
                pointless = task in self.gone or self.behind_failure(task)
                assert pointless or self.pressed, "only cancelled tasks are stopped, unless others are urgent"
                assert name in self.workers
            case commands.FetchValue(name, value):
                worker = self.workers[name]
                assert value in worker.store, f"{name} is asked for {value}, which it does not hold"
                worker.news.append(events.ValueArrived(name, value, payload(value)))
            case commands.FreeValues(name, values):
                worker = self.workers[name]
                worker.store -= set(values)
            case commands.Deliver(run, outcomes):
                assert isinstance(run, Run)
                for outcome in outcomes:
                    self.hear(run, outcome)
            case commands.StartWorkers():
                assert not self.workers
                self.owed_workers += 1
            case commands.ReplaceWorker():
                self.owed_workers += 1
            case commands.StopWorker(name):
                worker = self.workers.pop(name)
                assert not worker.queue, "a worker is stopped when it has nothing to do"
                self.tell(events.WorkerLeft(name, "stopped", expected=True))
            case commands.WakeUp(seconds):
                assert seconds > 0
                self.wakes.append(self.now + seconds)
                assert len(self.wakes) < 20, "wake-ups multiply"

    def hear(self, run: Run, outcome: Outcome) -> None:
        task = outcome.task
        assert task not in self.cancelled, f"task {task} is heard of after it was cancelled"
        heard = run.outcomes.setdefault(task, [])
        if heard:
            assert run.wants.get(task, 0) > 0, f"task {task} is heard of twice\n{self.scheduler.story(task)}"
            run.wants[task] -= 1
            assert outcome.value is not None or outcome.failure is not None or outcome.lost is not None
        elif outcome.value is not None or outcome.failure is not None or outcome.lost is not None:
            run.wants.pop(task, None)
        heard.append(outcome)
        if outcome.value is not None:
            assert outcome.value.data == payload(task).data, "a value is that of its task"
        assert outcome.lost is None, f"{task} given up: {outcome.lost}"

    def live(self) -> list[TaskId]:
        return [task for task in self.tasks if task not in self.gone]

    def pick(self, items: list[TaskId], chance: int) -> TaskId:
        return items[chance % len(items)]

    def finish(self, worker: Worker, task: Task) -> None:
        worker.queue.remove(task)
        if worker.needs(task):
            self.tell(events.TasksRecalled(worker.id, [task.id]))
            return
        if self.fails[task.id]:
            outcome = Outcome(task.id, failure=Failure(payload(task.id), "boom"))
        elif self.remote[task.id] and not task.want_value:
            worker.store.add(task.id)
            outcome = Outcome(task.id, size=1000)
        else:
            outcome = Outcome(task.id, value=payload(task.id), size=10)
            if any(int(value) == int(task.id) for other in worker.queue for _, value in other.references):
                worker.kept.add(task.id)
        outcome.seconds = (task.id % 7) * (1e-3 if task.function is FUNCTIONS[0] else 1e-4)
        self.tell(events.TasksEnded(worker.id, [outcome]))

    # What can happen.

    @initialize(number=st.integers(0, 3))
    def begin(self, number: int) -> None:
        for _ in range(number):
            self.join(1)

    @rule(slots=st.sampled_from([1, 1, 2]), keeps=st.booleans())
    def join(self, slots: int, keeps: bool = True) -> None:
        name = WorkerId(f"w{self.started}")
        self.started += 1
        self.workers[name] = Worker(name, slots, keeps=keeps and slots == 1)
        self.owed_workers = max(0, self.owed_workers - 1)
        self.tell(events.WorkerJoined(name, "host", slots, keeps))

    @rule(number=st.integers(1, 6), chance=CHANCE, fails=CHANCE, remote=st.booleans(), want=st.booleans(), refs=CHANCE)
    def submit(self, number: int, chance: int, fails: int, remote: bool, want: bool, refs: int) -> None:
        run = self.runs[chance % 2]
        batch = []
        for index in range(number):
            task = TaskId(len(self.tasks) + 1)
            known = [other for other in self.live() if self.owner[other] is run]
            chosen = {known[-1 - (refs // 3**k) % min(len(known), 6)] for k in range(refs % 4)} if known else set()
            cores = 2 if (chance // 2) % 7 == 0 else 1
            self.tasks[task] = Task(
                task,
                FUNCTIONS[chance % 3],
                payload(0),
                tuple((place, ValueId(value)) for place, value in enumerate(chosen)),
                requirements=Requirements(cores=cores, retries=1000),
                want_value=want,
                marks=tuple(chance // 7**depth % task for depth in range(1, 1 + (chance // 5) % 3)),
            )
            self.owner[task] = run
            self.fails[task] = (fails + index) % 11 == 0
            self.remote[task] = remote
            batch.append(self.tasks[task])
        self.tell(events.TasksSubmitted(run, batch))

    @precondition(lambda self: any(worker.queue for worker in self.workers.values()))
    @rule(chance=CHANCE)
    def finish_one(self, chance: int) -> None:
        running = [(worker, task) for worker in self.workers.values() for task in worker.running]
        self.now += 1e-3
        self.finish(*running[chance % len(running)])

    @precondition(lambda self: any(worker.news for worker in self.workers.values()))
    @rule(chance=CHANCE)
    def hear_news(self, chance: int) -> None:
        telling = [worker for worker in self.workers.values() if worker.news]
        self.tell(telling[chance % len(telling)].news.pop(0))

    @precondition(lambda self: self.workers)
    @rule(chance=CHANCE, expected=st.integers(0, 3))
    def leave(self, chance: int, expected: int) -> None:
        name = list(self.workers)[chance % len(self.workers)]
        del self.workers[name]
        self.tell(events.WorkerLeft(name, "died", expected=not expected))

    @precondition(lambda self: len(self.workers) > 1)
    @rule(chance=CHANCE)
    def drain(self, chance: int) -> None:
        worker = list(self.workers.values())[chance % len(self.workers)]
        worker.draining = True
        self.tell(events.WorkerDraining(worker.id))

    @precondition(lambda self: self.live())
    @rule(chance=CHANCE, number=st.integers(1, 4))
    def cancel(self, chance: int, number: int) -> None:
        chosen = {self.pick(self.live(), chance // 3**k) for k in range(number)}
        self.gone |= chosen
        self.cancelled |= chosen
        for task in chosen:
            self.owner[task].wants.pop(task, None)
        self.tell(events.TasksCancelled(sorted(chosen)))

    @precondition(lambda self: self.live())
    @rule(chance=CHANCE, number=st.integers(1, 4))
    def release(self, chance: int, number: int) -> None:
        chosen = {self.pick(self.live(), chance // 3**k) for k in range(number)}
        self.gone |= chosen
        self.released |= chosen
        self.tell(events.ValuesReleased([ValueId(task) for task in sorted(chosen)]))

    @precondition(lambda self: self.live())
    @rule(chance=CHANCE)
    def want(self, chance: int) -> None:
        task = self.pick(self.live(), chance)
        run = self.owner[task]
        if self.behind_failure(task) or not run.outcomes.get(task):
            return
        run.wants[task] = run.wants.get(task, 0) + 1
        self.tell(events.ValueWanted(run, ValueId(task)))

    @precondition(lambda self: self.live())
    @rule(chance=CHANCE)
    def press(self, chance: int) -> None:
        self.pressed = True
        self.tell(events.TaskUrgent(self.pick(self.live(), chance)))

    @rule(seconds=st.sampled_from([0.001, 0.01, 5.0]))
    def time(self, seconds: float) -> None:
        self.now += seconds
        due = [time for time in self.wakes if time <= self.now]
        self.wakes = [time for time in self.wakes if time > self.now]
        for _ in due:
            self.tell(events.TimePassed())

    @rule()
    def end_run(self) -> None:
        run = self.runs[1]
        mine = {task for task, owner in self.owner.items() if owner is run}
        self.gone |= mine
        self.cancelled |= mine
        run.wants.clear()
        self.tell(events.RunEnded(run))

    # What must hold.

    @invariant()
    def laws(self) -> None:
        check(self.scheduler.ledger)

    def behind_failure(self, task: TaskId) -> bool:
        """Whether no outcome is owed because of what the task refers to."""
        return any(
            self.fails[value] or value in self.cancelled or self.behind_failure(TaskId(value))
            for _, value in self.tasks[task].references
        )

    def teardown(self) -> None:
        for _ in range(100_000):
            if not self.advance():
                break
        else:
            raise AssertionError("it never ends")
        assert self.scheduler.quiet, [self.scheduler.story(task) for task in self.tasks]
        for task, run in self.owner.items():
            heard = run.outcomes.get(task, [])
            if task not in self.cancelled and not self.behind_failure(task):
                assert heard, f"nothing was heard of task {task}\n{self.scheduler.story(task)}"
            assert run.wants.get(task, 0) == 0, f"value {task} was wanted and did not come"
        self.tell(events.ValuesReleased([ValueId(task) for task in self.tasks]))
        check(self.scheduler.ledger)
        while any(worker.news for worker in self.workers.values()):
            self.hear_news(0)
        check(self.scheduler.ledger)
        assert not self.scheduler.ledger.tasks
        assert not self.scheduler.ledger.runs
        kept = {value for worker in self.workers.values() for value in worker.store}
        assert not kept, f"workers still hold {kept}"

    def advance(self) -> bool:
        """Let one thing happen of those that must happen sooner or later."""
        self.laws()
        if any(worker.news for worker in self.workers.values()):
            self.hear_news(0)
        elif any(worker.queue for worker in self.workers.values()):
            self.finish_one(0)
        elif self.owed_workers and not self.workers:
            self.join(1)
        elif self.wakes:
            self.time(max(0.0, min(self.wakes) - self.now))
        else:
            return False
        return True


def payload(value: int) -> Payload:
    return Payload(b"%d" % value)


TestScheduler = SchedulerMachine.TestCase
TestScheduler.settings = settings(
    max_examples=30, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)

WEIGHTS: dict[str, int] = {
    "join": 3,
    "submit": 8,
    "finish_one": 14,
    "hear_news": 8,
    "leave": 4,
    "drain": 1,
    "cancel": 2,
    "release": 4,
    "want": 4,
    "press": 2,
    "time": 3,
    "end_run": 1,
}


def walk(rng: random.Random) -> None:
    """Let things happen at random. Many times as fast as Hypothesis, without its shrinking."""
    machine = SchedulerMachine()
    machine.begin(rng.randrange(4))
    chance = partial(rng.randrange, 10**6)
    acts: dict[str, Callable[[], None]] = {
        "join": lambda: machine.join(rng.choice([1, 1, 2]), rng.random() < 0.7),
        "submit": lambda: machine.submit(
            rng.randint(1, 6), chance(), chance(), rng.random() < 0.5, rng.random() < 0.3, chance()
        ),
        "finish_one": lambda: machine.finish_one(chance()),
        "hear_news": lambda: machine.hear_news(chance()),
        "leave": lambda: machine.leave(chance(), rng.randrange(4)),
        "drain": lambda: machine.drain(chance()),
        "cancel": lambda: machine.cancel(chance(), rng.randint(1, 4)),
        "release": lambda: machine.release(chance(), rng.randint(1, 4)),
        "want": lambda: machine.want(chance()),
        "press": lambda: machine.press(chance()),
        "time": lambda: machine.time(rng.choice([0.001, 0.01, 5.0])),
        "end_run": lambda: machine.end_run() if rng.random() < 0.1 else None,
    }
    possible: dict[str, Callable[[], object]] = {
        "finish_one": lambda: any(worker.queue for worker in machine.workers.values()),
        "hear_news": lambda: any(worker.news for worker in machine.workers.values()),
        "leave": lambda: machine.workers,
        "drain": lambda: len(machine.workers) > 1,
        "cancel": machine.live,
        "release": machine.live,
        "want": machine.live,
        "press": machine.live,
    }
    for name in rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=rng.choice([10, 20, 40, 80, 160])):
        if possible.get(name, always)():
            acts[name]()
            machine.laws()
    machine.teardown()


def always() -> bool:
    return True


def test_nothing_is_called_back_before_it_is_sent() -> None:
    walk(random.Random(4171746909))


def test_random_walks(seed: int) -> None:
    for number in range(400):
        try:
            walk(random.Random(seed + number))
        except BaseException as error:
            error.add_note(f"walk(random.Random({seed + number}))")
            raise
