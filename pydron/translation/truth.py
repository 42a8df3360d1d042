"""How often this interpreter tests the truth of an operand. The language leaves it open, and versions differ."""

from __future__ import annotations

__all__ = ["NESTED_ONCE"]


class _Counted:
    def __init__(self) -> None:
        self.times = 0

    def __bool__(self) -> bool:
        self.times += 1
        return False


def _tests_once() -> bool:
    operand = _Counted()
    _ = (operand and 1) or 2
    return operand.times == 1


NESTED_ONCE = _tests_once()
"""Whether ``(a and b) or c`` goes from a false ``a`` straight to ``c`` where its value is wanted; 3.12 tests it again.

In a condition every version does.
"""
