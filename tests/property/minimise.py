"""Make a diverging program small: delete statements, unwrap blocks, replace expressions by their parts."""

from __future__ import annotations

import ast
import copy
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.property.programs import Program

Edit = Callable[[ast.Module], bool]
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
KEPT = ("arguments", "drive", "main")
MOST_EXPRESSIONS = 400


def minimise(program: Program, diverges: Callable[[Program], bool], seconds: float = 20.0) -> Program:
    """Return a smaller program that still diverges."""
    end = time.monotonic() + seconds
    best = program
    shrunk = True
    while shrunk and time.monotonic() < end:
        shrunk = False
        for edits in (deletions, unwrappings, parameters, simplifications):
            at = 0
            while time.monotonic() < end:
                candidates = list(edits(ast.parse(best.source)))
                if at >= len(candidates):
                    break
                candidate = apply(best, candidates[at])
                if candidate is not None and diverges(candidate):
                    best, shrunk = candidate, True
                else:
                    at += 1
    return best


def apply(program: Program, edit: Edit) -> Program | None:
    """Return the program after an edit, or nothing when it changes nothing or makes no sense."""
    tree = ast.parse(program.source)
    try:
        if not edit(tree):
            return None
        source = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(source, program.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, AttributeError, TypeError, IndexError, RecursionError):
        return None
    return replace(program, source=source) if source != program.source and len(source) <= len(program.source) else None


def blocks(tree: ast.Module) -> Iterator[tuple[int, str, list[ast.AST]]]:
    """Yield all lists of statements: number of the owner, field, list."""
    for number, node in enumerate(ast.walk(tree)):
        for name in BLOCKS:
            items = getattr(node, name, None)
            if isinstance(items, list) and items:
                yield number, name, items


def nth(tree: ast.Module, number: int) -> ast.AST:
    for at, node in enumerate(ast.walk(tree)):
        if at == number:
            return node
    raise LookupError(number)


def deletions(tree: ast.Module) -> Iterator[Edit]:
    """Yield deletions of runs of statements, long ones first."""
    for number, name, items in blocks(tree):
        size = len(items)
        while size:
            for start in range(0, len(items), size):
                chunk = items[start : start + size]
                if not any(getattr(item, "name", "") in KEPT for item in chunk):
                    yield lambda tree, number=number, name=name, start=start, size=size: delete(
                        tree, number, name, start, size
                    )  # type: ignore[misc]
            size //= 2


def delete(tree: ast.Module, number: int, name: str, start: int, size: int) -> bool:
    items = getattr(nth(tree, number), name)
    del items[start : start + size]
    if not items and name == "body":
        items.append(ast.Pass())
    return True


def unwrappings(tree: ast.Module) -> Iterator[Edit]:
    """Yield replacements of compound statements by their bodies."""
    for number, name, items in blocks(tree):
        for at, item in enumerate(items):
            if isinstance(item, ast.If | ast.For | ast.While | ast.With | ast.Try):
                yield lambda tree, number=number, name=name, at=at: unwrap(tree, number, name, at)  # type: ignore[misc]


def unwrap(tree: ast.Module, number: int, name: str, at: int) -> bool:
    items = getattr(nth(tree, number), name)
    items[at : at + 1] = items[at].body
    return True


def parameters(tree: ast.Module) -> Iterator[Edit]:
    """Yield removals of one argument of the whole program."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "drive":
            for at in range(len(node.args.args)):
                yield lambda tree, at=at: remove_parameter(tree, at)  # type: ignore[misc]


def remove_parameter(tree: ast.Module, at: int) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name in {"drive", "main"}:
            del node.args.args[at]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "main":
            del node.args[at]
        elif isinstance(node, ast.FunctionDef) and node.name == "arguments":
            value = node.body[-1].value  # type: ignore[attr-defined]
            del value.elts[at]
    return True


def simplifications(tree: ast.Module) -> Iterator[Edit]:
    """Yield replacements of expressions by a part of them or by a constant."""
    for number, node in enumerate(ast.walk(tree)):
        if number > MOST_EXPRESSIONS:
            return
        if isinstance(node, ast.arguments) and node.defaults:
            continue
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                for choice in range(len(parts(value))):
                    yield lambda tree, number=number, name=name, choice=choice: swap(tree, number, name, None, choice)  # type: ignore[misc]
            elif isinstance(value, list) and value and isinstance(value[0], ast.expr):
                for at, item in enumerate(value):
                    yield lambda tree, number=number, name=name, at=at: drop(tree, number, name, at)  # type: ignore[misc]
                    for choice in range(len(parts(item))):
                        yield lambda tree, number=number, name=name, at=at, choice=choice: swap(
                            tree, number, name, at, choice
                        )  # type: ignore[misc]


def parts(value: ast.expr) -> list[ast.expr]:
    """Return what may stand for an expression."""
    if isinstance(value, ast.Constant | ast.Name):
        return []
    if not isinstance(getattr(value, "ctx", ast.Load()), ast.Load):
        return []
    inner = [child for child in ast.iter_child_nodes(value) if isinstance(child, ast.expr)]
    return [ast.Constant(0), *inner]


def swap(tree: ast.Module, number: int, name: str, at: int | None, choice: int) -> bool:
    node = nth(tree, number)
    old = getattr(node, name) if at is None else getattr(node, name)[at]
    new = copy.deepcopy(parts(old)[choice])
    if at is None:
        setattr(node, name, new)
    else:
        getattr(node, name)[at] = new
    return True


def drop(tree: ast.Module, number: int, name: str, at: int) -> bool:
    node = nth(tree, number)
    if isinstance(node, ast.Call) and name == "args" and at < 2 and isinstance(node.args[0], ast.Constant):
        return False  # a call's site and counter
    del getattr(node, name)[at]
    return True
