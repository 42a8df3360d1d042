"""Write a loop over a name, a constant or a wrapper such as `enumerate`, with its item in a variable of its own.

::

    for x, y in pairs(n):       →       .t1 = pairs(n)
        use(x, y)                       for .item2 in .t1:
                                            x, y = .item2
                                            use(x, y)
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.lowering.wrappers import is_wrapped, wrapped
from pydron.translation.lowering.written_loops import as_written
from pydron.translation.quote import at, load, store
from pydron.translation.scope import names_read
from pydron.translation.trees import copy_tree, nodes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydron.translation.lowering.calls import Flattener

__all__ = ["ROWS", "head", "kept_head", "loop_over", "may_remove", "write_loop", "written_as"]

_ROWS = frozenset(("iterrows", "itertuples"))
"""Methods of a data frame of pandas that iterate over its rows."""
ROWS = "rows"
"""How variables are called that hold what they return."""
_REMOVERS = frozenset(("pop", "popitem", "clear", "remove", "discard", "__delitem__"))


def loop_over(flattener: Flattener, node: ast.For) -> None:
    """Append a loop over any expression."""
    written = written_as(flattener, node)
    unsteady = may_remove(node, node.iter)
    restored = _may_store(node.body, names_read(node.iter))
    node.iter = head(flattener, node.iter)
    written.iter = copy_tree(node.iter)
    write_loop(flattener, node, written, unsteady=unsteady, restored=restored)


def written_as(flattener: Flattener, node: ast.For) -> ast.For:
    """Return the loop as it was written."""
    written = as_written(flattener.function, node)
    assert isinstance(written, ast.For)
    return written


def head(flattener: Flattener, iterable: ast.expr) -> ast.expr:
    """Evaluate what a loop goes over; a wrapper belongs to the loop."""
    if is_wrapped(flattener, iterable):
        return wrapped(flattener, iterable)
    if may_be_rows(iterable):
        return flattener.spill(flattener.value(iterable), ROWS)
    return flattener.named(flattener.value(iterable))


def kept_head(flattener: Flattener, iterable: ast.expr) -> ast.expr:
    """Return the same, to be read again whatever happens to variables meanwhile."""
    if is_wrapped(flattener, iterable):
        return wrapped(flattener, iterable)
    value = flattener.value(iterable)
    return flattener.spill(value, ROWS) if may_be_rows(iterable) else flattener.spill(value)


def may_be_rows(iterable: ast.expr) -> bool:
    """Say whether a loop may go over the rows of a data frame, so that nothing else can see the iterator."""
    match iterable:
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _ROWS
        case _:
            return False


def write_loop(
    flattener: Flattener, node: ast.For, written: ast.stmt, *, unsteady: bool = False, restored: bool = False
) -> None:
    """Append a loop over an atom or a wrapper.

    Args:
        flattener: writes the statements.
        node: the loop.
        written: what it is to be where nothing in it can be run in parallel.
        unsteady: it may take items out of what it goes over.
        restored: it may store items into what it goes over.
    """
    item = flattener.names.fresh("item")

    def write() -> None:
        flattener.assign(node.target, load(item, node.target), node.target)
        for statement in node.body:
            flattener.statement(statement)

    body = flattener.within(write)
    loop = at(ast.For(store(item, node.target), node.iter, body, flattener.block(node.orelse)), node)
    flattener.function.written[loop] = written
    if unsteady:
        flattener.function.unsteady.add(loop)
    if restored:
        flattener.function.restored.add(loop)
    flattener.out.append(loop)


def may_remove(node: ast.For, iterable: ast.expr) -> bool:
    """Say whether a loop may take items out of what it goes over."""
    names = names_read(iterable)
    for statement in node.body:
        for inner in nodes_of(statement):
            match inner:
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Del()) if name in names:
                    return True
                case ast.Attribute(value=ast.Name(id=name), attr=method) if name in names and method in _REMOVERS:
                    return True
    return False


def _may_store(statements: Sequence[ast.stmt], names: frozenset[str]) -> bool:
    """Say whether statements may store items into what one of the variables holds."""
    for statement in statements:
        for node in nodes_of(statement):
            match node:
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()) if name in names:
                    return True
    return False
