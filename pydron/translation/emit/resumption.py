"""Resumptions: a frame from just after one of its nodes.

A long frame that is resumed again and again, each time from the next node on, is not written to its end each time: a
resumption goes as far as the next of the nodes at which any of them stops, and on from there as another resumption.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.dataflow.nodes import (
    Branch,
    Call,
    Compute,
    Finally,
    ForLoop,
    Node,
    Part,
    Region,
    RegionNode,
    Store,
    Try,
    WhileLoop,
    With,
    regions_of,
)
from pydron.translation.emit.extent import loop_state
from pydron.translation.emit.guarded import Guarded
from pydron.translation.emit.regions import Regions
from pydron.translation.quote import at, constant, loads, quote, quote_expression, store

if TYPE_CHECKING:
    from pydron.translation.emit.names import FrameScope

__all__ = ["Resumption"]

_STRETCH = 16
"""Nodes from one stop to the next."""


class Resumption(Regions, Guarded):
    """Writes resumptions."""

    def _resumption(self, frame_tick: int, node: Node) -> ast.FunctionDef:
        frame_node = self.graph.by_tick[frame_tick] if frame_tick else None
        frame = self._frame_for(frame_node)
        snapshot = self.snapshot(node, frame_node)
        is_body = isinstance(frame_node, (Try, Finally, With)) and node is frame_node.body
        results = (".x",) if is_body or self._extents.escapes(node) else self.outputs(node)
        parameters = (*snapshot, *results)
        body = self._unbind(frame.variables - set(parameters) - set(self._function.scope.cells), node.code)
        match frame_node:
            case None:
                body += self._rest(self.graph.root, node, frame) or []
            case Branch():
                inside = self._rest(frame_node.body, node, frame)
                body += inside if inside is not None else self._rest(frame_node.orelse, node, frame) or []
            case ForLoop():
                body += self._rest_of_for(frame_node, node, frame)
            case WhileLoop():
                body += self._rest_of_while(frame_node, node, frame)
            case Part():
                body += self._rest(frame_node.body, node, frame) or []
            case Try() | Finally() | With():
                return self._define(parameters, [*body, *self._rest_of_guarded(frame_node, node, frame)], node.code)
        body += self._finish(frame, node.code)
        return self._define(parameters, body, node.code)

    def _rest(self, region: Region, target: Node, frame: FrameScope) -> list[ast.stmt] | None:
        """Return what follows a node in a region, or None if the node is not in it."""
        for index, node in enumerate(region.nodes, 1):
            if node is target:
                return [*self._after(node, frame), *self._stretch(region.nodes, index, frame)]
            if isinstance(node, Branch):
                for inner in regions_of(node):
                    rest = self._rest(inner, target, frame)
                    if rest is not None:
                        ended = rest and isinstance(rest[-1], ast.Return)
                        return rest if ended else [*rest, *self._stretch(region.nodes, index, frame)]
        return None

    def _stretch(self, nodes: list[Node], begin: int, frame: FrameScope) -> list[ast.stmt]:
        """Return the nodes from an index on, or as far as the next stop and the way on from there."""
        if isinstance(frame.node, (ForLoop, WhileLoop)):
            return self._block(Region(nodes[begin:]), frame)  # its next round is faster in one frame
        for index in range(begin - begin % _STRETCH + _STRETCH, len(nodes), _STRETCH):
            if isinstance(nodes[index - 1], (Call, Compute, Store)):
                return [*self._block(Region(nodes[begin:index]), frame), self._onward(nodes[index - 1], frame)]
        return self._block(Region(nodes[begin:]), frame)

    def _onward(self, node: Node, frame: FrameScope) -> ast.stmt:
        values = (*self.snapshot(node, frame.node), *self.outputs(node))
        (onward,) = quote(
            "return _S.onward(_Tick, (*_Values,))",
            node.code,
            _Tick=constant(node.tick, node.code),
            _Values=loads(values, node.code),
        )
        return onward

    def _after(self, node: Node, frame: FrameScope) -> list[ast.stmt]:
        after = self._unpack_escape(node, frame) if self._extents.escapes(node) else []
        return [*after, *self._notes(node)] if not isinstance(node, RegionNode) else after

    def _rest_of_for(self, loop: ForLoop, node: Node, frame: FrameScope) -> list[ast.stmt]:
        source, count, key = loop_state(loop)
        origin = loop.code
        frame.in_loop = True
        rest = self._rest(loop.body, node, frame)
        frame.in_loop = False
        if rest is None:
            return self._rest(loop.orelse, node, frame) or []
        frame.in_loop = True
        again = [
            *quote("_Item = _Raw\n_Count += 1", origin, _Item=loop.item, _Raw=".raw", _Count=count),
            *self._rebind_loose(loop),
            *self._block(loop.body, frame),
        ]
        frame.in_loop = False
        body = quote(
            "if _First:\n    _First = False\n    _Rest\nelse:\n    _Again",
            origin,
            _First=".first",
            _Rest=rest,
            _Again=again,
        )
        loop_again = at(
            ast.For(
                store(".raw", origin),
                quote_expression("_S.walk_on(_Source, _Key, _Count)", origin, _Source=source, _Key=key, _Count=count),
                [*body, *self._loop_end(loop)],
                self._block(loop.orelse, frame),
            ),
            origin,
        )
        return [*quote("_First = True", origin, _First=".first"), loop_again, *self._rebind_loose(loop)]

    def _rest_of_while(self, loop: WhileLoop, node: Node, frame: FrameScope) -> list[ast.stmt]:
        origin = loop.code
        prelude = self._rest(loop.prelude, node, frame)
        if prelude is not None:
            first = quote(
                "if _First:\n    _First = False\n    _Rest\nelse:\n    _Again",
                origin,
                _First=".first",
                _Rest=prelude or quote("pass", origin),
                _Again=self._block(loop.prelude, frame) or quote("pass", origin),
            )
            rounds = self._round(loop, frame, first)
        else:
            frame.in_loop = True
            rest = self._rest(loop.body, node, frame)
            frame.in_loop = False
            if rest is None:
                return self._rest(loop.orelse, node, frame) or []
            rounds = quote(
                "if _First:\n    _First = False\n    _Rest\nelse:\n    _Round",
                origin,
                _First=".first",
                _Rest=rest or quote("pass", origin),
                _Round=self._round(loop, frame),
            )
        loose = self._rebind_loose(loop)
        loop_again = at(ast.While(constant(True, origin), [*loose, *rounds], []), origin)
        return [*quote("_First = True", origin, _First=".first"), loop_again, *loose]
