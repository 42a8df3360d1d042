"""Where a functional call is cheaper: on a worker, or in the driver at once.

A call that takes less time than its shipping takes of the driver is better made in the driver. Nobody knows before the
call, but calls of one function resemble each other, so the model keeps an account of the time that was saved:

* A call is quick if it took no longer than shipping it costs: a fixed price, a price by the byte of the result, and
  twice what the driver took to pickle the arguments of the last call that was shipped, for they are unpickled as well.
  It saves the difference. Savings are kept up to `SAVINGS`.
* A slow call in the driver costs what it took longer, `WEIGHT` times, for it held up everything else. One on a worker
  held up nothing; it costs what `LEAST` quick calls save at most.
* The first calls of a function are shipped. After `TRIALS` quick ones its calls are made in the driver, as long as the
  account is not overdrawn.

So a mean plays no part, and neither does the odd moment in which a busy machine takes the processor away from the
quickest call. A function that is quick nine hundred and ninety-nine times and then takes a second holds up the driver
once in a long while, and is shipped otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = [
    "BYTE_COST",
    "LEAST",
    "PACKING",
    "SAVINGS",
    "SHIP_COST",
    "TRIALS",
    "WEIGHT",
    "CallCost",
    "CostModel",
    "Decision",
]

Decision: TypeAlias = Literal["ship", "inline"]
"""``"ship"``: on a worker; ``"inline"``: in the driver."""

SHIP_COST = 80e-6
"""Seconds that a call may take with small arguments before it is better shipped."""

BYTE_COST = 1 / 500e6
"""Seconds that each byte of the result adds to that."""

PACKING = 40e-6
"""Seconds of pickling that are part of the fixed price."""

TRIALS = 3
"""How many quick calls it takes to trust a function."""

LEAST = 32
"""How many quick calls make up for a slow call on a worker at most."""

WEIGHT = 4
"""How many times the excess of a slow call in the driver has to be saved."""

SAVINGS = 0.1
"""Seconds that quick calls can save up."""

FUNCTIONS = 10_000
"""How many functions are remembered at most."""

_WEIGHT = 0.25
_FADING = 0.99
"""What is left of the price of pickling after each call in the driver: later arguments may be smaller."""


@dataclass(slots=True)
class CallCost:
    """What is known of the calls of one function."""

    calls: int = 0
    bytes: float = 0.0
    """Moving average of the bytes of the result, of calls of which they are known."""
    packing: float = 0.0
    """Seconds that pickling the arguments of the last call took that was shipped, past what is usual."""
    shipping: float = SHIP_COST
    """Seconds that shipping a call costs."""
    quick: int = 0
    """Quick calls so far, up to `TRIALS`."""
    saved: float = 0.0
    """Seconds that making calls in the driver has saved, or would have; negative if it is overdrawn."""
    inline: bool = False
    """Whether the next call is cheaper in the driver."""

    @property
    def decision(self) -> Decision:
        """Where the next call is cheaper."""
        return "inline" if self.inline else "ship"

    def observe(self, seconds: float, size: int | None = None, packing: float = 0.0) -> None:
        """Learn from one call; `size` is known of those that were shipped, and what took `packing` seconds."""
        if size is not None:
            self.bytes += (size - self.bytes) * (_WEIGHT if self.calls else 1.0)
            self.packing = max(packing - PACKING, 0.0)
        else:
            self.packing *= _FADING
        self.shipping = SHIP_COST + self.bytes * BYTE_COST + 2 * self.packing
        self.calls += 1
        left = self.shipping - seconds
        if left >= 0:
            self.saved = min(self.saved + left, SAVINGS)
            if self.quick < TRIALS:
                self.quick += 1
        elif size is None:
            self.saved += WEIGHT * left
        else:
            self.saved = min(self.saved, 0.0) + max(left, -LEAST * SHIP_COST)
        self.inline = self.saved >= 0 and self.quick == TRIALS


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

    def observe(self, key: object, seconds: float, size: int | None = None, packing: float = 0.0) -> None:
        """Learn how long a call took.

        Args:
            key: the function.
            seconds: how long it took.
            size: bytes of its result, if it was shipped.
            packing: seconds that it took to pickle its arguments.
        """
        cost = self.functions.get(key)
        if cost is None:
            if len(self.functions) >= FUNCTIONS:
                self.functions.clear()
            cost = self.functions[key] = CallCost()
        cost.observe(seconds, size, packing)
