"""The dataflow graph of a scheduled function: nodes, regions, the laws they keep, and how they are shown.

Nodes carry their piece of lowered code as a syntax tree, so that the emitter can write it out again; everything else
about a node, what it reads, binds and may do, is data.
"""

from pydron.dataflow.check import GraphError, check
from pydron.dataflow.draw import to_dot, to_networkx
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
