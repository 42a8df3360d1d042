"""What code that stands as it was written might call."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Mentions"]


@dataclass(frozen=True, slots=True)
class Mentions:
    """The names by which code reaches callables."""

    paths: tuple[tuple[str, ...], ...] = ()
    """Names that are not the function's own variables, each with the attributes read of it: ``np.linalg.norm``."""
    attributes: frozenset[str] = frozenset()
    """Attributes read of anything else."""
    variables: tuple[str, ...] = ()
    """The function's own variables that are called with the value they have at the beginning."""
    opaque: bool = False
    """It calls something that no name tells of."""
