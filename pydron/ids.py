"""Names for the things Pydron counts: one integer or text type each, so that they are never mixed up."""

from typing import NewType

TaskId = NewType("TaskId", int)
"""A dispatched functional call. Unique within a session; grows in the order of dispatch."""

ValueId = NewType("ValueId", int)
"""An immutable value that workers may hold a replica of. The value of a task has the task's number."""

WorkerId = NewType("WorkerId", str)
"""A worker process, for people and for messages: ``"local-0"``, ``"node1-3"``."""
