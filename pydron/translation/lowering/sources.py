"""Write a loop over a generator expression, `map` or `filter` as a loop over what those go over.

::

    for y in map(f, xs):                  →     .callee1 = map; .function2 = f; .items3 = xs
        use(y)                                  .loops4 = .consumes(.callee1, 'map')
                                                .items5 = .items3 if .loops4 else .callee1(.function2, .items3)
                                                for .item6 in .items5:
                                                    .item7 = .function2(.item6) if .loops4 else .item6
                                                    y = .item7
                                                    use(y)

A generator expression needs no question: it is what it is written as.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.lowering.comprehensions import can_unroll, rename, span_of
from pydron.translation.lowering.context import Unrolled
from pydron.translation.lowering.loops import head, may_remove, write_loop, written_as
from pydron.translation.quote import at, load, quote, store
from pydron.translation.scope import names_bound, set_consumed
from pydron.translation.trees import copy_tree

if TYPE_CHECKING:
    from pydron.translation.lowering.calls import Flattener

__all__ = ["CONSUMES", "GIVEN", "NOWHERE", "called", "can_fuse", "fuse", "is_source", "passes"]

CONSUMES = ".consumes"
"""Asks whether callables are the builtins that their names say."""
GIVEN = "given"
"""What is asked of an argument that the loop calls, and that the builtin does not call if it is None."""
NOWHERE = (0, 0, 0, 0)
"""The span of nothing."""
_SOURCES = frozenset(("map", "filter"))


def is_source(node: ast.expr, fast: frozenset[str]) -> bool:
    """Say whether an expression may be a call of `map` or `filter`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _SOURCES
        and node.func.id not in fast
        and not node.keywords
        and not any(isinstance(argument, ast.Starred) for argument in node.args)
        and (len(node.args) == 2 or (len(node.args) > 2 and node.func.id == "map"))
    )


def called(function: ast.expr, values: list[ast.expr], origin: ast.AST) -> ast.expr:
    """Return the call that `map` makes for each round of items."""
    return at(ast.Call(function, values, []), origin)


def passes(function: ast.expr, item: ast.expr, origin: ast.AST) -> ast.expr:
    """Return the test that `filter` makes of each item."""
    if isinstance(function, ast.Constant) and function.value is None:
        return item
    return called(function, [item], origin)


def can_fuse(source: ast.expr, flattener: Flattener) -> bool:
    """Say whether a loop can go over what a generator expression, `map` or `filter` goes over."""
    if isinstance(source, ast.GeneratorExp):
        return len(source.generators) == 1 and can_unroll(source, flattener.is_consumed)
    return is_source(source, flattener.fast) and len(source.args) == 2  # type: ignore[attr-defined]


def fuse(flattener: Flattener, node: ast.For) -> None:
    """Append the loop."""
    if isinstance(node.iter, ast.GeneratorExp):
        _over_generator(flattener, node, node.iter)
    else:
        assert isinstance(node.iter, ast.Call)
        _over_call(flattener, node, node.iter)


def _over_generator(flattener: Flattener, node: ast.For, source: ast.GeneratorExp) -> None:
    (generator,) = source.generators
    flattener.unrolled.append(
        Unrolled(span_of(source), span_of(generator.iter), "<genexpr>", span_of(source), is_generator=True)
    )
    removes = may_remove(node, generator.iter)
    set_consumed(source)
    generator.iter = head(flattener, generator.iter)
    written = written_as(flattener, node)
    written.iter = copy_tree(source)
    rename(source, {name: flattener.names.fresh(name) for name in sorted(names_bound(generator.target))})
    body = [at(ast.Assign([node.target], source.elt), node.target), *node.body]
    for condition in reversed(generator.ifs):
        body = [at(ast.If(condition, body, []), condition)]
    loop = at(ast.For(generator.target, generator.iter, body, node.orelse), node)
    write_loop(flattener, loop, written, unsteady=removes)


def _over_call(flattener: Flattener, node: ast.For, source: ast.Call) -> None:
    assert isinstance(source.func, ast.Name)
    names = flattener.names
    removes = may_remove(node, source.args[1])
    kind = at(ast.Constant(source.func.id), source)
    callee = flattener.spill(source.func)
    # the loop of a comprehension stands at its target; there its items are taken, not where the iterator is made
    at_target = (node.lineno, node.col_offset) == (node.target.lineno, node.target.col_offset)
    taken: ast.expr = node.target if at_target else source
    flattener.unrolled.append(Unrolled(span_of(source), NOWHERE, source.func.id, span_of(taken), is_call=True))
    function, iterable = flattener.kept_atoms(source.args)
    loops, items, item = names.fresh("loops"), names.fresh("items"), names.fresh("item")
    asked = [copy_tree(callee), kind]
    if kind.value == "filter" and not isinstance(function, (ast.Lambda, ast.Constant)):
        asked += [copy_tree(function), at(ast.Constant(GIVEN), source)]
    ask = at(ast.Call(load(CONSUMES, source), asked, []), source)
    call = at(ast.Call(callee, [copy_tree(function), copy_tree(iterable)], []), source)
    for statement in quote(
        "_Loops = _Ask\nif _Loops:\n    _Items = _Iterable\nelse:\n    _Items = _Call",
        source, _Loops=loops, _Ask=ask, _Items=items, _Iterable=copy_tree(iterable), _Call=copy_tree(call),
    ):  # fmt: skip
        flattener.statement(statement)
    written = written_as(flattener, node)
    written.iter = at(ast.IfExp(load(loops, source), call, load(items, source)), source)
    bind = at(ast.Assign([node.target], load(item, node.target)), node.target)
    if kind.value == "map":
        body = [
            *quote(
                "if _Loops: _Item = _Value",
                source,
                _Loops=loops,
                _Item=item,
                _Value=called(function, [load(item, source)], source),
            ),
            bind,
            *node.body,
        ]
    else:
        keep = names.fresh("keep")
        chosen = quote(
            "_Keep = True\nif _Loops: _Keep = _Test",
            source, _Keep=keep, _Loops=loops, _Test=passes(function, load(item, source), source),
        )  # fmt: skip
        body = [*chosen, at(ast.If(load(keep, source), [bind, *node.body], []), source)]
    target = store(item, node.target)
    write_loop(flattener, at(ast.For(target, load(items, taken), body, node.orelse), node), written, unsteady=removes)
