"""What a task is submitted with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pydron.ids import TaskId
from pydron.sessions.pool import SessionPool
from pydron.tasks import Function, Inbox, Payload, Site, Task

if TYPE_CHECKING:
    import pytest


def test_a_call_after_code_of_the_program_is_made_as_things_are_then(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, inbox = SessionPool(lambda: None, lambda: None, 2), Inbox()

    def submitted() -> Task:
        task = Task(
            TaskId(pool.new_task_id()), Function(b"key", "f", Payload(b"")), Payload(b""), (), Site("f.py", 1, "main")
        )
        pool.submit(task, inbox)
        return task

    before = submitted()
    again = submitted()
    monkeypatch.setenv("PYDRON_TEST_SUBMITTED", "1")
    pool.look_again()  # the reactor has not taken the others yet
    after = submitted()
    assert os.environ["PYDRON_TEST_SUBMITTED"] == "1"
    assert before.likeness == again.likeness != after.likeness
    assert after.likeness == pool.likeness()
