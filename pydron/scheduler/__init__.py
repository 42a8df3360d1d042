"""Decides which worker runs what, and when: events in, commands out; no input or output, no clock."""

from __future__ import annotations

from pydron.scheduler.commands import Command
from pydron.scheduler.events import Event
from pydron.scheduler.scheduler import Scheduler

__all__ = ["Command", "Event", "Scheduler"]
