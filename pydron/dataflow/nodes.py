"""The graph itself: nodes in program order inside regions, joined by the variables they read and bind.

A *port* of a node is named by a variable: one input port for each variable it reads, one output port for each it
binds. An *edge* joins the output port of the last node that bound a variable to an input port that reads it. Nodes
with an effect are joined by *tokens*: value-less edges in program order.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, get_args

from pydron.dataflow.mentions import Mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "REGION_KINDS",
    "Branch",
    "Call",
    "Compute",
    "Finally",
    "ForLoop",
    "Graph",
    "Handler",
    "Jump",
    "Leave",
    "Make",
    "Matching",
    "Native",
    "Node",
    "Part",
    "Raise",
    "Region",
    "RegionNode",
    "Store",
    "Try",
    "WhileLoop",
    "With",
    "Yield",
    "parts_of",
    "regions_of",
]


@dataclass(slots=True, eq=False)
class _Placed:
    """What every node has."""

    tick: int
    """Place in program order."""
    code: ast.stmt
    """The lowered statement; for nodes with regions, its header."""
    reads: frozenset[str]
    """Variables that its own code reads. The nodes of its regions have ports of their own."""
    binds: frozenset[str]
    """Variables the node may bind or unbind, regions included."""
    live_before: frozenset[str] = frozenset()
    """Variables whose value before the node is read by it or later."""
    live_after: frozenset[str] = frozenset()
    """Variables whose value after the node is read later."""
    bound_before: frozenset[str] = frozenset()
    """Variables that certainly have a value when the node begins."""

    @property
    def line(self) -> int:
        """Line in the user's file."""
        return getattr(self.code, "lineno", 0)


@dataclass(slots=True, eq=False)
class Compute(_Placed):
    """One assignment, unpacking, augmented assignment or expression without a call."""


@dataclass(slots=True, eq=False)
class Call(_Placed):
    """One call; callee, receiver and arguments are variables or constants."""

    @property
    def call(self) -> ast.Call:
        """The call expression."""
        value = self.code.value  # type: ignore[attr-defined]
        if isinstance(value, ast.Await):
            value = value.value
        assert isinstance(value, ast.Call)
        return value

    @property
    def awaits(self) -> bool:
        """Whether what the call gives is awaited at once."""
        return isinstance(self.code.value, ast.Await)  # type: ignore[attr-defined]

    @property
    def target(self) -> str | None:
        """The variable that gets the result."""
        if isinstance(self.code, ast.Assign):
            target = self.code.targets[0]
            assert isinstance(target, ast.Name)
            return target.id
        return None


@dataclass(slots=True, eq=False)
class Store(_Placed):
    """One store to an attribute or item."""


@dataclass(slots=True, eq=False)
class Make(_Placed):
    """The making of an inner function: it captures cells and has no other effect."""


@dataclass(slots=True, eq=False)
class Matching(_Placed):
    """The question whether a pattern fits: it binds a flag and, if so, the pattern's names."""

    simple: bool = False
    """Fitting runs no code but that of the subject's own type."""


@dataclass(slots=True, eq=False)
class Native(_Placed):
    """A statement that runs as it stands, in order."""


@dataclass(slots=True, eq=False)
class Yield(_Placed):
    """``yield``, ``yield from`` or ``await``: hands control to whoever iterates, who hand it back with a value."""


@dataclass(slots=True, eq=False)
class Raise(_Placed):
    """``raise``."""


@dataclass(slots=True, eq=False)
class Leave(_Placed):
    """``return``."""


@dataclass(slots=True, eq=False)
class Jump(_Placed):
    """``break``."""


_UNKNOWN = Mentions(opaque=True)


@dataclass(slots=True, eq=False)
class Branch(_Placed):
    """``if``: one of two regions, chosen by a test without calls."""

    test: ast.expr = field(default_factory=lambda: ast.Constant(None))
    body: Region = field(default_factory=lambda: Region([]))
    orelse: Region = field(default_factory=lambda: Region([]))
    bet: bool = False
    """The loop around most likely goes on after it."""
    written: ast.stmt | None = None
    """What the user wrote instead of the first region."""
    mentions: Mentions = _UNKNOWN
    """What that might call."""


