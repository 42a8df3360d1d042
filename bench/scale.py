"""How the scheduler does with many workers: decisions per second, and how near its schedule comes to the best.

Only decisions are made: no call runs and no byte moves. Run it with ``python -m bench.scale [workers ...]``.
"""

from __future__ import annotations

import gc
import heapq
import random
import sys
import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from pydron.ids import TaskId, ValueId, WorkerId
from pydron.scheduler import Scheduler, commands, events
from pydron.tasks import Function, Outcome, Payload, Task

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL = Payload(b"x")
LATENCY = 0.0005
"""Seconds for a message to a worker or back."""
WAVE = 20_000
"""Tasks that a run has under way at most."""


@dataclass
class Result:
    """What one simulation showed."""

    decisions: int = 0
    seconds: float = 0.0
    makespan: float = 0.0


@dataclass
class World:
    """Workers that take as long as they are told to, and a clock."""

    durations: dict[int, float]
    scheduler: Scheduler = field(default_factory=Scheduler)
    happenings: list[tuple[float, int, events.Event]] = field(default_factory=list)
    busy_until: dict[str, float] = field(default_factory=dict)
    queues: dict[str, dict[int, float]] = field(default_factory=dict)
    recalled: set[tuple[str, int]] = field(default_factory=set)
    order: count[int] = field(default_factory=count)
    now: float = 0.0
    result: Result = field(default_factory=Result)
    delivered: int = 0

    def tell(self, batch: list[events.Event]) -> None:
        """Let the scheduler decide, against the real clock."""
        start = time.perf_counter()
        decided = self.scheduler.handle_all(batch, self.now)
        self.result.seconds += time.perf_counter() - start
        for command in decided:
            self.obey(command)

    def obey(self, command: commands.Command) -> None:
        """Do what a worker would."""
        match command:
            case commands.Assign(worker, tasks):
                for task in tasks:
                    start = max(self.busy_until[worker], self.now + LATENCY)
                    end = start + self.durations[task.id]
                    self.busy_until[worker] = end
                    self.queues[worker][task.id] = start
                    outcome = Outcome(task.id, value=SMALL, size=1, seconds=self.durations[task.id])
                    self.later(end + LATENCY, events.TasksEnded(worker, [outcome]))
                    self.result.decisions += 1
            case commands.Recall(worker, wanted):
                back = [number for number in wanted if self.queues[worker].get(number, 0.0) > self.now + LATENCY]
                for number in back:
                    self.recalled.add((worker, number))
                    del self.queues[worker][number]
                    self.busy_until[worker] -= self.durations[number]
                self.later(self.now + 2 * LATENCY, events.TasksRecalled(worker, back))
            case commands.Deliver(_, outcomes):
                self.delivered += len(outcomes)
                self.later(self.now, events.ValuesReleased([ValueId(outcome.task) for outcome in outcomes]))
            case commands.WakeUp(seconds):
                self.later(self.now + seconds, events.TimePassed())
            case _:
                pass

    def later(self, when: float, event: events.Event) -> None:
        """Let something happen at a time."""
        heapq.heappush(self.happenings, (when, next(self.order), event))

    def advance(self) -> None:
        """Let happen what is next, and what happens within the same 50 microseconds."""
        self.now = self.happenings[0][0]
        batch: list[events.Event] = []
        while self.happenings and self.happenings[0][0] <= self.now + 50e-6:
            event = heapq.heappop(self.happenings)[2]
            if isinstance(event, events.TasksEnded):
                task = event.outcomes[0].task
                if (event.worker, task) in self.recalled:
                    self.recalled.discard((event.worker, task))
                    continue
                self.queues[event.worker].pop(task, None)
                self.result.makespan = self.now
            batch.append(event)
        if batch:
            self.tell(batch)


def simulate(workers: int, tasks: int, duration: Callable[[random.Random], float]) -> tuple[Result, float]:
    """Run independent tasks; return what was seen, and the least time that it could take."""
    rng = random.Random(workers)
    function = Function(b"f", "f", SMALL)
    todo = [Task(TaskId(number), function, SMALL) for number in range(1, tasks + 1)]
    world = World({task.id: duration(rng) for task in todo})
    for number in range(workers):
        name = WorkerId(f"w{number}")
        world.busy_until[name] = 0.0
        world.queues[name] = {}
        world.tell([events.WorkerJoined(name, f"h{number // 16}")])
    world.result = Result()
    run = object()
    sent = 0
    while world.delivered < tasks:
        if sent < tasks and sent - world.delivered < WAVE + workers:
            world.tell([events.TasksSubmitted(run, todo[sent : sent + 1000])])
            sent += 1000
        else:
            world.advance()
    longest = max(world.durations.values())
    return world.result, max(longest, sum(world.durations.values()) / workers)


MIXES: dict[str, Callable[[random.Random], float]] = {
    "all 100 ms": lambda _rng: 0.1,
    "10 to 500 ms": lambda rng: rng.uniform(0.01, 0.5),
    "log-normal, median 50 ms": lambda rng: min(5.0, rng.lognormvariate(-3.0, 1.0)),
    "1 ms, one in 1000 takes 1 s": lambda rng: 1.0 if rng.random() < 0.001 else 0.001,
}


def main(workers: list[int]) -> None:
    """Print a line for each number of workers and mix of durations."""
    heads = f"{'workers':>8} {'tasks':>8}  {'durations':<28} {'decisions/s':>12} {'us/task':>8}"
    print(f"{heads} {'makespan':>8} {'/ bound':>8}")
    for number in workers:
        tasks = max(100_000, 20 * number)
        for name, duration in MIXES.items():
            gc.collect()
            result, bound = simulate(number, tasks, duration)
            rate = result.decisions / result.seconds
            cost = result.seconds / tasks * 1e6
            ratio = result.makespan / bound
            line = f"{number:>8} {tasks:>8}  {name:<28} {rate:>12,.0f} {cost:>8.1f}"
            print(f"{line} {result.makespan:>8.2f} {ratio:>8.2f}")


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [8, 1_000, 10_000])
