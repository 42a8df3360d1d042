"""What one small, independent task costs the scheduler from submission to release, when events come in batches.

Run it with ``python -m bench.dispatch``.
"""

from __future__ import annotations

import gc
import time

from pydron.ids import TaskId, ValueId, WorkerId
from pydron.scheduler import Scheduler, commands, events
from pydron.tasks import Function, Outcome, Payload, Task

SMALL = Payload(b"x")
UNDER_WAY = 1000
"""Tasks that the run has submitted and not heard of at most."""


def measure(tasks: int, batch: int, workers: int) -> float:
    """Return the seconds that the scheduler spent on each task."""
    function = Function(b"f", "f", SMALL)
    todo = [Task(TaskId(number), function, SMALL) for number in range(tasks)]
    outcomes = [Outcome(task.id, value=SMALL, size=1, seconds=1e-6) for task in todo]
    queues: dict[WorkerId, list[Task]] = {WorkerId(f"w{number}"): [] for number in range(workers)}
    scheduler = Scheduler()
    run = object()
    spent = now = 0.0
    sent = heard = 0
    gc.collect()
    gc.freeze()

    def tell(*happened: events.Event) -> None:
        nonlocal spent, heard
        start = time.perf_counter()
        decided = scheduler.handle_all(happened, now)
        spent += time.perf_counter() - start
        for command in decided:
            if isinstance(command, commands.Assign):
                queues[command.worker] += command.tasks
            elif isinstance(command, commands.Deliver):
                heard += len(command.outcomes)
                tell(events.ValuesReleased([ValueId(outcome.task) for outcome in command.outcomes]))

    tell(*(events.WorkerJoined(name, "host") for name in queues))
    while heard < tasks:
        if sent < tasks and sent - heard < UNDER_WAY:
            tell(events.TasksSubmitted(run, todo[sent : sent + batch]))
            sent += batch
        now += 1e-4
        ended = []
        for name, queue in queues.items():
            ended.append(events.TasksEnded(name, [outcomes[task.id] for task in queue[:batch]]))
            del queue[:batch]
        tell(*ended)
    gc.unfreeze()
    return spent / tasks


def main() -> None:
    """Print a line for each shape."""
    for workers, batch in ((1, 100), (2, 100), (2, 10), (2, 1), (16, 100), (100, 100)):
        best = min(measure(30_000, batch, workers) for _ in range(3))
        print(f"{workers:>4} workers, batches of {batch:>4}: {best * 1e6:6.2f} us/task")


if __name__ == "__main__":
    main()
