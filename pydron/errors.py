"""Everything Pydron itself raises or warns about.

::

    PydronError
    ├── ConfigError             pydron.conf (or an option) says something it cannot mean
    ├── TranslationError        a function cannot be scheduled, and strict mode forbids the fallback
    ├── ContractError           a functional callable breaks its promise (found by PYDRON_CHECK=1 or at decoration)
    ├── UnpicklableError        an argument, result or callable cannot travel to a worker
    ├── RemoteError             a call raised an exception that cannot be rebuilt here
    ├── WorkerLost              the worker died under a call, again and again
    ├── LaunchError             a worker could not be started
    ├── AuthenticationError     the other end of a connection is not who it has to be
    └── ProtocolError           the other end of a connection said something that makes no sense

    PydronWarning               (a warning) part of a program runs sequentially, and why

Exceptions of the user's own program are never wrapped: they are raised as they are, with a note that names the call.

Facts are attributes and arguments of the exception, so that every error survives pickling; ``__str__`` makes the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydron.tasks import Site

__all__ = [
    "AuthenticationError",
    "ConfigError",
    "ContractError",
    "LaunchError",
    "ProtocolError",
    "PydronError",
    "PydronWarning",
    "RemoteError",
    "TranslationError",
    "UnpicklableError",
    "WorkerLost",
]


class PydronError(Exception):
    """The root of all errors that Pydron raises on its own account."""


class PydronWarning(UserWarning):
    """Part of a program runs sequentially. The text says which part, why, and what would help."""


class ConfigError(PydronError):
    """`pydron.conf` cannot be used as it stands. The message names file, line, key path and what was expected."""

    def __init__(
        self, message: str, filename: str | None = None, line: int | None = None, path: str | None = None
    ) -> None:
        super().__init__(message, filename, line, path)
        self.message = message
        self.filename = filename
        self.line = line
        self.path = path

    def __str__(self) -> str:
        where = self.filename or ""
        if self.line is not None:
            where += f", line {self.line}"
        if self.path:
            where += f"{', ' if where else ''}at {self.path}"
        return f"{where}: {self.message}" if where else self.message


class TranslationError(PydronError):
    """A function cannot be scheduled as it is written. Raised only with ``strict=True``."""

    def __init__(self, reason: str, site: Site | None = None) -> None:
        super().__init__(reason, site)
        self.reason = reason
        self.site = site

    def __str__(self) -> str:
        return f"{self.site}: {self.reason}" if self.site else self.reason


class ContractError(PydronError):
    """A functional callable did what it promised not to do."""

    def __init__(self, function: str, breach: str, site: Site | None = None) -> None:
        super().__init__(function, breach, site)
        self.function = function
        self.breach = breach
        self.site = site

    def __str__(self) -> str:
        where = f" (called at {self.site})" if self.site else ""
        return f"functional {self.function} {self.breach}{where}"


class UnpicklableError(PydronError, TypeError):
    """Something that has to travel to or from a worker cannot be pickled.

    Attributes:
        function: name of the functional callable.
        what: what was to travel: ``"argument 'image'"``, ``"result"``, ``"callable"``.
        path: how to get from there to the culprit: ``".frames[3].lock"``; empty for the object itself.
        culprit: type of the object that refuses.
        reason: what pickle said.
    """

    def __init__(
        self, function: str, what: str, path: str, culprit: str, reason: str, site: Site | None = None
    ) -> None:
        super().__init__(function, what, path, culprit, reason, site)
        self.function = function
        self.what = what
        self.path = path
        self.culprit = culprit
        self.reason = reason
        self.site = site

    def __str__(self) -> str:
        where = f"{self.site}: " if self.site else ""
        place = f" at {self.path.strip()}" if self.path else ""
        said = "" if self.reason == f"cannot pickle '{self.culprit}' object" else f" ({self.reason})"
        return (
            f"{where}the {self.what} of functional {self.function} cannot be sent: "
            f"{self.culprit}{place} cannot be pickled{said}. {self._advice()}, "
            f"or take pydron.functional off {self.function} so that it runs here."
        )

    def _advice(self) -> str:
        if self.what == "result":
            return "Return plain data"
        if self.what == "callable":
            return f"Make this object inside {self.function}, or pass what it needs as an argument"
        return f"Pass plain data and make this object inside {self.function}"


class RemoteError(PydronError):
    """A call raised an exception that cannot be rebuilt in the driver; its text is all that is left."""

    def __init__(self, type_name: str, message: str, traceback_text: str) -> None:
        super().__init__(type_name, message, traceback_text)
        self.type_name = type_name
        self.message = message
        self.traceback_text = traceback_text

    def __str__(self) -> str:
        return f"{self.type_name}: {self.message}\n\n{self.traceback_text}"


class WorkerLost(PydronError):
    """The worker that ran a call died, and so did those that tried it again.

    Attributes:
        function: name of the functional callable.
        attempts: how often the call was started.
        ends: for each attempt the worker and how it ended, for people.
    """

    def __init__(self, function: str, attempts: int, ends: tuple[str, ...], site: Site | None = None) -> None:
        super().__init__(function, attempts, ends, site)
        self.function = function
        self.attempts = attempts
        self.ends = ends
        self.site = site

    def __str__(self) -> str:
        where = f"{self.site}: " if self.site else ""
        times = f"each of {self.attempts} attempts" if self.attempts > 1 else "its only attempt"
        advice = "Run the program with PYDRON=off to see the crash itself."
        if any("SIGKILL" in end for end in self.ends):
            advice = "SIGKILL often means that memory ran out: use fewer cores, or pass smaller pieces."
        return f"{where}functional {self.function} lost its worker in {times}.{self._told_ends()}\n{advice}"

    def _told_ends(self) -> str:
        """Tell how the attempts ended; those that ended alike are told once."""
        import re  # no worker needs it to start

        alike: dict[str, list[int]] = {}
        for number, end in enumerate(self.ends, 1):
            alike.setdefault(re.sub(r"\A.*?: process \d+ ", "", end), []).append(number)
        return "".join(
            f"\n  attempt{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}: {end}"
            for end, numbers in alike.items()
        )


class LaunchError(PydronError):
    """A worker could not be started. The message holds what it wrote before it ended."""


class AuthenticationError(PydronError):
    """The other end of a connection did not prove who it is."""


class ProtocolError(PydronError):
    """A frame or message that no correct peer sends."""
