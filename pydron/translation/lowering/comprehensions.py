"""Write comprehensions that hold calls as loops: ``[f(x) for x in xs if p(x)]`` becomes a list, ``for`` and ``if``.

The loop variables get names of their own, as a comprehension has a scope of its own; a walrus inside binds in the
function, as it should.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from pydron.translation.features import is_asynchronous, is_short_super
from pydron.translation.lowering.asynchronous import iterate
from pydron.translation.lowering.context import Span, Unrolled
from pydron.translation.lowering.loops import head
from pydron.translation.quote import at, load, quote
from pydron.translation.scope import names_bound
from pydron.translation.trees import children, nodes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.translation.lowering.calls import Flattener
    from pydron.translation.quote import Names

__all__ = ["can_unroll", "nest", "rename", "span_of", "unroll"]

_FRAMES = {ast.ListComp: "<listcomp>", ast.SetComp: "<setcomp>", ast.DictComp: "<dictcomp>"}
Comprehension: TypeAlias = "ast.ListComp | ast.SetComp | ast.DictComp"


def can_unroll(node: Comprehension | ast.GeneratorExp, consumed: Callable[[ast.Call], bool]) -> bool:
    """Say whether a comprehension can be a loop.

    It cannot if something inside keeps its variables, or reads one that no loop has bound so far.

    Args:
        node: the comprehension.
        consumed: says whether a call takes the elements of its first argument at once, if that is a generator.
    """
    parts = list(nodes_of(node))
    at_once = {node, *(part.args[0] for part in parts if isinstance(part, ast.Call) and part.args and consumed(part))}
    if any(isinstance(part, ast.Lambda) for part in parts):
        return False
    if any(isinstance(part, ast.Call) and is_short_super(part) for part in parts):
        return False  # it fails in the frame that a comprehension has of its own
    if any(isinstance(part, ast.GeneratorExp) and part not in at_once for part in parts):
        return False
    return not _reads_ahead(node)


def _reads_ahead(node: Comprehension | ast.GeneratorExp) -> bool:
    """Say whether a variable of the comprehension is read before the loop that binds it."""
    ahead = frozenset().union(*(names_bound(generator.target) for generator in node.generators))
    for generator in node.generators:
        if generator is not node.generators[0] and _mentions(generator.iter, ahead):
            return True
        ahead -= names_bound(generator.target)
        if any(_mentions(condition, ahead) for condition in generator.ifs):
            return True
    return False


def _mentions(node: ast.expr, names: frozenset[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in nodes_of(node))


def unroll(flattener: Flattener, node: Comprehension) -> ast.expr:
    """Append the loop and return the variable that holds its result."""
    spans = span_of(node), span_of(node.generators[0].iter)
    flattener.unrolled.append(Unrolled(*spans, _FRAMES[type(node)], is_coroutine=is_asynchronous(node)))
    first = node.generators[0].iter  # evaluated in the scope around
    if not flattener.can_fuse(first):
        first = head(flattener, first)
    bound = {name for generator in node.generators for name in names_bound(generator.target)}
    fresh = {name: flattener.names.fresh(name) for name in sorted(bound)}
    result = flattener.names.fresh("all")
    empty = {ast.ListComp: "[]", ast.SetComp: "{*()}", ast.DictComp: "{}"}[type(node)]
    flattener.out += quote(f"_Result = {empty}", node, _Result=result)
    rename(node, fresh)
    node.generators[0].iter = first
    collect = _collect(node, result)
    for statement in nest(flattener.names, node.generators, [collect]):
        flattener.statement(statement)
    return load(result, node)


def span_of(node: ast.expr) -> Span:
    """Return where an expression stands."""
    return (node.lineno, node.end_lineno or 0, node.col_offset, node.end_col_offset or 0)


def rename(node: Comprehension | ast.GeneratorExp, fresh: dict[str, str]) -> None:
    """Give the variables of a comprehension other names, except where its first iterable means those around."""
    first = node.generators[0].iter
    pending: list[ast.AST] = [node]
    while pending:
        part = pending.pop()
        if part is first:
            continue
        if isinstance(part, ast.Name):
            part.id = fresh.get(part.id, part.id)
        pending.extend(children(part))


def _collect(node: Comprehension, result: str) -> ast.stmt:
    """Return the statement that adds one element to the result."""
    if isinstance(node, ast.DictComp):
        # the key is evaluated before the value; an item assignment has it the other way round
        return at(ast.Expr(at(ast.Call(_method(result, "__setitem__", node), [node.key, node.value], []), node)), node)
    name = "append" if isinstance(node, ast.ListComp) else "add"
    return at(ast.Expr(at(ast.Call(_method(result, name, node), [node.elt], []), node.elt)), node.elt)


def _method(owner: str, name: str, node: ast.AST) -> ast.expr:
    return at(ast.Attribute(load(owner, node), name, ast.Load()), node)


def nest(names: Names, generators: list[ast.comprehension], innermost: list[ast.stmt]) -> list[ast.stmt]:
    """Return the loops and conditions of a comprehension around statements."""
    body = innermost
    for generator in reversed(generators):
        for condition in reversed(generator.ifs):
            body = [at(ast.If(condition, body, []), condition)]
        if generator.is_async:
            body = iterate(names, generator.target, generator.iter, body, [], generator.target)
        else:
            body = [at(ast.For(generator.target, generator.iter, body, []), generator.target)]
    return body
