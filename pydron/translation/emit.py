"""Dataflow graph to Python code: writes frames, the generator functions that the runtime runs.

A frame is one of

* the *entry* of a function;
* a *region*: one `if` or loop, which takes the variables it reads and returns those it binds;
* a *unit*: one node that had to wait for an operand or for its turn, as a frame of its own;
* a *resumption* of an entry or region: the same code from just after one node, with the variables as of that node. It
  is what the runtime goes on with when something that ran ahead has to be done again.

Frames are written when they are first needed. Inside a frame every node runs in place if its operands are known and
trusted; otherwise the runtime makes a unit or region of it and the frame goes on with promises.

Names of the runtime in generated code: ``.S`` the fiber, ``.R`` the run, ``.P`` the promise type, ``.A`` the trusted
types, ``.U`` the unbound marker, ``.C`` the type of a `Choice`, ``.D`` "make a unit", ``.W`` "wait for your turn",
``.N`` "now", ``.QUEUED`` "it will be done", ``.ORDERED``, ``.IMPURE``, ``.HOLD`` and ``.BREATHE`` requests to yield.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pydron.dataflow.nodes import (
    Branch,
    Call,
    Compute,
    Finally,
    ForLoop,
    Graph,
    Jump,
    Leave,
    Make,
    Matching,
    Native,
    Node,
    Part,
    Raise,
    Region,
    RegionNode,
    Store,
    Try,
    WhileLoop,
    With,
    regions_of,
)
from pydron.translation.checked import CheckedExpression, symbol
from pydron.translation.guards import concrete, trusted
from pydron.translation.lowering.calls import BIND
from pydron.translation.lowering.loop_continue import contains_jump
from pydron.translation.quote import Names, at, define, load, quote, quote_expression, store
from pydron.translation.reading import expression_of, perhaps_read, surely_read
from pydron.translation.scope import names_read
from pydron.translation.source import copy_tree
from pydron.translation.young import young_variables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydron.translation.lowering.context import Lowered

__all__ = ["CONSTANTS", "FRAME", "Emitter", "FrameKey", "escapes"]

CONSTANTS = (
    ".P", ".A", ".U", ".C", ".D", ".W", ".N", ".F", ".ORDERED", ".IMPURE", ".HOLD", ".BREATHE", ".QUEUED",
    ".Type", ".slice", ".AssertionError", ".NameError", ".BaseException", ".CAUGHT", ".MISSING",
)  # fmt: skip
"""Names that every frame gets as trailing parameters with defaults, in this order."""

FrameKey: TypeAlias = tuple[str, int] | tuple[str, int, int]
"""``("entry", 0)``, ``("region", tick)``, ``("unit", tick)``, ``("resume", tick of the frame's node or 0, tick)``."""

_MUTATORS = frozenset(
    [
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "sort",
        "reverse",
        "add",
        "discard",
        "update",
        "setdefault",
        "popitem",
        "appendleft",
        "popleft",
        "extendleft",
        "fill",
        "__setitem__",
        "put",
        "itemset",
        "resize",
        "difference_update",
        "intersection_update",
        "symmetric_difference_update",
    ]
)

FRAME = ".frame"
"""The name of a frame while it is compiled: one that its code cannot mean."""
_GUARD_STATE = (".caught", ".code", ".value", ".exit")
"""The hidden variables of a statement that catches errors: what it has caught, how its body has ended, and how to
leave its manager."""
JUMPED, LEFT = 1, 2
"""How a region ended that did not reach its end: by ``break`` of a loop around, by ``return``."""


@dataclass(slots=True)
class _Frame:
    """The frame being written."""

    node: RegionNode | None
    """The node of a region frame; None in the entry frame."""
    variables: frozenset[str]
    outputs: tuple[str, ...]
    escapes: bool
    in_loop: bool = False
    """The code being written is in the body of this frame's own loop."""


class Emitter:
    """Writes the frames of one function."""

    def __init__(self, function: Lowered, graph: Graph) -> None:
        self._function = function
        self.graph = graph
        self._fast = graph.variables
        self._names = Names()
        self._young = young_variables(graph)
        self._parents = {
            inner.tick: node for node in graph.root.walk() for region in regions_of(node) for inner in region.nodes
        }
        self._noted = {
            node.tick: node.body.binds & node.body.live_raised
            for node in graph.root.walk()
            if isinstance(node, (Try, Finally, With))
        }

    # what a frame takes and returns

    def region_inputs(self, node: Node) -> tuple[str, ...]:
        """Return the variables that a region or unit takes."""
        if isinstance(node, RegionNode):
            return tuple(sorted(node.live_before & _mentioned(node)))
        return tuple(sorted(node.reads))

    def outputs(self, node: Node) -> tuple[str, ...]:
        """Return the variables that a region or unit returns."""
        return tuple(sorted(node.binds & node.live_after))

    def snapshot(self, node: Node, frame_node: Node | None) -> tuple[str, ...]:
        """Return the variables that a resumption after `node` takes, outputs of the node left out."""
        variables = node.live_after - node.binds
        if frame_node is not None:
            variables &= _mentioned(frame_node)
        hidden: tuple[str, ...] = ()
        if isinstance(frame_node, ForLoop):
            hidden = _loop_state(frame_node)
        elif isinstance(frame_node, (Try, Finally, With)):
            hidden = _GUARD_STATE
            if node is frame_node.body:  # an error leaves the variables as they are where it comes up
                variables = (node.live_after | node.live_raised) & _mentioned(frame_node)
        return (*sorted(variables), *hidden)

    def frame_of(self, node: Node) -> Node | None:
        """Return the node of the frame that a unit or loop is part of when every branch runs in place."""
        around = self._parents.get(node.tick)
        while isinstance(around, Branch):
            around = self._parents.get(around.tick)
        return around

    # frames

    def write(self, key: FrameKey) -> ast.FunctionDef:
        """Return the code of one frame."""
        match key:
            case ("entry", _):
                return self._entry()
            case ("region", tick):
                return self._region_frame(self.graph.by_tick[tick])
            case ("unit", tick):
                return self._unit_frame(self.graph.by_tick[tick])
            case ("resume", frame, tick):
                return self._resumption(frame, self.graph.by_tick[tick])
        raise KeyError(key)

    def _define(self, parameters: tuple[str, ...], body: list[ast.stmt], origin: ast.AST) -> ast.FunctionDef:
        everything = [".S", ".R", *parameters, *CONSTANTS]
        arguments = ast.arguments(
            posonlyargs=[],
            args=[at(ast.arg(name), origin) for name in everything],
            kwonlyargs=[],
            kw_defaults=[],
            defaults=[at(ast.Constant(None), origin) for _ in CONSTANTS],
        )
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

    def _entry(self) -> ast.FunctionDef:
        tree = self._function.tree
        cells = set(self._function.scope.cells)
        parameters = tuple(f".cell_{name}" if name in cells else name for name in self._function.scope.parameters)
        frame = _Frame(None, self._fast, (), escapes=False)
        body: list[ast.stmt] = []
        for name in self._function.scope.parameters:
            if name in cells:
                body += quote("_Cell = _Given", tree, _Cell=name, _Given=f".cell_{name}")
        body += self._unbind(self._fast - set(self._function.scope.parameters), tree)
        body += self._block(self.graph.root, frame)
        body += quote("return None", tree)
        return self._define(parameters, body, tree)

    def _unbind(self, names: frozenset[str], origin: ast.AST) -> list[ast.stmt]:
        """Begin with every variable of the user's marked unbound, so that it can be handed on as it is."""
        user = sorted(name for name in names if not name.startswith("."))
        if not user:
            return []
        return [at(ast.Assign([store(name, origin) for name in user], load(".U", origin)), origin)]

    def _frame_for(self, node: Node | None) -> _Frame:
        if node is None:
            return _Frame(None, self._fast, (), escapes=False)
        assert isinstance(node, RegionNode)
        return _Frame(node, _mentioned(node), self.outputs(node), escapes=escapes(node))

    def _region_frame(self, node: Node) -> ast.FunctionDef:
        assert isinstance(node, RegionNode)
        frame = self._frame_for(node)
        inputs = self.region_inputs(node)
        body = self._unbind(frame.variables - set(inputs), node.code)
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

    def _finish(self, frame: _Frame, origin: ast.AST, code: int = 0, value: ast.expr | None = None) -> list[ast.stmt]:
        """Return the end of a frame: what it hands back."""
        if frame.node is None:
            return [at(ast.Return(value or at(ast.Constant(None), origin)), origin)]
        left = code == LEFT and not self._is_in_finally(frame.node)  # nobody reads the variables any more
        parts: list[ast.expr] = [load(".U" if left else name, origin) for name in frame.outputs]
        if frame.escapes:
            parts = [at(ast.Constant(code), origin), value or at(ast.Constant(None), origin), *parts]
        return [at(ast.Return(at(ast.Tuple(parts, ast.Load()), origin)), origin)]

    def _is_in_finally(self, node: Node) -> bool:
        around = self._parents.get(node.tick)
        return around is not None and (isinstance(around, Finally) or self._is_in_finally(around))

    # region frames

    def _branch_body(self, node: Branch, frame: _Frame) -> list[ast.stmt]:
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
        guard = trusted(test, self._fast, node.code, self._loose(node))
        if guard is None and isinstance(test, ast.Constant):
            return copy_tree(test), []
        if guard is None:
            guard = quote_expression("_Type(_Name) in _A", node.code, _Name=copy_tree(test))
        fast = quote("_Test = True if _Value else False", node.code, _Test=".test", _Value=copy_tree(test))
        checks = self._check_bound(names_read(test) & self._fast, node)
        return load(".test", test), [*checks, at(ast.If(guard, fast, slow), node.code)]

    def _for_body(self, node: ForLoop, frame: _Frame) -> list[ast.stmt]:
        source, count, key = _loop_state(node)
        origin = node.code
        body = [*self._check_bound(node.reads, node), *self._force(node.reads, node)]
        iterable = copy_tree(node.iterable)
        if isinstance(iterable, ast.Call):
            form, holes = "_wrapper(_Function, _Args, _Keywords, _Unpacked)", {
                "_Function": iterable.func,
                "_Args": at(ast.Tuple(iterable.args, ast.Load()), origin),
                "_Keywords": self._keywords(iterable, origin),
                "_Unpacked": at(ast.Constant(_is_unpacked(node)), origin),
            }  # fmt: skip
        else:
            form, holes = "(_Iterable)", {"_Iterable": iterable}
        body += quote(
            f"_Ans = _S.may_loop{form}\nif _Ans is not None: yield _Ans\n_Source, _Key = _S.walk{form}\n_Count = 0",
            origin, _Source=source, _Count=count, _Key=key, **holes,
        )  # fmt: skip
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
        names = {
            name
            for node in loop.body.walk()
            if isinstance(node, Native) and contains_jump([node.code], (ast.Continue, ast.Break))
            for name in node.binds
            if not name.startswith(".")
        }
        return [statement for name in sorted(names) for statement in self._rebound(name, loop.code)]

    def _rebound(self, name: str, origin: ast.AST) -> list[ast.stmt]:
        return quote("try: _Name\nexcept _Error: _Name = _U", origin, _Name=name, _Error=".NameError")

    def _loop_end(self, node: ForLoop) -> list[ast.stmt]:
        _, _, key = _loop_state(node)
        return quote(
            "if _R.due: yield _BREATHE\n"
            "if _Key is not None:\n    _Ans = _S.may_go_on(_Key)\n    if _Ans is not None: yield _Ans",
            node.code,
            _Key=key,
        )

    def _while_body(self, node: WhileLoop, frame: _Frame) -> list[ast.stmt]:
        rounds = [*self._rebind_loose(node), *self._round(node, frame)]
        return [at(ast.While(at(ast.Constant(True), node.code), rounds, []), node.code), *self._rebind_loose(node)]

    def _round(self, node: WhileLoop, frame: _Frame, prelude: list[ast.stmt] | None = None) -> list[ast.stmt]:
        """Return one round of a ``while`` loop: prelude, test, body."""
        before = self._block(node.prelude, frame) if prelude is None else prelude
        test, body = self._waited(node.test, node)
        done = [*self._block(node.orelse, frame), *quote("break", node.code)]
        frame.in_loop = True
        inner = self._block(node.body, frame)
        frame.in_loop = False
        stop = at(ast.If(at(ast.UnaryOp(ast.Not(), test), node.code), done, []), node.code)
        return [*before, *body, stop, *inner, *quote("if _R.due: yield _BREATHE", node.code)]

    # statements that catch errors

    def _guarded_body(self, node: Try | Finally | With, frame: _Frame) -> list[ast.stmt]:
        state = {"_Caught": ".caught", "_Code": ".code", "_Value": ".value", "_Exit": ".exit"}
        body = quote("_Caught = _Value = _Exit = None\n_Code = 0", node.code, **state)
        if isinstance(node, With):
            body += self._enter(node)
        attempt = self._spawn_part(node, node.body, "attempt", [])
        return [*body, *attempt, *self._rest_of_guarded(node, node.body, frame)]

    def _after_body(self, node: Try | Finally | With) -> list[ast.stmt]:
        """Go on with what the body has ended with, which is in ``.x``."""
        match node:
            case Try():
                rest = self._when_caught(node, self._choose_handler(node))
                return rest if node.orelse is None else [*rest[:-1], *self._with_else(node, rest[-1])]
            case Finally():
                return [*self._when_caught(node, []), *self._part(node, node.final, ".caught"), *self._pass_on(node)]
            case With():
                return [*self._when_caught(node, []), *self._leave_manager(node)]

    def _guarded_end(self, node: Try | Finally | With, frame: _Frame) -> list[ast.stmt]:
        handled = quote("if _Caught is not None: _S.handled(_Caught)", node.code, _Caught=".caught")
        results = _loads(frame.outputs, node.code)
        if frame.escapes:
            results = [load(".code", node.code), load(".value", node.code), *results]
        return [*handled, at(ast.Return(at(ast.Tuple(results, ast.Load()), node.code)), node.code)]

    def _pass_on(self, node: Finally) -> list[ast.stmt]:
        return quote("if _Caught is not None: return _Caught", node.code, _Caught=".caught")

    def _rest_of_guarded(self, node: Try | Finally | With, part: Node, frame: _Frame) -> list[ast.stmt]:
        """Return what follows a part."""
        assert isinstance(part, Part)
        if part is node.body:
            return [*self._after_body(node), *self._guarded_end(node, frame)]
        rest = self._take_part(part) if escapes(part) else []
        if isinstance(node, Finally):
            rest += self._pass_on(node)
        if isinstance(node, Try):
            for handler in node.handlers:
                if handler.part is part and handler.name:
                    rest += quote("_Name = _U", handler.code, _Name=handler.name)
        return [*rest, *self._guarded_end(node, frame)]

    def _spawn_part(self, node: Try | Finally | With, part: Part, kind: str, more: list[ast.expr]) -> list[ast.stmt]:
        origin = part.code
        inputs = self.region_inputs(part)
        return quote(
            f"_X = _S.{kind}(_Tick, (*_Inputs,), (*_Snapshot,), (*_Writes,), _Frame, *_More)\n"
            "if _Type(_X) is _F: _X = yield _X",
            origin,
            _X=".x",
            _Tick=at(ast.Constant(part.tick), origin),
            _Inputs=_loads(inputs, origin),
            _Snapshot=_loads(self.snapshot(part, node), origin),
            _Writes=_loads(_receivers(part, frozenset(inputs)), origin),
            _Frame=at(ast.Constant(node.tick), origin),
            _More=more,
        )

    def _part(self, node: Try | Finally | With, part: Part, caught: str) -> list[ast.stmt]:
        """Run a part after the body, and take what it binds."""
        return [*self._spawn_part(node, part, "part", [load(caught, part.code)]), *self._take_part(part)]

    def _take_part(self, part: Part) -> list[ast.stmt]:
        hidden = (".code", ".value") if escapes(part) else ()
        targets = _stores((*hidden, *self.outputs(part)), part.code)
        if not targets:
            return []
        return [at(ast.Assign([at(ast.Tuple(targets, ast.Store()), part.code)], load(".x", part.code)), part.code)]

    def _when_caught(self, node: Try | Finally | With, then: list[ast.stmt]) -> list[ast.stmt]:
        """Go one way if the body has ended with an error, or take what it binds."""
        names = sorted(self._noted[node.tick])
        take: list[ast.stmt] = []
        if names:
            take = quote(
                "_Targets = _S.noted(_X, (*_Names,), (*_Values,))",
                node.code,
                _X=".x",
                _Targets=at(ast.Tuple(_stores(names, node.code), ast.Store()), node.code),
                _Names=[quote_expression(repr(name), node.code) for name in names],
                _Values=_loads(names, node.code),
            )
        return quote(
            "if _Type(_X) is _CAUGHT:\n    _Caught = _X\n    _Take\n    _Then\nelse:\n    _Body\n    pass",
            node.code,
            _X=".x",
            _Caught=".caught",
            _Take=take,
            _Then=then,
            _Body=self._take_part(node.body),
        )

    def _with_else(self, node: Try, branch: ast.stmt) -> list[ast.stmt]:
        """Run ``else`` where the body has reached its end."""
        assert isinstance(branch, ast.If)
        assert node.orelse is not None
        orelse = [
            *self._spawn_part(node, node.orelse, "part", [at(ast.Constant(None), node.orelse.code)]),
            *self._take_part(node.orelse),
        ]
        if escapes(node.body):
            orelse = quote("if not _Code: _Else", node.orelse.code, _Code=".code", _Else=orelse)
        branch.orelse += orelse
        return [branch]

    def _choose_handler(self, node: Try) -> list[ast.stmt]:
        """Let Python choose the clause, then run it as a part of its own, where its error is being handled."""
        origin = node.code
        clauses = [
            at(
                ast.ExceptHandler(
                    copy_tree(handler.code.type) if handler.code.type is not None else None,
                    None,
                    quote(f"_Which = {number}", handler.code, _Which=".which"),
                ),
                handler.code,
            )
            for number, handler in enumerate(node.handlers, 1)
        ]
        if node.handlers[-1].code.type is not None:
            other = quote("_Which = 0", origin, _Which=".which")
            clauses.append(at(ast.ExceptHandler(load(".BaseException", origin), None, other), origin))
        ask = at(ast.Try(quote("_S.look(_X)", origin, _X=".x"), clauses, [], []), origin)
        chosen = quote("return _Caught", origin, _Caught=".caught")
        for number, handler in reversed(list(enumerate(node.handlers, 1))):
            run = self._part(node, handler.part, ".caught")
            if handler.name:
                bind = quote("_Name = _X.error", handler.code, _Name=handler.name, _X=".x")
                gone = quote("_Name = _U", handler.code, _Name=handler.name)
                run = [*self._note_unbound(node, handler.name), *bind, *run, *gone]
            test = quote_expression(f"_Which == {number}", handler.code, _Which=".which")
            chosen = [at(ast.If(test, run, chosen), handler.code)]
        return [*self._force(node.reads, node), ask, *quote("_S.chosen()", origin), *chosen]

    def _enter(self, node: With) -> list[ast.stmt]:
        return [
            *self._force(frozenset((node.manager,)), node),
            *quote(
                "_Ans = _S.may_enter(_Manager)\nif _Ans is not None: yield _Ans\n"
                "(_Exit, _Entered) = _S.enter(_Manager)",
                node.code, _Manager=node.manager, _Exit=".exit", _Entered=node.entered,
            ),
        ]  # fmt: skip

    def _leave_manager(self, node: With) -> list[ast.stmt]:
        return quote(
            "_Ans = _S.may_enter(_Manager)\nif _Ans is not None: yield _Ans\n"
            "if not _S.leave(_Exit, _Caught): return _Caught",
            node.code, _Manager=node.manager, _Exit=".exit", _Caught=".caught",
        )  # fmt: skip

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
            _Tick=at(ast.Constant(statement.tick), origin),
            _Name=at(ast.Constant(name), origin),
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

    # resumption

    def _resumption(self, frame_tick: int, node: Node) -> ast.FunctionDef:
        frame_node = self.graph.by_tick[frame_tick] if frame_tick else None
        frame = self._frame_for(frame_node)
        snapshot = self.snapshot(node, frame_node)
        is_body = isinstance(frame_node, (Try, Finally, With)) and node is frame_node.body
        results = (".x",) if is_body or escapes(node) else self.outputs(node)
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

    def _rest(self, region: Region, target: Node, frame: _Frame) -> list[ast.stmt] | None:
        """Return what follows a node in a region, or None if the node is not in it."""
        for index, node in enumerate(region.nodes):
            following = Region(region.nodes[index + 1 :])
            if node is target:
                return [*self._after(node, frame), *self._block(following, frame)]
            if isinstance(node, Branch):
                for inner in regions_of(node):
                    rest = self._rest(inner, target, frame)
                    if rest is not None:
                        return [*rest, *self._block(following, frame)]
        return None

    def _after(self, node: Node, frame: _Frame) -> list[ast.stmt]:
        after = self._unpack_escape(node, frame) if escapes(node) else []
        return [*after, *self._notes(node)] if not isinstance(node, RegionNode) else after

    def _rest_of_for(self, loop: ForLoop, node: Node, frame: _Frame) -> list[ast.stmt]:
        source, count, key = _loop_state(loop)
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

    def _rest_of_while(self, loop: WhileLoop, node: Node, frame: _Frame) -> list[ast.stmt]:
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
        loop_again = at(ast.While(at(ast.Constant(True), origin), [*loose, *rounds], []), origin)
        return [*quote("_First = True", origin, _First=".first"), loop_again, *loose]

    # blocks

    def _block(self, region: Region, frame: _Frame) -> list[ast.stmt]:
        written: list[ast.stmt] = []
        for node in region.nodes:
            written += self._node(node, frame)
        return written

    def _node(self, node: Node, frame: _Frame) -> list[ast.stmt]:
        match node:
            case Compute():
                return [*self._compute(node, frame), *self._notes(node)]
            case Call():
                return [*self._call(node, frame), *self._notes(node)]
            case Store():
                return self._store(node, frame)
            case Make():
                return [copy_tree(node.code), *self._notes(node)]
            case Native():
                return self._native(node, frame)
            case Matching():
                return [*self._matching(node, frame), *self._notes(node)]
            case Raise():
                return self._raise(node)
            case Leave():
                value = copy_tree(node.code.value)  # type: ignore[attr-defined]
                checks = self._check_bound(node.reads, node)
                return [*checks, *self._leave(value, frame, node.code)]
            case Jump():
                return self._jump(frame, node.code)
            case Branch():
                return self._branch(node, frame)
            case _:
                return self._region(node, frame)

    def _leave(self, value: ast.expr, frame: _Frame, origin: ast.AST) -> list[ast.stmt]:
        return self._finish(frame, origin, LEFT, value)

    def _jump(self, frame: _Frame, origin: ast.AST) -> list[ast.stmt]:
        return quote("break", origin) if frame.in_loop else self._finish(frame, origin, JUMPED)

    # variables

    def _force(self, names: frozenset[str], node: Node) -> list[ast.stmt]:
        """Wait for every variable that is a promise."""
        forced: list[ast.stmt] = []
        loose = self._loose(node)
        for name in sorted(names & self._fast):
            if name in node.bound_before or name in loose or name.startswith("."):
                forced += quote("if _Type(_Name) is _P: _Name = yield _Name", node.code, _Name=name)
            else:
                forced += self._check_bound(frozenset((name,)), node)
        return forced

    def _check_bound(self, names: frozenset[str], node: Node) -> list[ast.stmt]:
        """Raise Python's own error where a variable may be unbound, or may turn out to be."""
        checks: list[ast.stmt] = []
        for name in self._in_order((names & self._fast) - node.bound_before - self._loose(node), node):
            if not name.startswith("."):
                text = at(ast.Constant(name), node.code)
                checks += quote(
                    "if _Type(_Name) is _P: _Name = yield _Name\nif _Name is _U: _S.unbound(_Text)",
                    node.code,
                    _Name=name,
                    _Text=text,
                )
        return checks

    def _in_order(self, names: frozenset[str], node: Node) -> list[str]:
        expression = expression_of(node.code)
        order = surely_read(expression) if expression is not None else []
        return [*(name for name in order if name in names), *sorted(names.difference(order))]

    def _loose(self, node: Node) -> frozenset[str]:
        """Return variables that may have no value where the node may come to read them."""
        expression = expression_of(node.code)
        if expression is None:
            return frozenset()
        return frozenset(
            name
            for name in perhaps_read(expression) - node.bound_before
            if name in self._fast and not name.startswith(".")
        )

    def _unsure(self, node: Node) -> frozenset[str]:
        """Return variables the node reads that may turn out unbound."""
        return frozenset(name for name in node.reads - node.bound_before if not name.startswith("."))

    # units

    def _spawn(self, node: Node, frame: _Frame, kind: str, writes: list[str]) -> ast.expr:
        """Return the call that makes a unit or region of a node."""
        origin = node.code
        return quote_expression(
            f"_S.{kind}(_Tick, (*_Inputs,), (*_Snapshot,), (*_Writes,), _Frame)",
            origin,
            _Tick=at(ast.Constant(node.tick), origin),
            _Inputs=_loads(self.region_inputs(node), origin),
            _Snapshot=_loads(self.snapshot(node, frame.node), origin),
            _Writes=_loads(writes, origin),
            _Frame=at(ast.Constant(frame.node.tick if frame.node else 0), origin),
        )

    def _unit(self, node: Node, frame: _Frame, writes: list[str] | None = None) -> list[ast.stmt]:
        """Return the making of a unit, which binds the node's outputs, and the wait if it cannot be run ahead of."""
        outputs = self.outputs(node)
        spawn = self._spawn(node, frame, "unit", writes or [])
        made: ast.stmt
        if outputs:
            target = at(ast.Tuple(_stores(outputs, node.code), ast.Store()), node.code)
            made = at(ast.Assign([target], spawn), node.code)
        else:
            made = at(ast.Expr(spawn), node.code)
        return [made, *quote("if _R.hold: yield _HOLD", node.code)]

    def _unit_frame(self, node: Node) -> ast.FunctionDef:
        body = [*self._check_bound(node.reads, node), *self._force(node.reads, node)]
        match node:
            case Compute():
                body += self._compute_unit(node)
            case Call():
                body += self._call_unit(node)
            case Store():
                body += self._store_unit(node)
            case Matching():
                return self._define(self.region_inputs(node), self._matching_unit(node), node.code)
            case _:
                raise AssertionError(node)
        outputs = _loads(self.outputs(node), node.code)
        body.append(at(ast.Return(at(ast.Tuple(outputs, ast.Load()), node.code)), node.code))
        return self._define(self.region_inputs(node), body, node.code)

    # nodes

    def _compute(self, node: Compute, frame: _Frame) -> list[ast.stmt]:
        checks = self._check_bound(node.reads, node)
        code = copy_tree(node.code)
        match code:
            case ast.Delete(targets=[ast.Name(id=name)]):
                return [*checks, *quote("_Name = _U", code, _Name=name)]
            case ast.AugAssign():
                return [*checks, *self._augment(node, code, frame)]
            case ast.Assign(targets=[ast.Tuple()]):
                fast = [self._unpackable(code)]
            case ast.Assign(value=value) | ast.Expr(value=value):
                guard = trusted(value, self._fast, code, self._loose(node))
                if isinstance(value, ast.Name) and self._unsure(node):
                    guard = concrete([value.id], code)
                if isinstance(value, ast.Lambda):
                    guard = concrete(sorted(node.reads), code)
                fast = [guard] if guard is not None else []
            case _:
                raise AssertionError(ast.dump(code))
        inline: list[ast.stmt] = [code, *self._born(node)]
        if not fast:
            return [*checks, *inline]
        return [*checks, at(ast.If(fast[0], inline, self._unit(node, frame)), code)]

    def _born(self, node: Compute) -> list[ast.stmt]:
        """Register a fresh object that nothing else can see, while something is pending."""
        if node.tick not in self._young:
            return []
        (name,) = node.binds
        return quote("if _R.pending: _S.born(_Name)", node.code, _Name=name)

    def _unpackable(self, code: ast.Assign) -> ast.expr:
        """Return the test that unpacking runs no user code: a tuple, or a list that nothing is to be stored into."""
        return quote_expression("_S.unpackable(_Value)", code, _Value=copy_tree(code.value))

    def _compute_unit(self, node: Compute) -> list[ast.stmt]:
        code = copy_tree(node.code)
        checked = CheckedExpression(self._names, self._fast, self._loose(node))
        match code:
            case ast.Assign(targets=[ast.Tuple()], value=value):
                checked._ask("may_unpack", code, value)
                checked.out.append(code)
            case ast.Assign(targets=targets, value=value):
                result = checked.write(value)
                checked.out.append(at(ast.Assign(targets, result), code))
            case ast.Expr(value=value):
                checked.write(value)
            case ast.AugAssign(target=ast.Name(id=name), op=operator, value=value):
                text = at(ast.Constant(symbol(operator)), code)
                code.value = checked.write(value)
                checked._ask("may_augment", code, text, load(name, code), code.value)
                checked.out.append(code)
            case _:
                raise AssertionError(ast.dump(code))
        return checked.out

    def _augment(self, node: Compute, code: ast.AugAssign, frame: _Frame) -> list[ast.stmt]:
        assert isinstance(code.target, ast.Name)
        name = code.target.id
        whole = at(ast.BinOp(load(name, code), code.op, code.value), code)
        guard = trusted(whole, self._fast, code, self._loose(node))
        assert guard is not None
        if isinstance(code.value, ast.List):
            return self._extend(node, code, name, guard, frame)
        in_queue = quote(
            "_Name = _S.augment(_Symbol, _Name, _Value, _Tick)",
            code,
            _Tick=at(ast.Constant(node.tick), code),
            _Name=name,
            _Symbol=at(ast.Constant(symbol(code.op)), code),
            _Value=copy_tree(code.value),
        )
        can_queue = quote_expression(
            "_S.can_augment(_Symbol, _Name, _Value)",
            code,
            _Name=name,
            _Symbol=at(ast.Constant(symbol(code.op)), code),
            _Value=copy_tree(code.value),
        )
        slow = at(ast.If(can_queue, in_queue, self._unit(node, frame, [name])), code)
        return [at(ast.If(guard, [code], [slow]), code)]

    def _extend(self, node: Compute, code: ast.AugAssign, name: str, guard: ast.expr, frame: _Frame) -> list[ast.stmt]:
        """Add a list display, whose elements may be to come, to what may be a list."""
        assert isinstance(code.value, ast.List)
        queued = quote(
            "_S.extend(_Name, (*_Elements,), _Tick)",
            code,
            _Name=name,
            _Elements=[copy_tree(element) for element in code.value.elts],
            _Tick=at(ast.Constant(node.tick), code),
        )
        can_extend = quote_expression(
            "_S.can_extend(_Symbol, _Name)", code, _Symbol=at(ast.Constant(symbol(code.op)), code), _Name=name
        )
        slow = at(ast.If(can_extend, queued, self._unit(node, frame, [name])), code)
        return [at(ast.If(guard, [code], [slow]), code)]

    def _store(self, node: Store, frame: _Frame) -> list[ast.stmt]:
        code = copy_tree(node.code)
        assert isinstance(code, ast.Assign)
        question, owner = self._store_question(code, "store", [at(ast.Constant(node.tick), code)])
        wait = [*self._force(node.reads, node), *quote("yield _IMPURE", code)]
        writes = [owner.id] if isinstance(owner, ast.Name) and owner.id in self._fast else []
        written = quote(
            "_Ans = _Question\n"
            "if _Ans is _D:\n    _Unit\n"
            "elif _Ans is not _QUEUED:\n"
            "    if _Ans is _W:\n        _Wait\n"
            "    _Do",
            code,
            _Question=question,
            _Unit=self._unit(node, frame, writes),
            _Wait=wait,
            _Do=list[ast.stmt]((code,)),
        )
        return [*self._check_bound(node.reads, node), *written]

    def _store_question(self, code: ast.Assign, verb: str, tick: list[ast.expr]) -> tuple[ast.expr, ast.expr]:
        target = code.targets[0]
        if isinstance(target, ast.Attribute):
            name = at(ast.Constant(target.attr), code)
            question = quote_expression(
                f"_S.{verb}_attribute(_Owner, _Name, _Value, *_Tick)",
                code,
                _Owner=target.value,
                _Name=name,
                _Value=code.value,
                _Tick=tick,
            )
            return question, target.value
        assert isinstance(target, ast.Subscript)
        question = quote_expression(
            f"_S.{verb}_item(_Owner, _Index, _Value, *_Tick)",
            code,
            _Tick=tick,
            _Owner=target.value,
            _Index=_index_object(target.slice),
            _Value=code.value,
        )
        return question, target.value

    def _store_unit(self, node: Store) -> list[ast.stmt]:
        code = copy_tree(node.code)
        assert isinstance(code, ast.Assign)
        question, _ = self._store_question(code, "may_store", [])
        return [*quote("_Ans = _Question\nif _Ans is not None: yield _Ans", code, _Question=question), code]

    def _matching(self, node: Matching, frame: _Frame) -> list[ast.stmt]:
        """Fit a pattern at once if nothing is pending or the subject is an atom."""
        code = copy_tree(node.code)
        assert isinstance(code, ast.Match)
        subject = code.subject
        guard = quote_expression("not _R.pending and _Type(_Subject) is not _P", code, _Subject=subject)
        if node.simple:
            guard = quote_expression("_Type(_Subject) in _A or _Guard", code, _Subject=subject, _Guard=guard)
        inline = [code, *self._rebind_all(node.binds, code)]
        loose = self._unbind_again(node)
        return [at(ast.If(guard, [*loose, *inline], self._unit(node, frame)), code)]

    def _matching_unit(self, node: Matching) -> list[ast.stmt]:
        code = copy_tree(node.code)
        assert isinstance(code, ast.Match)
        names = frozenset(name for name in names_read(code) & self._fast if name not in node.binds)
        ask = quote(
            "_Ans = _S.may_match(_Subject, _Simple)\nif _Ans is not None: yield _Ans",
            code, _Subject=code.subject, _Simple=at(ast.Constant(node.simple), code),
        )  # fmt: skip
        outputs = at(ast.Return(at(ast.Tuple(_loads(self.outputs(node), code), ast.Load()), code)), code)
        force = self._force(names, node)
        return [*force, *ask, *self._unbind_again(node), code, *self._rebind_all(node.binds, code), outputs]

    def _unbind_again(self, node: Node) -> list[ast.stmt]:
        """Take the marker of an unbound variable away where a statement runs that may or may not bind it."""
        unsure = sorted(name for name in node.reads - node.bound_before if not name.startswith("."))
        return [each for name in unsure for each in quote("if _Name is _U: del _Name", node.code, _Name=name)]

    def _rebind_all(self, names: frozenset[str], origin: ast.AST) -> list[ast.stmt]:
        mine = sorted(name for name in names & self._fast if not name.startswith("."))
        return [each for name in mine for each in self._rebound(name, origin)]

    def _native(self, node: Native, frame: _Frame) -> list[ast.stmt]:
        code = copy_tree(node.code)
        body = [*self._force_bound(node), *quote("yield _IMPURE", code)]
        unsure = sorted(name for name in node.reads - node.bound_before if not name.startswith("."))
        for name in unsure:
            body += quote("if _Name is _U: del _Name", code, _Name=name)
        run = _Exits(self, frame).visit(code)
        rebound: list[ast.stmt] = []
        for name in sorted((node.binds | set(unsure)) & self._fast):
            if not name.startswith("."):
                rebound += self._rebound(name, code)
        notes = self._notes(node)
        if notes:  # also if it raises half way
            return [*body, at(ast.Try([run], [], [], [*rebound, *notes]), code)]
        return [*body, run, *rebound]

    def _force_bound(self, node: Native) -> list[ast.stmt]:
        forced: list[ast.stmt] = []
        for name in sorted(node.reads & self._fast):
            forced += quote("if _Type(_Name) is _P: _Name = yield _Name", node.code, _Name=name)
        return forced

    def _raise(self, node: Raise) -> list[ast.stmt]:
        raised = node.code.exc  # type: ignore[attr-defined]
        if raised is None:
            return [copy_tree(node.code)]
        return [
            *self._check_bound(node.reads, node),
            *self._force(node.reads, node),
            *self._may_raise(node.code),  # type: ignore[arg-type]
            copy_tree(node.code),
        ]

    def _may_raise(self, code: ast.Raise) -> list[ast.stmt]:
        """Wait, unless what is raised has just been made: then nobody can see what raising it does to it."""
        if code.cause is None and isinstance(code.exc, ast.Name) and code.exc.id.startswith("."):
            return quote("_Ans = _S.may_raise(_Error)\nif _Ans is not None: yield _Ans", code, _Error=code.exc)
        return quote("yield _IMPURE", code)

    def _branch(self, node: Branch, frame: _Frame) -> list[ast.stmt]:
        guard = trusted(node.test, self._fast, node.code, self._loose(node))
        if guard is None and isinstance(node.test, ast.Name):
            guard = quote_expression("_Type(_Name) in _A", node.code, _Name=node.test.id)
        here = at(
            ast.If(
                copy_tree(node.test),
                self._block(node.body, frame) or quote("pass", node.code),
                self._block(node.orelse, frame),
            ),
            node.code,
        )
        checks = self._check_bound(names_read(node.test) & self._fast, node)
        if guard is None:
            return [*checks, here]
        return [*checks, at(ast.If(guard, [here], self._region(node, frame)), node.code)]

    def _region(self, node: RegionNode, frame: _Frame) -> list[ast.stmt]:
        spawn = self._spawn(node, frame, "region", _receivers(node, frozenset(self.region_inputs(node))))
        if escapes(node):
            ask = quote("_X = _Spawn\nif _Type(_X) is _F: _X = yield _X", node.code, _X=".x", _Spawn=spawn)
            return [*ask, *self._unpack_escape(node, frame)]
        outputs = self.outputs(node)
        if not outputs:
            made: ast.stmt = at(ast.Expr(spawn), node.code)
        else:
            target = at(ast.Tuple(_stores(outputs, node.code), ast.Store()), node.code)
            made = at(ast.Assign([target], spawn), node.code)
        return [made, *quote("if _R.hold: yield _HOLD", node.code)]

    def _unpack_escape(self, node: Node, frame: _Frame) -> list[ast.stmt]:
        """Go where a region went that may have left its loop or function."""
        origin = node.code
        targets = _stores((".code", ".value", *self.outputs(node)), origin)
        unpack = at(ast.Assign([at(ast.Tuple(targets, ast.Store()), origin)], load(".x", origin)), origin)
        leave = self._leave(load(".value", origin), frame, origin)
        if _jumps_out(node):
            jump = self._jump(frame, origin)
            return [unpack, *quote(f"if _Code == {JUMPED}: _Jump", origin, _Code=".code", _Jump=jump),
                    *quote("if _Code: _Leave", origin, _Code=".code", _Leave=leave)]  # fmt: skip
        return [unpack, *quote("if _Code: _Leave", origin, _Code=".code", _Leave=leave)]

    # calls

    def _call(self, node: Call, frame: _Frame) -> list[ast.stmt]:
        code = copy_tree(node.code)
        call = code.value  # type: ignore[attr-defined]
        checks = self._check_bound(node.reads, node)
        if isinstance(call.func, ast.Name) and call.func.id == BIND:
            return [*checks, *self._bind(node, call)]
        target = node.target or ".r"
        spread = self._spread(call, node)
        ask = self._ask_call(call, node, "call")
        native = _assign(target, call, code)
        wait = [*self._force(node.reads, node), *self._await_owner(call, code), *quote("yield _IMPURE", code)]
        writes = [call.func.value.id] if self._mutates(call) else []
        choice = quote(
            "if _Type(_Answer) is _C:\n"
            "    if _Answer is _D:\n        _Unit\n"
            "    else:\n"
            "        if _Answer is _W:\n            _Wait\n"
            "        _Native\n"
            "else:\n    _Take",
            code,
            _Answer=".answer",
            _Unit=self._unit(node, frame, writes),
            _Wait=wait,
            _Native=[native],
            _Take=[_assign(target, load(".answer", code), code)],
        )
        return [*checks, *spread, *ask, *choice]

    def _await_owner(self, call: ast.Call, origin: ast.AST) -> list[ast.stmt]:
        """Wait for the object whose method was read before the arguments were evaluated."""
        if not isinstance(call.func, ast.Name) or not call.func.id.startswith("."):
            return []
        return quote(
            "_Owner = _S.owner_of(_Function)\nif _Type(_Owner) is _P: yield _Owner", origin, _Function=call.func.id
        )

    def _mutates(self, call: ast.Call) -> bool:
        function = call.func
        return (
            isinstance(function, ast.Attribute)
            and function.attr in _MUTATORS
            and isinstance(function.value, ast.Name)
            and function.value.id in self._fast
        )

    def _spread(self, call: ast.Call, node: Node) -> list[ast.stmt]:
        """Wait for what is spread over the arguments, and for leave to iterate over it."""
        spread: list[ast.stmt] = []
        for value in _spread_values(call):
            if isinstance(value, ast.Name):
                spread += self._force(frozenset((value.id,)), node)
            spread += quote("_Ans = _S.may_spread(_Value)\nif _Ans is not None: yield _Ans", node.code, _Value=value)
        return spread

    def _ask_call(self, call: ast.Call, node: Node, verb: str) -> list[ast.stmt]:
        origin = node.code
        positional = at(ast.Tuple(list(call.args), ast.Load()), origin)
        tick = at(ast.Constant(node.tick), origin)
        keywords = self._keywords(call, origin)
        function = call.func
        if isinstance(function, ast.Attribute):
            name = at(ast.Constant(function.attr), origin)
            ask = quote_expression(
                f"_S.{verb}_method(_Owner, _Name, _Args, _Keywords, _Tick)",
                origin, _Owner=function.value, _Name=name, _Args=positional, _Keywords=keywords, _Tick=tick,
            )  # fmt: skip
        else:
            ask = quote_expression(
                f"_S.{verb}(_Function, _Args, _Keywords, _Tick)",
                origin, _Function=function, _Args=positional, _Keywords=keywords, _Tick=tick,
            )  # fmt: skip
        return [_assign(".answer", ask, origin)]

    def _keywords(self, call: ast.Call, origin: ast.AST) -> ast.expr:
        """Return the keyword arguments as a dictionary, or as a tuple of dictionaries still to be joined."""
        if not call.keywords:
            return at(ast.Constant(None), origin)
        named = [keyword for keyword in call.keywords if keyword.arg is not None]
        display = at(
            ast.Dict(
                [at(ast.Constant(keyword.arg), origin) for keyword in named], [keyword.value for keyword in named]
            ),
            origin,
        )
        if len(named) == len(call.keywords):
            return display
        spread = [keyword.value for keyword in call.keywords if keyword.arg is None]
        return at(ast.Tuple([display, *spread], ast.Load()), origin)

    def _bind(self, node: Call, call: ast.Call) -> list[ast.stmt]:
        """Read a method before its arguments are evaluated."""
        owner, name = call.args
        assert isinstance(name, ast.Constant)
        assert isinstance(name.value, str)
        assert node.target is not None
        read = at(ast.Attribute(copy_tree(owner), name.value, ast.Load()), node.code)
        ask = quote("_Target = _S.bind(_Owner, _Name)", node.code, _Target=node.target, _Owner=owner, _Name=name)
        wait = [*self._force(node.reads, node), *quote("yield _IMPURE", node.code)]
        return [
            *ask,
            *quote(
                "if _Target is _W:\n    _Wait\n    _Target = _Read",
                node.code,
                _Target=node.target,
                _Wait=wait,
                _Read=read,
            ),
        ]

    def _call_unit(self, node: Call) -> list[ast.stmt]:
        code = copy_tree(node.code)
        call = code.value  # type: ignore[attr-defined]
        target = node.target or ".r"
        return [
            *self._spread(call, node),
            *self._ask_call(call, node, "call"),
            *quote("if _Type(_Answer) is _F: _Answer = yield _Answer", code, _Answer=".answer"),
            *quote(
                "if _Answer is _D:\n    yield _ORDERED\n    _Again",
                code,
                _Answer=".answer",
                _Again=self._ask_call(copy_tree(call), node, "call_in_turn"),
            ),
            *quote(
                "if _Type(_Answer) is _C:\n"
                "    if _Answer is not _N:\n        _Owned\n        yield _IMPURE\n"
                "    _Native\n"
                "else:\n    _Take",
                code,
                _Owned=self._await_owner(call, code),
                _Answer=".answer",
                _Native=[_assign(target, copy_tree(call), code)],
                _Take=[_assign(target, load(".answer", code), code)],
            ),
        ]


class _Exits(ast.NodeTransformer):
    """Turns ``return`` inside a statement that runs natively into the end of the frame around it."""

    def __init__(self, emitter: Emitter, frame: _Frame) -> None:
        self._emitter = emitter
        self._frame = frame

    def visit_Return(self, node: ast.Return) -> ast.AST:
        value = node.value if node.value is not None else at(ast.Constant(None), node)
        return self._emitter._leave(value, self._frame, node)[0]

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


def _loads(names: Iterable[str], origin: ast.AST) -> list[ast.expr]:
    return [load(name, origin) for name in names]


def _stores(names: Iterable[str], origin: ast.AST) -> list[ast.expr]:
    return [store(name, origin) for name in names]


def _assign(target: str, value: ast.expr, origin: ast.AST) -> ast.stmt:
    return at(ast.Assign([store(target, origin)], value), origin)


def _spread_values(call: ast.Call) -> list[ast.expr]:
    values = [argument.value for argument in call.args if isinstance(argument, ast.Starred)]
    return values + [keyword.value for keyword in call.keywords if keyword.arg is None]


def _index_object(node: ast.expr) -> ast.expr:
    """Return an index as an object: ``a:b`` becomes ``slice(a, b, None)``."""
    if isinstance(node, ast.Slice):
        none = at(ast.Constant(None), node)
        parts = [part if part is not None else none for part in (node.lower, node.upper, node.step)]
        return at(ast.Call(load(".slice", node), parts, []), node)
    if isinstance(node, ast.Tuple):
        return at(ast.Tuple([_index_object(part) for part in node.elts], ast.Load()), node)
    return node


def _is_unpacked(loop: ForLoop) -> bool:
    """Say whether nothing sees an item of a loop but the unpacking of it."""
    match loop.body.nodes[:1]:
        case [Compute(code=ast.Assign(targets=[ast.Tuple(elts=elements)], value=ast.Name(id=loop.item)))]:
            return not any(isinstance(element, ast.Starred) for element in elements)
        case _:
            return False


def _mentioned(node: Node) -> frozenset[str]:
    region = Region([node])
    return frozenset(name for each in region.walk() for name in each.reads | each.binds)


def _loop_state(node: Node) -> tuple[str, str, str]:
    """Return the hidden variables of a ``for`` loop: what it walks over, how many items it took, what to watch."""
    return f".source{node.tick}", f".count{node.tick}", f".key{node.tick}"


def _jumps_out(node: Node) -> bool:
    if not isinstance(node, RegionNode):
        return False
    regions = (node.orelse,) if isinstance(node, (ForLoop, WhileLoop)) else regions_of(node)
    return any(_has_jump(region) for region in regions)


def _has_jump(region: Region) -> bool:
    return any(isinstance(node, Jump) or _jumps_out(node) for node in region.nodes)


def escapes(node: Node) -> bool:
    """Say whether a region may end other than at its end."""
    if not isinstance(node, RegionNode):
        return False
    if _jumps_out(node):
        return True
    return any(
        isinstance(inner, Leave) or (isinstance(inner, Native) and _returns(inner.code))
        for inner in Region([node]).walk()
    )


def _returns(code: ast.stmt) -> bool:
    return contains_jump([code], (ast.Return,)) or any(
        isinstance(inner, ast.Return) for inner in ast.walk(code) if not isinstance(code, ast.FunctionDef)
    )


def _receivers(node: Node, inputs: frozenset[str]) -> list[str]:
    """Return the inputs of a region that it may store into: later reads of those objects have to wait for it."""
    found: set[str] = set()
    for inner in Region([node]).walk():
        match inner:
            case Store(
                code=ast.Assign(
                    targets=[ast.Attribute(value=ast.Name(id=name)) | ast.Subscript(value=ast.Name(id=name))]
                )
            ):
                found.add(name)
            case Call(call=call):
                function = call.func
                if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                    if function.attr in _MUTATORS:
                        found.add(function.value.id)
                elif isinstance(function, ast.Name) and function.id == BIND:
                    owner, method = call.args
                    if isinstance(owner, ast.Name) and isinstance(method, ast.Constant) and method.value in _MUTATORS:
                        found.add(owner.id)
            case Compute(code=ast.AugAssign(target=ast.Name(id=name))):
                found.add(name)
            case _:
                pass
    return sorted(found & inputs)
