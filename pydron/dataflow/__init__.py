"""The dataflow graph of a scheduled function: nodes, regions, the laws they keep, and how they are shown.

Nodes carry their piece of lowered code as a syntax tree, so that the emitter can write it out again; everything else
about a node, what it reads, binds and may do, is data.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pydron.dataflow.check import GraphError, check
from pydron.dataflow.nodes import (
    Branch,
    Call,
    Compute,
    ForLoop,
    Graph,
    Jump,
    Leave,
    Make,
    Native,
    Node,
    Raise,
    Region,
    Store,
    WhileLoop,
)

if TYPE_CHECKING:
    from pydron.dataflow.draw import to_dot, to_networkx
    from pydron.dataflow.text import to_text

__all__ = [
    "Branch",
    "Call",
    "Compute",
    "ForLoop",
    "Graph",
    "GraphError",
    "Jump",
    "Leave",
    "Make",
    "Native",
    "Node",
    "Raise",
    "Region",
    "Store",
    "WhileLoop",
    "check",
    "to_dot",
    "to_networkx",
    "to_text",
]

_MODULES = {"to_dot": "draw", "to_networkx": "draw", "to_text": "text"}


def __getattr__(name: str) -> object:
    # Only people look at graphs.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
