"""Write out the order of evaluation: every call gets a statement of its own, its arguments are names or constants.

::

    out.append(f(x) + g(y))     →       .bind1 = out.append
                                        .t2 = f(x)
                                        .t3 = g(y)
                                        .t4 = .t2 + .t3
                                        .bind1(.t4)

What stands to the left of a call is put into a variable before the call, as Python evaluates it before; expressions
without calls stay whole.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.lowering.comprehensions import can_unroll, goes_over_own, holds_calls, unroll
from pydron.translation.lowering.consumers import consume, is_consumer
from pydron.translation.lowering.loop_continue import blocks_of, contains_jump
from pydron.translation.lowering.loops import loop_over
from pydron.translation.lowering.match_cases import captures, split_cases
from pydron.translation.lowering.short_circuit import choose, decide, select
from pydron.translation.lowering.sources import can_fuse, fuse
from pydron.translation.lowering.targets import assign, augment, delete
from pydron.translation.lowering.written_loops import as_written
from pydron.translation.quote import at, load, store
from pydron.translation.scope import names_bound, own_nodes
from pydron.translation.trees import LEAVES, children

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydron.translation.lowering.context import Lowered

__all__ = ["BIND", "SPREAD", "Flattener", "lower_calls"]

_MOST_OPERANDS = 30
"""From here on Python reads a method before it evaluates the arguments, and calls what it has read."""
BIND = ".bind"
"""Stands for reading a method before its arguments are evaluated."""
SPREAD = ".spread"
"""Stands for iterating over the only argument of a call, which is spread; what is called follows if it has a name."""

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp)
_STATEMENTS_OF_THEIR_OWN = frozenset((ast.Call, ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await))
"""Kinds of expressions that get a statement of their own."""


def lower_calls(function: Lowered) -> None:
    """Write out the order of evaluation of every statement of the function."""
    function.tree.body = Flattener(function).block(function.tree.body)


class Flattener:
    """Turns statements into simpler ones, appending them to the block being written."""

    def __init__(self, function: Lowered) -> None:
        self.function = function
        self.names = function.names
        self.fast = function.scope.fast - function.scope.declared
        self.out: list[ast.stmt] = []
        self.unrolled = function.unrolled
        self.bets = function.bets
        own = own_nodes(function.tree)
        self._has_walrus = any(isinstance(node, ast.NamedExpr) for node in own)
        self._known: dict[ast.AST, bool] = {}
        self._jumping: dict[ast.stmt, bool] = {}
        self._unbinds = _unbound(own)
        self._bound = frozenset(function.scope.parameters) - self._unbinds
        """Variables that surely have a value where the block being written has come to."""

    # blocks and statements

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Return the lowered form of a block."""

        def write() -> None:
            for statement in statements:
                self.statement(statement)

        return self.within(write)

    def within(self, write: Callable[[], None]) -> list[ast.stmt]:
        """Return what `write` appends, as a block of its own, which perhaps is not run to its end."""
        outer, self.out, bound = self.out, [], self._bound
        write()
        written, self.out, self._bound = self.out, outer, bound
        return written

    def bind(self, code: ast.Assign) -> None:
        """Append an assignment to variables of this call alone."""
        self.out.append(code)
        self._bound |= names_bound(code) - self._unbinds

    def statement(self, node: ast.stmt) -> None:
        """Append the lowered form of one statement."""
        visit = getattr(self, f"_{type(node).__name__.lower()}", self.native)
        visit(node)

    def native(self, node: ast.stmt) -> None:
        """Append a statement that runs as it stands."""
        self.function.handled.add(node)
        self.out.append(node)

    def _pass(self, node: ast.Pass) -> None:
        pass

    def _global(self, node: ast.Global) -> None:
        pass  # the scope knows; generated code declares the names where it assigns them

    def _nonlocal(self, node: ast.Nonlocal) -> None:
        pass

    def _break(self, node: ast.Break) -> None:
        self.out.append(node)

    def _continue(self, node: ast.Continue) -> None:
        self.native(node)

    def _functiondef(self, node: ast.FunctionDef) -> None:
        defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
        if node.decorator_list or any(not isinstance(default, ast.Constant) for default in defaults):
            self.native(node)
        elif node.returns is not None or any(
            argument.annotation for argument in ast.walk(node.args) if isinstance(argument, ast.arg)
        ):
            self.native(node)  # annotations of an inner function are evaluated when it is made
        else:
            self.bind_function(node)

    def bind_function(self, node: ast.FunctionDef) -> None:
        """Append the making of an inner function that captures cells only."""
        if node.name in self.fast:
            self.out.append(node)
        else:
            self.native(node)

    def _expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return
        value = self.value(node.value)
        if not isinstance(value, (ast.Name, ast.Constant)) or self._may_be_unbound(value):
            self.out.append(at(ast.Expr(value), node))

    def _may_be_unbound(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Name) and not value.id.startswith(".")

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        if len(node.targets) > 1:
            value = self.named(value)
            if isinstance(value, ast.Name) and any(_rebinds(target, value.id) for target in node.targets[:-1]):
                value = self.spill(value)
        for target in node.targets:
            self.assign(target, value, node)

    def _annassign(self, node: ast.AnnAssign) -> None:
        if node.value is None:
            if not isinstance(node.target, ast.Name):
                self.native(node)
            return
        self.assign(node.target, self.value(node.value), node)

    def _augassign(self, node: ast.AugAssign) -> None:
        augment(self, node)

    def assign(self, target: ast.expr, value: ast.expr, node: ast.AST) -> None:
        """Append the assignment of a value to any target."""
        assign(self, target, value, node)

    def _delete(self, node: ast.Delete) -> None:
        delete(self, node)

    def _jumps_from_inside(self, statements: Sequence[ast.stmt]) -> bool:
        """Say whether a statement that runs natively, below plain branches, may jump to the loop around."""
        return any(map(self._jumps, statements))

    def _jumps(self, statement: ast.stmt) -> bool:
        known = self._jumping.get(statement)
        if known is None:
            known = self._jumping[statement] = self._look_for_jump(statement)
        return known

    def _look_for_jump(self, statement: ast.stmt) -> bool:
        if isinstance(statement, ast.Break):
            return False
        if isinstance(statement, ast.Match) and not captures(statement) <= self.fast:
            return True  # it runs natively whatever it holds
        if isinstance(statement, (ast.If, ast.Try, ast.With, ast.Match, ast.For, ast.While)):
            return any(map(self._jumps_from_inside, blocks_of(statement)))
        return contains_jump([statement], (ast.Break, ast.Continue))

    def _if(self, node: ast.If) -> None:
        if self._jumps_from_inside([node]):
            self.native(node)
            return
        test = decide(self, node.test)
        branch = at(ast.If(test, self.block(node.body), self.block(node.orelse)), node)
        if node in self.bets:
            self.bets.add(branch)
        self.out.append(branch)

    def _while(self, node: ast.While) -> None:
        written = as_written(self.function, node)
        tests: list[ast.expr] = []
        prelude = self.within(lambda: tests.append(decide(self, node.test)))
        loop = at(ast.While(tests[0], self.block(node.body), self.block(node.orelse)), node)
        loop.prelude = prelude  # type: ignore[attr-defined]
        self.function.written[loop] = written
        self.out.append(loop)

    def either(self, node: ast.If, written: ast.stmt) -> None:
        """Append a lowered branch that gives way to a statement where nothing in it can be run in parallel."""
        self.function.written[node] = written
        self.out.append(node)

    def can_fuse(self, iterable: ast.expr) -> bool:
        """Say whether a loop can go over what the iterator that it is given goes over."""
        return can_fuse(iterable, self)

    def _for(self, node: ast.For) -> None:
        if self.can_fuse(node.iter):
            fuse(self, node)
            return
        loop_over(self, node)

    def _try(self, node: ast.Try) -> None:
        types = [handler.type for handler in node.handlers if handler.type is not None]
        if (
            self._jumps_from_inside([node])
            or contains_jump(node.finalbody, (ast.Return, ast.Break))
            or any(map(self.needs, types))
        ):
            self.native(node)
        elif node.finalbody:
            body = node.body
            if node.handlers:
                body = [at(ast.Try(node.body, node.handlers, node.orelse, []), node)]
            final = self.block(node.finalbody) or [at(ast.Pass(), node)]
            self.out.append(at(ast.Try(self.block(body), [], [], final), node))
        else:
            for handler in node.handlers:
                handler.body = self.block(handler.body)
            self.out.append(at(ast.Try(self.block(node.body), node.handlers, self.block(node.orelse), []), node))

    def _match(self, node: ast.Match) -> None:
        if node in self.function.matching:
            self.out.append(node)
        elif self._jumps_from_inside([node]):
            self.native(node)
        else:
            for statement in split_cases(self.function, node):
                self.statement(statement)

    def _with(self, node: ast.With) -> None:
        if self._jumps_from_inside([node]):
            self.native(node)
            return
        first, *others = node.items
        manager = self.spill(self.value(first.context_expr))
        entered = self.names.fresh("entered")
        body = [at(ast.With(others, node.body), node)] if others else node.body
        target = first.optional_vars

        def inside() -> None:
            if target is not None:
                self.assign(target, load(entered, target), target)
            for statement in body:
                self.statement(statement)

        item = ast.withitem(manager, store(entered, first.context_expr))
        self.out.append(at(ast.With([item], self.within(inside)), first.context_expr))

    def _return(self, node: ast.Return) -> None:
        value = self.atom(node.value) if node.value is not None else at(ast.Constant(None), node)
        self.out.append(at(ast.Return(value), node))

    def _raise(self, node: ast.Raise) -> None:
        if node.exc is None:
            self.out.append(node)
            return
        values = self.atoms([node.exc, *([node.cause] if node.cause else [])])
        self.out.append(at(ast.Raise(values[0], values[1] if node.cause else None), node))

    # expressions

    def needs(self, node: ast.expr) -> bool:
        """Say whether an expression holds something that gets a statement of its own."""
        if node.__class__ in LEAVES:
            return False
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = self._look(node)
        return known

    def _look(self, node: ast.expr) -> bool:
        if node.__class__ in _STATEMENTS_OF_THEIR_OWN:
            return True
        if isinstance(node, ast.Lambda):
            return not all(isinstance(default, (ast.Name, ast.Constant)) for default in _defaults(node))
        if isinstance(node, ast.GeneratorExp):
            return self.needs(node.generators[0].iter)
        if isinstance(node, _COMPREHENSIONS):
            return holds_calls(node) or (goes_over_own(node) and can_unroll(node, self.is_consumed))
        return any(self._look_below(child) for child in children(node))

    def _look_below(self, node: ast.AST) -> bool:
        if isinstance(node, ast.expr):
            return self.needs(node)
        return any(self._look_below(child) for child in children(node))

    def spill(self, value: ast.expr, stem: str = "t") -> ast.Name:
        """Put a value into a fresh variable."""
        name = self.names.fresh(stem)
        self.out.append(at(ast.Assign([store(name, value)], value), value))
        return load(name, value)

    def named(self, value: ast.expr) -> ast.expr:
        """Return a name or constant that stands for a value."""
        return value if self.is_stable(value) else self.spill(value)

    def is_stable(self, value: ast.expr) -> bool:
        """Say whether reading the value later gives the same: a constant, or a variable of this call alone."""
        if isinstance(value, ast.Constant):
            return True
        return isinstance(value, ast.Name) and (value.id in self.fast or value.id.startswith("."))

    def atom(self, node: ast.expr) -> ast.expr:
        """Return a name or constant that stands for the expression."""
        return self.named(self.value(node))

    def atoms(self, nodes: list[ast.expr]) -> list[ast.expr]:
        """Return atoms for expressions that are evaluated one after the other."""
        return self._all_named(self.parts(nodes))

    def kept_atoms(self, nodes: list[ast.expr]) -> list[ast.expr]:
        """Return the same, to be read again whatever happens to variables meanwhile."""
        return [self.spill(value) if _may_be_rebound(value) else value for value in self.atoms(nodes)]

    def value(self, node: ast.expr) -> ast.expr:
        """Return the expression with everything that needs a statement taken out; a call may be left at its top."""
        if not self.needs(node):
            return node
        visit = getattr(self, f"_in_{type(node).__name__.lower()}", None)
        return visit(node) if visit is not None else self._in_any(node)

    def flat(self, node: ast.expr) -> ast.expr:
        """Return the expression without any call."""
        value = self.value(node)
        return self.spill(value) if isinstance(value, ast.Call) else value

    def parts(self, nodes: list[ast.expr], call: ast.Call | None = None) -> list[ast.expr]:
        """Flatten expressions that are evaluated one after the other; with `call`, they are its arguments."""
        last = max((index for index, node in enumerate(nodes) if self.needs(node)), default=-1)
        done: list[ast.expr] = []
        for index, node in enumerate(nodes):
            if isinstance(node, ast.Starred) and (index < last or call is not None):
                taken = self.atom(at(ast.List([node], ast.Load()), call or node))
                done.append(at(ast.Starred(taken, node.ctx), node))
            elif index > last:
                done.append(node)
            elif isinstance(node, ast.Starred):
                done.append(at(ast.Starred(self.atom(node.value), node.ctx), node))
            else:
                done.append(self.flat(node) if index == last else self.kept(node, nodes[index + 1 :]))
        return done

    def kept(self, node: ast.expr, later: list[ast.expr], *, checked: bool = True) -> ast.expr:
        """Return an atom for an expression that is evaluated before others; `checked` if it is not read at once."""
        return self.held(self.atom(node), later, checked=checked)

    def held(self, value: ast.expr, later: list[ast.expr], *, checked: bool = True) -> ast.expr:
        """Return the same for an atom."""
        if not isinstance(value, ast.Name):
            return value
        if self._has_walrus and any(_rebinds(other, value.id) for other in later):
            return self.spill(value)
        if checked and not all(map(self.is_stable, map(_value, later))):
            self._check(value)
        return value

    def _check(self, value: ast.expr) -> None:
        """Read a variable that may be unbound: what comes later must not happen if this is an error."""
        if isinstance(value, ast.Name) and self._may_be_unbound(value) and value.id not in self._bound:
            self.out.append(at(ast.Expr(value), value))

    def _all_named(self, parts: list[ast.expr]) -> list[ast.expr]:
        """Return atoms for what is evaluated one after the other and holds no calls."""
        last = max((index for index, part in enumerate(parts) if not self.is_stable(_value(part))), default=-1)
        done: list[ast.expr] = []
        for index, part in enumerate(parts):
            if index < last:
                self._check(_value(part))
            done.append(part if isinstance(part, ast.Starred) else self.named(part))
        return done

    def _in_any(self, node: ast.expr) -> ast.expr:
        """Flatten an expression whose parts are evaluated in the order of its fields."""
        slots: list[tuple[str, int | None]] = []
        parts: list[ast.expr] = []
        for name, field in ast.iter_fields(node):
            if isinstance(field, ast.expr):
                slots.append((name, None))
                parts.append(field)
            elif isinstance(field, list):
                for index, item in enumerate(field):
                    if isinstance(item, ast.expr):
                        slots.append((name, index))
                        parts.append(item)
        for (name, place), part in zip(slots, self.parts(parts), strict=True):
            if place is None:
                setattr(node, name, part)
            else:
                getattr(node, name)[place] = part
        return node

    def _in_dict(self, node: ast.Dict) -> ast.expr:
        pairs = list(zip(node.keys, node.values, strict=True))
        last = max(
            index for index, pair in enumerate(pairs) if any(part is not None and self.needs(part) for part in pair)
        )
        for index, (key, value) in enumerate(pairs):
            if key is None and index < last:  # merged as it is now, whatever the calls that follow do to it
                node.values[index] = at(ast.Dict([None], [value]), value)
        parts = [part for pair in zip(node.keys, node.values, strict=True) for part in pair if part is not None]
        flat = iter(self.parts(parts))
        for index, key in enumerate(node.keys):
            if key is not None:
                node.keys[index] = next(flat)
            node.values[index] = next(flat)
        return node

    def _in_slice(self, node: ast.Slice) -> ast.expr:
        return self._in_any(node)

    def _in_namedexpr(self, node: ast.NamedExpr) -> ast.expr:
        value = self.named(self.value(node.value))
        self.assign(store(node.target.id, node.target), value, node)
        return value

    def _in_yield(self, node: ast.Yield | ast.YieldFrom) -> ast.expr:
        if node.value is not None:
            node.value = self.atom(node.value)
        return self.spill(node)

    _in_yieldfrom = _in_yield

    def _in_await(self, node: ast.Await) -> ast.expr:
        if isinstance(node.value, ast.Call) and not hasattr(node, "kind"):
            node.value = self._in_call(node.value)
        else:
            node.value = self.atom(node.value)
        return self.spill(node)

    def _in_boolop(self, node: ast.BoolOp) -> ast.expr:
        return choose(self, node)

    def _in_ifexp(self, node: ast.IfExp) -> ast.expr:
        return select(self, node)

    def _in_compare(self, node: ast.Compare) -> ast.expr:
        if len(node.ops) > 1 and any(self.needs(part) for part in node.comparators[1:]):
            return choose(self, node)
        return self._in_any(node)

    def _in_joinedstr(self, node: ast.JoinedStr) -> ast.expr:
        """Format each part by itself: a part is formatted before the next is evaluated."""
        for index, part in enumerate(node.values):
            if isinstance(part, ast.FormattedValue):
                part.value = self.flat(part.value)
                if part.format_spec is not None and self.needs(part.format_spec):
                    part.value = self.named(part.value)
                    part.format_spec = self.value(part.format_spec)
                text = self.spill(at(ast.JoinedStr([part]), part))
                node.values[index] = at(ast.FormattedValue(text, -1, None), part)
        return node

    def _in_lambda(self, node: ast.Lambda) -> ast.expr:
        flat = iter(self.atoms(_defaults(node)))
        node.args.defaults = [next(flat) for _ in node.args.defaults]
        node.args.kw_defaults = [None if default is None else next(flat) for default in node.args.kw_defaults]
        return node

    def _in_generatorexp(self, node: ast.GeneratorExp) -> ast.expr:
        node.generators[0].iter = self.atom(node.generators[0].iter)
        return node

    def _in_listcomp(self, node: ast.ListComp | ast.SetComp | ast.DictComp) -> ast.expr:
        if can_unroll(node, self.is_consumed):
            return unroll(self, node)
        name = self.names.fresh()
        self.native(at(ast.Assign([store(name, node)], node), node))
        return load(name, node)

    _in_setcomp = _in_listcomp
    _in_dictcomp = _in_listcomp

    def is_consumed(self, node: ast.Call) -> bool:
        """Say whether a call takes the elements of its first argument at once."""
        return is_consumer(node, self.fast)

    def _in_call(self, node: ast.Call) -> ast.expr:
        return consume(self, node) if self.is_consumed(node) else self.plain_call(node)

    def plain_call(self, node: ast.Call) -> ast.expr:
        """Return the call itself, with what needs a statement taken out of its arguments."""
        function = node.func
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        late = not all(isinstance(_value(argument), (ast.Name, ast.Constant)) for argument in arguments)
        if isinstance(function, ast.Attribute):
            owner = self.kept(function.value, arguments, checked=not late)
            if late:
                bound = at(
                    ast.Call(load(BIND, function), [owner, at(ast.Constant(function.attr), function)], []), function
                )
                called: ast.expr = self.spill(_at_name(bound, function, node))
            else:
                called = at(ast.Attribute(owner, function.attr, ast.Load()), function)
        elif late:
            called = self.kept(function, arguments)
        else:
            called = self.flat(function)
            if not isinstance(called, ast.Name):
                called = self.spill(called)
        spread = len(node.args) == 1 and isinstance(node.args[0], ast.Starred)
        if spread and isinstance(called, ast.Name):
            called = self.named(called)  # what is asked before the call is what is called
        # an argument that is spread alone is iterated over at the call, others where they stand
        parts = self.parts([_value(arguments[0]), *arguments[1:]] if spread else arguments, node)
        values = self._all_named(parts)
        positional = [self._spread_alone(values[0], called, node)] if spread else values[: len(node.args)]
        keywords = [
            at(ast.keyword(keyword.arg, value), keyword)
            for keyword, value in zip(node.keywords, values[len(node.args) :], strict=True)
        ]
        return _at_method(at(ast.Call(called, positional, keywords), node), node)

    def _spread_alone(self, value: ast.expr, called: ast.expr, call: ast.Call) -> ast.expr:
        """Iterate over an argument once: what is asked before a call and the call itself see the same."""
        callee = [load(called.id, call)] if isinstance(called, ast.Name) else []
        taken = self.spill(at(ast.Call(load(SPREAD, call), [value, *callee], []), call))
        return at(ast.Starred(taken, ast.Load()), call.args[0])


