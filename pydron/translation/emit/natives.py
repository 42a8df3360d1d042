"""Code that runs as it was written: single statements that have to, and loops that may while nothing is pending."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from pydron.dataflow.nodes import Branch, ForLoop, WhileLoop
from pydron.translation.emit.writer import Writer
from pydron.translation.features import has_asynchronous_comprehension
from pydron.translation.lowering.loop_continue import contains_jump
from pydron.translation.quote import at, constant, loads, quote, quote_expression
from pydron.translation.scope import names_bound, names_read, names_unbound
from pydron.translation.trees import copy_tree, nodes_of

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Native, Node, RegionNode
    from pydron.translation.emit.names import FrameScope

__all__ = ["Natives", "hand_over"]

_HANDOVERS = (ast.Yield, ast.YieldFrom, ast.Await)
_Scope: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


class Natives(Writer):
    """Writes what runs as it was written."""

    def _native(self, node: Native, frame: FrameScope) -> list[ast.stmt]:
        code = copy_tree(node.code)
        names = node.reads | node.binds
        return [*self._force_bound(node), *quote("yield _IMPURE", code), *self._in_place(node, code, names, frame)]

    def _as_written(self, node: RegionNode, frame: FrameScope, otherwise: list[ast.stmt]) -> list[ast.stmt]:
        """Return what the user wrote, for the case that there is nothing in it to run in parallel."""
        if not isinstance(node, (Branch, ForLoop, WhileLoop)) or not self._may_stand(node, frame.node):
            return otherwise
        assert node.written is not None
        code = copy_tree(node.written)
        names = (names_read(code) | names_bound(code)) & self._fast
        test = quote_expression(
            "not _R.pending and _S.is_native(_Tick, (*_Callees,))",
            node.code,
            _Tick=constant(node.tick, node.code),
            _Callees=loads(self._callees(node), node.code),
        )
        here = [*self._force_read(node, code), *self._in_place(node, code, names, frame)]
        return [at(ast.If(test, here, otherwise), node.code)]

    def _has_native_frame(self, node: RegionNode) -> bool:
        """Say whether what the user wrote may run in a frame of its own, whose maker waits for nothing in it."""
        return self._once(self._find_native_frame, node)

    def _find_native_frame(self, node: RegionNode) -> bool:
        if not isinstance(node, (ForLoop, WhileLoop)) or not self._may_stand(node, node):
            return False
        assert node.written is not None
        return not any(isinstance(each, _HANDOVERS) for each in nodes_of(node.written))

    def _callees(self, node: Node) -> list[str]:
        assert isinstance(node, (Branch, ForLoop, WhileLoop))
        return [name for name in node.mentions.variables if name in self._fast]

    def _force_read(self, node: RegionNode, code: ast.stmt) -> list[ast.stmt]:
        """Take the values of promises that the user's own code reads."""
        return self._await(sorted(names_read(code) & node.live_before & self._fast), node.code)

    def _may_stand(self, node: Branch | ForLoop | WhileLoop, around: RegionNode | None) -> bool:
        """Say whether what the user wrote may run in the frame of a node."""
        if node.written is None or node.mentions.opaque or self._extents.jumps_out(node):
            return False
        if has_asynchronous_comprehension(node.written):
            return False  # frames are no coroutines
        if contains_jump(getattr(node.written, "orelse", []), (ast.Break, ast.Continue)):
            return False
        # `finally` reads the variables of a frame that a loop may leave by `return`
        return around is None or not (self._extents.escapes(around) and self._is_in_finally(around))

    def _in_place(self, node: Node, code: ast.stmt, names: frozenset[str], frame: FrameScope) -> list[ast.stmt]:
        """Return a statement as it stands, between what frames hand on and what it reads and leaves unbound."""
        unsure = sorted(name for name in names - node.bound_before if not name.startswith("."))
        body: list[ast.stmt] = []
        for name in unsure:
            body += quote("if _Name is _U: del _Name", code, _Name=name)
        run = _Exits(self, frame).visit(code)
        rebound: list[ast.stmt] = []
        sure = node.bound_before - names_unbound(code)
        for name in sorted(({*names_bound(code), *unsure} - sure) & self._fast):
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
        self.generic_visit(node)
        value = node.value if node.value is not None else constant(None, node)
        return self._emitter._leave(value, self._frame, node)[0]

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        self.generic_visit(node)
        return _handed_over(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.AST:
        self.generic_visit(node)
        return _handed_over(node)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        self.generic_visit(node)
        return _handed_over(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Drop an annotation: it is not evaluated in a function, and forbidden on a variable that frames share."""
        self.generic_visit(node)
        if not isinstance(node.target, ast.Name):
            return node
        if node.value is None:
            return at(ast.Pass(), node)
        return at(ast.Assign([node.target], node.value), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._around(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._around(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._around(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._around(node)

    def _around(self, node: _Scope) -> _Scope:
        """Turn what is evaluated outside of an inner function or class; what it holds has exits of its own."""
        kept, node.body = node.body, []
        self.generic_visit(node)
        node.body = kept
        return node


def hand_over(code: ast.stmt) -> ast.stmt:
    """Return an assignment of a ``yield`` as a frame has it, which is a generator for reasons of its own."""
    handed = copy_tree(code)
    assert isinstance(handed, ast.Assign)
    assert isinstance(handed.value, (ast.Yield, ast.YieldFrom, ast.Await))
    handed.value = _handed_over(handed.value)
    return handed


_KINDS = {ast.Yield: "yield", ast.YieldFrom: "from", ast.Await: "await"}


def _handed_over(node: ast.Yield | ast.YieldFrom | ast.Await) -> ast.expr:
    value = node.value if node.value is not None else constant(None, node)
    name = getattr(node, "kind", _KINDS[type(node)])
    handed = quote_expression("(yield _S.handover(_Value, _Kind))", node, _Value=value, _Kind=constant(name, node))
    return handed if name == "yield" else quote_expression("_S.handed_back(_Handed)", node, _Handed=handed)
