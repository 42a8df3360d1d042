"""The contract of launchers: what starts workers, and sees that they end.

A launcher is used on the reactor's thread only, and calls back on that thread only, never from within `start`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from pydron.backend.spawn import Spawned
    from pydron.config.records import WorkerEntry
    from pydron.ids import WorkerId
    from pydron.transport.peer import Listener, Peer
    from pydron.transport.reactor import Reactor

__all__ = ["LOCAL", "Backend", "Handle", "Launcher", "Observer", "Surroundings"]

LOCAL = "local"
"""The driver's own host; workers there run as the same user, and can open its files."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a launcher works with."""

    reactor: Reactor
    transport: Literal["unix", "tls"] | None = None
    """How local workers connect; None: by Unix socket where there are any."""
    nice: int = 0
    """How much workers give way to other processes."""
    spares: list[Spawned] = field(default_factory=list)
    """Worker processes of this machine that were started ahead; whoever starts some takes from here first."""


class Handle(Protocol):
    """One worker, from `Launcher.start` until `Observer.ended`."""

    @property
    def worker(self) -> WorkerId:
        """What it is called."""

    @property
    def host(self) -> str:
        """The machine it is on; workers with the same text share one."""

    @property
    def pid(self) -> int:
        """Its process number on that machine, 0 if unknown."""

    def stopped(self) -> bool:
        """Tell whether its process is known to stand still (SIGSTOP), in contrast to being busy."""

    def kill(self) -> None:
        """End the worker at once, with all processes that its calls have started. Harmless when it has ended."""


class Observer(Protocol):
    """Who wants to know what becomes of a worker."""

    def joined(self, handle: Handle, peer: Peer) -> Listener:
        """Take the connection to a worker that has proven who it is; return who listens to it. Called at most once."""

    def ended(self, handle: Handle, reason: str) -> None:
        """Take note that a worker is gone, or could not be started.

        Called exactly once for each worker, last: all that it said has been received, its process does not exist any
        more. `reason` tells how it ended, with the last lines that it wrote to its standard error.
        """


class Launcher(Protocol):
    """Starts workers of one entry of the configuration."""

    @property
    def count(self) -> int:
        """How many workers the entry asks for."""

    @property
    def prefix(self) -> str:
        """What the names of its workers begin with."""

    @property
    def memory(self) -> int | None:
        """How many bytes each of its workers may use, if that is limited."""

    def start(self, worker: WorkerId, observer: Observer) -> Handle:
        """Begin to start a worker. Failures are told to the observer, like any other end."""

    def close(self) -> None:
        """Kill what is left and leave nothing behind: no process, socket, file or thread of its own."""


class Backend(Protocol):
    """What one type of worker entry stands for. Entry points of the group `pydron.backends` refer to such objects."""

    @property
    def entry(self) -> type[WorkerEntry]:
        """The record of its keys in the configuration."""

    def launcher(self, entry: WorkerEntry, surroundings: Surroundings) -> Launcher:
        """Make the launcher for an entry.

        Raises:
            ConfigError: the entry asks for what cannot be had here.
        """
