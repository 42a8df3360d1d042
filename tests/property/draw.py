"""Random choices for the program generator: weighted templates with typed holes, and the names in scope.

A template is Python text with holes: ``<int>`` is an expression of a kind, ``<v:ints>`` a variable that is bound,
``<new:ints>`` a variable that gets bound, ``<site>`` a fresh call site and ``<k>`` the counter of the innermost loop.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

HOLE = re.compile(r"<([a-z]+)(?::([a-z]+))?>")

VARIABLES = {
    "int": ("n0", "n1", "n2", "n3"),
    "ints": ("xs", "ys", "out"),
    "pair": ("p0", "p1"),
    "map": ("m0", "m1"),
    "box": ("b0", "b1"),
    "num": ("u0", "u1"),
    "nest": ("ns0", "ns1"),
    "text": ("t0", "t1"),
    "anys": ("zs0", "zs1"),
    "set": ("s0",),
    "keyed": ("d0",),
    "func": ("fn0", "fn1"),
    "arr": ("ar0", "ar1"),
    "slim": ("sl0",),
    "guard": ("g0",),
    "vec": ("v0", "w0"),
    "card": ("c0", "c1"),
}
"""What each kind of value is called; a variable keeps its kind."""


class DeadEndError(Exception):
    """A template has a hole that nothing in scope can fill."""


@dataclass(frozen=True, slots=True)
class Template:
    """A weighted piece of text, split at its holes."""

    weight: int
    text: str
    parts: tuple[str, ...]
    """Text and holes in turn; a hole takes two entries."""

    @property
    def leaf(self) -> bool:
        """Tell whether no hole asks for a nested expression."""
        return all(kind in ("v", "new", "k", "site", "lit") for kind in self.parts[1::3])


NOISE = re.compile(
    r"\b(say|push|mangle|bump|keep|loud|check|walk|complain|peek|Guarded|Num|alias)\("
    r"|<(\w+:)?(num|guard|keyed)>|SHARED|STATE|TABLE|Bag"
)
"""What makes a statement a matter of order: ordinary calls with effects, objects that watch, shared globals."""


def templates(table: str) -> tuple[Template, ...]:
    """Read a table with one ``weight: text`` a line."""
    rows = (line.strip().partition(": ") for line in table.strip().splitlines())
    return tuple(
        Template(int(weight), text, tuple(part or "" for part in HOLE.split(text))) for weight, _, text in rows
    )


@dataclass(slots=True)
class Scope:
    """The local names of one function."""

    bound: dict[str, str] = field(default_factory=dict)
    """Names that are surely bound, with their kinds."""
    maybe: dict[str, str] = field(default_factory=dict)
    """Names that some path binds."""
    prefix: str = ""
    """Put before names bound here, so that a nested function does not hide its captured variables."""
    fixed: set[str] = field(default_factory=set)
    """Names that statements must leave alone."""


Production: TypeAlias = "Callable[[Draw, int], str]"


@dataclass(slots=True)
class Draw:
    """A program under construction."""

    rng: Random
    wide: bool = False
    """Also draw from what lies outside the parallel grammar."""
    quiet: bool = False
    """Keep mostly to functional calls, plain data, stores and output, which nothing forces into order."""
    lines: list[str] = field(default_factory=list)
    indent: int = 0
    scope: Scope = field(default_factory=Scope)
    loops: list[str] = field(default_factory=list)
    """Counters of the enclosing loops."""
    breakable: int = 0
    plain_names: int = 0
    """Inside how many expressions an assignment expression is forbidden or binds elsewhere."""
    features: Counter[str] = field(default_factory=Counter)
    sites: int = 0
    temporaries: int = 0
    nests: int = 0
    """How many functions deep."""
    mode: str = "plain"
    """What is being written: ``"plain"``, ``"generator"`` or ``"async"`` function."""
    globals: bool = False
    """The function declares the global ``COUNT``."""
    budget: int = 0
    """Statements that may still be written."""
    callees: list[str] = field(default_factory=list)
    """Templates of calls of other generated functions, by kind int."""

    def emit(self, line: str) -> None:
        self.lines.append("    " * self.indent + line)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a compound statement's head and indent what follows."""
        self.emit(head)
        self.indent += 1
        try:
            yield
        finally:
            self.indent -= 1

    @contextmanager
    def branch(self) -> Iterator[None]:
        """Treat names bound inside as possibly unbound afterwards."""
        before = dict(self.scope.bound)
        try:
            yield
        finally:
            self.scope.maybe.update(self.scope.bound)
            self.scope.bound = {name: kind for name, kind in before.items() if name in self.scope.bound}

    @contextmanager
    def loop(self, counter: str) -> Iterator[None]:
        """Let calls inside a loop tell their turns apart."""
        self.loops.append(counter)
        self.scope.bound[counter] = "int"
        try:
            yield
        finally:
            self.loops.pop()
            self.scope.bound.pop(counter, None)

    @contextmanager
    def no_walrus(self) -> Iterator[None]:
        """Forbid assignment expressions inside."""
        self.plain_names += 1
        try:
            yield
        finally:
            self.plain_names -= 1

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def feature(self, name: str) -> None:
        self.features[name] += 1

    def fresh(self, stem: str) -> str:
        self.temporaries += 1
        return f"{stem}{self.temporaries}"

    def choose(self, table: Sequence[Template]) -> Template:
        template = self.rng.choices(table, [template.weight for template in table])[0]
        for _ in range(6):
            if not (self.quiet and NOISE.search(template.text)):
                break
            template = self.rng.choices(table, [template.weight for template in table])[0]
        return template

    def site(self) -> str:
        self.sites += 1
        return str(self.sites)

    def counter(self) -> str:
        """Return an expression that differs from turn to turn of the enclosing loops."""
        match self.loops:
            case []:
                return "0"
            case [one]:
                return one
            case [*_, outer, inner]:
                return f"({outer}, {inner})"
        raise AssertionError(self.loops)

    def variable(self, kind: str) -> str:
        """Return a bound name of a kind; once in a while one that may be unbound."""
        names = [name for name, its in self.scope.bound.items() if its == kind]
        if self.scope.maybe and self.chance(0.04):
            names += [name for name, its in self.scope.maybe.items() if its == kind]
            self.feature("maybe unbound")
        if not names:
            raise DeadEndError(kind)
        return self.rng.choice(names)

    def target(self, kind: str) -> str:
        names = [self.scope.prefix + name for name in VARIABLES[kind]]
        names = [name for name in names if name not in self.scope.fixed]
        if not names:
            raise DeadEndError(kind)
        return self.rng.choice(names)

    def bind(self, name: str, kind: str) -> None:
        self.scope.bound[name] = kind

    def fill(self, template: Template, depth: int, expression: Callable[[Draw, str, int], str]) -> str:
        """Return a template's text with its holes filled; names it binds count as bound afterwards."""
        parts = list(template.parts)
        new: list[tuple[str, str]] = []
        done = [parts[0]]
        for at in range(1, len(parts), 3):
            hole, kind = parts[at], parts[at + 1]
            if hole == "v":
                done.append(self.variable(kind))
            elif hole == "new":
                if self.plain_names and template.text.startswith("(<new"):
                    raise DeadEndError(kind)
                name = self.target(kind)
                new.append((name, kind))
                done.append(name)
            elif hole == "site":
                done.append(self.site())
            elif hole == "k":
                done.append(self.counter())
            elif hole == "lit":
                done.append(str(self.rng.randint(0, 6)))
            elif "lambda" in template.text:
                with self.no_walrus():
                    done.append(expression(self, hole, depth - 1))
            else:
                done.append(expression(self, hole, depth - 1))
            done.append(parts[at + 2])
        for name, kind in new:
            self.bind(name, kind)
        return "".join(done)
