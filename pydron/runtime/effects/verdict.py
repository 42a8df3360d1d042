"""The answers of the effects database.

Operands are named by number: a position, `RECEIVER` for what a method is called on, `ALL` for every argument there is;
keyword arguments by name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = [
    "ALL",
    "OUTPUT",
    "PENDING",
    "PURE",
    "RECEIVER",
    "UNKNOWN",
    "Effect",
    "Operand",
    "Verdict",
    "as_function",
    "with_warnings",
]

Operand: TypeAlias = "int | str"

RECEIVER = -1
"""The object a method is called on."""
ALL = -2
"""Every argument, positional or keyword."""


class Effect(Enum):
    """What an operation may do besides giving a result or raising."""

    PURE = auto()
    """Nothing; and the result depends on operands that never change."""
    READS = auto()
    """Nothing; but it reads operands that may change."""
    WRITES = auto()
    """Changes what `Verdict.writes` names and nothing else."""
    OUTPUT = auto()
    """Writes to a stream, log or the like that the program does not read back; changes nothing else."""
    UNKNOWN = auto()
    """Anything."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one operation on concrete operands may do. Whatever the effect, the operation may raise.

    A verdict is about the operands as they are when it is asked for. One with `deep` operands was concluded from what
    these hold: stores to them that come earlier in the program must be done before asking. One without follows from
    exact types and keys, and other known operations that take effect in between leave it true.

    A finalizer (``__del__``) runs when its object goes away. Where the database sees one it answers `UNKNOWN`; it does
    not look for those behind other objects.
    """

    effect: Effect
    shallow: tuple[Operand, ...] = ()
    """Operands whose own memory is read: the elements a list holds, not what is inside these."""
    deep: tuple[Operand, ...] = ()
    """Operands read together with everything that can be reached from them."""
    writes: tuple[Operand, ...] = ()
    """Operands whose own memory is changed."""
    stores: tuple[Operand, ...] = ()
    """Operands that can be reached from the written one afterwards (they, or their elements)."""
    fresh: bool = False
    """The result is a new object that shares no memory with an old one; its elements may be old."""
    none_result: bool = False
    """The result is None whenever the operation does not raise."""
    warns: bool = False
    """A floating point event of numpy may emit a warning, which has its place in the output. Ahead of its turn an
    operation that only reads must run under `pydron.runtime.effects.run_quietly`; one that writes must wait."""
    reads_frame: bool = False
    """The operation looks at the frame that calls it (a log record's line, the module a warning belongs to)."""

    @property
    def is_known(self) -> bool:
        """Whether anything is known."""
        return self.effect is not Effect.UNKNOWN

    @property
    def is_harmless(self) -> bool:
        """Whether the operation does nothing but read, not even warn."""
        return (self.effect is Effect.PURE or self.effect is Effect.READS) and not self.warns


class _Pending(Enum):
    PENDING = auto()


UNKNOWN = Verdict(Effect.UNKNOWN)
PURE = Verdict(Effect.PURE, fresh=True)
PENDING = _Pending.PENDING
"""Stands for an operand whose value is still to come. The verdict holds for every value it may turn out to be, except
where `deep` names it: then ask again with the value."""
OUTPUT = Verdict(Effect.OUTPUT, deep=(ALL,))


@lru_cache(maxsize=1024)
def as_function(verdict: Verdict) -> Verdict:
    """Renumber a method's verdict for ``Type.method(receiver, ...)``."""
    return replace(
        verdict,
        shallow=_shifted(verdict.shallow),
        deep=_shifted(verdict.deep),
        writes=_shifted(verdict.writes),
        stores=_shifted(verdict.stores),
    )


def _shifted(operands: tuple[Operand, ...]) -> tuple[Operand, ...]:
    return tuple(
        operand + 1 if isinstance(operand, int) and operand != ALL else operand for operand in operands
    )  # RECEIVER becomes position 0


@lru_cache(maxsize=1024)
def with_warnings(verdict: Verdict) -> Verdict:
    """Return the same verdict for operands of numpy that may warn."""
    return replace(verdict, warns=True)
