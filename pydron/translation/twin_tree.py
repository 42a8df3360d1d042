"""Syntax trees of twins: every operation of a function becomes a call of its arbiter."""

from __future__ import annotations

import ast
from typing import TypeVar, cast

from pydron.translation.checked import symbol
from pydron.translation.quote import Names, at, define, load, store

__all__ = ["ARBITER", "NoTwinError", "TwinTree"]

ARBITER = ".O"
"""The variable that holds the arbiter."""

_REFUSED: dict[type[ast.AST], str] = {
    ast.Global: "it declares a global variable",
    ast.ClassDef: "it defines a class",
    ast.Import: "it imports",
    ast.ImportFrom: "it imports",
    ast.With: "it enters a context manager",
    ast.AsyncWith: "it is a coroutine function",
    ast.AsyncFor: "it is a coroutine function",
    ast.AsyncFunctionDef: "it defines a coroutine function",
    ast.Await: "it is a coroutine function",
    ast.Match: "it uses match",
    ast.TryStar: "it uses except*",
}
_Node = TypeVar("_Node", bound=ast.AST)


class NoTwinError(Exception):
    """A function has no twin.

    Args:
        reason: why, as a clause about the function.
        line: which line is in the way.
    """

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason, line)
        self.reason = reason
        self.line = line


