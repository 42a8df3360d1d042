"""The contract of engines: systems with workers of their own, such as Dask or Ray, that run our tasks.

An engine runs calls whose arguments are complete; it knows neither values nor references. The scheduler above it sees
one worker with many slots. `pydron.testing.conformance.check_engine` holds an implementation to this contract.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.ids import TaskId
    from pydron.tasks import Outcome, Task

__all__ = ["Engine"]


class Engine(Protocol):
    """Runs tasks somewhere else.

    Methods are called from one thread and do not block. They may be called while `ended` is being called.
    """

    @property
    def slots(self) -> int:
        """How many tasks it makes sense to have running at a time."""

    def submit(self, task: Task, ended: Callable[[Outcome], None]) -> None:
        """Run a task without references.

        `ended` is called exactly once for each task that is not cancelled, from any thread, never from within
        `submit`. The outcome holds the value or the failure: an exception of the call, `BaseException` included, is a
        failure and does not harm the engine. If the engine itself loses the task, the outcome is `lost` and says how.
        Tasks may end in any order. Arguments are snapshots, and what a call does to them is seen by no other.
        """

    def cancel(self, task: TaskId) -> None:
        """Forget a task: unless its outcome is being reported at this moment, `ended` is not called for it.

        A call that runs may be left to end by itself. Unknown and ended tasks are ignored.
        """

    def close(self) -> None:
        """End: after this has returned no `ended` is called, and nothing of the engine is left in this process."""
