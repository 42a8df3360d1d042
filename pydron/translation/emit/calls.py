"""Calls: ask the runtime, and do what it says."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.dataflow.nodes import Call
from pydron.translation.emit.extent import MUTATORS
from pydron.translation.emit.natives import hand_over
from pydron.translation.emit.pieces import assign, spread_values
from pydron.translation.emit.writer import Writer
from pydron.translation.lowering.comprehensions import TO_COME
from pydron.translation.lowering.loops import ROWS
from pydron.translation.quote import at, constant, load, quote, quote_expression
from pydron.translation.trees import nodes_of

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Node

__all__ = ["Calls"]


class Calls(Writer):
    """Writes calls."""

    def _call(self, node: Call) -> list[ast.stmt]:
        code = node.code
        call = node.call
        if node.target in self._methods:
            return self._bind(node)
        if isinstance(call.func, ast.Name) and call.func.id == TO_COME:
            return self._ask_to_come(node)
        choice = quote(
            "if _Type(_Answer) is _C:\n"
            "    if _Answer is _D:\n        _Unit\n"
            "    else:\n"
            "        if _Answer is _W:\n            _Wait\n"
            "        _Native\n"
            "else:\n    _Take",
            code,
            _Answer=".answer",
            _Unit=self._unit(node),
            _Wait=[
                *self._force(node.reads, node),
                *self._await_owner(call, code),
                *quote("yield _IMPURE", code),
                *self._take_arrived(call, code),
            ],
            _Native=[*self._read_method(call), self._made(node)],
            _Take=[assign(node.target or ".r", load(".answer", code), code)],
        )
        return [
            *self._check_bound(node.reads, node),
            *self._check_arguments(call, node),
            *self._spread(call, node),
            *self._ask_call(call, node, _verb(node)),
            *choice,
        ]

    def _ask_to_come(self, node: Call) -> list[ast.stmt]:
        """Ask whether to go over something element by element: that is known at once."""
        assert node.target is not None
        count, *operands = node.call.args
        assert isinstance(count, ast.Constant)
        assert isinstance(count.value, int)
        ask = quote(
            "_Target = _S.is_to_come((*_Containers,), *_Asked)",
            node.code,
            _Target=node.target,
            _Containers=operands[: count.value],
            _Asked=operands[count.value :],
        )
        return [*self._check_bound(node.reads, node), *ask]

    def _made(self, node: Call) -> ast.stmt:
        """Return the call as it stands, its result in the target."""
        made = assign(node.target or ".r", node.code.value, node.code)  # type: ignore[attr-defined]
        return hand_over(made) if node.awaits else made

    def _await_owner(self, call: ast.Call, origin: ast.AST) -> list[ast.stmt]:
        """Wait for the object whose method was read before the arguments were evaluated."""
        if not isinstance(call.func, ast.Name) or call.func.id not in self._methods:
            return []
        return quote("yield (_S.owner_of(_Function),)", origin, _Function=call.func.id)

    def _read_method(self, call: ast.Call) -> list[ast.stmt]:
        """Put the method itself in place of what stands for it: it is called by the user's line and no other."""
        if not isinstance(call.func, ast.Name) or call.func.id not in self._methods:
            return []
        return quote("_Function = _S.method_of(_Function)", call, _Function=call.func.id)

    def _check_arguments(self, call: ast.Call, node: Call) -> list[ast.stmt]:
        """Complain of arguments without a value, after the method itself has been read."""
        checks: list[ast.stmt] = []
        for name in self._in_order(node.reads & self._loose(node), node):
            reads = [each for each in nodes_of(call) if isinstance(each, ast.Name) and each.id == name]
            read = min(reads, key=lambda each: (each.lineno, each.col_offset), default=node.code)
            checks += quote(
                "if _Type(_Name) is _P: _Name = yield _Name\n"
                "if _Name is _U:\n    _Wait\n    _Method\n    _S.unbound(_Text)",
                read,
                _Name=name,
                _Wait=[*self._force(node.reads - {name}, node), *quote("yield _IMPURE", node.code)],
                _Method=list[ast.stmt]((at(ast.Expr(call.func), node.code),)),
                _Text=constant(name, read),
            )
        return checks

    def _changed_by(self, node: Call) -> list[str]:
        """Return the variable whose object the call of a method may change."""
        match node.call.func:
            case ast.Attribute(value=ast.Name(id=owner)):
                pass
            case ast.Name(id=name) if name in self._methods and self._methods[name][0] in node.live_after:
                owner, _ = self._methods[name]
            case _:
                return []
        return [owner] if self.mutator(node) and owner in self._fast else []

    def mutator(self, node: Node) -> str:
        """Return the name of the method that a node calls if it may change its object, or nothing."""
        match node:
            case Call(call=ast.Call(func=ast.Attribute(attr=method))) if method in MUTATORS:
                return method
            case Call(call=ast.Call(func=ast.Name(id=name))) if name in self._methods:
                _, method = self._methods[name]
                return method if method in MUTATORS else ""
            case _:
                return ""

    def _spread(self, call: ast.Call, node: Call) -> list[ast.stmt]:
        """Wait for what is spread over the arguments, and for leave to iterate over it."""
        spread: list[ast.stmt] = []
        for value in spread_values(call):
            if isinstance(value, ast.Name):
                spread += self._force(frozenset((value.id,)), node)
            spread += quote("_Ans = _S.may_spread(_Value)\nif _Ans is not None: yield _Ans", node.code, _Value=value)
        if len(call.args) == 1 and isinstance(call.args[0], ast.Starred):
            # nothing to iterate over: the call says so
            spread += quote(
                "if _Type(_Value) is not _Type(()):\n    _Wait\n    _Native",
                node.code,
                _Value=call.args[0].value,
                _Wait=self._force(node.reads, node),
                _Native=[*self._read_method(call), self._made(node)],
            )
        return spread

    def _take_arrived(self, call: ast.Call, origin: ast.AST) -> list[ast.stmt]:
        """Put values in place of the promises among what was spread before they were there."""
        match call.args:
            case [ast.Starred(value=ast.Name(id=name))]:
                return quote("_Name = _S.arrived(_Name)", origin, _Name=name)
            case _:
                return []

    def _ask_call(self, call: ast.Call, node: Node, verb: str) -> list[ast.stmt]:
        origin = call  # the statement may begin lines above
        positional = at(ast.Tuple(list(call.args), ast.Load()), origin)
        tick = constant(node.tick, origin)
        keywords = self._keywords(call, origin)
        function = call.func
        if isinstance(function, ast.Attribute):
            name = constant(function.attr, origin)
            ask = quote_expression(
                f"_S.{verb}_method(_Owner, _Name, _Args, _Keywords, _Tick)",
                origin, _Owner=function.value, _Name=name, _Args=positional, _Keywords=keywords, _Tick=tick,
            )  # fmt: skip
        else:
            ask = quote_expression(
                f"_S.{verb}(_Function, _Args, _Keywords, _Tick)",
                origin, _Function=function, _Args=positional, _Keywords=keywords, _Tick=tick,
            )  # fmt: skip
        return [assign(".answer", ask, origin)]

    def _bind(self, node: Call) -> list[ast.stmt]:
        """Read a method before its arguments are evaluated."""
        owner, name = node.call.args
        assert isinstance(name, ast.Constant)
        assert isinstance(name.value, str)
        assert node.target is not None
        read = at(ast.Attribute(owner, name.value, ast.Load()), node.code)
        ask = quote("_Target = _S.bind(_Owner, _Name)", node.code, _Target=node.target, _Owner=owner, _Name=name)
        if isinstance(owner, ast.Name) and owner.id in self._fast & node.bound_before:
            # the runtime says so while nothing is pending too
            force = quote("if _Type(_Name) is _P: _Name = yield _Name", node.code, _Name=owner.id)
        else:
            force = self._force(node.reads, node)
        wait = [*force, *quote("yield _IMPURE", node.code)]
        return [
            *self._check_bound(node.reads, node),
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
        code = node.code
        call = node.call
        verb = _verb(node)
        target = node.target or ".r"
        return [
            *self._spread(call, node),
            *self._await_owner(call, code),
            *self._ask_unit(call, node, verb),
            *quote(
                "if _Answer is _D:\n    yield _ORDERED\n    _Again",
                code,
                _Answer=".answer",
                _Again=self._ask_unit(call, node, f"{verb}_in_turn"),
            ),
            *quote(
                "if _Type(_Answer) is _C:\n"
                "    if _Answer is not _N:\n        yield _IMPURE\n        _Arrived\n"
                "    _Native\n"
                "else:\n    _Take",
                code,
                _Answer=".answer",
                _Arrived=self._take_arrived(call, code),
                _Native=[*self._read_method(call), self._made(node)],
                _Take=[assign(target, load(".answer", code), code)],
            ),
        ]

    def _ask_unit(self, call: ast.Call, node: Call, question: str) -> list[ast.stmt]:
        """Ask what to do with a call, and wait for a fiber that makes it."""
        wait = quote("if _Type(_Answer) is _F: _Answer = yield _Answer", node.code, _Answer=".answer")
        return [*self._ask_call(call, node, question), *wait]


def _verb(node: Call) -> str:
    """Return what the runtime is asked for."""
    if node.awaits:
        return "awaited"
    is_rows = isinstance(node.call.func, ast.Attribute) and (node.target or "").startswith(f".{ROWS}")
    return "rows" if is_rows else "call"