@dataclass(slots=True, eq=False)
class ForLoop(_Placed):
    """``for``: a region for each item."""

    item: str = ""
    iterable: ast.expr = field(default_factory=lambda: ast.Constant(None))
    body: Region = field(default_factory=lambda: Region([]))
    orelse: Region = field(default_factory=lambda: Region([]))
    unsteady: bool = False
    """It may take items out of what it goes over."""
    restored: bool = False
    """It may store items into what it goes over."""
    written: ast.stmt = field(default_factory=ast.Pass)
    """The loop as the user wrote it, what is evaluated before it left out."""
    mentions: Mentions = _UNKNOWN
    """What it might call as it is written."""


@dataclass(slots=True, eq=False)
class WhileLoop(_Placed):
    """``while``: a region as long as a test holds; what the test needs is a region of its own."""

    prelude: Region = field(default_factory=lambda: Region([]))
    test: ast.expr = field(default_factory=lambda: ast.Constant(None))
    body: Region = field(default_factory=lambda: Region([]))
    orelse: Region = field(default_factory=lambda: Region([]))
    written: ast.stmt = field(default_factory=ast.Pass)
    """The loop as the user wrote it, what is evaluated before it left out."""
    mentions: Mentions = _UNKNOWN
    """What it might call as it is written."""


@dataclass(slots=True, eq=False)
class Part(_Placed):
    """A region of its own inside a statement: the body of a ``try``, a handler, what follows if nothing was raised."""

    body: Region = field(default_factory=lambda: Region([]))
    live_raised: frozenset[str] = frozenset()
    """Variables that are read later if the part raises."""


def _nothing() -> Part:
    return Part(0, ast.Pass(), frozenset(), frozenset())


@dataclass(slots=True, eq=False)
class Handler:
    """One ``except`` clause."""

    code: ast.ExceptHandler
    part: Part

    @property
    def name(self) -> str | None:
        """The variable that holds the error while the clause runs."""
        return self.code.name


@dataclass(slots=True, eq=False)
class Try(_Placed):
    """``try`` with ``except`` clauses and perhaps ``else``."""

    body: Part = field(default_factory=_nothing)
    handlers: tuple[Handler, ...] = ()
    orelse: Part | None = None


@dataclass(slots=True, eq=False)
class Finally(_Placed):
    """``try`` with ``finally`` alone."""

    body: Part = field(default_factory=_nothing)
    final: Part = field(default_factory=_nothing)


@dataclass(slots=True, eq=False)
class With(_Placed):
    """``with`` for one manager, a variable; the body begins with the assignment of what entering it gave."""

    manager: str = ""
    entered: str = ""
    """The variable that holds what entering the manager gave."""
    body: Part = field(default_factory=_nothing)


RegionNode: TypeAlias = Branch | ForLoop | WhileLoop | Part | Try | Finally | With
"""Nodes that hold regions."""

REGION_KINDS = frozenset(get_args(RegionNode))
"""The same, where the time that `isinstance` takes for so many counts."""

Node: TypeAlias = Compute | Call | Store | Make | Matching | Native | Yield | Raise | Leave | Jump | RegionNode


@dataclass(slots=True, eq=False)
class Region:
    """A straight run of nodes, in program order."""

    nodes: list[Node]

    def walk(self) -> Iterator[Node]:
        """Yield every node in program order, inner regions included."""
        pending = self.nodes[::-1]
        while pending:
            node = pending.pop()
            yield node
            for region in reversed(regions_of(node)):
                pending.extend(reversed(region.nodes))


@dataclass(slots=True, eq=False)
class Graph:
    """The dataflow graph of one function."""

    name: str
    filename: str
    parameters: tuple[str, ...]
    root: Region
    variables: frozenset[str]
    """Variables of one call: the only ones that may hold a promise."""
    by_tick: dict[int, Node] = field(default_factory=dict)

    def __str__(self) -> str:
        from pydron.dataflow.text import to_text

        return to_text(self)


def regions_of(node: Node) -> tuple[Region, ...]:
    """Return the regions of a node, in program order."""
    if node.__class__ not in REGION_KINDS:
        return ()
    match node:
        case Branch() | ForLoop():
            return (node.body, node.orelse)
        case WhileLoop():
            return (node.prelude, node.body, node.orelse)
        case Part():
            return (node.body,)
        case Try() | Finally() | With():
            return tuple([Region([part]) for part in parts_of(node)])
        case _:
            return ()


def parts_of(node: Try | Finally | With) -> tuple[Part, ...]:
    """Return the parts of a statement that may catch errors, in program order."""
    match node:
        case Try():
            orelse = (node.orelse,) if node.orelse is not None else ()
            return (node.body, *(handler.part for handler in node.handlers), *orelse)
        case Finally():
            return (node.body, node.final)
        case With():
            return (node.body,)
