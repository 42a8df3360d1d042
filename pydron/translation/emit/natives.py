"""Code that runs as it was written: single statements that have to, and loops that may while nothing is pending."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.dataflow.nodes import Branch, ForLoop, WhileLoop
from pydron.translation.emit.writer import Writer
from pydron.translation.lowering.loop_continue import contains_jump
from pydron.translation.quote import at, load, loads, quote, quote_expression
from pydron.translation.scope import names_bound, names_read
from pydron.translation.source import copy_tree

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Native, Node, RegionNode
    from pydron.translation.emit.names import FrameScope

__all__ = ["Natives", "hand_over"]


class Natives(Writer):
    """Writes what runs as it was written."""

    def _native(self, node: Native, frame: FrameScope) -> list[ast.stmt]:
        code = copy_tree(node.code)
        names = node.reads | node.binds
        return [*self._force_bound(node), *quote("yield _IMPURE", code), *self._in_place(node, code, names, frame)]

    def _as_written(self, node: RegionNode, frame: FrameScope, otherwise: list[ast.stmt]) -> list[ast.stmt]:
        """Return what the user wrote, for the case that there is nothing in it to run in parallel."""
        if (
            not isinstance(node, (Branch, ForLoop, WhileLoop))
            or node.written is None
            or not self._may_stand(node, frame)
        ):
            return otherwise
        code = copy_tree(node.written)
        names = (names_read(code) | names_bound(code)) & self._fast
        callees = [name for name in node.mentions.variables if name in self._fast]
        test = quote_expression(
            "not _R.pending and _S.is_native(_Tick, (*_Callees,))",
            node.code,
            _Tick=at(ast.Constant(node.tick), node.code),
            _Callees=loads(callees, node.code),
        )
        force: list[ast.stmt] = []
        for name in sorted(names_read(code) & node.live_before & self._fast):
            force += quote("if _Type(_Name) is _P: _Name = yield _Name", node.code, _Name=name)
        return [at(ast.If(test, [*force, *self._in_place(node, code, names, frame)], otherwise), node.code)]

    def _may_stand(self, node: Branch | ForLoop | WhileLoop, frame: FrameScope) -> bool:
        if node.mentions.opaque or self._extents.jumps_out(node):
            return False
        if contains_jump(getattr(node.written, "orelse", []), (ast.Break, ast.Continue)):
            return False
        # `finally` reads the variables of a frame that a loop may leave by `return`
        return frame.node is None or not (frame.escapes and self._is_in_finally(frame.node))

    def _in_place(self, node: Node, code: ast.stmt, names: frozenset[str], frame: FrameScope) -> list[ast.stmt]:
        """Return a statement as it stands, between what frames hand on and what it reads and leaves unbound."""
        unsure = sorted(name for name in names - node.bound_before if not name.startswith("."))
        body: list[ast.stmt] = []
        for name in unsure:
            body += quote("if _Name is _U: del _Name", code, _Name=name)
        run = _Exits(self, frame).visit(code)
        rebound: list[ast.stmt] = []
        for name in sorted(({*names_bound(code), *unsure}) & self._fast):
            if not name.startswith("."):
                rebound += self._rebound(name, code)
        notes = self._notes(node)
        if notes:  # also if it raises half way
            return [*body, at(ast.Try([run], [], [], [*rebound, *notes]), code)]
        return [*body, run, *rebound]


class _Exits(ast.NodeTransformer):
    """Turns ``return`` inside a statement that runs natively into the end of the frame around it."""

    def __init__(self, emitter: Natives, frame: FrameScope) -> None:
        self._emitter = emitter
        self._frame = frame

    def visit_Return(self, node: ast.Return) -> ast.AST:
        value = node.value if node.value is not None else at(ast.Constant(None), node)
        return self._emitter._leave(value, self._frame, node)[0]

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        self.generic_visit(node)
        return _handed_over(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.AST:
        self.generic_visit(node)
        return _handed_over(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Drop an annotation: it is not evaluated in a function, and forbidden on a variable that frames share."""
        if not isinstance(node.target, ast.Name):
            return node
        if node.value is None:
            return at(ast.Pass(), node)
        return at(ast.Assign([node.target], node.value), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node


def hand_over(code: ast.stmt) -> ast.stmt:
    """Return an assignment of a ``yield`` as a frame has it, which is a generator for reasons of its own."""
    handed = copy_tree(code)
    assert isinstance(handed, ast.Assign)
    assert isinstance(handed.value, (ast.Yield, ast.YieldFrom))
    handed.value = _handed_over(handed.value)
    return handed


def _handed_over(node: ast.Yield | ast.YieldFrom) -> ast.expr:
    value = node.value if node.value is not None else at(ast.Constant(None), node)
    delegates = at(ast.Constant(isinstance(node, ast.YieldFrom)), node)
    return at(ast.Yield(at(ast.Call(load(".Y", node), [value, delegates], []), node)), node)
