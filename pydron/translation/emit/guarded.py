"""``try``, ``finally`` and ``with``: a body whose errors are caught, and the parts that follow it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.dataflow.nodes import Finally, Node, Part, Try, With
from pydron.translation.emit.pieces import assign, constants, stores
from pydron.translation.emit.writer import Writer
from pydron.translation.quote import at, constant, load, loads, quote, quote_expression
from pydron.translation.trees import copy_tree

if TYPE_CHECKING:
    from pydron.translation.emit.names import FrameScope

__all__ = ["Guarded"]


class Guarded(Writer):
    """Writes statements that catch errors."""

    def _guarded_body(self, node: Try | Finally | With, frame: FrameScope) -> list[ast.stmt]:
        state = {"_Caught": ".caught", "_Code": ".code", "_Value": ".value", "_Exit": ".exit"}
        body = quote("_Caught = _Value = _Exit = None\n_Code = 0", node.code, **state)
        if isinstance(node, With):
            body += self._enter(node)
        attempt = self._spawn_part("attempt", node.body)
        return [*body, *attempt, *self._rest_of_guarded(node, node.body, frame)]

    def _after_body(self, node: Try | Finally | With) -> list[ast.stmt]:
        """Go on with what the body has ended with, which is in ``.x``."""
        match node:
            case Try():
                rest = self._when_caught(node, self._choose_handler(node))
                return rest if node.orelse is None else [*rest[:-1], *self._with_else(node, rest[-1])]
            case Finally():
                return [*self._when_caught(node, []), *self._part(node.final), *self._pass_on(node)]
            case With():
                return [*self._when_caught(node, []), *self._leave_manager(node)]

    def _guarded_end(self, node: Try | Finally | With, frame: FrameScope) -> list[ast.stmt]:
        handled = quote("if _Caught is not None: _S.handled(_Caught)", node.code, _Caught=".caught")
        results = loads(frame.outputs, node.code)
        if frame.escapes:
            results = [load(".code", node.code), load(".value", node.code), *results]
        return [*handled, at(ast.Return(at(ast.Tuple(results, ast.Load()), node.code)), node.code)]

    def _pass_on(self, node: Finally) -> list[ast.stmt]:
        return quote("if _Caught is not None: return _Caught", node.code, _Caught=".caught")

    def _rest_of_guarded(self, node: Try | Finally | With, part: Node, frame: FrameScope) -> list[ast.stmt]:
        """Return what follows a part."""
        assert isinstance(part, Part)
        if part is node.body:
            return [*self._after_body(node), *self._guarded_end(node, frame)]
        rest = self._take_part(part) if self._extents.escapes(part) else []
        if isinstance(node, Finally):
            rest += self._pass_on(node)
        if isinstance(node, Try):
            for handler in node.handlers:
                if handler.part is part and handler.name:
                    rest += quote("_Name = _U", handler.code, _Name=handler.name)
        return [*rest, *self._guarded_end(node, frame)]

    def _spawn_part(self, kind: str, part: Part) -> list[ast.stmt]:
        return [assign(".x", self._making(kind, part), part.code)]

    def _part(self, part: Part) -> list[ast.stmt]:
        """Run a part after the body, and take what it binds."""
        return [*self._spawn_part("part", part), *self._take_part(part)]

    def _take_part(self, part: Part) -> list[ast.stmt]:
        hidden = (".code", ".value") if self._extents.escapes(part) else ()
        targets = stores((*hidden, *self.outputs(part)), part.code)
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
                _Targets=at(ast.Tuple(stores(names, node.code), ast.Store()), node.code),
                _Names=constants(names, node.code),
                _Values=loads(names, node.code),
            )
        return quote(
            "if _Type(_X) is _S.CAUGHT:\n    _Caught = _X\n    _Take\n    _Then\nelse:\n    _Body\n    pass",
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
        orelse = self._part(node.orelse)
        if self._extents.escapes(node.body):
            orelse = quote("if not _Code: _Else", node.orelse.code, _Code=".code", _Else=orelse)
        branch.orelse += orelse
        return [branch]

    def _choose_handler(self, node: Try) -> list[ast.stmt]:
        """Let Python choose the clause, then run it as a part of its own, where its error is being handled."""
        origin = node.code
        numbered = [(each, constant(number, each.code)) for number, each in enumerate(node.handlers, 1)]
        clauses = [
            at(
                ast.ExceptHandler(
                    copy_tree(handler.code.type) if handler.code.type is not None else None,
                    None,
                    quote("_Which = _Number", handler.code, _Which=".which", _Number=number),
                ),
                handler.code,
            )
            for handler, number in numbered
        ]
        if node.handlers[-1].code.type is not None:
            other = quote("_Which = 0", origin, _Which=".which")
            clauses.append(at(ast.ExceptHandler(None, None, other), origin))
        ask = at(ast.Try(quote("_S.look(_X)", origin, _X=".x"), clauses, [], []), origin)
        chosen = quote("return _Caught", origin, _Caught=".caught")
        for handler, number in reversed(numbered):
            run = self._part(handler.part)
            if handler.name:
                bind = quote("_Name = _X.error", handler.code, _Name=handler.name, _X=".x")
                gone = quote("_Name = _U", handler.code, _Name=handler.name)
                run = [*self._note_unbound(node, handler.name), *bind, *run, *gone]
            test = quote_expression("_Which == _Number", handler.code, _Which=".which", _Number=number)
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
