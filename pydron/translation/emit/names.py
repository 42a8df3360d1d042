"""What the modules that write frames agree on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pydron.dataflow.nodes import RegionNode

__all__ = [
    "CONSTANTS",
    "FRAME",
    "GUARD_STATE",
    "INTRINSICS",
    "JUMPED",
    "LEFT",
    "UNIT_CONSTANTS",
    "FrameKey",
    "FrameScope",
]


CONSTANTS = (".P", ".A", ".U", ".C", ".D", ".W", ".IMPURE", ".BREATHE", ".QUEUED", ".Id", ".Type")
"""Names that every frame but a unit gets as trailing parameters with defaults."""
UNIT_CONSTANTS = (".P", ".A", ".U", ".C", ".D", ".N", ".F", ".ORDERED", ".IMPURE", ".Id", ".Type")
"""Those that a unit gets."""
INTRINSICS = frozenset(
    (".spread", ".AssertionError", ".BaseException", ".consumes", ".zip", ".Total", ".sum", ".sort", ".empty", ".read")
)
"""Names that few functions need; their frames get them after these."""

FrameKey: TypeAlias = tuple[str, int] | tuple[str, int, int]
"""``("entry", 0)``, ``("region", tick)``, ``("native", tick)``, ``("unit", tick)``, ``("resume", tick of the frame's
node or 0, tick)``."""

FRAME = ".frame"
"""The name of a frame while it is compiled: one that its code cannot mean."""

GUARD_STATE = (".caught", ".code", ".value", ".exit")
"""The hidden variables of a statement that catches errors: what it has caught, how its body has ended, and how to
leave its manager."""

JUMPED, LEFT = 1, 2
"""How a region ended that did not reach its end: by ``break`` of a loop around, by ``return``."""


@dataclass(slots=True)
class FrameScope:
    """The frame being written."""

    node: RegionNode | None
    """The node of a region frame; None in the entry frame."""
    variables: frozenset[str]
    outputs: tuple[str, ...]
    escapes: bool
    in_loop: bool = False
    """The code being written is in the body of this frame's own loop."""
