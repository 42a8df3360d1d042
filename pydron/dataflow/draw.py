"""The graph for other tools: a `networkx.MultiDiGraph` for analysis, DOT text for pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.dataflow.nodes import Compute, Graph, Make, Region, regions_of
from pydron.dataflow.text import label

if TYPE_CHECKING:
    from collections.abc import Iterator

    import networkx as nx

    from pydron.dataflow.nodes import Node

__all__ = ["edges", "to_dot", "to_networkx"]

Edge = tuple[int, int, str | None]


def edges(graph: Graph) -> list[Edge]:
    """Return ``(from tick, to tick, variable)`` for each edge; a token has no variable. Tick 0 is the call itself."""
    found: list[Edge] = []
    writers = {name: {0} for name in graph.parameters}
    found.extend(_region_edges(graph.root, writers))
    found.extend(_tokens(graph.root, 0))
    return sorted(found, key=lambda edge: (edge[0], edge[1], edge[2] or ""))


def _region_edges(region: Region, writers: dict[str, set[int]]) -> Iterator[Edge]:
    for node in region.nodes:
        for name in sorted(node.reads):
            for source in sorted(writers.get(name, ())):
                yield source, node.tick, name
        for inner in regions_of(node):
            within = {name: set(sources) for name, sources in writers.items()}
            for name in node.binds:
                within.setdefault(name, set()).add(node.tick)
            yield from _region_edges(inner, within)
        for name in node.binds:
            writers[name] = {node.tick}


def _tokens(region: Region, last: int) -> Iterator[Edge]:
    for node in region.nodes:
        if isinstance(node, (Compute, Make)):
            continue
        yield last, node.tick, None
        for inner in regions_of(node):
            yield from _tokens(inner, node.tick)
        last = node.tick


def to_networkx(graph: Graph) -> nx.MultiDiGraph[int]:
    """Return the graph as a `networkx.MultiDiGraph`.

    Nodes are ticks with attributes ``kind``, ``label``, ``line`` and ``region`` (tick of the node around, 0 at the
    top). Edges have ``variable``, None for a token.
    """
    import networkx as nx

    drawn: nx.MultiDiGraph[int] = nx.MultiDiGraph(name=graph.name)
    drawn.add_node(0, kind="entry", label=f"{graph.name}({', '.join(graph.parameters)})", line=0, region=None)
    for around, node in _placed(graph.root, 0):
        drawn.add_node(node.tick, kind=type(node).__name__.lower(), label=label(node), line=node.line, region=around)
    for source, target, variable in edges(graph):
        drawn.add_edge(source, target, variable=variable)
    return drawn


def _placed(region: Region, around: int) -> Iterator[tuple[int, Node]]:
    for node in region.nodes:
        yield around, node
        for inner in regions_of(node):
            yield from _placed(inner, node.tick)


def to_dot(graph: Graph) -> str:
    """Return the graph in the DOT language; tokens are dashed."""
    lines = [f"digraph {_quoted(graph.name)} {{", '  node [shape=box, fontname="monospace"];']
    signature = f"{graph.name}({', '.join(graph.parameters)})"
    lines.append(f"  0 [label={_quoted(signature)}, shape=oval];")
    lines += [f"  {node.tick} [label={_quoted(label(node))}];" for node in graph.root.walk()]
    for source, target, variable in edges(graph):
        style = "style=dashed" if variable is None else f"label={_quoted(variable)}"
        lines.append(f"  {source} -> {target} [{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
