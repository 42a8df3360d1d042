"""A run reduced to the bare minimum: submits calls to a session's pool and waits for what comes of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydron.ids import ValueId
from pydron.tasks import Inbox, Outcome, Requirements, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.ids import TaskId
    from pydron.sessions import Session

PATIENCE = 60.0


class Client:
    """Calls functions on a session and waits for their outcomes."""

    def __init__(self, session: Session) -> None:
        self.pool = session.pool
        self.inbox = Inbox()
        self.outcomes: dict[TaskId, Outcome] = {}

    def submit(
        self,
        function: Callable[..., object],
        *args: object,
        references: tuple[tuple[int | str, Task], ...] = (),
        retries: int = 3,
        want: bool = False,
    ) -> Task:
        """Submit a call; `references` puts results of other tasks in the places named."""
        task = Task(
            self.pool.new_task_id(),
            self.pool.function(function, function.__qualname__),
            self.pool.dumps_call(function, function.__qualname__, args, {}),
            tuple((place, ValueId(other.id)) for place, other in references),
            requirements=Requirements(retries=retries),
            want_value=want,
        )
        self.pool.submit(task, self.inbox)
        return task

    def outcome(self, task: Task) -> Outcome:
        """Wait for the outcome of a task."""
        deadline = time.monotonic() + PATIENCE
        while task.id not in self.outcomes:
            if not self.inbox.outcomes:
                self.pool.wait(self.inbox, deadline - time.monotonic())
            assert time.monotonic() < deadline, f"task {task.id} never ended"
            while self.inbox.outcomes:
                outcome = self.inbox.outcomes.popleft()
                self.outcomes[outcome.task] = outcome
        return self.outcomes[task.id]

    def fetched(self, task: Task) -> Outcome:
        """Wait for the outcome of a task with its value, wherever it stayed."""
        outcome = self.outcome(task)
        if outcome.value is None and outcome.failure is None and outcome.lost is None:
            del self.outcomes[task.id]
            self.pool.fetch(ValueId(task.id), self.inbox)
            outcome = self.outcome(task)
        return outcome

    def result(self, task: Task) -> object:
        """Wait for the value of a task, or raise what it raised."""
        outcome = self.fetched(task)
        if outcome.lost is not None:
            raise outcome.lost
        if outcome.failure is not None:
            raise self.pool.load_failure(outcome.failure)
        assert outcome.value is not None
        return self.pool.loads(outcome.value)

    def call(self, function: Callable[..., object], *args: object) -> object:
        """Call a function on a worker."""
        return self.result(self.submit(function, *args))
