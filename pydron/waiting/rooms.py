"""The waiting rooms as a session sees them: which call is in which, and what is held for as long as the session is."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from pydron.errors import LaunchError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Iterable

    from pydron.ids import TaskId
    from pydron.tasks import Outcome, WaitingCall
    from pydron.waiting.room import Room

__all__ = ["WaitingRooms"]

_CLOSED = "the session was closed; calls that are still wanted must end before it does"


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
        self._rooms: WeakValueDictionary[AbstractEventLoop, Room] = WeakValueDictionary()
        """Those of the user's loops, while calls are in them."""
        self._unflushed: deque[Room] = deque()
        """Rooms of the user's loops that are to be told of calls."""
        self._diverts = False
        """What calls on the user's loops write is caught."""
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
        """Make a call on its loop, or that of the side thread, after the next `flush`; deliver its outcome there."""
        # Slow to import, and needed by few programs.
        from pydron.waiting.room import Asked
        from pydron.worker import diversion

        room = self._own(call.loop) if call.loop is not None else self._side or self._enter()
        diversion.renew()

        def ended(outcome: Outcome) -> None:
            self._calls.pop(outcome.task, None)
            deliver(outcome)

        self._calls[call.id] = room
        room.begin(Asked(call, ended, checks=self._check))

    def flush(self) -> None:
        """Let the loops know of the calls that were asked for."""
        if self._side is not None:
            self._side.flush()
        while self._unflushed:
            self._unflushed.popleft().flush()

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
            try:
                room.cancel(mine)
            except RuntimeError:  # a loop of the user's that is closed: no call goes on there
                for call in mine:
                    self._calls.pop(call, None)
        return others

    def pass_on(self, call: TaskId, error: BaseException) -> bool:
        """Cancel a call on the loop that runs, for which it still has an outcome; return whether there is one."""
        room = self._calls.get(call)
        if room is None or room is self._side:
            return False
        room.pass_on(call, error.args[0] if error.args else None)
        return True

    def close(self) -> None:
        """Leave the rooms."""
        from pydron.waiting import side

        with self._lock:
            self._closed = True
            held, self._side = self._side is not None, None
            diverted, self._diverts = self._diverts, False
        if held:
            side.let_go()
        if diverted:
            from pydron.worker import diversion

            diversion.leave()

    def _own(self, loop: AbstractEventLoop) -> Room:
        """Return the room of a loop of the user's, to be told of a call."""
        from pydron.waiting import connections
        from pydron.waiting.room import Room
        from pydron.worker import diversion

        with self._lock:
            if self._closed:
                raise LaunchError(_CLOSED)
            if not self._diverts:
                self._diverts = True
                diversion.enter()
        room = self._rooms.get(loop)
        if room is None:
            connections.watch(loop)
            room = self._rooms[loop] = Room(loop, self.places)
        self._unflushed.append(room)
        return room

    def _enter(self) -> Room:
        from pydron.waiting import side

        with self._lock:
            if self._closed:
                raise LaunchError(_CLOSED)
            if self._side is None:
                self._side = side.hold(self.places)
            return self._side
