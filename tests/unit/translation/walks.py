"""Walks over a graph as an execution may go: chance decides branches, loops and errors.

A walk is a list of events. Whatever an analysis claims of a node has to be true of every walk, and a walk knows
nothing of how the analysis works.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydron.dataflow.nodes import (
    Branch,
    Finally,
    ForLoop,
    Handler,
    Jump,
    Leave,
    Matching,
    Native,
    Part,
    Raise,
    Try,
    WhileLoop,
    With,
)

if TYPE_CHECKING:
    from random import Random

    from pydron.dataflow import Graph, Node, Region

__all__ = ["Event", "walk"]

Kind = Literal["read", "change", "before", "after", "raised"]


@dataclass(frozen=True, slots=True)
class Event:
    """A variable is read or changed, or the walk comes by a node."""

    kind: Kind
    name: str = ""
    node: Node | None = None
    bound: frozenset[str] = frozenset()
    """What is bound at that moment."""


class _RaisedError(Exception):
    pass


class _Broke(Exception):
    pass


class _Returned(Exception):
    pass


def walk(graph: Graph, rng: Random, errors: float = 0.1, most: int = 400) -> list[Event]:
    """Return the events of one walk; `errors` says how likely a node fails."""
    walker = _Walker(rng, errors, most, set(graph.parameters))
    try:
        walker.region(graph.root)
    except (_RaisedError, _Returned):
        pass
    return walker.events


@dataclass(slots=True)
class _Walker:
    rng: Random
    errors: float
    most: int
    bound: set[str]
    events: list[Event] = field(default_factory=list)

    def region(self, region: Region) -> None:
        for node in region.nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        self.note("before", node)
        if len(self.events) > self.most:
            raise _Returned
        if self.rng.random() < self.errors:
            raise _RaisedError
        match node:
            case Branch():
                self.read(node.reads)
                self.region(self.rng.choice((node.body, node.orelse)))
            case ForLoop():
                self.for_loop(node)
            case WhileLoop():
                self.while_loop(node)
            case Part():
                self.region(node.body)
            case Try():
                self.try_(node)
            case Finally():
                self.finally_(node)
            case With():
                self.with_(node)
            case _:
                self.simple(node)
        self.note("after", node)

    def simple(self, node: Node) -> None:
        self.read(node.reads)
        match node:
            case Jump():
                raise _Broke
            case Leave():
                raise _Returned
            case Raise():
                raise _RaisedError
            case Native() if not isinstance(node.code, ast.Assign):
                self.perhaps(node.binds, unbinds=True)
            case Matching():
                self.perhaps(frozenset(name for name in node.binds if name[0] != "."), unbinds=False)
                self.bind(frozenset(name for name in node.binds if name[0] == "."))
            case _ if isinstance(node.code, ast.Delete):
                self.unbind(node.binds)
            case _:
                self.bind(node.binds)

    def for_loop(self, node: ForLoop) -> None:
        self.read(node.reads)
        try:
            for _ in range(self.rng.randrange(4)):
                self.bind(frozenset((node.item,)))
                self.region(node.body)
        except _Broke:
            return
        self.region(node.orelse)

    def while_loop(self, node: WhileLoop) -> None:
        try:
            while True:
                self.region(node.prelude)
                self.read(node.reads)
                if self.rng.random() < 0.4:
                    break
                self.region(node.body)
        except _Broke:
            return
        self.region(node.orelse)

    def try_(self, node: Try) -> None:
        try:
            self.node(node.body)
        except _RaisedError:
            self.note("raised", node.body)
            self.read(node.reads)
            handler = self.rng.choice((*node.handlers, None))
            if handler is None:
                raise
            self.handler(handler)
        else:
            if node.orelse is not None:
                self.node(node.orelse)

    def handler(self, handler: Handler) -> None:
        names = frozenset((handler.name,)) if handler.name else frozenset()
        self.bind(names)
        try:
            self.node(handler.part)
        finally:
            self.unbind(names & self.bound)

    def finally_(self, node: Finally) -> None:
        try:
            self.node(node.body)
        except (_RaisedError, _Broke, _Returned) as error:
            if isinstance(error, _RaisedError):
                self.note("raised", node.body)
            self.node(node.final)
            raise
        self.node(node.final)

    def with_(self, node: With) -> None:
        self.read(node.reads)
        self.bind(frozenset((node.entered,)))
        try:
            self.node(node.body)
        except _RaisedError:
            self.note("raised", node.body)
            if self.rng.random() < 0.5:
                raise

    def note(self, kind: Kind, node: Node) -> None:
        self.events.append(Event(kind, node=node, bound=frozenset(self.bound)))

    def read(self, names: frozenset[str]) -> None:
        for name in sorted(names):
            self.events.append(Event("read", name))
            if name not in self.bound:
                raise _RaisedError

    def bind(self, names: frozenset[str]) -> None:
        for name in sorted(names):
            self.events.append(Event("change", name))
            self.bound.add(name)

    def unbind(self, names: frozenset[str]) -> None:
        for name in sorted(names):
            self.events.append(Event("change", name))
            self.bound.discard(name)

    def perhaps(self, names: frozenset[str], *, unbinds: bool) -> None:
        for name in sorted(names):
            choice = self.rng.randrange(3)
            if choice == 0:
                self.bind(frozenset((name,)))
            elif choice == 1 and unbinds:
                self.unbind(frozenset((name,)))
