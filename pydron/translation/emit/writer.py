"""What every part of a frame is written with: variables, units, notes, ends.

The trees of the graph's nodes are written into frames as they are, several frames may share one; who changes a tree
copies it first.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydron.dataflow.nodes import (
    Branch,
    Compute,
    Finally,
    ForLoop,
    Graph,
    Jump,
    Leave,
    Native,
    Node,
    Raise,
    Region,
    RegionNode,
    Store,
    Try,
    With,
    regions_of,
)
from pydron.translation.emit.extent import Extents, Step, is_bind, loop_state, read_method
from pydron.translation.emit.names import CONSTANTS, FRAME, GUARD_STATE, JUMPED, LEFT, FrameScope
from pydron.translation.emit.pieces import stores
from pydron.translation.guards import trusted
from pydron.translation.quote import at, constant, define, load, loads, quote, quote_expression, store
from pydron.translation.reading import expression_of, perhaps_read, surely_read
from pydron.translation.young import young_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydron.translation.lowering.context import Lowered

__all__ = ["Made", "Writer"]

_KEPT = 10_000
"""Pieces that are kept at most."""
_Written = TypeVar("_Written", bound="Node")
_Pieces = TypeVar("_Pieces")


@dataclass(frozen=True, slots=True)
class Made:
    """What the runtime is handed to make a unit or region of a node."""

    values: tuple[str, ...]
    """Variables: first those that it takes."""
    inputs: int
    """How many it takes."""
    writes: tuple[int, ...]
    """Which of the values it may store into."""
    callees: tuple[int, ...]
    """Which of the values a loop calls."""
    parts: tuple[tuple[str, tuple[Step, ...]], ...]
    """Which parts of the values it may store into: the variables to start from, and the steps."""


class Writer:
    """Writes what nodes of all kinds have in common."""

    def __init__(self, function: Lowered, graph: Graph) -> None:
        self._function = function
        self.graph = graph
        self._extents = Extents(graph)
        self._fast = graph.variables
        self._names = function.names
        self.intrinsics: frozenset[str] = frozenset()
        """Names of `INTRINSICS` that frames get: those that one of them was found to need."""
        self._guards: dict[int, ast.expr | None] = {}
        self._kept: dict[tuple[object, ...], Any] = {}
        """Pieces of code that are the same in every frame in which a node is written."""
        self._methods = dict(map(read_method, filter(is_bind, graph.by_tick.values())))
        """Owner and name of the methods that are read before their arguments are evaluated, by variable."""
        self._young = young_variables(graph)
        self._stored = self._extents.stored & self._fast
        self._parents = {
            inner.tick: node for node in graph.by_tick.values() for region in regions_of(node) for inner in region.nodes
        }
        self._noted = {
            node.tick: node.body.binds & node.body.live_raised
            for node in graph.by_tick.values()
            if isinstance(node, (Try, Finally, With))
        }

    def _once(self, write: Callable[[_Written], _Pieces], node: _Written) -> _Pieces:
        """Return what a method writes for a node, the same trees each time."""
        key = (write.__name__, node.tick)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) > _KEPT:
                self._kept.clear()
            found = self._kept[key] = write(node)
        return found

    def region_inputs(self, node: Node) -> tuple[str, ...]:
        """Return the variables that a region or unit takes."""
        if isinstance(node, RegionNode):
            return tuple(sorted(node.live_before & self._extents.mentioned(node)))
        return tuple(sorted(node.reads))

    def outputs(self, node: Node) -> tuple[str, ...]:
        """Return the variables that a region or unit returns."""
        return self._extents.outputs[node.tick]

    def receivers(self, node: Node) -> list[str]:
        """Return the variables whose objects a region, or the unit of ``x += y``, may store into."""
        if isinstance(node, RegionNode):
            return self._extents.receivers(node, self.region_inputs(node))
        match node:
            case Compute(code=ast.AugAssign(target=ast.Name(id=name))):
                return [name]
            case _:
                return []

    def carried(self, node: Node) -> list[int | None]:
        """Return, for each of these variables, which of the outputs it is, if it is one."""
        numbers = {name: number for number, name in enumerate(self.outputs(node))}
        return [numbers.get(name) for name in self.receivers(node)]

    def attributes_stored(self, node: Node) -> list[frozenset[str] | None]:
        """Return, for each variable that a node is said to store into, the attributes, or None if it may do more.

        That are the variables of `receivers`, or the object of a store.
        """
        match node:
            case Store(code=ast.Assign(targets=[ast.Attribute(attr=attribute)])):
                return [frozenset((attribute,))]
            case _:
                return [self._extents.attributes_stored(node, name) for name in self.receivers(node)]

    def attributes_stored_into(self, parameter: str) -> frozenset[str] | None:
        """Return the only attributes of a parameter's object that the function stores, or None if it may do more."""
        if parameter not in self._fast or any(parameter in node.binds for node in self.graph.root.nodes):
            return None
        return self._extents.attributes_stored_by_all(parameter)

    def escapes(self, node: Node) -> bool:
        """Say whether a region may end other than at its end."""
        return self._extents.escapes(node)

    def snapshot(self, node: Node, frame_node: Node | None) -> tuple[str, ...]:
        """Return the variables that a resumption after `node` takes, outputs of the node left out."""
        variables = node.live_after - node.binds
        if frame_node is not None:
            variables &= self._extents.mentioned(frame_node)
        hidden: tuple[str, ...] = ()
        if isinstance(frame_node, ForLoop):
            hidden = loop_state(frame_node)
        elif isinstance(frame_node, (Try, Finally, With)):
            hidden = GUARD_STATE
            if node is frame_node.body:  # an error leaves the variables as they are where it comes up
                variables = (node.live_after | node.live_raised) & self._extents.mentioned(frame_node)
        return (*sorted(variables), *hidden)

    def frame_of(self, node: Node) -> Node | None:
        """Return the node of the frame that a unit or loop is part of when every branch runs in place."""
        around = self._parents.get(node.tick)
        while isinstance(around, Branch):
            around = self._parents.get(around.tick)
        return around

    def _define(
        self,
        parameters: tuple[str, ...],
        body: list[ast.stmt],
        origin: ast.AST,
        constants: tuple[str, ...] = CONSTANTS,
    ) -> ast.FunctionDef:
        names = (".S", ".R", *parameters, *constants, *sorted(self.intrinsics))
        taken = [at(ast.arg(name), origin) for name in names]
        # the function made from the code has the defaults
        arguments = ast.arguments(posonlyargs=[], args=taken, kwonlyargs=[], kw_defaults=[], defaults=[])
        make_generator = quote("if False: yield", origin)
        body = [*self._declarations(origin), *make_generator, *body]
        return at(define(FRAME, arguments, body), self._function.tree)

    def _declarations(self, origin: ast.AST) -> list[ast.stmt]:
        """Declare the variables that frames share: cells, and what the user declared global or nonlocal."""
        scope = self._function.scope
        shared = sorted({*scope.cells, *scope.free})
        declared: list[ast.stmt] = []
        if shared:
            declared.append(at(ast.Nonlocal(shared), origin))
        if global_names := sorted(scope.declared.difference(shared)):
            declared.append(at(ast.Global(global_names), origin))
        return declared

    def _unbind(self, names: frozenset[str], origin: ast.AST) -> list[ast.stmt]:
        """Begin with every variable of the user's marked unbound, so that it can be handed on as it is."""
        user = sorted(name for name in names if not name.startswith("."))
        if not user:
            return []
        return [at(ast.Assign([store(name, origin) for name in user], load(".U", origin)), origin)]

    def _rebound(self, name: str, origin: ast.AST) -> list[ast.stmt]:
        return quote("try: _Name\nexcept _S.NAME_ERROR: _Name = _U", origin, _Name=name)

    def _rebind_all(self, names: frozenset[str], origin: ast.AST) -> list[ast.stmt]:
        mine = sorted(name for name in names & self._fast if not name.startswith("."))
        return [each for name in mine for each in self._rebound(name, origin)]

    def _unbind_again(self, node: Node) -> list[ast.stmt]:
        """Take the marker of an unbound variable away where a statement runs that may or may not bind it."""
        unsure = sorted(name for name in node.reads - node.bound_before if not name.startswith("."))
        return [each for name in unsure for each in quote("if _Name is _U: del _Name", node.code, _Name=name)]

    def _force(self, names: frozenset[str], node: Node) -> list[ast.stmt]:
        """Wait for every variable that is a promise."""
        forced: list[ast.stmt] = []
        loose = self._loose(node)
        together: list[str] = []
        for name in sorted(names & self._fast):
            if name in node.bound_before or name in loose or name.startswith("."):
                together.append(name)
            else:
                forced += [*self._await(together, node.code), *self._check_bound(frozenset((name,)), node)]
                together = []
        return [*forced, *self._await(together, node.code)]

    def _await(self, names: list[str], origin: ast.AST) -> list[ast.stmt]:
        """Wait for those of some variables that are promises, in order."""
        if not names:
            return []
        request = quote_expression("(yield (*_Values,))", origin, _Values=loads(names, origin))
        return [self._taken(names, request, origin)]

    def _force_bound(self, node: Native) -> list[ast.stmt]:
        return self._await(sorted(node.reads & self._fast), node.code)

    def _check_bound(self, names: frozenset[str], node: Node) -> list[ast.stmt]:
        """Raise Python's own error where a variable may be unbound, or may turn out to be."""
        checks: list[ast.stmt] = []
        origin = node.code.iter if isinstance(node.code, ast.For) else node.code
        for name in self._in_order((names & self._fast) - node.bound_before - self._loose(node), node):
            if not name.startswith("."):
                text = constant(name, origin)
                checks += quote(
                    "if _Type(_Name) is _P: _Name = yield _Name\nif _Name is _U: _S.unbound(_Text)",
                    origin,
                    _Name=name,
                    _Text=text,
                )
        return checks

    def _in_order(self, names: frozenset[str], node: Node) -> list[str]:
        expression = expression_of(node.code) if len(names) > 1 else None
        order = surely_read(expression) if expression is not None else []
        return [*(name for name in order if name in names), *sorted(names.difference(order))]

    def _loose(self, node: Node) -> frozenset[str]:
        """Return variables that may have no value where the node may come to read them."""
        unsure = self._unsure(node) & self._fast
        expression = expression_of(node.code) if unsure else None
        return perhaps_read(expression, self._fast) & unsure if expression is not None else frozenset()

    def _trusted(self, expression: ast.expr, node: Node) -> ast.expr | None:
        """Return the test for "the node's one expression may be evaluated now", see `trusted`."""
        if node.tick not in self._guards:
            self._guards[node.tick] = trusted(expression, self._fast, node.code, self._loose(node))
        return self._guards[node.tick]

    def _unsure(self, node: Node) -> frozenset[str]:
        """Return variables the node reads that may turn out unbound."""
        return frozenset(name for name in node.reads - node.bound_before if not name.startswith("."))

    def made(self, kind: str, node: Node) -> Made:
        """Return what the runtime is handed to make a unit or region of a node: of one kind the same in all frames."""
        inputs = self.region_inputs(node)
        writes = self._written_by(node)
        callees = self._callees(node) if kind == "loop" else []
        if kind == "part":
            inputs = (*inputs, ".caught")
        values = (*inputs, *sorted({*writes, *callees}.difference(inputs)))
        return Made(
            values,
            len(inputs) - (kind == "part"),
            tuple(map(values.index, writes)),
            tuple(map(values.index, callees)),
            tuple(self._extents.parts_stored(node, values)) if isinstance(node, RegionNode) else (),
        )

    def _making(self, kind: str, node: Node) -> ast.expr:
        """Return the request to make a unit or region of a node."""
        what = constant(f"{kind} {node.tick}", node.code)
        values = loads(self.made(kind, node).values, node.code)
        return at(ast.Yield(at(ast.List([what, *values], ast.Load()), node.code)), node.code)

    def _unit(self, node: Node) -> list[ast.stmt]:
        """Return the making of a unit, which binds the node's outputs."""
        return self._once(self._make_unit, node)

    def _make_unit(self, node: Node) -> list[ast.stmt]:
        return [self._taken(self.outputs(node), self._making("unit", node), node.code)]

    def _taken(self, names: Sequence[str], request: ast.expr, origin: ast.AST) -> ast.stmt:
        """Return a request whose answer, taken out of the list it comes in, is bound to variables."""
        if not names:
            return at(ast.Expr(request), origin)
        targets = stores(names, origin)
        target = at(ast.Tuple(targets, ast.Store()), origin) if targets[1:] else targets[0]
        answer = quote_expression("_Request.pop()", origin, _Request=request)
        return at(ast.Assign([target], answer), origin)

    def _written_by(self, node: Node) -> list[str]:
        """Return the variables whose objects a unit or region may change, as they are announced."""
        return self.receivers(node)

    def _callees(self, node: Node) -> list[str]:
        """Return the variables that are called in what the user wrote."""
        raise NotImplementedError

    def _finish(
        self, frame: FrameScope, origin: ast.AST, code: int = 0, value: ast.expr | None = None
    ) -> list[ast.stmt]:
        """Return the end of a frame: what it hands back."""
        if frame.node is None:
            return [at(ast.Return(value or constant(None, origin)), origin)]
        left = code == LEFT and not self._is_in_finally(frame.node)  # nobody reads the variables any more
        parts: list[ast.expr] = [load(".U" if left else name, origin) for name in frame.outputs]
        if frame.escapes:
            parts = [constant(code, origin), value or constant(None, origin), *parts]
        return [at(ast.Return(at(ast.Tuple(parts, ast.Load()), origin)), origin)]

    def _is_in_finally(self, node: Node) -> bool:
        around = self._parents.get(node.tick)
        return around is not None and (isinstance(around, Finally) or self._is_in_finally(around))

    def _leave(self, value: ast.expr, frame: FrameScope, origin: ast.AST) -> list[ast.stmt]:
        return self._finish(frame, origin, LEFT, value)

    def _jump(self, frame: FrameScope, origin: ast.AST) -> list[ast.stmt]:
        return quote("break", origin) if frame.in_loop else self._finish(frame, origin, JUMPED)

    def _notes(self, node: Node) -> list[ast.stmt]:
        """Keep what the node has bound for the handlers around that may read it."""
        notes: list[ast.stmt] = []
        names = node.binds
        inner: Node = node
        while names and (around := self._parents.get(inner.tick)) is not None:
            if isinstance(around, (Try, Finally, With)) and around.body is inner:
                for name in sorted(names & self._noted[around.tick]):
                    notes += self._note(around, name, name, node.code)
            elif isinstance(around, Try):
                names -= {handler.name for handler in around.handlers if handler.part is inner}
            inner = around
        return notes

    def _note(self, statement: Try | Finally | With, name: str, value: str, origin: ast.AST) -> list[ast.stmt]:
        return quote(
            "_S.note(_Tick, _Name, _Value)",
            origin,
            _Tick=constant(statement.tick, origin),
            _Name=constant(name, origin),
            _Value=value,
        )

    def _note_unbound(self, node: Try, name: str) -> list[ast.stmt]:
        """Tell the handlers around that a clause unbinds its variable, however it ends."""
        notes: list[ast.stmt] = []
        inner: Node = node
        while (around := self._parents.get(inner.tick)) is not None:
            if isinstance(around, (Try, Finally, With)) and around.body is inner and name in self._noted[around.tick]:
                notes += self._note(around, name, ".U", node.code)
            inner = around
        return notes

    def _block(self, region: Region, frame: FrameScope) -> list[ast.stmt]:
        written: list[ast.stmt] = []
        for node in region.nodes:
            written += self._node(node, frame)
            written += self._once(self._let_go, node)
        return written

    def _let_go(self, node: Node) -> list[ast.stmt]:
        """Let go of values that were kept for one statement alone."""
        if isinstance(node, (Jump, Leave, Raise)):
            return []
        done = sorted(name for name in node.reads - node.live_after if name.startswith("."))
        if not done:
            return []
        return [at(ast.Assign(stores(done, node.code), constant(None, node.code)), node.code)]

    def _keywords(self, call: ast.Call, origin: ast.AST) -> ast.expr:
        """Return the keyword arguments as a dictionary, or as a tuple of dictionaries still to be joined."""
        if not call.keywords:
            return constant(None, origin)
        named = [keyword for keyword in call.keywords if keyword.arg is not None]
        display = at(
            ast.Dict([constant(keyword.arg, origin) for keyword in named], [keyword.value for keyword in named]),
            origin,
        )
        if len(named) == len(call.keywords):
            return display
        spread = [keyword.value for keyword in call.keywords if keyword.arg is None]
        return at(ast.Tuple([display, *spread], ast.Load()), origin)

    def _frame_for(self, node: Node | None) -> FrameScope:
        if node is None:
            return FrameScope(None, self._fast, (), escapes=False)
        assert isinstance(node, RegionNode)
        return FrameScope(node, self._extents.mentioned(node), self.outputs(node), escapes=self._extents.escapes(node))

    def _node(self, node: Node, frame: FrameScope) -> list[ast.stmt]:
        """Return the code of one node."""
        raise NotImplementedError
