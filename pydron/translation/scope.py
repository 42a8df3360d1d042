"""Which variable lives where: in comes the compiled function, out come its locals, cells and free names."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydron.translation.trees import LEAVES, children, nodes_of

if TYPE_CHECKING:
    from types import CodeType

__all__ = [
    "OTHER_BINDERS",
    "Scope",
    "bound_in",
    "bound_otherwise",
    "evaluated_outside",
    "is_consumed",
    "names_bound",
    "names_declared",
    "names_read",
    "names_unbound",
    "names_used",
    "own_nodes",
    "parameters_of",
    "read_inside",
    "read_later",
    "set_consumed",
]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)
_LATER: tuple[type[ast.AST], ...] = tuple(vars(ast)[name] for name in ("TypeAlias",) if name in vars(ast))
"""Statements whose expressions are evaluated when somebody asks for their values."""
_KEEPERS = (*_SCOPES, *_LATER, ast.GeneratorExp)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
OTHER_BINDERS = (ast.ExceptHandler, ast.Import, ast.ImportFrom, ast.MatchAs, ast.MatchStar, ast.MatchMapping)
_BINDERS = frozenset((*_SCOPES, *OTHER_BINDERS, ast.NamedExpr, ast.AnnAssign))
"""Kinds of nodes that bind a name without an `ast.Name`, or do not count in part."""
_READERS = frozenset((*_SCOPES, *_COMPREHENSIONS, ast.AugAssign))
"""Kinds of nodes that read something else than what stands below them."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of one function, as CPython's own compiler sorted them."""

    parameters: tuple[str, ...]
    fast: frozenset[str]
    """Variables of this call alone: the only ones that may hold a promise."""
    cells: tuple[str, ...]
    """Variables that inner functions see too."""
    free: tuple[str, ...]
    """Variables of the functions around."""
    declared: frozenset[str]
    """Names declared `global` or `nonlocal`."""

    @classmethod
    def of(cls, code: CodeType, tree: ast.FunctionDef) -> Scope:
        """Read the scope off a code object."""
        count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
        declared = names_declared(tree)
        parameters = code.co_varnames[:count]
        # since Python 3.12 a code object also lists the variables of the comprehensions inlined into it
        own = frozenset(parameters).union(*(names_bound(statement) for statement in tree.body)) - declared
        # before Python 3.12 one that only comprehensions see is a cell too, but they are done with where they stand
        kept = own & _kept_names(tree)
        cells = tuple(name for name in code.co_cellvars if name in kept)
        return cls(
            parameters=parameters,
            fast=own - frozenset(cells),
            cells=cells,
            free=code.co_freevars,
            declared=declared,
        )


def _kept_names(tree: ast.FunctionDef) -> frozenset[str]:
    """Return every name in what may outlive the statement it stands in: functions, classes, generators."""
    kept: set[str] = set()
    outliving: list[ast.AST] = []
    pending = children(tree)
    for node in pending:  # grows on the way
        if isinstance(node, ast.Nonlocal):
            kept.update(node.names)
        if node.__class__ in _KEEPERS and not is_consumed(node):
            outliving += children(node)
        else:
            pending += children(node)
    for node in outliving:  # grows on the way
        if isinstance(node, ast.Name):
            kept.add(node.id)
        elif isinstance(node, ast.Nonlocal):
            kept.update(node.names)
        outliving += children(node)
    return frozenset(kept)


def own_nodes(tree: ast.AST) -> list[ast.AST]:
    """Return every node below `tree` that belongs to the same function, in no order; inner scopes are left out."""
    found = children(tree)
    for node in found:  # grows on the way
        if node.__class__ not in LEAVES:
            found += _around_scope(node) if node.__class__ in _SCOPES else children(node)
    return found