def _at_method(made: ast.Call, call: ast.Call) -> ast.Call:
    """Have the call of a method begin where its name stands, as Python has it in chains that span several lines."""
    count = len(call.args) + len(call.keywords) + bool(call.keywords)
    is_spread = any(isinstance(arg, ast.Starred) for arg in call.args) or any(not each.arg for each in call.keywords)
    if not isinstance(call.func, ast.Attribute) or is_spread or count >= _MOST_OPERANDS:
        return made
    return _at_name(made, call.func, call)


def _at_name(made: ast.Call, read: ast.Attribute, call: ast.Call) -> ast.Call:
    """Have something begin where the name of a method stands, if that is not the line where the call begins."""
    line, column = read.end_lineno or 0, read.end_col_offset or 0
    if read.lineno < line and (line, column) < (call.end_lineno or 0, call.end_col_offset or 0):
        made.lineno, made.col_offset = line, column - len(read.attr)
    return made


def _value(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


def _may_be_rebound(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and not value.id.startswith(".")


def _defaults(node: ast.Lambda) -> list[ast.expr]:
    return [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]


def _unbound(nodes: list[ast.AST]) -> frozenset[str]:
    """Return variables that one of the nodes unbinds."""
    unbound: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
            unbound.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            unbound.add(node.name)
    return frozenset(unbound)


def _rebinds(node: ast.expr, name: str) -> bool:
    """Say whether evaluating an expression may bind a variable."""
    return name in names_bound(node)
