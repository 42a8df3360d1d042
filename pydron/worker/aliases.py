"""Results that are arguments: they come back as copies. Whether anybody can tell is seen where the call stands."""

from __future__ import annotations

import ast
import linecache
from collections import deque
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Use", "shared", "use_of_identity"]

_MOST = 20_000
"""Objects that are looked at in a value."""
_FIXED = (str, bytes, int, float, complex, bool, type(None), type, FunctionType, BuiltinFunctionType, ModuleType)
_MUTATORS = frozenset(
    (
        "add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "fill", "insert", "pop", "popitem",
        "popleft", "put", "remove", "resize", "reverse", "rotate", "setdefault", "sort", "update",
    )
)  # fmt: skip


def shared(result: object, arguments: Iterable[tuple[str, object]]) -> str | None:
    """Return the name of an argument that the result is, or shares a part with that can be changed."""
    owners: dict[int, str] = {}
    for name, value in arguments:
        for part in _parts(value):
            owners.setdefault(id(part), name)
    return next((owners[id(part)] for part in _parts(result) if id(part) in owners), None)


def _parts(value: object) -> Iterator[object]:
    """Return the objects that can be changed in a value, itself included."""
    waiting: deque[object] = deque((value,))
    seen: set[int] = set()
    while waiting and len(seen) < _MOST:
        part = waiting.popleft()
        if isinstance(part, _FIXED) or id(part) in seen:
            continue
        seen.add(id(part))
        if not isinstance(part, tuple | frozenset):
            yield part
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list | tuple | set | frozenset | deque):
            waiting.extend(part)
        elif isinstance(base := getattr(part, "base", None), type(part)):
            waiting.append(base)  # the array that owns the memory
        waiting.extend(cast("Mapping[str, object]", getattr(part, "__dict__", {})).values())


@dataclass(frozen=True, slots=True)
class Use:
    """A place where the program can tell a result from a copy."""

    text: str
    line: int


def use_of_identity(filename: str, line: int) -> Use | None:
    """Return where the function around a call compares or changes the call's result or arguments; None if nowhere."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return None
    around = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _spans(node, line)]
    if not around:
        return None
    function = max(around, key=lambda node: node.lineno)
    statements = [node for node in ast.walk(function) if isinstance(node, ast.stmt) and _spans(node, line)]
    statement = max(statements, key=lambda node: (node.lineno, -(node.end_lineno or 0)))
    loops = [node for node in ast.walk(function) if isinstance(node, ast.For | ast.While) and _spans(node, line)]
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    first = min((loop.lineno for loop in loops), default=line)
    uses = [use for node in ast.walk(function) if (use := _use(node, names)) is not None and use.line >= first]
    return min(uses, key=lambda use: use.line, default=None)


def _spans(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _use(node: ast.AST, names: set[str]) -> Use | None:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others) if any(
            isinstance(op, ast.Is | ast.IsNot) for op in ops
        ):
            operands = [left, *others]
            if not any(isinstance(each, ast.Constant) for each in operands) and _named(operands, names):
                return Use(ast.unparse(node), node.lineno)
        case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in _MUTATORS and _named([owner], names):
            return Use(ast.unparse(node), node.lineno)
        case ast.Assign(targets=targets) | ast.Delete(targets=targets) if any(
            isinstance(target, ast.Subscript | ast.Attribute) and _named([target.value], names) for target in targets
        ):
            return Use(ast.unparse(node), node.lineno)
        case ast.AugAssign(target=target) if _named([target], names):
            return Use(ast.unparse(node), node.lineno)
    return None


def _named(nodes: Iterable[ast.expr], names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for node in nodes for part in ast.walk(node))
