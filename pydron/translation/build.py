"""Lowered tree to dataflow graph: every statement becomes a node, then liveness and certain binding are worked out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.dataflow.mentions import Mentions
from pydron.dataflow.nodes import (
    Branch,
    Call,
    Compute,
    Finally,
    ForLoop,
    Graph,
    Handler,
    Jump,
    Leave,
    Make,
    Matching,
    Native,
    Node,
    Part,
    Raise,
    Region,
    Store,
    Try,
    WhileLoop,
    With,
    Yield,
)
from pydron.translation.liveness import annotate
from pydron.translation.lowering.calls import BIND, SPREAD
from pydron.translation.lowering.comprehensions import TO_COME
from pydron.translation.lowering.consumers import EMPTY, SORT, SUM, TOTAL
from pydron.translation.lowering.match_cases import is_simple
from pydron.translation.lowering.properties import READ
from pydron.translation.lowering.sources import CONSUMES
from pydron.translation.lowering.wrappers import ZIP
from pydron.translation.mentions import mentions_of
from pydron.translation.scope import names_bound, names_read, names_used

if TYPE_CHECKING:
    from pydron.translation.lowering.context import Lowered

__all__ = ["build"]


def build(function: Lowered) -> Graph:
    """Return the dataflow graph of a lowered function."""
    builder = _Builder(function)
    root = builder.region(function.tree.body)
    graph = Graph(
        name=function.source.qualname,
        filename=function.source.filename,
        parameters=function.scope.parameters,
        root=root,
        variables=(function.scope.fast - function.scope.declared).union(builder.variables),
    )
    graph.by_tick = {node.tick: node for node in root.walk()}
    annotate(graph)
    return graph


class _Builder:
    def __init__(self, function: Lowered) -> None:
        self._handled = function.handled
        self._matching = function.matching
        self._bets = function.bets
        self._fast = function.scope.fast - function.scope.declared
        self._tick = 0
        self._written = function.written
        self._unsteady = function.unsteady
        self._restored = function.restored
        scope = function.scope
        self._own = scope.fast.union(scope.cells) - scope.declared
        self._plain = function.plain
        self._shared = frozenset(scope.cells)
        self.variables: set[str] = set()

    def region(self, statements: list[ast.stmt]) -> Region:
        return Region([self._node(statement) for statement in statements if not isinstance(statement, ast.Pass)])

    def _node(self, code: ast.stmt) -> Node:
        self._tick += 1
        tick = self._tick
        if code in self._matching:
            return self._fits(tick, code)
        if code in self._handled:
            return self._native(tick, code)
        match code:
            case ast.If():
                return self._branch(tick, code)
            case ast.For():
                return self._for(tick, code)
            case ast.While():
                return self._while(tick, code)
            case ast.Try():
                return self._finally(tick, code) if code.finalbody else self._try(tick, code)
            case ast.With():
                return self._with(tick, code)
        read, bound = names_used(code)
        return _kind(code)(tick, code, self._mine(read) | self._updated(code), self._mine(bound))

    def _native(self, tick: int, code: ast.stmt) -> Native:
        read, bound = names_used(code)
        reads, binds = self._mine(read) | self._updated(code), self._mine(bound)
        # what is synthetic and bound by a statement that runs as it stands matters to nothing else
        return Native(tick, code, reads - {name for name in binds if name.startswith(".")}, binds)

    def _mine(self, names: frozenset[str]) -> frozenset[str]:
        fast = self._fast
        mine = frozenset([name for name in names if name in fast or (name[0] == "." and name not in _INTRINSICS)])
        self.variables.update(mine)
        return mine

    def _updated(self, code: ast.stmt) -> frozenset[str]:
        """Return variables that are read although they are not written as such: ``del x``."""
        if isinstance(code, ast.Delete):
            return self._mine(frozenset(target.id for target in code.targets if isinstance(target, ast.Name)))
        if code in self._handled and not isinstance(code, ast.Assign):
            # a native statement may leave any of its variables as it is, so it reads what it may bind
            return self._mine(names_bound(code))
        return frozenset()

    def _fits(self, tick: int, code: ast.stmt) -> Matching:
        assert isinstance(code, ast.Match)
        names = self._mine(names_bound(code))
        # a pattern that does not fit leaves its names as they are
        reads = self._mine(names_read(code)) | {name for name in names if not name.startswith(".")}
        return Matching(tick, code, reads, names, simple=is_simple(code.cases[0].pattern))

    def _branch(self, tick: int, code: ast.If) -> Branch:
        body, orelse = self.region(code.body), self.region(code.orelse)
        return Branch(
            tick,
            code,
            self._mine(names_read(code.test)),
            _bound(body, orelse),
            test=code.test,
            body=body,
            orelse=orelse,
            bet=code in self._bets,
            written=self._written.get(code),
            mentions=self._mentions(code) if code in self._written else Mentions(opaque=True),
        )

    def _for(self, tick: int, code: ast.For) -> ForLoop:
        assert isinstance(code.target, ast.Name)
        item = code.target.id
        body, orelse = self.region(code.body), self.region(code.orelse)
        binds = _bound(body, orelse) | {item}
        self.variables.add(item)
        return ForLoop(
            tick,
            code,
            self._mine(names_read(code.iter)),
            binds,
            item=item,
            iterable=code.iter,
            unsteady=code in self._unsteady,
            restored=code in self._restored,
            body=body,
            orelse=orelse,
            written=self._written[code],
            mentions=self._mentions(code),
        )

    def _mentions(self, code: ast.If | ast.For | ast.While) -> Mentions:
        return mentions_of([self._written[code]], self._own, self._plain, self._shared)

    def _while(self, tick: int, code: ast.While) -> WhileLoop:
        prelude = self.region(code.prelude)  # type: ignore[attr-defined]
        body, orelse = self.region(code.body), self.region(code.orelse)
        return WhileLoop(
            tick,
            code,
            self._mine(names_read(code.test)),
            _bound(prelude, body, orelse),
            prelude=prelude,
            test=code.test,
            body=body,
            orelse=orelse,
            written=self._written[code],
            mentions=self._mentions(code),
        )

    def _part(self, statements: list[ast.stmt], origin: ast.AST) -> Part:
        self._tick += 1
        tick = self._tick
        body = self.region(statements)
        return Part(tick, origin, frozenset(), _bound(body), body=body)  # type: ignore[arg-type]

    def _try(self, tick: int, code: ast.Try) -> Try:
        body = self._part(code.body, code)
        handlers = tuple(Handler(handler, self._part(handler.body, handler)) for handler in code.handlers)
        orelse = self._part(code.orelse, code) if code.orelse else None
        types = [handler.type for handler in code.handlers if handler.type is not None]
        reads: frozenset[str] = frozenset().union(*map(names_read, types))
        names = frozenset(handler.name for handler in code.handlers if handler.name)
        parts = [body, *(handler.part for handler in handlers), *((orelse,) if orelse else ())]
        binds = _bound(Region(parts)) | self._mine(names)
        return Try(tick, code, self._mine(reads), binds, body=body, handlers=handlers, orelse=orelse)

    def _finally(self, tick: int, code: ast.Try) -> Finally:
        body, final = self._part(code.body, code), self._part(code.finalbody, code)
        return Finally(tick, code, frozenset(), body.binds | final.binds, body=body, final=final)

    def _with(self, tick: int, code: ast.With) -> With:
        (item,) = code.items
        assert isinstance(item.context_expr, ast.Name)
        assert isinstance(item.optional_vars, ast.Name)
        manager, entered = item.context_expr.id, item.optional_vars.id
        self.variables.add(entered)
        body = self._part(code.body, code)
        return With(
            tick,
            code,
            self._mine(frozenset((manager,))),
            body.binds | {entered},
            manager=manager,
            entered=entered,
            body=body,
        )


_INTRINSICS = frozenset(
    (BIND, SPREAD, TO_COME, ".AssertionError", ".BaseException", CONSUMES, ZIP, TOTAL, SUM, SORT, EMPTY, READ)
)


def _bound(*regions: Region) -> frozenset[str]:
    return frozenset().union(*[node.binds for region in regions for node in region.nodes])


def _kind(code: ast.stmt) -> type[Compute | Call | Store | Make | Yield | Raise | Leave | Jump]:
    match code:
        case ast.Return():
            return Leave
        case ast.Raise():
            return Raise
        case ast.Break():
            return Jump
        case ast.FunctionDef():
            return Make
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            return Store
        case ast.Assign(value=ast.Call(func=ast.Name(id=".spread"))):
            return Compute
        case ast.Assign(value=ast.Call() | ast.Await(value=ast.Call())) | ast.Expr(value=ast.Call()):
            return Call
        case ast.Assign(value=ast.Yield() | ast.YieldFrom() | ast.Await()):
            return Yield
        case _:
            return Compute
