"""The rooms of the event loops that scheduled coroutines run on: their waiting calls wait on the same loop."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from pydron.waiting import connections
from pydron.waiting.room import Room

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["room_of"]

_rooms: weakref.WeakValueDictionary[AbstractEventLoop, Room] = weakref.WeakValueDictionary()
"""There while calls are in them."""
_watched: weakref.WeakSet[AbstractEventLoop] = weakref.WeakSet()


def room_of(loop: AbstractEventLoop, places: int) -> Room:
    """Return the room of a loop; it has so many places from now on. To be called on the loop's thread."""
    if loop not in _watched:
        connections.watch(loop)
        _watched.add(loop)
    room = _rooms.get(loop)
    if room is None:
        room = _rooms[loop] = Room(loop, places)
    room.places = places
    return room
