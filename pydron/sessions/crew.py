"""Keeps the workers of a session: starts them, hears them, sees that they live, starts others for those that died."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pydron.backend.launcher import LOCAL
from pydron.errors import LaunchError
from pydron.ids import WorkerId
from pydron.sessions.member import Member, Stage
from pydron.transport.messages import Bye, Ping, Pong, Ready, Setup

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydron.backend.launcher import Handle, Launcher
    from pydron.sessions.depot import Depot
    from pydron.transport.messages import Message
    from pydron.transport.peer import Listener, Peer
    from pydron.transport.reactor import Reactor

__all__ = ["Crew", "Reports"]

_FAILURES = 3
"""Starts in a row that may fail before it is given up."""
_BACK_OFF = 0.1
_STOPPED_AFTER = 2
"""Unanswered pings after which a worker whose process is known to be stopped is killed."""


class Reports(Protocol):
    """Who hears what becomes of the crew. Called on the reactor's thread."""

    def joined(self, member: Member) -> None:
        """A worker is ready for tasks."""

    def heard(self, member: Member, messages: list[Message]) -> None:
        """A worker has said something."""

    def left(self, member: Member, reason: str, *, expected: bool) -> None:
        """A worker that was ready is gone."""

    def unavailable(self, error: LaunchError) -> None:
        """There is no worker and none can be started."""


class _Ear:
    """Listens to one worker."""

    def __init__(self, crew: Crew, member: Member) -> None:
        self._crew = crew
        self._member = member

    def received(self, messages: list[Message]) -> None:
        self._crew._received(self._member, messages)

    def lost(self, reason: str) -> None:  # noqa: ARG002
        self._member.peer = None


class Crew:
    """All workers of one session. Lives on the reactor's thread."""

    def __init__(
        self,
        reactor: Reactor,
        launchers: Sequence[Launcher],
        reports: Reports,
        describe: Callable[[str], Setup],
        depot: Depot,
        heartbeat: float,
        silence: float,
    ) -> None:
        self._reactor = reactor
        self._launchers = launchers
        self._reports = reports
        self._describe = describe
        self._depot = depot
        self._heartbeat = heartbeat
        self._silence = silence
        """Seconds without an answer after which a worker is taken for dead."""
        self.members: dict[WorkerId, Member] = {}
        self._numbers = 0
        self._failures = dict.fromkeys(map(id, launchers), 0)
        self._delayed: dict[int, object] = {}
        self._last_problem = ""
        self._closed = False
        self._beat: object = None

    @property
    def ready(self) -> list[Member]:
        """The workers that run tasks."""
        return [member for member in self.members.values() if member.stage is Stage.READY]

    def start(self) -> None:
        """Start as many workers as the configuration asks for and are missing."""
        if self._closed:
            return
        for launcher in self._launchers:
            self._failures[id(launcher)] = 0
            have = sum(
                1
                for member in self.members.values()
                if member.launcher is launcher and member.stage is not Stage.LEAVING
            )
            for _ in range(launcher.count - have):
                self._start_one(launcher)
        if self._beat is None:
            self._beat = self._reactor.callLater(self._heartbeat, self._check_pulses)

    def _start_one(self, launcher: Launcher) -> None:
        if self._closed:
            return
        worker = WorkerId(f"{launcher.prefix}-{self._numbers}")
        self._numbers += 1
        member = self.members[worker] = Member(worker, launcher)
        member.handle = launcher.start(worker, self)

    def dismiss(self, member: Member) -> None:
        """Let a worker go in peace."""
        member.stage = Stage.LEAVING
        if member.peer is not None:
            member.peer.send([Bye()])
        elif member.handle is not None:
            member.handle.kill()

    def kill(self, member: Member) -> None:
        """End a worker that the driver wants no more."""
        member.stage = Stage.LEAVING
        if member.handle is not None:
            member.handle.kill()

    def close(self) -> None:
        """End all workers; when this returns there is no process left."""
        self._closed = True
        for call in [self._beat, *self._delayed.values()]:
            if call is not None and call.active():  # type: ignore[attr-defined]
                call.cancel()  # type: ignore[attr-defined]
        for launcher in self._launchers:
            launcher.close()
        for member in self.members.values():
            member.loans.forget()
        self.members.clear()

    # What launchers report.

    def joined(self, handle: Handle, peer: Peer) -> Listener:
        """Make a new worker like the driver."""
        member = self.members[handle.worker]
        member.peer = peer
        member.stage = Stage.SETTING_UP
        segments = self._depot.segments_for_worker() if handle.host == LOCAL else []
        for segment in segments:
            member.loans.know(segment, theirs=True)
        grants = tuple([segment.grant() for segment in segments])
        peer.send([self._describe(handle.worker)._replace(segments=grants, memory=member.launcher.memory)])
        return _Ear(self, member)

    def ended(self, handle: Handle, reason: str) -> None:
        """Sort out what the end of a worker means."""
        member = self.members.pop(handle.worker, None)
        if member is None or self._closed:
            return
        launcher = member.launcher
        if member.stage in {Stage.STARTING, Stage.SETTING_UP}:
            self._failed(launcher, f"{handle.worker}: {reason}")
            return
        expected = member.stage is Stage.LEAVING
        self._reports.left(member, reason, expected=expected)

    def replace(self, launcher: Launcher) -> None:
        """Start one worker in place of another."""
        have = sum(
            1 for member in self.members.values() if member.launcher is launcher and member.stage is not Stage.LEAVING
        )
        if have < launcher.count:
            self._start_one(launcher)

    def _failed(self, launcher: Launcher, problem: str) -> None:
        self._last_problem = problem
        self._failures[id(launcher)] += 1
        failures = self._failures[id(launcher)]
        if failures < _FAILURES:
            delay = _BACK_OFF * 2**failures
            key = max(self._delayed, default=0) + 1

            def again() -> None:
                self._delayed.pop(key, None)
                self.replace(launcher)

            self._delayed[key] = self._reactor.callLater(delay, again)
        elif not self.members and not self._delayed:
            self._reports.unavailable(LaunchError(f"no worker could be started; the last attempt: {problem}"))

    # What workers say, or do not say.

    def _received(self, member: Member, messages: list[Message]) -> None:
        member.unanswered = 0
        if member.stage is Stage.SETTING_UP and isinstance(messages[0], Ready):
            member.stage = Stage.READY
            member.shares = messages[0].shares
            self._failures[id(member.launcher)] = 0
            self._reports.joined(member)
            messages = messages[1:]
        messages = [message for message in messages if type(message) is not Pong]
        if messages:
            self._reports.heard(member, messages)

    def _check_pulses(self) -> None:
        self._beat = self._reactor.callLater(self._heartbeat, self._check_pulses)
        self._depot.pulse()
        limit = max(3, self._silence / self._heartbeat)
        for member in list(self.members.values()):
            if member.peer is None or member.handle is None:
                continue
            stopped = member.unanswered >= _STOPPED_AFTER and member.handle.stopped()
            if stopped or member.unanswered >= limit:
                member.handle.kill()
            else:
                member.unanswered += 1
                member.peer.send([Ping(member.unanswered)])