def _around_scope(node: ast.AST) -> list[ast.AST]:
    """Return the parts of an inner function or class that belong to the scope around, annotations left out."""
    arguments = getattr(node, "args", None)
    defaults = [] if arguments is None else [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    bases = [*getattr(node, "bases", ()), *(keyword.value for keyword in getattr(node, "keywords", ()))]
    return [*getattr(node, "decorator_list", ()), *bases, *defaults]


def names_read(tree: ast.AST) -> frozenset[str]:
    """Return every name that is read as a variable of the function's own scope.

    What an inner function reads of it is a cell and read when that function runs; a comprehension's own variables are
    not the function's, even where a variable of the function has the same name.
    """
    read: set[str] = set()
    pending: list[ast.AST] = [tree]
    for node in pending:  # grows on the way
        kind = node.__class__
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                read.add(node.id)
        elif kind in _READERS:
            read |= _read_by(node)
        elif kind not in LEAVES:
            pending += children(node)
    return frozenset(read)


def names_used(tree: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
    """Return what `names_read` and `names_bound` return, in one walk if it is that simple."""
    read: set[str] = set()
    bound: set[str] = set()
    pending: list[ast.AST] = [tree]
    for node in pending:  # grows on the way
        kind = node.__class__
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif kind in _READERS or kind in _BINDERS:
            return names_read(tree), names_bound(tree)
        elif kind not in LEAVES:
            pending += children(node)
    return frozenset(read), frozenset(bound)


def _read_by(node: ast.AST) -> frozenset[str]:
    """Return what is read by a node that reads something else than what stands below it."""
    if isinstance(node, ast.AugAssign):
        updated = {node.target.id} if isinstance(node.target, ast.Name) else names_read(node.target)
        return names_read(node.value) | updated
    if isinstance(node, _COMPREHENSIONS) and (not isinstance(node, ast.GeneratorExp) or is_consumed(node)):
        own: frozenset[str] = frozenset().union(*(names_bound(generator.target) for generator in node.generators))
        below = frozenset().union(*map(names_read, children(node)))
        return names_read(node.generators[0].iter) | (below - own)
    if isinstance(node, ast.GeneratorExp):
        return names_read(node.generators[0].iter)
    outside = frozenset(name for part in evaluated_outside(node) for name in names_read(part))
    return outside | read_inside(node)


def read_inside(node: ast.AST) -> frozenset[str]:
    """Return what a lambda or generator expression reads of the function around once something is done with it.

    Nothing is told of those that may outlive their statement: what they read is kept for them.
    """
    return read_later(node) if is_consumed(node) else frozenset()


def read_later(node: ast.AST) -> frozenset[str]:
    """Return the variables that a lambda or generator expression may read when it runs; none for anything else."""
    match node:
        case ast.Lambda(args=arguments, body=body):
            return names_read(body) - names_bound(body) - parameters_of(arguments)
        case ast.GeneratorExp(elt=element, generators=[first, *others]):
            own = frozenset().union(*(names_bound(generator.target) for generator in node.generators))
            return frozenset().union(*map(names_read, [element, *first.ifs, *others])) - own
    return frozenset()


def set_consumed(node: ast.expr) -> None:
    """Mark a lambda or generator expression that does not outlive the statement it stands in."""
    node.consumed = True  # type: ignore[attr-defined]


def is_consumed(node: ast.AST) -> bool:
    """Say whether it is marked so."""
    return hasattr(node, "consumed")


def parameters_of(arguments: ast.arguments) -> frozenset[str]:
    """Return the names of the parameters of a function or lambda."""
    return frozenset(node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg))


def bound_in(tree: ast.FunctionDef) -> frozenset[str]:
    """Return every name that a function binds, its parameters included."""
    return parameters_of(tree.args).union(*map(names_bound, tree.body))


def names_declared(tree: ast.FunctionDef) -> frozenset[str]:
    """Return the names that a function declares `global` or `nonlocal`."""
    return frozenset(
        name for node in own_nodes(tree) if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names
    )


def evaluated_outside(node: ast.AST) -> list[ast.AST]:
    """Return the parts of an inner function or class that are evaluated in the scope around."""
    arguments = getattr(node, "args", None)
    defaults = [] if arguments is None else [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    annotations = (
        [] if arguments is None else [each.annotation for each in ast.walk(arguments) if hasattr(each, "annotation")]
    )
    return [
        *getattr(node, "decorator_list", ()),
        *getattr(node, "bases", ()),
        *(keyword.value for keyword in getattr(node, "keywords", ())),
        *defaults,
        *filter(None, [*annotations, getattr(node, "returns", None)]),
    ]


def names_bound(tree: ast.AST) -> frozenset[str]:
    """Return every name that a statement may bind or unbind in the function's own scope."""
    bound: set[str] = set()
    inside: list[ast.AST] = []
    """What comprehensions hold: their targets are their own."""
    pending: list[ast.AST] = [tree]
    for node in pending:  # grows on the way
        kind = node.__class__
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
        elif kind in _COMPREHENSIONS:
            inside += children(node)
        elif kind not in LEAVES:
            pending += _bind(node, bound) if kind in _BINDERS else children(node)
    for node in inside:  # grows on the way
        inside += _bind(node, bound) if node.__class__ in _BINDERS else children(node)
    return frozenset(bound)


def _bind(node: ast.AST, bound: set[str]) -> list[ast.AST]:
    """Add the names that a node itself binds; return the nodes below it that may bind others."""
    if isinstance(node, ast.NamedExpr):
        bound.add(node.target.id)
        return [node.value]
    if isinstance(node, _SCOPES):
        if not isinstance(node, ast.Lambda):
            bound.add(node.name)
        return evaluated_outside(node)
    if isinstance(node, ast.AnnAssign) and node.value is None and not node.simple:
        return []  # ``(x): int`` declares nothing
    bound.update(bound_otherwise(node))
    return children(node)


def names_unbound(tree: ast.AST) -> frozenset[str]:
    """Return every name that a statement may unbind in the function's own scope."""
    unbound: set[str] = set()
    for node in nodes_of(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
            unbound.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            unbound.add(node.name)
    return frozenset(unbound)


def bound_otherwise(node: ast.AST) -> list[str]:
    """Return the names that a node itself binds although it holds no `ast.Name` for them; definitions apart."""
    if not isinstance(node, OTHER_BINDERS):
        return []
    if isinstance(node, ast.ExceptHandler) and node.name:
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        return [node.name]
    if isinstance(node, ast.MatchMapping) and node.rest:
        return [node.rest]
    return []
