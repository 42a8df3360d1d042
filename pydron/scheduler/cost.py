"""Where a functional call is cheaper: on a worker, or in the driver at once.

A call that takes less time than its shipping takes of the driver is better made in the driver. Nobody knows before the
call, but calls of one function resemble each other, so the model counts *quick* calls in a row:

* A call is quick if it took no longer than shipping it costs: a fixed price, and a price by the byte of what travels.
* A hiccup, a call of up to `HICCUP` seconds, is forgiven if the quick calls before have saved as much: a busy machine
  now and then takes the processor away from the quickest call. Savings are kept up to `SAVINGS`.
* The first calls of a function are shipped. After `TRIALS` quick ones its calls are made in the driver.
* One slow call, wherever it was made, sends the function back to the workers at once. It has to be quick `DOUBT` times
  as often in a row as it ever was before a slow call, and at least `LEAST` times, until it is trusted again.

So a mean plays no part: a function that is quick nine hundred and ninety-nine times and then takes a second holds up
the driver once or twice, and is shipped from then on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = [
    "BYTE_COST",
    "DOUBT",
    "HICCUP",
    "LEAST",
    "SAVINGS",
    "SHIP_COST",
    "TRIALS",
    "CallCost",
    "CostModel",
    "Decision",
]

Decision: TypeAlias = Literal["ship", "inline"]
"""``"ship"``: on a worker; ``"inline"``: in the driver."""

SHIP_COST = 100e-6
"""Seconds that shipping a call with small arguments costs."""

BYTE_COST = 1 / 500e6
"""Seconds that each byte of arguments and result adds to that."""

TRIALS = 3
"""How many quick calls in a row it takes to trust a new function."""

LEAST = 32
"""How many it takes at least after a slow call."""

DOUBT = 8
"""How many times longer it has to be quick than it ever was before a slow call."""

HICCUP = 20e-3
"""Seconds that a call may take which is forgiven."""

SAVINGS = 50e-3
"""Seconds that quick calls can save up for hiccups."""

FUNCTIONS = 10_000
"""How many functions are remembered at most."""

_WEIGHT = 0.25


@dataclass(slots=True)
class CallCost:
    """What is known of the calls of one function."""

    calls: int = 0
    seconds: float = 0.0
    """Moving average of the run time."""
    bytes: float = 0.0
    """Moving average of the bytes of arguments and result, of calls of which they are known."""
    quick: int = 0
    """Quick calls since the last slow one."""
    saved: float = 0.0
    """Seconds that quick calls have taken less than shipping them would have cost."""
    needed: int = TRIALS
    """Quick calls in a row that it takes to be made in the driver."""

    @property
    def shipping(self) -> float:
        """Seconds that shipping a call costs."""
        return SHIP_COST + self.bytes * BYTE_COST

    inline: bool = False
    """Whether the next call is cheaper in the driver."""

    @property
    def decision(self) -> Decision:
        """Where the next call is cheaper."""
        return "inline" if self.inline else "ship"

    def observe(self, seconds: float, size: int | None = None) -> None:
        """Learn from one call."""
        if size is not None:
            self.bytes += (size - self.bytes) * (_WEIGHT if self.calls else 1.0)
        self.seconds += (seconds - self.seconds) * (_WEIGHT if self.calls else 1.0)
        self.calls += 1
        left = self.shipping - seconds
        if left >= 0:
            self.quick += 1
            self.saved = min(self.saved + left, SAVINGS)
        elif seconds <= HICCUP and self.saved + left >= 0:
            self.saved += left
        else:
            self.needed = max(self.needed, LEAST, DOUBT * self.quick)
            self.quick = 0
        self.inline = self.quick >= self.needed


@dataclass(slots=True)
class CostModel:
    """What is known of all functions, by the key of their shipped form or anything else that names them.

    Not synchronised: each thread that asks has its own, or calls are kept apart otherwise.

    Args:
        ship: ship every call, whatever was measured.
    """

    ship: bool = False
    functions: dict[object, CallCost] = field(default_factory=dict)

    def decide(self, key: object) -> Decision:
        """Say where the next call of a function is to be made."""
        return "inline" if self.inlines(key) else "ship"

    def inlines(self, key: object) -> bool:
        """Say whether the next call of a function is to be made in the driver."""
        cost = self.functions.get(key)
        return cost is not None and cost.inline and not self.ship

    def observe(self, key: object, seconds: float, size: int | None = None) -> None:
        """Learn how long a call took, and how many bytes its arguments and result have if that is known."""
        cost = self.functions.get(key)
        if cost is None:
            if len(self.functions) >= FUNCTIONS:
                self.functions.clear()
            cost = self.functions[key] = CallCost()
        cost.observe(seconds, size)
