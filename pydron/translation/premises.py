"""What a translation counts on beyond the source of the function."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["USUAL", "Premises"]


class Premises(NamedTuple):
    """What is known of the module of a function, and of the function itself."""

    shadowed: frozenset[str] = frozenset()
    """Names of builtins that mean something else in the module."""
    properties: frozenset[str] = frozenset()
    """Names of attributes that may be properties which lead to functional calls."""
    is_part: bool = False
    """The function is not decorated."""


USUAL = Premises()
"""Those of most functions."""
