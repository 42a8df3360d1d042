"""Verdicts on the operations of a scheduled function."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Kind", "Verdict"]


class Kind(Enum):
    """How an operation goes together with what comes before and after it; the later, the more it holds up."""

    PARALLEL = "parallel"
    """It runs as soon as its operands are known."""
    ORDERED = "ordered"
    """It takes effect in its turn, but what follows it does not wait for that."""
    BLOCKING = "blocking"
    """It runs in its turn; what follows it is made on a guess at best."""
    NATIVE = "native"
    """It runs as it is written, calls inside it one after the other."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one operation."""

    line: int
    kind: Kind
    what: str
    """The operation, as it is written."""
    reason: str
    advice: str = ""
    """The edit that would help."""
