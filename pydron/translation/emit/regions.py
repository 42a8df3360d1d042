"""Branches and loops, in place and as frames of their own."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.dataflow.nodes import Branch, ForLoop, WhileLoop, regions_of
from pydron.translation.checked import CheckedExpression
from pydron.translation.emit.extent import is_unpacked, loop_state
from pydron.translation.emit.names import JUMPED, FrameScope
from pydron.translation.emit.natives import Natives
from pydron.translation.emit.pieces import assign, stores
from pydron.translation.quote import at, constant, load, loads, quote, quote_expression, store
from pydron.translation.scope import names_read
from pydron.translation.trees import copy_tree

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Node, RegionNode

__all__ = ["Regions"]


_LARGE = 3
"""Nodes in a branch that are worth a frame of their own rather than being written a second time."""


def _is_of_comprehension(loop: ForLoop) -> bool:
    """Say whether a loop was a comprehension: then it stands at its target, but begins outside of the frame of that."""
    code = loop.code
    assert isinstance(code, ast.For)
    return (code.lineno, code.col_offset) == (code.target.lineno, code.target.col_offset)


class Regions(Natives):
    """Writes branches and loops."""

    def _branch(self, node: Branch, frame: FrameScope) -> list[ast.stmt]:
        guard = self._trusted(node.test, node)
        if guard is None and isinstance(node.test, ast.Name):
            guard = quote_expression("_Id(_Type(_Name)) in _A", node.code, _Name=node.test.id)
        checks = self._check_bound(names_read(node.test) & self._fast, node)
        if guard is not None and self._ends(node, frame):
            return [*checks, self._into(node)]
        here = at(
            ast.If(
                node.test,
                self._as_written(node, frame, self._block(node.body, frame)) or quote("pass", node.code),
                self._block(node.orelse, frame),
            ),
            node.code,
        )
        if guard is None:
            return [*checks, here]
        return [*checks, at(ast.If(guard, [here], self._region(node, frame)), node.code)]

    def _ends(self, node: Branch, frame: FrameScope) -> bool:
        """Say whether a branch is the last of what the frame of a branch around it does, and worth a frame alone."""
        outer = frame.node
        if not isinstance(outer, Branch) or self._extents.escapes(node) != frame.escapes:
            return False
        if self.outputs(node) != frame.outputs or self._extents.size(node) < _LARGE:
            return False
        before = self._parents[node.tick]
        tested = before.test if isinstance(before, Branch) and before.orelse.nodes == [node] else None
        if tested is not None and names_read(node.test) <= names_read(tested):
            return False  # an ``elif`` that has nothing more to wait for
        last: Node = node
        while last is not outer:
            around = self._parents[last.tick]
            if not isinstance(around, Branch) or not any(region.nodes[-1:] == [last] for region in regions_of(around)):
                return False
            last = around
        return True

    def _into(self, node: Branch) -> ast.stmt:
        """Go on as the frame of a branch that ends as this one does, instead of writing it here too."""
        (into,) = quote(
            "return _S.into(_Tick, (*_Inputs,))",
            node.code,
            _Tick=constant(node.tick, node.code),
            _Inputs=loads(self.region_inputs(node), node.code),
        )
        return into

    def _region(self, node: RegionNode, frame: FrameScope) -> list[ast.stmt]:
        if isinstance(node, Branch) or self._has_native_frame(node):
            return self._spawned(node, frame)
        return self._as_written(node, frame, self._spawned(node, frame))

    def _spawned(self, node: RegionNode, frame: FrameScope) -> list[ast.stmt]:
        made = self._once(self._make_region, node)
        return [*made, *self._unpack_escape(node, frame)] if self._extents.escapes(node) else made

    def _make_region(self, node: RegionNode) -> list[ast.stmt]:
        request = self._making("loop" if self._has_native_frame(node) else "region", node)
        if self._extents.escapes(node):
            return [assign(".x", request, node.code)]
        return [self._taken(self.outputs(node), request, node.code)]

    def _unpack_escape(self, node: Node, frame: FrameScope) -> list[ast.stmt]:
        """Go where a region went that may have left its loop or function."""
        origin = node.code
        targets = stores((".code", ".value", *self.outputs(node)), origin)
        unpack = at(ast.Assign([at(ast.Tuple(targets, ast.Store()), origin)], load(".x", origin)), origin)
        leave = self._leave(load(".value", origin), frame, origin)
        if self._extents.jumps_out(node):
            jump = self._jump(frame, origin)
            return [unpack, *quote(f"if _Code == {JUMPED}: _Jump", origin, _Code=".code", _Jump=jump),
                    *quote("if _Code: _Leave", origin, _Code=".code", _Leave=leave)]  # fmt: skip
        return [unpack, *quote("if _Code: _Leave", origin, _Code=".code", _Leave=leave)]

    def _branch_body(self, node: Branch, frame: FrameScope) -> list[ast.stmt]:
        test, body = self._waited(node.test, node)
        branches = at(
            ast.If(test, self._block(node.body, frame) or quote("pass", node.code), self._block(node.orelse, frame)),
            node.code,
        )
        return [*body, branches]

    def _waited(self, test: ast.expr, node: Node) -> tuple[ast.expr, list[ast.stmt]]:
        """Return a test and what has to run before it, in a frame that has nothing else to do."""
        checked = CheckedExpression(self._names, self._fast, self._loose(node))
        checked.out = self._force(names_read(test) & self._fast, node)
        flag = checked.truth(copy_tree(test))
        slow = [*checked.out, *quote("_Test = _Result", node.code, _Test=".test", _Result=flag)]
        guard = self._trusted(test, node)
        if guard is None and isinstance(test, ast.Constant):
            return test, []
        if guard is None:
            guard = quote_expression("_Id(_Type(_Name)) in _A", node.code, _Name=test)
        fast = quote("_Test = True if _Value else False", node.code, _Test=".test", _Value=test)
        checks = self._check_bound(names_read(test) & self._fast, node)
        return load(".test", test), [*checks, at(ast.If(guard, fast, slow), node.code)]

    def _for_body(self, node: ForLoop, frame: FrameScope) -> list[ast.stmt]:
        source, count, key = loop_state(node)
        origin = node.code
        body = [*self._check_bound(node.reads, node), *self._force(node.reads, node)]
        iterable = node.iterable
        unpacked = is_unpacked(node)
        if isinstance(iterable, ast.Call):
            body += self._unbind_again(node)
            may_loop = f"may_loop_wrapper(_Function, _Args, _Keywords, {unpacked})"
            walk = f"walk_wrapper(_Function, _Args, _Keywords, {unpacked}, {node.restored})"
            holes = {
                "_Function": iterable.func,
                "_Args": at(ast.Tuple(iterable.args, ast.Load()), origin),
                "_Keywords": self._keywords(iterable, origin),
            }
        else:
            ask = "may_loop_unsteady" if node.unsteady else "may_loop"
            walk = "walk_unsteady" if node.unsteady else "walk_restored" if node.restored else "walk"
            may_loop, walk = f"{ask}(_Iterable, {unpacked})", f"{walk}(_Iterable, {unpacked})"
            holes = {"_Iterable": iterable}
        body += quote(
            f"_Ans = _S.{may_loop}\n"
            f"while _Ans is not None:\n    yield _Ans\n    _Ans = _S.{may_loop} if _Type(_Ans) is _P else None",
            origin, **holes,
        )  # fmt: skip
        begins = iterable if isinstance(iterable, ast.Call) or _is_of_comprehension(node) else origin
        body += quote(f"_Source, _Key = _S.{walk}\n_Count = 0", begins, _Source=source, _Count=count, _Key=key, **holes)
        frame.in_loop = True
        loose = self._rebind_loose(node)
        inner = [
            *quote("_Count += 1", origin, _Count=count),
            *loose,
            *self._block(node.body, frame),
            *self._loop_end(node),
        ]
        frame.in_loop = False
        orelse = [*loose, *self._block(node.orelse, frame)]
        items = load(source, origin)
        return [*body, at(ast.For(store(node.item, origin), items, inner, orelse), origin), *loose]

    def _rebind_loose(self, loop: ForLoop | WhileLoop) -> list[ast.stmt]:
        """Mark unbound what a native statement has unbound on its way to the next round or out of the loop."""
        return [each for name in self._extents.left_loose(loop) for each in self._rebound(name, loop.code)]

    def _loop_end(self, node: ForLoop) -> list[ast.stmt]:
        _, _, key = loop_state(node)
        return quote(
            "if _R.due: yield _BREATHE\n"
            "if _Key is not None:\n"
            "    _Ans = _S.may_go_on(_Key)\n"
            "    while _Ans is not None:\n"
            "        yield _Ans\n"
            "        _Ans = _S.may_go_on(_Key) if _Type(_Ans) is _P else None",
            node.code,
            _Key=key,
        )

    def _while_body(self, node: WhileLoop, frame: FrameScope) -> list[ast.stmt]:
        rounds = [*self._rebind_loose(node), *self._round(node, frame)]
        return [at(ast.While(constant(True, node.code), rounds, []), node.code), *self._rebind_loose(node)]

    def _round(self, node: WhileLoop, frame: FrameScope, prelude: list[ast.stmt] | None = None) -> list[ast.stmt]:
        """Return one round of a ``while`` loop: prelude, test, body."""
        before = self._block(node.prelude, frame) if prelude is None else prelude
        test, body = self._waited(node.test, node)
        done = [*self._block(node.orelse, frame), *quote("break", node.code)]
        frame.in_loop = True
        inner = self._block(node.body, frame)
        frame.in_loop = False
        stop = at(ast.If(at(ast.UnaryOp(ast.Not(), test), node.code), done, []), node.code)
        return [*before, *body, stop, *inner, *quote("if _R.due: yield _BREATHE", node.code)]
