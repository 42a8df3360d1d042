"""Frames: the entry of a function, its regions, units and resumptions."""

from __future__ import annotations

import ast

from pydron.dataflow.nodes import (
    Branch,
    Call,
    Compute,
    Finally,
    ForLoop,
    Jump,
    Leave,
    Make,
    Matching,
    Native,
    Node,
    Part,
    Raise,
    RegionNode,
    Store,
    Try,
    WhileLoop,
    With,
    Yield,
)
from pydron.translation.emit.calls import Calls
from pydron.translation.emit.names import UNIT_CONSTANTS, FrameKey, FrameScope
from pydron.translation.emit.natives import hand_over
from pydron.translation.emit.pieces import assign
from pydron.translation.emit.resumption import Resumption
from pydron.translation.emit.statements import Statements
from pydron.translation.quote import at, load, loads, quote
from pydron.translation.scope import names_bound, names_read
from pydron.translation.trees import copy_tree

__all__ = ["Emitter"]


class Emitter(Statements, Calls, Resumption):
    """Writes the frames of one function."""

    def write(self, key: FrameKey) -> ast.FunctionDef:
        """Return the code of one frame."""
        match key:
            case ("entry", _):
                return self._entry()
            case ("region", tick):
                return self._region_frame(self.graph.by_tick[tick])
            case ("native", tick):
                return self._native_frame(self.graph.by_tick[tick])
            case ("unit", tick):
                return self._unit_frame(self.graph.by_tick[tick])
            case ("resume", frame, tick):
                return self._resumption(frame, self.graph.by_tick[tick])
        raise KeyError(key)

    def _entry(self) -> ast.FunctionDef:
        tree = self._function.tree
        cells = set(self._function.scope.cells)
        parameters = tuple(f".cell_{name}" if name in cells else name for name in self._function.scope.parameters)
        frame = FrameScope(None, self._fast, (), escapes=False)
        body: list[ast.stmt] = []
        for name in self._function.scope.parameters:
            if name in cells:
                body += quote("_Cell = _Given", tree, _Cell=name, _Given=f".cell_{name}")
        body += self._unbind(self._fast - set(self._function.scope.parameters), tree)
        body += self._block(self.graph.root, frame)
        body += quote("return None", tree)
        return self._define(parameters, body, tree)

    def _region_frame(self, node: Node) -> ast.FunctionDef:
        assert isinstance(node, RegionNode)
        frame = self._frame_for(node)
        inputs = self.region_inputs(node)
        body = [
            *self._unbind(frame.variables - set(inputs), node.code),
            *(assign(name, load(".U", node.code), node.code) for name in self._unsure_outputs(node, inputs)),
        ]
        match node:
            case Branch():
                body += self._branch_body(node, frame)
            case ForLoop():
                body += self._for_body(node, frame)
            case WhileLoop():
                body += self._while_body(node, frame)
            case Part():
                body += self._block(node.body, frame)
            case Try() | Finally() | With():
                return self._define(inputs, [*body, *self._guarded_body(node, frame)], node.code)
        body += self._finish(frame, node.code)
        return self._define(inputs, body, node.code)

    def _native_frame(self, node: Node) -> ast.FunctionDef:
        assert isinstance(node, (ForLoop, WhileLoop))
        assert node.written is not None
        frame = self._frame_for(node)
        inputs = self.region_inputs(node)
        code = copy_tree(node.written)
        names = (names_read(code) | names_bound(code)) & self._fast
        body = [
            *self._unbind((frame.variables | names) - set(inputs), code),
            *self._force_read(node, code),
            *self._in_place(node, code, names, frame),
            *self._finish(frame, node.code),
        ]
        return self._define(inputs, body, node.code)

    def _unsure_outputs(self, node: Node, inputs: tuple[str, ...]) -> list[str]:
        """Return what a branch hands on although one side of it may not bind it: then nobody reads it."""
        if not isinstance(node, Branch):
            return []
        return [name for name in self.outputs(node) if name.startswith(".") and name not in inputs]

    def _unit_frame(self, node: Node) -> ast.FunctionDef:
        body = [*self._check_bound(node.reads, node), *self._force(node.reads, node)]
        match node:
            case Compute():
                body += self._compute_unit(node)
            case Call():
                body += self._call_unit(node)
            case Store():
                body += self._store_unit(node)
            case Yield():
                body.append(hand_over(node.code))
            case Matching():
                return self._define(self.region_inputs(node), self._matching_unit(node), node.code, UNIT_CONSTANTS)
            case _:
                raise AssertionError(node)
        outputs = loads(self.outputs(node), node.code)
        body.append(at(ast.Return(at(ast.Tuple(outputs, ast.Load()), node.code)), node.code))
        return self._define(self.region_inputs(node), body, node.code, UNIT_CONSTANTS)

    def _written_by(self, node: Node) -> list[str]:
        match node:
            case Call():
                return self._changed_by(node)
            case Store(
                code=ast.Assign(
                    targets=[ast.Attribute(value=ast.Name(id=owner)) | ast.Subscript(value=ast.Name(id=owner))]
                )
            ):
                return [owner] if owner in self._fast else []
            case _:
                return super()._written_by(node)

    def _written_once(self, node: Node) -> list[ast.stmt]:
        # the same in every frame
        match node:
            case Compute():
                code = self._compute(node)
            case Call():
                code = self._call(node)
            case Store():
                return self._store(node)
            case Matching():
                code = self._matching(node)
            case Yield():
                code = self._unit(node)
            case _:
                code = [node.code]
        return [*code, *self._notes(node)]

    def _node(self, node: Node, frame: FrameScope) -> list[ast.stmt]:
        match node:
            case Compute() | Call() | Store() | Make() | Matching() | Yield():
                return self._once(self._written_once, node)
            case Native():
                return self._native(node, frame)
            case Raise():
                return self._raise(node)
            case Leave():
                value = node.code.value  # type: ignore[attr-defined]
                checks = self._check_bound(node.reads, node)
                return [*checks, *self._leave(value, frame, node.code)]
            case Jump():
                return self._jump(frame, node.code)
            case Branch():
                return self._branch(node, frame)
            case _:
                return self._region(node, frame)
