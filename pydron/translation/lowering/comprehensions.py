"""Write comprehensions as loops: ``[f(x) for x in xs if p(x)]`` becomes a list, ``for`` and ``if``.

The loop variables get names of their own, as a comprehension has a scope of its own; a walrus inside binds in the
function, as it should. One without calls becomes a loop only while what it goes over is still to be filled: the loop
takes each element as soon as that is there::

    large = [v for v in values if v > 9]   →    .loops1 = .to_come(values)
                                                if .loops1:
                                                    .all2 = []
                                                    for .v3 in values:
                                                        if .v3 > 9: .all2.append(.v3)
                                                else:
                                                    .all2 = [v for v in values if v > 9]
                                                large = .all2
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from pydron.translation.features import is_asynchronous, is_short_super
from pydron.translation.lowering.asynchronous import iterate
from pydron.translation.lowering.context import Span, Unrolled
from pydron.translation.lowering.loops import head
from pydron.translation.quote import at, load, quote, store
from pydron.translation.scope import names_bound
from pydron.translation.trees import children, copy_tree, nodes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydron.translation.lowering.calls import Flattener
    from pydron.translation.quote import Names

__all__ = [
    "COLLECTED",
    "TO_COME",
    "ask_to_come",
    "can_unroll",
    "goes_over_own",
    "holds_calls",
    "nest",
    "rename",
    "span_of",
    "unroll",
]

COLLECTED = "all"
"""What the variable of a comprehension's result is called."""
TO_COME = ".to_come"
"""Asks whether something or what it holds is still to be stored into, so that a loop over it need not wait.

Its first argument is the number of those that follow and are gone over; then come callables with their names.
"""

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


def holds_calls(node: Comprehension | ast.GeneratorExp) -> bool:
    """Say whether something inside gets a statement of its own whatever the comprehension goes over."""
    return any(
        isinstance(inner, (ast.Call, ast.NamedExpr, ast.Await)) or getattr(inner, "is_async", False)
        for inner in nodes_of(node)
    )


def goes_over_own(node: Comprehension | ast.GeneratorExp) -> bool:
    """Say whether a comprehension goes over what a variable, attribute or item holds: perhaps still to be filled."""
    first = node.generators[0].iter
    while isinstance(first, (ast.Attribute, ast.Subscript)):
        first = first.value
    return isinstance(first, ast.Name)


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
    always = holds_calls(node)
    first = node.generators[0].iter  # evaluated in the scope around
    if not flattener.can_fuse(first):
        node.generators[0].iter = head(flattener, first)
    result = flattener.names.fresh(COLLECTED)
    if always:
        _loop(flattener, node, result)
    else:
        _loop_if_to_come(flattener, node, result)
    return load(result, node)


def ask_to_come(sources: list[ast.expr], origin: ast.AST, asked: Sequence[ast.expr] = ()) -> ast.expr:
    """Return the question whether one of the sources of a loop is to come, and callables are what they are called."""
    count = at(ast.Constant(len(sources)), origin)
    return at(ast.Call(load(TO_COME, origin), [count, *map(copy_tree, sources), *asked], []), origin)


def _loop_if_to_come(flattener: Flattener, node: Comprehension, result: str) -> None:
    loops = flattener.names.fresh("loops")
    ask = ask_to_come([node.generators[0].iter], node)
    flattener.out.append(at(ast.Assign([store(loops, node)], ask), node))
    unrolled = copy_tree(node)
    loop = flattener.within(lambda: _loop(flattener, unrolled, result))
    whole = at(ast.Assign([store(result, node)], node), node)
    flattener.out.append(at(ast.If(load(loops, node), loop, [whole]), node))


def _loop(flattener: Flattener, node: Comprehension, result: str) -> None:
    """Append a loop that puts the elements of a comprehension into a new container."""
    bound = {name for generator in node.generators for name in names_bound(generator.target)}
    fresh = {name: flattener.names.fresh(name) for name in sorted(bound)}
    empty = {ast.ListComp: "[]", ast.SetComp: "{*()}", ast.DictComp: "{}"}[type(node)]
    flattener.out += quote(f"_Result = {empty}", node, _Result=result)
    rename(node, fresh)
    collect = _collect(node, result)
    for statement in nest(flattener.names, node.generators, [collect]):
        flattener.statement(statement)


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
