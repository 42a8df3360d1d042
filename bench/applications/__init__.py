"""Eight applications, written as plain sequential programs with two decorators.

Each module has ``prepare``, which makes the arguments; ``run``, the application; and ``by_hand``, the same made
parallel by hand: functions for one item each, mapped over the items by what is measured beside Pydron. Both return the
same and print the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from bench import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


# Before any of the modules imports NumPy, which asks for the number of threads then.
machine.one_thread()


class Each(Protocol):
    """Calls a function for each item, in parallel; returns the results in the order of the items."""

    def __call__(
        self, function: Callable[..., Any], items: Iterable[object], *same: object, waiting: bool = False
    ) -> list[Any]:
        """Call ``function(item, *same)`` for each.

        Args:
            function: what is called.
            items: its first arguments.
            same: its other arguments, the same for all items.
            waiting: the calls wait most of the time, they need no core each.
        """
