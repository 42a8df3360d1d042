"""The waiting rooms as a session sees them: which call is in which, and what is held for as long as the session is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydron.ids import TaskId
    from pydron.tasks import Outcome, WaitingCall
    from pydron.waiting.room import Room

__all__ = ["WaitingRooms"]


class WaitingRooms:
    """The rooms of one session. Nothing is started before there is a call."""

    def __init__(self, places: int | None = None, *, check: bool = False) -> None:
        """Make them.

        Args:
            places: how many calls may be under way at a time; None for what this process can have open.
            check: prove for each call that it left its arguments alone.
        """
        self._places = places
        self._check = check
        self._lock = threading.Lock()
        self._side: Room | None = None
        self._closed = False
        self._calls: dict[TaskId, Room] = {}

    def __contains__(self, call: TaskId) -> bool:
        return call in self._calls

    @property
    def places(self) -> int:
        """How many calls can be under way at the same time."""
        if self._places is None:
            from pydron.waiting.side import most_at_once

            self._places = most_at_once()
        return self._places

    def begin(self, call: WaitingCall, deliver: Callable[[Outcome], None]) -> None:
        """Make a call on the loop of the side thread, after the next `flush`; have its outcome delivered there."""
        # Slow to import, and needed by few programs.
        from pydron.waiting.room import Asked
        from pydron.worker import diversion

        room = self._side or self._enter()
        diversion.renew()

        def ended(outcome: Outcome) -> None:
            self._calls.pop(outcome.task, None)
            deliver(outcome)

        self._calls[call.id] = room
        room.begin(Asked(call, ended, checks=self._check))

    def flush(self) -> None:
        """Let the loop know of the calls that were asked for."""
        if self._side is not None:
            self._side.flush()

    def cancel(self, calls: Iterable[TaskId]) -> list[TaskId]:
        """Cancel those of some calls that are waiting calls; return the others."""
        others: list[TaskId] = []
        waiting: dict[Room, list[TaskId]] = {}
        for call in calls:
            room = self._calls.get(call)
            if room is None:
                others.append(call)
            else:
                waiting.setdefault(room, []).append(call)
        for room, mine in waiting.items():
            room.cancel(mine)
        return others

    def close(self) -> None:
        """Leave the rooms."""
        from pydron.waiting import side

        with self._lock:
            self._closed = True
            held, self._side = self._side is not None, None
        if held:
            side.let_go()

    def _enter(self) -> Room:
        from pydron.errors import LaunchError
        from pydron.waiting import side

        with self._lock:
            if self._closed:
                raise LaunchError("the session was closed; calls that are still wanted must end before it does")
            if self._side is None:
                self._side = side.hold(self.places)
            return self._side
