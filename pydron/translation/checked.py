"""Expressions evaluated one operation at a time, each after a question to the runtime whether it may run now.

::

    result.quality > limit      →       _Ans = _S.may_attribute(result, 'quality')
                                        if _Ans is not None: yield _Ans
                                        .e1 = result.quality
                                        _Ans = _S.may_compare('>', .e1, limit)
                                        if _Ans is not None: yield _Ans
                                        .e2 = .e1 > limit

Used where operands are known at last but their types are not trusted to run no user code: the answer of the runtime is
nothing (go on), or what to wait for.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.lowering.calls import SPREAD
from pydron.translation.quote import Names, at, load, quote, quote_expression, store
from pydron.translation.scope import names_read, read_inside
from pydron.translation.trees import nodes_of
from pydron.translation.truth import NESTED_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["CheckedExpression", "symbol"]

_SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.BitAnd: "&",
    ast.Invert: "~",
    ast.Not: "not",
    ast.UAdd: "+",
    ast.USub: "-",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def symbol(operator: ast.AST) -> str:
    """Return how an operator is written."""
    return _SYMBOLS[type(operator)]


class CheckedExpression:
    """Writes the evaluation of one expression; `out` holds the statements so far."""

    def __init__(self, names: Names, fast: frozenset[str], loose: frozenset[str]) -> None:
        self._names = names
        self._fast = fast
        self._loose = loose
        """Variables that may have no value, which shows only if they are read."""
        self.out: list[ast.stmt] = []

    def write(self, node: ast.expr) -> ast.expr:
        """Append the evaluation and return a name or constant for the result."""
        if isinstance(node, ast.Name) and node.id in self._loose:
            name = at(ast.Constant(node.id), node)
            self.out += quote("if _Name is _U: _S.unbound(_Text)", node, _Name=node.id, _Text=name)
        if isinstance(node, (ast.Name, ast.Constant)):
            return node
        visit = getattr(self, f"_{type(node).__name__.lower()}", self._opaque)
        return visit(node)

    def _ask(self, question: str, node: ast.AST, *operands: ast.expr) -> None:
        call = at(ast.Call(at(ast.Attribute(load(".S", node), question, ast.Load()), node), list(operands), []), node)
        self.out += quote("_Ans = _Ask\nif _Ans is not None: yield _Ans", node, _Ask=call)

    def _keep(self, node: ast.expr) -> ast.Name:
        name = self._names.fresh("e")
        self.out.append(at(ast.Assign([store(name, node)], node), node))
        return load(name, node)

    def _text(self, value: str, node: ast.AST) -> ast.expr:
        return at(ast.Constant(value), node)

    def _within(self, write: Callable[[], None]) -> list[ast.stmt]:
        outer, self.out = self.out, []
        write()
        written, self.out = self.out, outer
        return written

    def _binop(self, node: ast.BinOp) -> ast.expr:
        left, right = self.write(node.left), self.write(node.right)
        self._ask("may_binary", node, self._text(symbol(node.op), node), left, right)
        return self._keep(at(ast.BinOp(left, node.op, right), node))

    def truth(self, node: ast.expr, result: str | None = None) -> ast.expr:
        """Append the evaluation and one test of its truth; return the flag, leave the value in `result` if named.

        Without `result` the expression is a condition: there Python tests what is below ``not``, and each comparison
        of a chain, once. Where the value is wanted too it tests their values again.
        """
        flag = self._names.fresh("e")
        match node:
            case ast.BoolOp() if result is None or NESTED_ONCE:
                self._truths(node, flag, result, 0)
            case ast.UnaryOp(op=ast.Not(), operand=operand) if result is None:
                self._hand_on(flag, at(ast.UnaryOp(node.op, self.truth(operand)), node))
            case ast.Compare(ops=[_, _, *_]) if result is None:
                self._link_truths(node, flag, self._names.fresh("e"), self.write(node.left), 0)
            case _:
                value = self.write(node)
                if result is not None:
                    self._hand_on(result, value)
                self._test(value, flag)
        return load(flag, node)

    def _hand_on(self, name: str, value: ast.expr) -> None:
        self.out.append(at(ast.Assign([store(name, value)], value), value))

    def _test(self, value: ast.expr, flag: str) -> None:
        self._ask("may_truth", value, value)
        self.out += quote("_Flag = True if _S.content(_Value) else False", value, _Flag=flag, _Value=value)

    def _truths(self, node: ast.BoolOp, flag: str, result: str | None, index: int) -> None:
        found = self.truth(node.values[index], result)
        self.out.append(at(ast.Assign([store(flag, node)], found), node))
        if index + 1 < len(node.values):
            rest = self._within(lambda: self._truths(node, flag, result, index + 1))
            self.out += quote(self._going_on(node), node, _Flag=flag, _Rest=rest)

    def _going_on(self, node: ast.BoolOp) -> str:
        return "if _Flag: _Rest" if isinstance(node.op, ast.And) else "if not _Flag: _Rest"

    def _link_truths(self, node: ast.Compare, flag: str, result: str, left: ast.expr, index: int) -> None:
        right = self._link(node, result, left, index)
        self._test(load(result, node), flag)
        if index + 1 < len(node.ops):
            rest = self._within(lambda: self._link_truths(node, flag, result, right, index + 1))
            self.out += quote("if _Flag: _Rest", node, _Flag=flag, _Rest=rest)

    def _unaryop(self, node: ast.UnaryOp) -> ast.expr:
        operand = self.write(node.operand)
        if isinstance(node.op, ast.Not):
            self._ask("may_truth", node, operand)
            content = quote_expression("_S.content(_Value)", node, _Value=operand)
            return self._keep(at(ast.UnaryOp(node.op, content), node))
        self._ask("may_unary", node, self._text(symbol(node.op), node), operand)
        return self._keep(at(ast.UnaryOp(node.op, operand), node))

    def _compare(self, node: ast.Compare) -> ast.expr:
        left = self.write(node.left)
        result = self._names.fresh("e")
        self._links(node, result, left, 0)
        return load(result, node)

    def _links(self, node: ast.Compare, result: str, left: ast.expr, index: int) -> None:
        right = self._link(node, result, left, index)
        if index + 1 < len(node.ops):
            self._ask("may_truth", node, load(result, node))
            rest = self._within(lambda: self._links(node, result, right, index + 1))
            self.out += quote("if _Result: _Rest", node, _Result=result, _Rest=rest)

    def _link(self, node: ast.Compare, result: str, left: ast.expr, index: int) -> ast.expr:
        """Append one comparison of a chain; return its right operand."""
        right = self.write(node.comparators[index])
        operator = node.ops[index]
        if not isinstance(operator, (ast.Is, ast.IsNot)):
            self._ask("may_compare", node, self._text(symbol(operator), node), left, right)
        compared = at(ast.Compare(left, [operator], [right]), node)
        self.out.append(at(ast.Assign([store(result, node)], compared), node))
        return right

    def _boolop(self, node: ast.BoolOp) -> ast.expr:
        result = self._names.fresh("e")
        self._operands(node, result, 0)
        return load(result, node)

    def _operands(self, node: ast.BoolOp, result: str, index: int) -> None:
        if index + 1 == len(node.values):
            self._hand_on(result, self.write(node.values[index]))
            return
        flag = self.truth(node.values[index], result)
        rest = self._within(lambda: self._operands(node, result, index + 1))
        assert isinstance(flag, ast.Name)
        self.out += quote(self._going_on(node), node, _Flag=flag.id, _Rest=rest)

    def _ifexp(self, node: ast.IfExp) -> ast.expr:
        test = self.truth(node.test)
        result = self._names.fresh("e")

        def branch(value: ast.expr) -> list[ast.stmt]:
            return self._within(
                lambda: self.out.append(at(ast.Assign([store(result, value)], self.write(value)), value))
            )

        body, orelse = branch(node.body), branch(node.orelse)
        self.out.append(at(ast.If(test, body, orelse), node))
        return load(result, node)

    def _attribute(self, node: ast.Attribute) -> ast.expr:
        owner, name = self.write(node.value), self._text(node.attr, node)
        read = at(ast.Attribute(owner, node.attr, ast.Load()), node)
        return self._unless_known("attribute", node, [owner, name], read)

    def _subscript(self, node: ast.Subscript) -> ast.expr:
        owner = self.write(node.value)
        index = self.index(node.slice)
        read = at(ast.Subscript(owner, index, ast.Load()), node)
        return self._unless_known("subscript", node, [owner, index], read)

    def _unless_known(self, kind: str, node: ast.expr, operands: list[ast.expr], read: ast.expr) -> ast.expr:
        """Append the reading of something, unless it is known what queued stores will put there."""
        result = self._names.fresh("e")

        def ask() -> None:
            self._ask(f"may_{kind}", node, *operands)
            self.out.append(at(ast.Assign([store(result, node)], read), node))

        self.out += quote(
            f"_Result = _S.known_{kind}(*_Operands)\n"
            "if _Result is _S.MISSING: _Read\n"
            "elif _Type(_Result) is _P: _Result = yield _Result",
            node, _Result=result, _Operands=operands, _Read=self._within(ask),
        )  # fmt: skip
        return load(result, node)

    def index(self, node: ast.expr) -> ast.expr:
        """Append the evaluation of an index; a slice becomes a slice object."""
        if isinstance(node, ast.Slice):
            none = at(ast.Constant(None), node)
            parts = [self.write(part) if part is not None else none for part in (node.lower, node.upper, node.step)]
            return self._keep(quote_expression("_S.slice(*_Parts)", node, _Parts=parts))
        if isinstance(node, ast.Tuple) and any(isinstance(part, ast.Slice) for part in node.elts):
            return self._keep(at(ast.Tuple([self.index(part) for part in node.elts], ast.Load()), node))
        return self.write(node)

    def _elements(self, nodes: list[ast.expr]) -> list[ast.expr]:
        done: list[ast.expr] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                value = self.write(node.value)
                self._ask("may_iterate", node, value)
                done.append(at(ast.Starred(value, ast.Load()), node))
            else:
                done.append(self.write(node))
        return done

    def _call(self, node: ast.Call) -> ast.expr:
        """Append the iteration over what is spread over arguments; other calls have been taken out before."""
        if not isinstance(node.func, ast.Name) or node.func.id != SPREAD:
            return self._opaque(node)
        value, *called = map(self.write, node.args)
        taken = at(ast.Call(node.func, [value], []), node)
        if not called:
            self._ask("may_spread", node, value)
            return self._keep(taken)
        return self._unless_known("spread", node, [value, *called], taken)

    def _list(self, node: ast.List) -> ast.expr:
        if _spreads_early(node.elts):
            return self._opaque(node)
        return self._keep(at(ast.List(self._elements(node.elts), ast.Load()), node))

    def _tuple(self, node: ast.Tuple) -> ast.expr:
        if _spreads_early(node.elts):
            return self._opaque(node)
        return self._keep(at(ast.Tuple(self._elements(node.elts), ast.Load()), node))

    def _set(self, node: ast.Set) -> ast.expr:
        if _spreads_early(node.elts):
            return self._opaque(node)
        elements = self._elements(node.elts)
        for element in elements:
            if not isinstance(element, (ast.Starred, ast.Constant)):
                self._ask("may_hash", node, element)
            elif isinstance(element, ast.Starred):
                self._ask("may_opaque", node, element.value)
        return self._keep(at(ast.Set(elements), node))

    def _dict(self, node: ast.Dict) -> ast.expr:
        if any(key is None for key in node.keys):
            return self._opaque(node)
        keys: list[ast.expr | None] = []
        values: list[ast.expr] = []
        for key, value in zip(node.keys, node.values, strict=True):
            assert key is not None
            keys.append(self.write(key))
            values.append(self.write(value))
        for each in keys:
            if each is not None and not isinstance(each, ast.Constant):
                self._ask("may_hash", node, each)
        return self._keep(at(ast.Dict(keys, values), node))

    def _joinedstr(self, node: ast.JoinedStr) -> ast.expr:
        parts: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                value = self.write(part.value)
                spec = self._joinedstr(part.format_spec) if isinstance(part.format_spec, ast.JoinedStr) else None
                conversion = at(ast.Constant(part.conversion), part)
                self._ask("may_format", node, value, conversion, spec or self._text("", part))
                if spec is not None:
                    spec = at(ast.JoinedStr([at(ast.FormattedValue(spec, -1, None), part)]), part)
                text = at(ast.JoinedStr([at(ast.FormattedValue(value, part.conversion, spec), part)]), part)
                parts.append(at(ast.FormattedValue(self._keep(text), -1, None), part))
            else:
                parts.append(part)
        return self._keep(at(ast.JoinedStr(parts), node))

    def _starred(self, node: ast.Starred) -> ast.expr:
        raise AssertionError(node)

    def _lambda(self, node: ast.Lambda) -> ast.expr:
        arguments = node.args
        arguments.defaults = [self.write(default) for default in arguments.defaults]
        arguments.kw_defaults = [default and self.write(default) for default in arguments.kw_defaults]
        self._unbind(read_inside(node), node)  # for good: nothing follows but calls of it
        return self._keep(node)

    def _generatorexp(self, node: ast.GeneratorExp) -> ast.expr:
        """Make a generator: only the first iterable is evaluated."""
        first = self.write(node.generators[0].iter)
        self._ask("may_iterate", node, first)
        node.generators[0].iter = first
        self._unbind(read_inside(node), node)  # for good, as above
        return self._keep(node)

    def _opaque(self, node: ast.expr) -> ast.expr:
        """Evaluate whole what has a scope of its own: it may run if everything it reads is trusted through and through.

        Names other than the function's own variables may not exist, and are not read before it is known that they are.
        """
        names = sorted(names_read(node) - _bound_inside(node))
        if all(name in self._fast for name in names):
            self._ask("may_opaque", node, *[load(name, node) for name in names])
        else:
            self._ask("may_anything", node)
        loose = self._unbind(names, node)
        kept = self._keep(node)
        for name in loose:
            self.out += quote("try: _Name\nexcept _S.NAME_ERROR: _Name = _U", node, _Name=name)
        return kept

    def _unbind(self, names: Iterable[str], node: ast.expr) -> list[str]:
        """Unbind those of the variables that are only marked as unbound; return those that may be."""
        loose = sorted(name for name in names if name in self._loose)
        for name in loose:
            self.out += quote("if _Name is _U: del _Name", node, _Name=name)
        return loose


def _bound_inside(node: ast.expr) -> frozenset[str]:
    """Return names that comprehensions below bind: they are no variables of the function."""
    return frozenset(
        inner.id for inner in nodes_of(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    )


def _spreads_early(elements: list[ast.expr]) -> bool:
    """Say whether something is iterated over before another element is evaluated."""
    spread = False
    for element in elements:
        if isinstance(element, ast.Starred):
            spread = True
        elif spread and not isinstance(element, (ast.Name, ast.Constant)):
            return True
    return False
