"""Simple nodes: expressions, stores, patterns, native statements, ``raise``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.checked import CheckedExpression, symbol
from pydron.translation.emit.pieces import index_object
from pydron.translation.emit.writer import Writer
from pydron.translation.guards import concrete, has_inner_scope, holds
from pydron.translation.quote import at, constant, load, loads, quote, quote_expression
from pydron.translation.reading import perhaps_read
from pydron.translation.scope import names_read, read_inside
from pydron.translation.trees import copy_tree

if TYPE_CHECKING:
    from pydron.dataflow.nodes import Compute, Matching, Raise, Store

__all__ = ["Statements"]


class Statements(Writer):
    """Writes nodes without regions, other than calls."""

    def _compute(self, node: Compute) -> list[ast.stmt]:
        checks, guard, inline = self._compute_pieces(node)
        if isinstance(node.code, ast.AugAssign):
            return [*checks, *self._augment(node, node.code)]
        if guard is None:
            return [*checks, *inline]
        slow = self._unit(node)
        if not inline:
            return [*checks, *slow]
        return [*checks, at(ast.If(guard, inline, self._element(node, node.code, slow) or slow), node.code)]

    def _compute_pieces(self, node: Compute) -> tuple[list[ast.stmt], ast.expr | None, list[ast.stmt]]:
        """Return what to check first, the test that the node may run where it stands, and how it runs there.

        Without a test it always may; with nothing to run there it never may.
        """
        checks = self._check_bound(node.reads, node)
        code = node.code
        guard: ast.expr | None
        match code:
            case ast.Delete(targets=[ast.Name(id=name)]):
                return checks, None, quote("_Name = _U", code, _Name=name)
            case ast.AugAssign():
                return checks, None, []
            case ast.Assign(targets=[ast.Tuple()]):
                guard = self._unpackable(code)
            case ast.Assign(value=value) | ast.Expr(value=value):
                guard = self._trusted(value, node)
                if isinstance(value, ast.Name) and self._unsure(node):
                    guard = concrete([value.id], code)
                if not self._fast.isdisjoint(read_inside(value)):
                    # made in a frame of its own, or it would see what this one goes on to bind
                    return checks, constant(False, code), []
                if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
                    owner = value.value.id
                    if owner in self._fast and owner not in self._loose(node):
                        guard = holds(owner, value.attr, code, "may_read")
                if isinstance(value, ast.Lambda):
                    guard = concrete(sorted(node.reads), code, self._loose(node))
            case _:
                raise AssertionError(ast.dump(code))
        return checks, guard, [code, *self._born(node, made_here=True)]

    def _element(self, node: Compute, code: ast.stmt, slow: list[ast.stmt]) -> list[ast.stmt] | None:
        """Take an element that is known although something is pending; None if the node reads no element."""
        match code:
            case ast.Assign(targets=[ast.Name()], value=ast.Subscript(value=ast.Name(id=owner), slice=index)) if (
                owner in self._fast and not isinstance(index, ast.Slice) and not has_inner_scope(index)
            ):
                pass
            case _:
                return None
        names = sorted(names_read(index))
        if not perhaps_read(index) <= self._fast or {owner, *names} & self._loose(node):
            return None
        read = quote_expression("_S.element(_Owner, _Index)", code, _Owner=owner, _Index=index)
        for name in names:
            read = quote_expression("_Read if _Id(_Type(_Name)) in _A else _S.MISSING", code, _Read=read, _Name=name)
        return quote(
            "_Answer = _Read\nif _Answer is _S.MISSING:\n    _Slow\nelse:\n    _Do",
            code,
            _Answer=".answer",
            _Read=read,
            _Slow=slow,
            _Do=[at(ast.Assign(code.targets, load(".answer", code)), code), *self._born(node)],
        )

    def _born(self, node: Compute, *, made_here: bool = False) -> list[ast.stmt]:
        """Register a fresh object that nothing else can see, and a new container, while something is pending."""
        notes: list[ast.stmt] = []
        if node.tick in self._young:
            (name,) = node.binds
            notes += quote("_S.born(_Name)", node.code, _Name=name)
        if made_here:
            notes += self._made_here(node)
        return quote("if _R.pending: _Notes", node.code, _Notes=notes) if notes else []

    def _made_here(self, node: Compute) -> list[ast.stmt]:
        """Take note of a new container that may be stored into."""
        match node.code:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List() | ast.Dict() | ast.Set()):
                pass
            case _:
                return []
        if name not in self._stored:
            return []
        return quote("_S.make(_Text, _Name)", node.code, _Text=constant(name, node.code), _Name=name)

    def _unpackable(self, code: ast.Assign) -> ast.expr:
        """Return the test that unpacking runs no user code: a tuple, or a list that nothing is to be stored into."""
        return quote_expression("_S.unpackable(_Value)", code, _Value=code.value)

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
                text = constant(symbol(operator), code)
                code.value = checked.write(value)
                checked._ask("may_augment", code, text, load(name, code), code.value)
                checked.out.append(code)
            case _:
                raise AssertionError(ast.dump(code))
        return checked.out

    def _augment(self, node: Compute, code: ast.AugAssign) -> list[ast.stmt]:
        assert isinstance(code.target, ast.Name)
        guard, can_queue, in_queue = self._augment_pieces(node)
        slow = at(ast.If(can_queue, in_queue, self._unit(node)), code)
        return [at(ast.If(guard, [code], [slow]), code)]

    def _augment_pieces(self, node: Compute) -> tuple[ast.expr, ast.expr, list[ast.stmt]]:
        """Return the test that the node may run where it stands, that it may join the store queue, and how it does."""
        code = node.code
        assert isinstance(code, ast.AugAssign)
        assert isinstance(code.target, ast.Name)
        name = code.target.id
        whole = at(ast.BinOp(load(name, code), code.op, code.value), code)
        guard = self._trusted(whole, node)
        assert guard is not None
        tick, operator = constant(node.tick, code), constant(symbol(code.op), code)
        if isinstance(code.value, ast.List):  # its elements may be to come
            can_queue = quote_expression("_S.can_extend(_Symbol, _Name)", code, _Symbol=operator, _Name=name)
            elements = list(code.value.elts)
            template = "_S.extend(_Name, (*_Elements,), _Tick)"
            return guard, can_queue, quote(template, code, _Name=name, _Elements=elements, _Tick=tick)
        can_queue = quote_expression(
            "_S.can_augment(_Symbol, _Name, _Value)", code, _Symbol=operator, _Name=name, _Value=code.value
        )
        in_queue = quote(
            "_Name = _S.augment(_Symbol, _Name, _Value, _Tick)",
            code,
            _Tick=tick,
            _Name=name,
            _Symbol=operator,
            _Value=code.value,
        )
        return guard, can_queue, in_queue

    def _store(self, node: Store) -> list[ast.stmt]:
        code = node.code
        assert isinstance(code, ast.Assign)
        written = quote(
            "_Ans = _Question\n"
            "if _Ans is _D:\n    _Unit\n"
            "elif _Ans is not _QUEUED:\n"
            "    if _Ans is _W:\n        _Wait\n"
            "    _Do",
            code,
            _Question=self._store_question(code, "store", [constant(node.tick, code)]),
            _Unit=self._unit(node),
            _Wait=[*self._force(node.reads, node), *quote("yield _IMPURE", code)],
            _Do=list[ast.stmt]((code,)),
        )
        return [*self._check_bound(node.reads, node), *written]

    def _store_question(self, code: ast.Assign, verb: str, tick: list[ast.expr]) -> ast.expr:
        target = code.targets[0]
        if isinstance(target, ast.Attribute):
            name = constant(target.attr, code)
            return quote_expression(
                f"_S.{verb}_attribute(_Owner, _Name, _Value, *_Tick)",
                code,
                _Owner=target.value,
                _Name=name,
                _Value=code.value,
                _Tick=tick,
            )
        assert isinstance(target, ast.Subscript)
        return quote_expression(
            f"_S.{verb}_item(_Owner, _Index, _Value, *_Tick)",
            code,
            _Tick=tick,
            _Owner=target.value,
            _Index=index_object(target.slice),
            _Value=code.value,
        )

    def _store_unit(self, node: Store) -> list[ast.stmt]:
        code = node.code
        assert isinstance(code, ast.Assign)
        question = self._store_question(code, "may_store", [])
        return [*quote("_Ans = _Question\nif _Ans is not None: yield _Ans", code, _Question=question), code]

    def _matching(self, node: Matching) -> list[ast.stmt]:
        """Fit a pattern at once if nothing is pending or the subject is an atom."""
        code = node.code
        assert isinstance(code, ast.Match)
        subject = code.subject
        guard = quote_expression("_S.nothing_pending(_Subject)", code, _Subject=subject)
        if node.simple:
            guard = quote_expression("_Id(_Type(_Subject)) in _A or _Guard", code, _Subject=subject, _Guard=guard)
        inline = [code, *self._rebind_all(node.binds, code)]
        loose = self._unbind_again(node)
        return [at(ast.If(guard, [*loose, *inline], self._unit(node)), code)]

    def _matching_unit(self, node: Matching) -> list[ast.stmt]:
        code = node.code
        assert isinstance(code, ast.Match)
        names = frozenset(name for name in names_read(code) & self._fast if name not in node.binds)
        ask = quote(
            "_Ans = _S.may_match(_Subject, _Simple)\nif _Ans is not None: yield _Ans",
            code, _Subject=code.subject, _Simple=constant(node.simple, code),
        )  # fmt: skip
        outputs = at(ast.Return(at(ast.Tuple(loads(self.outputs(node), code), ast.Load()), code)), code)
        force = self._force(names, node)
        return [*force, *ask, *self._unbind_again(node), code, *self._rebind_all(node.binds, code), outputs]

    def _raise(self, node: Raise) -> list[ast.stmt]:
        raised = node.code.exc  # type: ignore[attr-defined]
        if raised is None:
            return [node.code]
        return [
            *self._check_bound(node.reads, node),
            *self._force(node.reads, node),
            *self._may_raise(node.code),  # type: ignore[arg-type]
            node.code,
        ]

    def _may_raise(self, code: ast.Raise) -> list[ast.stmt]:
        """Wait, unless what is raised has just been made: then nobody can see what raising it does to it."""
        if code.cause is None and isinstance(code.exc, ast.Name) and code.exc.id.startswith("."):
            return quote("_Ans = _S.may_raise(_Error)\nif _Ans is not None: yield _Ans", code, _Error=code.exc)
        return quote("yield _IMPURE", code)
