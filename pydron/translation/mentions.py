"""Find out what code might call: in comes a tree as the user wrote it, out come the names by which it could."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, TypeGuard, cast

from pydron.dataflow.mentions import Mentions
from pydron.translation.lowering.properties import READ
from pydron.translation.scope import OTHER_BINDERS, bound_otherwise, names_bound, own_nodes, parameters_of
from pydron.translation.trees import LEAVES, children

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydron.translation.scope import Scope

__all__ = ["Definitions", "mentions_of", "plain_variables"]

Definitions: TypeAlias = "Mapping[str, list[ast.FunctionDef | ast.Lambda]]"
"""By variables, the functions that they may hold."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BINDERS = frozenset((*_DEFINITIONS, ast.Assign, ast.Name, *OTHER_BINDERS))
"""Kinds of nodes that bind a name."""
_SPECIAL = frozenset((*_DEFINITIONS, *_COMPREHENSIONS, ast.Lambda, ast.Name, ast.Attribute, ast.Call))
"""Kinds of nodes in which there is more to see than what stands below them."""


def plain_variables(tree: ast.FunctionDef, scope: Scope) -> dict[str, list[ast.FunctionDef | ast.Lambda]]:
    """Return the variables that hold nothing but functions and classes defined in the function, undecorated.

    Each comes with those of its definitions that may run as a part of another function.
    """
    plain: dict[str, list[ast.FunctionDef | ast.Lambda]] = {}
    others = {*scope.parameters, *scope.declared}
    named: dict[ast.AST, ast.Lambda] = {}
    """Lambdas by what they are assigned to."""
    for node in own_nodes(tree):
        if node.__class__ not in _BINDERS:
            continue
        if isinstance(node, _DEFINITIONS):
            if node.decorator_list:
                others.add(node.name)
            plain.setdefault(node.name, []).extend([node] if _may_be_part(node) else [])
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            named.update((target, node.value) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node not in named:
            others.add(node.id)
        else:
            others.update(bound_otherwise(node))
    for target, function in named.items():
        if isinstance(target, ast.Name):
            plain.setdefault(target.id, []).append(function)
    return {name: definitions for name, definitions in plain.items() if name not in others}


def _may_be_part(node: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    yields = (ast.Yield, ast.YieldFrom)
    return isinstance(node, ast.FunctionDef) and not any(isinstance(each, yields) for each in own_nodes(node))


def mentions_of(
    trees: list[ast.stmt],
    own: frozenset[str],
    plain: Definitions,
    shared: frozenset[str],
) -> Mentions:
    """Return what statements might call, functions among it that are defined beside them.

    The bodies of other functions and of classes do not count: they run as they are written anyway.

    Args:
        trees: the statements.
        own: the variables of the function they are in.
        plain: those of them that can only hold functions defined in it, see `plain_variables`.
        shared: those of them that inner functions see too, and might bind.
    """
    collector = _Collector(trees, own, plain, shared)
    for tree in trees:
        collector.visit(tree)
    return Mentions(
        paths=tuple(sorted(collector.paths)),
        attributes=frozenset(collector.attributes),
        variables=tuple(sorted(collector.variables)),
        opaque=collector.opaque,
    )


class _Collector(ast.NodeVisitor):
    def __init__(self, trees: list[ast.stmt], own: frozenset[str], plain: Definitions, shared: frozenset[str]) -> None:
        self.paths: set[tuple[str, ...]] = set()
        self.attributes: set[str] = set()
        self.variables: set[str] = set()
        self.opaque = False
        self._own = own
        self._plain = plain
        self._called: set[str] = set()
        """Functions defined beside the statements that are called."""
        self._trees = trees
        self._shared = shared
        self._inner: frozenset[str] = frozenset()
        """Variables of the comprehensions around."""

    @cached_property
    def _bound(self) -> frozenset[str]:
        """Variables that the statements may bind, or functions made in them."""
        return self._shared.union(*map(names_bound, self._trees))

    def visit(self, node: ast.AST) -> None:
        kind = node.__class__
        if kind is ast.Name:
            self.visit_Name(cast("ast.Name", node))
        elif kind in LEAVES:
            return
        elif kind not in _SPECIAL:
            for child in children(node):
                self.visit(child)
        elif isinstance(node, _DEFINITIONS):
            for part in _evaluated_at_once(node):
                self.visit(part)
        elif isinstance(node, ast.Lambda):
            for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
                self.visit(default)
            around = self._inner
            self._inner |= parameters_of(node.args)
            self.visit(node.body)
            self._inner = around
        elif isinstance(node, _COMPREHENSIONS):
            around = self._inner
            self._inner |= {name for each in node.generators for name in names_bound(each.target)}
            self.generic_visit(node)
            self._inner = around
        else:
            super().visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        for child in children(node):
            self.visit(child)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and not self._is_variable(node.id):
            self.paths.add((node.id,))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain: list[str] = []
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            chain.append(root.attr)
            root = root.value
        if isinstance(root, ast.Name) and not self._is_variable(root.id):
            self.paths.add((root.id, *reversed(chain)))
        else:
            self.attributes.update(chain)
            self.visit(root)

    def visit_Call(self, node: ast.Call) -> None:
        match node.func:
            case ast.Name(id=name) if name == READ:
                _, attribute = node.args
                self.attributes.add(cast("str", cast("ast.Constant", attribute).value))
            case ast.Name(id=name):
                if name in self._plain and name not in self._inner:
                    self._enter(name)
                elif name in self._inner or (name in self._bound and name in self._own):
                    self.opaque = True
                elif name in self._own:
                    self.variables.add(name)
                elif name.startswith("."):  # perhaps a builtin that calls what it is given
                    parts = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
                    names = {part.id for part in parts if isinstance(part, ast.Name) and part.id.startswith(".")}
                    self.variables |= names - self._bound
            case ast.Attribute() | ast.Lambda():
                pass
            case _:
                self.opaque = True
        self.generic_visit(node)

    def _enter(self, name: str) -> None:
        """Visit the body of a function that is called."""
        if name not in self._called:
            self._called.add(name)
            for definition in self._plain[name]:
                for part in definition.body if isinstance(definition, ast.FunctionDef) else [definition]:
                    self.visit(part)

    def _is_variable(self, name: str) -> bool:
        return name in self._own or name in self._inner or name.startswith(".")


def _evaluated_at_once(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[ast.AST]:
    yield from node.decorator_list
    if isinstance(node, ast.ClassDef):
        yield from node.bases
        yield from (keyword.value for keyword in node.keywords)
        yield from node.body
    else:
        yield from node.args.defaults
        yield from filter(None, node.args.kw_defaults)