class TwinTree(ast.NodeTransformer):
    """Rewrites one function.

    Args:
        free: variables of the functions around it, which it must not bind.
    """

    def __init__(self, free: frozenset[str]) -> None:
        self._free = free
        self._names = Names()

    def function(self, tree: ast.FunctionDef) -> ast.FunctionDef:
        """Return the twin of a function, without decorators, defaults and annotations."""
        arguments = tree.args
        for argument in _arguments(arguments):
            argument.annotation = None
        arguments.defaults = [at(ast.Constant(None), tree) for _ in arguments.defaults]
        arguments.kw_defaults = [default and at(ast.Constant(None), tree) for default in arguments.kw_defaults]
        return at(define(tree.name, arguments, self._body(tree)), tree)

    def _body(self, tree: ast.FunctionDef) -> list[ast.stmt]:
        body = self._block(tree.body)
        if tree.args.kwarg is not None:  # the dictionary is a new one
            body.insert(0, at(ast.Expr(self._ask("born", tree, load(tree.args.kwarg.arg, tree))), tree))
        return body

    def _block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        written: list[ast.stmt] = []
        for statement in statements:
            found = self.visit(statement)
            written.extend(found if isinstance(found, list) else [found])
        return written

    def visit(self, node: _Node) -> _Node:
        """Rewrite a node, or say why not."""
        reason = _REFUSED.get(type(node))
        if reason is not None:
            raise NoTwinError(reason, getattr(node, "lineno", 0))
        rewrite = getattr(self, f"_{type(node).__name__.lower()}", self.generic_visit)
        return cast("_Node", rewrite(node))

    def _ask(self, verb: str, origin: ast.AST, *operands: ast.expr) -> ast.expr:
        asked = at(ast.Attribute(load(ARBITER, origin), verb, ast.Load()), origin)
        return at(ast.Call(asked, list(operands), []), origin)

    def _text(self, text: str, origin: ast.AST) -> ast.expr:
        return at(ast.Constant(text), origin)

    def _fresh(self, value: ast.expr, written: list[ast.stmt]) -> ast.Name:
        """Append an assignment of a value to a new variable; return the variable."""
        name = self._names.fresh()
        written.append(at(ast.Assign([store(name, value)], value), value))
        return load(name, value)

    # expressions, in the order of the grammar

    def _boolop(self, node: ast.BoolOp) -> ast.expr:
        *others, last = [self.visit(value) for value in node.values]
        kept = self._ask("kept_value", node)
        whole: ast.expr = last
        for value in reversed(others):
            test = self._ask("test", value, value)
            first, second = (whole, kept) if isinstance(node.op, ast.And) else (kept, whole)
            whole = at(ast.IfExp(test, first, second), node)
        return whole

    def _binop(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        return self._ask("binary", node, self._text(symbol(node.op), node), left, right)

    def _unaryop(self, node: ast.UnaryOp) -> ast.expr:
        operand = self.visit(node.operand)
        if isinstance(node.op, ast.Not):
            return at(ast.UnaryOp(node.op, self._ask("truth", node, operand)), node)
        return self._ask("unary", node, self._text(symbol(node.op), node), operand)

    def _lambda(self, node: ast.Lambda) -> ast.expr:
        self._defaults(node.args)
        node.body = self.visit(node.body)
        return self._ask("made", node, node)

    def _defaults(self, arguments: ast.arguments) -> None:
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        arguments.kw_defaults = [default and self.visit(default) for default in arguments.kw_defaults]

    def _ifexp(self, node: ast.IfExp) -> ast.expr:
        test = self._ask("truth", node.test, self.visit(node.test))
        return at(ast.IfExp(test, self.visit(node.body), self.visit(node.orelse)), node)

    def _dict(self, node: ast.Dict) -> ast.expr:
        keys = [None if key is None else self._ask("key", key, self.visit(key)) for key in node.keys]
        values = [
            self._ask("mapping", value, self.visit(value)) if key is None else self.visit(value)
            for key, value in zip(keys, node.values, strict=True)
        ]
        return self._ask("born", node, at(ast.Dict(keys, values), node))

    def _set(self, node: ast.Set) -> ast.expr:
        elements = [
            self._spread(each, "keys") if isinstance(each, ast.Starred) else self._ask("key", each, self.visit(each))
            for each in node.elts
        ]
        return self._ask("born", node, at(ast.Set(elements), node))

    def _list(self, node: ast.List) -> ast.expr:
        elements = [self.visit(element) for element in node.elts]
        return self._ask("born", node, at(ast.List(elements, ast.Load()), node))

    def _starred(self, node: ast.Starred) -> ast.expr:
        return self._spread(node, "spread")

    def _spread(self, node: ast.Starred, verb: str) -> ast.expr:
        return at(ast.Starred(self._ask(verb, node, self.visit(node.value)), ast.Load()), node)

    def _listcomp(self, node: ast.ListComp) -> ast.expr:
        self._clauses(node.generators)
        node.elt = self.visit(node.elt)
        return self._ask("born", node, node)

    def _setcomp(self, node: ast.SetComp) -> ast.expr:
        self._clauses(node.generators)
        node.elt = self._ask("key", node.elt, self.visit(node.elt))
        return self._ask("born", node, node)

    def _dictcomp(self, node: ast.DictComp) -> ast.expr:
        self._clauses(node.generators)
        node.key = self._ask("key", node.key, self.visit(node.key))
        node.value = self.visit(node.value)
        return self._ask("born", node, node)

    def _generatorexp(self, node: ast.GeneratorExp) -> ast.expr:
        self._clauses(node.generators)
        node.elt = self.visit(node.elt)
        return self._ask("made", node, node)

    def _clauses(self, clauses: list[ast.comprehension]) -> None:
        for clause in clauses:
            if clause.is_async:
                raise NoTwinError("it is a coroutine function", clause.target.lineno)
            clause.iter = self._iterated(clause.iter, clause.target)
            clause.ifs = [self._ask("truth", test, self.visit(test)) for test in clause.ifs]

    def _iterated(self, iterable: ast.expr, target: ast.expr) -> ast.expr:
        """Return what is iterated over, for items that a target takes."""
        if not _is_plain_target(target):
            raise NoTwinError("a loop stores into an object", target.lineno)
        shape = at(ast.Constant(_shape(target)), target)  # type: ignore[arg-type]  # the compiler takes tuples
        return self._ask("iterate", iterable, self.visit(iterable), shape)

    def _yield(self, node: ast.Yield) -> ast.expr:
        return at(ast.Yield(node.value and self.visit(node.value)), node)

    def _yieldfrom(self, node: ast.YieldFrom) -> ast.expr:
        return at(ast.YieldFrom(self._ask("iterate", node, self.visit(node.value))), node)

    def _compare(self, node: ast.Compare) -> ast.expr:
        operands = [self.visit(each) for each in (node.left, *node.comparators)]
        symbols = [self._text(symbol(operator), node) for operator in node.ops]
        whole: ast.expr | None = None
        for place in reversed(range(len(symbols))):
            left = operands[0] if place == 0 else self._ask("kept_right", node)
            last = whole is None
            link = self._ask("compare" if last else "compare_on", node, symbols[place], left, operands[place + 1])
            if whole is not None:
                test = self._ask("test", node, link)
                link = at(ast.IfExp(test, whole, self._ask("kept_value", node)), node)
            whole = link
        assert whole is not None
        return whole

    def _call(self, node: ast.Call) -> ast.expr:
        callee: ast.expr
        if isinstance(node.func, ast.Attribute):
            owner = self.visit(node.func.value)
            callee = self._ask("method", node.func, owner, self._text(node.func.attr, node.func))
        else:
            callee = self.visit(node.func)
        asked = self._ask("call", node, callee, *[self.visit(argument) for argument in node.args])
        assert isinstance(asked, ast.Call)
        for keyword in node.keywords:
            value = self.visit(keyword.value)
            if keyword.arg is None:
                value = self._ask("mapping", keyword.value, value)
            asked.keywords.append(at(ast.keyword(keyword.arg, value), node))
        return asked

    def _joinedstr(self, node: ast.JoinedStr) -> ast.expr:
        return at(ast.JoinedStr([self._formatted(part) for part in node.values]), node)

    def _formatted(self, part: ast.expr) -> ast.expr:
        if not isinstance(part, ast.FormattedValue):
            return part
        spec: ast.expr = self._text("", part)
        if part.format_spec is not None:
            assert isinstance(part.format_spec, ast.JoinedStr)
            spec = self._joinedstr(part.format_spec)
        conversion = at(ast.Constant(part.conversion), part)
        text = self._ask("formatted", part, self.visit(part.value), conversion, spec)
        return at(ast.FormattedValue(text, -1, None), part)

    def _attribute(self, node: ast.Attribute) -> ast.expr:
        return self._ask("attribute", node, self.visit(node.value), self._text(node.attr, node))

    def _subscript(self, node: ast.Subscript) -> ast.expr:
        return self._ask("item", node, self.visit(node.value), self.visit(node.slice))

    def _slice(self, node: ast.Slice) -> ast.expr:
        none = at(ast.Constant(None), node)
        parts = [none if part is None else self.visit(part) for part in (node.lower, node.upper, node.step)]
        return self._ask("slice", node, *parts)

    def _namedexpr(self, node: ast.NamedExpr) -> ast.expr:
        return at(ast.NamedExpr(node.target, self.visit(node.value)), node)

    # statements, in the order of the grammar

    def _functiondef(self, node: ast.FunctionDef) -> list[ast.stmt]:
        if node.decorator_list or getattr(node, "type_params", None):
            raise NoTwinError("it defines a decorated function", node.lineno)
        for argument in _arguments(node.args):
            if not _is_harmless_annotation(argument.annotation):
                raise NoTwinError("it defines a function with annotations", node.lineno)
            argument.annotation = None
        if not _is_harmless_annotation(node.returns):
            raise NoTwinError("it defines a function with annotations", node.lineno)
        self._defaults(node.args)
        made = at(define(node.name, node.args, self._body(node)), node)
        known = at(ast.Expr(self._ask("made", node, load(node.name, node))), node)
        return [made, known]

    def _nonlocal(self, node: ast.Nonlocal) -> ast.stmt:
        if not self._free.isdisjoint(node.names):
            raise NoTwinError("it binds a variable of a function around it", node.lineno)
        return node

    def _delete(self, node: ast.Delete) -> list[ast.stmt]:
        written: list[ast.stmt] = []
        for target in node.targets:
            match target:
                case ast.Name():
                    written.append(at(ast.Delete([target]), node))
                case ast.Subscript(value=owner, slice=index):
                    asked = self._ask("delete_item", target, self.visit(owner), self.visit(index))
                    written.append(at(ast.Expr(asked), node))
                case _:
                    raise NoTwinError("it deletes an attribute", node.lineno)
        return written

    def _assign(self, node: ast.Assign) -> list[ast.stmt]:
        value = self.visit(node.value)
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            return [at(ast.Assign(node.targets, value), node)]
        written: list[ast.stmt] = []
        if len(node.targets) > 1 or isinstance(node.targets[0], (ast.Tuple, ast.List)):
            value = self._fresh(value, written)
        for target in node.targets:
            self._write(target, value, written)
        return written

    def _write(self, target: ast.expr, value: ast.expr, written: list[ast.stmt]) -> None:
        match target:
            case ast.Name():
                written.append(at(ast.Assign([target], value), target))
            case ast.Attribute(value=owner, attr=name):
                asked = self._ask("set_attribute", target, value, self.visit(owner), self._text(name, target))
                written.append(at(ast.Expr(asked), target))
            case ast.Subscript(value=owner, slice=index):
                asked = self._ask("set_item", target, value, self.visit(owner), self.visit(index))
                written.append(at(ast.Expr(asked), target))
            case ast.Tuple() | ast.List():
                self._unpack(target, value, written)
            case _:
                raise NoTwinError("it stores in a way that is not known", target.lineno)

    def _unpack(self, target: ast.Tuple | ast.List, value: ast.expr, written: list[ast.stmt]) -> None:
        """Append the unpacking of a value, then what its parts go through in turn."""
        flat: list[ast.expr] = []
        later: list[tuple[ast.expr, ast.expr]] = []
        for element in target.elts:
            inner = element.value if isinstance(element, ast.Starred) else element
            name = self._names.fresh()
            part: ast.expr = store(name, element)
            if inner is not element:
                part = at(ast.Starred(part, ast.Store()), element)
            flat.append(part)
            given = self._ask("born", element, load(name, element)) if inner is not element else load(name, element)
            later.append((inner, given))
        whole = self._ask("unpack", target, value)
        written.append(at(ast.Assign([at(ast.Tuple(flat, ast.Store()), target)], whole), target))
        for inner, given in later:
            self._write(inner, given, written)

    def _augassign(self, node: ast.AugAssign) -> list[ast.stmt]:
        text = self._text(symbol(node.op), node)
        written: list[ast.stmt] = []
        match node.target:
            case ast.Name(id=name):
                asked = self._ask("inplace", node, text, load(name, node), self.visit(node.value))
                return [at(ast.Assign([node.target], asked), node)]
            case ast.Attribute(value=value, attr=attr):
                owner = self._fresh(self.visit(value), written)
                name_text = self._text(attr, node)
                old = self._ask("attribute", node, owner, name_text)
                new = self._ask("inplace", node, text, old, self.visit(node.value))
                stored = self._ask("set_attribute", node, new, owner, name_text)
            case ast.Subscript(value=value, slice=index):
                owner = self._fresh(self.visit(value), written)
                place = self._fresh(self.visit(index), written)
                old = self._ask("item", node, owner, place)
                new = self._ask("inplace", node, text, old, self.visit(node.value))
                stored = self._ask("set_item", node, new, owner, place)
        written.append(at(ast.Expr(stored), node))
        return written

    def _annassign(self, node: ast.AnnAssign) -> list[ast.stmt]:
        if node.value is None:
            if not isinstance(node.target, ast.Name):
                return [at(ast.Pass(), node)]
            return [at(ast.AnnAssign(node.target, at(ast.Constant(0), node), None, node.simple), node)]
        written: list[ast.stmt] = []
        self._write(node.target, self.visit(node.value), written)
        return written

    def _for(self, node: ast.For) -> ast.stmt:
        iterable = self._iterated(node.iter, node.target)
        return at(ast.For(node.target, iterable, self._block(node.body), self._block(node.orelse)), node)

    def _while(self, node: ast.While) -> ast.stmt:
        test = self._ask("truth", node.test, self.visit(node.test))
        return at(ast.While(test, self._block(node.body), self._block(node.orelse)), node)

    def _if(self, node: ast.If) -> ast.stmt:
        test = self._ask("truth", node.test, self.visit(node.test))
        return at(ast.If(test, self._block(node.body), self._block(node.orelse)), node)

    def _raise(self, node: ast.Raise) -> ast.stmt:
        if node.exc is None:
            return node
        raised = self._ask("error", node, self.visit(node.exc))
        cause = node.cause and self._ask("cause", node, self.visit(node.cause))
        return at(ast.Raise(raised, cause), node)

    def _try(self, node: ast.Try) -> ast.stmt:
        stopped = at(ast.Attribute(load(ARBITER, node), "Stopped", ast.Load()), node)
        handlers = [at(ast.ExceptHandler(stopped, None, [at(ast.Raise(), node)]), node)] if node.handlers else []
        for handler in node.handlers:
            checked = at(ast.Expr(self._ask("caught", handler)), handler)
            kind = handler.type and self.visit(handler.type)
            body = [cast("ast.stmt", checked), *self._block(handler.body)]
            handlers.append(at(ast.ExceptHandler(kind, handler.name, body), handler))
        body, orelse, final = map(self._block, (node.body, node.orelse, node.finalbody))
        return at(ast.Try(body, handlers, orelse, final), node)

    def _assert(self, node: ast.Assert) -> ast.stmt:
        test = at(ast.UnaryOp(ast.Not(), self._ask("truth", node, self.visit(node.test))), node)
        arguments = [] if node.msg is None else [self.visit(node.msg)]
        failed = at(ast.Raise(self._ask("failed_assertion", node, *arguments), None), node)
        wrong: ast.stmt = at(ast.If(test, [failed], []), node)
        return at(ast.If(load("__debug__", node), [wrong], []), node)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    return [argument for argument in ast.walk(arguments) if isinstance(argument, ast.arg)]


def _is_harmless_annotation(annotation: ast.expr | None) -> bool:
    return annotation is None or isinstance(annotation, (ast.Name, ast.Constant))


def _is_plain_target(target: ast.expr) -> bool:
    """Say whether a target of a loop binds names only."""
    match target:
        case ast.Name():
            return True
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return all(map(_is_plain_target, elements))
        case _:
            return False


def _shape(target: ast.expr) -> tuple[object, ...] | None:
    """Return how deep a target takes its value apart: a tuple for every level, None where it takes it whole."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return tuple(_shape(element) for element in target.elts)
    return None
