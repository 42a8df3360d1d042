"""Simulated workers: they carry out the scheduler's commands on a hand-turned clock, in an order drawn from a seed.

Every step makes one thing happen: a call ends, a worker dies, or news reaches the scheduler. Messages of one worker
keep their order; everything else is up to the chosen order and the random numbers.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from pydron.ids import WorkerId
from pydron.scheduler import Scheduler, commands, events
from pydron.tasks import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from pydron.scheduler import Command, Event
    from pydron.tasks import Outcome, Payload, Task
    from pydron.testing.clock import Clock

__all__ = ["ORDERS", "Durations", "Execute", "Order", "Plan", "Simulation"]

Order: TypeAlias = Literal["random", "program", "reverse", "slowest-first", "time"]
"""Which of the running calls ends next: any, first or last in program order, the slowest, the one that is due."""

ORDERS: tuple[Order, ...] = ("random", "program", "reverse", "slowest-first", "time")

Durations: TypeAlias = "Callable[[Task, Random], float]"
"""How long a call takes, in seconds of the clock; `math.inf` for one that never ends."""


class Execute(Protocol):
    """Really makes a call."""

    def __call__(self, task: Task, values: dict[int, Payload]) -> Outcome:
        """Return the outcome, with the value or failure in it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a simulation is like; see `pydron.testing.SimulatedPool` for the meaning of each option."""

    workers: int
    slots: int
    hosts: int
    order: Order
    durations: Durations | None
    deaths: float | Sequence[float]
    fatal: bool
    remote_values: int | None


@dataclass(slots=True, eq=False)
class _Running:
    """A call that a simulated worker is making."""

    worker: _Worker
    task: Task
    started: float
    seconds: float
    dies: bool
    outcome: Outcome | None = None

    @property
    def ends(self) -> float:
        return self.started + self.seconds


@dataclass(slots=True, eq=False)
class _Worker:
    id: WorkerId
    slots: int
    queue: deque[Task] = field(default_factory=deque)
    running: list[_Running] = field(default_factory=list)
    store: dict[int, Payload] = field(default_factory=dict)


class Simulation:
    """Workers that exist in this thread only.

    Args:
        plan: what they are like.
        rng: the source of everything that is left to chance.
        clock: the time.
        execute: makes the calls.
        scheduler: takes the events.
    """

    def __init__(self, plan: Plan, rng: Random, clock: Clock, execute: Execute, scheduler: Scheduler) -> None:
        self._plan = plan
        self._rng = rng
        self._clock = clock
        self._execute = execute
        self._scheduler = scheduler
        self._workers: dict[str, _Worker] = {}
        self._running: list[_Running] = []
        self._news: deque[tuple[_Worker | None, Event]] = deque()
        self._started = 0
        self._kills: dict[int, int] = {}
        self._wake: float | None = None
        self._probability = plan.deaths if isinstance(plan.deaths, int | float) else 0.0
        self._deaths = deque(sorted(plan.deaths)) if not isinstance(plan.deaths, int | float) else deque()
        self.tell([self._join() for _ in range(plan.workers)])

    def tell(self, batch: Sequence[Event]) -> None:
        """Let the scheduler have events, and carry out what it says."""
        for event in batch:
            if isinstance(event, events.WorkerJoined):
                self._workers[event.worker] = _Worker(event.worker, event.slots)
        for command in self._scheduler.handle_all(batch, self._clock.now):
            _ACTS[type(command)](self, command)

    def step(self, until: float = math.inf) -> bool:
        """Let one thing happen, at `until` at the latest; tell whether there was anything."""
        running = [each for each in self._running if each.ends <= until and each.ends < math.inf]
        if self._news and (not running or self._plan.order != "random" or self._rng.random() < 0.5):
            worker, event = self._news.popleft()
            if worker is None or worker.id in self._workers:
                self.tell([event])
            return True
        chosen = self._choose(running) if running else None
        time = min(self._deaths[0] if self._deaths else math.inf, self._wake if self._wake is not None else math.inf)
        if time <= until and (chosen is None or time <= chosen.ends) and time < math.inf:
            self._clock.advance_to(time)
            self._pass(time)
            return True
        if chosen is None:
            return False
        self._clock.advance_to(chosen.ends)
        self._end(chosen)
        return True

    def _choose(self, running: list[_Running]) -> _Running:
        match self._plan.order:
            case "random":
                return self._rng.choice(running)
            case "program":
                return min(running, key=lambda each: each.task.id)
            case "reverse":
                return max(running, key=lambda each: each.task.id)
            case "slowest-first":
                return max(running, key=lambda each: (each.seconds, each.task.id))
            case "time":
                return min(running, key=lambda each: (each.ends, each.task.id))

    def _pass(self, time: float) -> None:
        """Do what is due at a moment that is no end of a call."""
        if self._wake is not None and self._wake <= time:
            self._wake = None
            self.tell([events.TimePassed()])
        else:
            self._deaths.popleft()
            mortal = [worker for worker in self._workers.values() if self._may_die(worker)]
            if mortal:
                self._kill(self._rng.choice(mortal), "killed by the simulation")

    def _join(self) -> Event:
        number = self._started
        self._started += 1
        return events.WorkerJoined(
            WorkerId(f"simulated-{number}"), f"host-{number % self._plan.hosts}", self._plan.slots
        )

    def _start_calls(self, worker: _Worker) -> None:
        while worker.queue and len(worker.running) < worker.slots:
            task = worker.queue.popleft()
            seconds = self._plan.durations(task, self._rng) if self._plan.durations else self._rng.random()
            dies = bool(self._probability) and self._rng.random() < self._probability
            running = _Running(worker, task, self._clock.now, seconds, dies)
            worker.running.append(running)
            self._running.append(running)
            if self._plan.order == "random" and seconds < math.inf and self._rng.random() < 0.5:
                running.outcome = self._make(running)

    def _make(self, running: _Running) -> Outcome | None:
        """Make a call, unless it is cancelled and nobody will ask for its outcome."""
        if running.task.id not in self._scheduler.ledger.tasks:
            return None
        return self._execute(running.task, running.worker.store)

    def _end(self, running: _Running) -> None:
        worker, task = running.worker, running.task
        if running.dies and self._may_die(worker):
            self._kill(worker, "killed by the simulation")
            return
        outcome = running.outcome or self._make(running)
        self._running.remove(running)
        worker.running.remove(running)
        self._start_calls(worker)
        if outcome is None:
            self.tell([events.TasksRecalled(worker.id, [task.id])])
            return
        outcome.worker = worker.id
        outcome.seconds = running.seconds
        limit = self._plan.remote_values
        if outcome.value is not None and limit is not None and outcome.size > limit and not task.want_value:
            worker.store[task.id] = outcome.value
            outcome.value = None
        self.tell([events.TasksEnded(worker.id, [outcome])])

    def _may_die(self, worker: _Worker) -> bool:
        """Tell whether no task would use up its last attempt with a worker."""
        tasks = [running.task for running in worker.running]
        return self._plan.fatal or all(self._kills.get(task.id, 0) < task.requirements.retries for task in tasks)

    def _kill(self, worker: _Worker, reason: str) -> None:
        self.tell([self._remove(worker, reason)])

    def _remove(self, worker: _Worker, reason: str) -> Event:
        for running in worker.running:
            self._running.remove(running)
            self._kills[running.task.id] = self._kills.get(running.task.id, 0) + 1
        del self._workers[worker.id]
        return events.WorkerLeft(worker.id, reason)

    # What the commands do. Commands to workers that are gone are dropped, as a closed connection would.

    def _assign(self, command: commands.Assign) -> None:
        worker = self._workers.get(command.worker)
        if worker is not None:
            worker.store.update(command.values)
            worker.queue.extend(command.tasks)
            self._start_calls(worker)

    def _recall(self, command: commands.Recall) -> None:
        worker = self._workers.get(command.worker)
        if worker is not None:
            wanted = set(command.tasks)
            back = [task.id for task in worker.queue if task.id in wanted]
            worker.queue = deque(task for task in worker.queue if task.id not in wanted)
            self._news.append((worker, events.TasksRecalled(worker.id, back)))

    def _stop_task(self, command: commands.StopTask) -> None:
        worker = self._workers.get(command.worker)
        if worker is None or command.task not in [running.task.id for running in worker.running]:
            return
        if self._plan.order != "random" or self._rng.random() < 0.5 or not self._may_die(worker):
            for running in worker.running:
                running.seconds = 0.0 if running.task.id == command.task else running.seconds
        else:
            self._news.append((None, self._remove(worker, "stopped with a cancelled task")))

    def _fetch(self, command: commands.FetchValue) -> None:
        worker = self._workers.get(command.worker)
        if worker is not None:
            payload = worker.store.get(command.value)
            if payload is None:
                self._news.append((worker, events.ValueMissing(worker.id, command.value)))
            else:
                self._news.append((worker, events.ValueArrived(worker.id, command.value, payload)))

    def _free(self, command: commands.FreeValues) -> None:
        worker = self._workers.get(command.worker)
        if worker is not None:
            for value in command.values:
                worker.store.pop(value, None)

    def _deliver(self, command: commands.Deliver) -> None:
        if isinstance(command.run, Inbox):
            command.run.outcomes.extend(command.outcomes)

    def _start_workers(self, _command: commands.StartWorkers) -> None:
        for _ in range(self._plan.workers):
            self._news.append((None, self._join()))

    def _replace_worker(self, _command: commands.ReplaceWorker) -> None:
        self._news.append((None, self._join()))

    def _stop_worker(self, command: commands.StopWorker) -> None:
        worker = self._workers.pop(command.worker, None)
        if worker is not None:
            self._news.append((None, events.WorkerLeft(worker.id, "drained", expected=True)))

    def _wake_up(self, command: commands.WakeUp) -> None:
        due = self._clock.now + command.seconds
        self._wake = due if self._wake is None else min(self._wake, due)


_ACTS: dict[type[Command], Callable[..., None]] = {
    commands.Assign: Simulation._assign,
    commands.Recall: Simulation._recall,
    commands.StopTask: Simulation._stop_task,
    commands.FetchValue: Simulation._fetch,
    commands.FreeValues: Simulation._free,
    commands.Deliver: Simulation._deliver,
    commands.StartWorkers: Simulation._start_workers,
    commands.ReplaceWorker: Simulation._replace_worker,
    commands.StopWorker: Simulation._stop_worker,
    commands.WakeUp: Simulation._wake_up,
}
