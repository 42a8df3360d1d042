"""Functions that tests write as text: made without a file, their source known to `linecache` while they are in use."""

from __future__ import annotations

import linecache
from contextlib import contextmanager
from itertools import count
from textwrap import dedent
from typing import TYPE_CHECKING, cast

import pydron
from pydron.translation.lowering.context import Lowered
from pydron.translation.scope import Scope
from pydron.translation.source import find_source
from pydron.translation.trees import copy_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FunctionType

    from pydron.dataflow import Graph

__all__ = ["graph_of", "lowered", "written"]

_numbers = count()


@contextmanager
def written(text: str, **names: object) -> Iterator[dict[str, object]]:
    """Run text as a module of its own; give its variables."""
    text = dedent(text).strip() + "\n"
    filename = f"/written/{next(_numbers)}.py"
    namespace: dict[str, object] = {"__name__": "written", **names}
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    try:
        exec(compile(text, filename, "exec", dont_inherit=True), namespace)
        yield namespace
    finally:
        linecache.cache.pop(filename, None)


def lowered(text: str) -> Lowered:
    """Return the function ``f`` of a module, before the first lowering."""
    with written(text) as names:
        function = cast("FunctionType", names["f"])
        source = find_source(function, coroutine=True)
        return Lowered(source, copy_tree(source.tree), Scope.of(function.__code__, source.tree))


def graph_of(text: str) -> Graph:
    """Return the dataflow graph of the function ``f`` of a module, as users get it."""
    with written(text) as names:
        return pydron.graph(pydron.schedule(cast("FunctionType", names["f"])))
