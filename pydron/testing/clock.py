"""A clock that is turned by hand."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Clock"]


@dataclass(slots=True)
class Clock:
    """Time that passes only when told to."""

    now: float = 0.0
    """Seconds since it was made."""

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            ValueError: time does not run backwards.
        """
        if seconds < 0:
            raise ValueError(f"time cannot be turned back by {-seconds} seconds")
        self.now += seconds

    def advance_to(self, time: float) -> None:
        """Let time pass up to a moment; nothing happens if that is over already."""
        self.now = max(self.now, time)
