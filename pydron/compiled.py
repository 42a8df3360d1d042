"""From a function to frames that run: joins translation, which writes them as trees, to the runtime that starts them.

Everything that follows from the source alone is done once for each code object and shared by all functions made from
it.
"""

from __future__ import annotations

import ast
import inspect
import threading
import weakref
from dataclasses import replace
from functools import cached_property, partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

from pydron.dataflow.nodes import Branch, ForLoop, Native, WhileLoop
from pydron.runtime.callers import add_sequential
from pydron.runtime.helpers import properties_read
from pydron.runtime.plan import Making, Way
from pydron.translation.at_once import builtins_of, mark_consumed, may_consume, shadowed
from pydron.translation.build import build
from pydron.translation.emit import FRAME, INTRINSICS, Emitter
from pydron.translation.features import has_asynchronous_comprehension, native_reason
from pydron.translation.lowering import lower
from pydron.translation.lowering.context import Lowered
from pydron.translation.mentions import mentions_of, plain_variables
from pydron.translation.nesting import Depth
from pydron.translation.premises import USUAL, Premises
from pydron.translation.quote import at, define, quote
from pydron.translation.scope import Scope
from pydron.translation.source import NoSourceError, Source, find_source
from pydron.translation.texts import unwarned
from pydron.translation.trees import copy_tree
from pydron.translation.verbatim import is_verbatim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydron.dataflow import Graph
    from pydron.dataflow.mentions import Mentions
    from pydron.runtime.trials import Obstacle
    from pydron.translation.emit import FrameKey
    from pydron.translation.emit.extent import Step
    from pydron.translation.lowering.context import Span, Unrolled
    from pydron.translation.stamp import Stamp

__all__ = ["NotTranslatable", "Translation", "translate"]


class NotTranslatable(Exception):
    """A function runs as it is written; the text says why."""


class Translation:
    """What follows from the source of a function: its graph, and the code of its frames as they are asked for."""

    def __init__(self, source: Source, code: CodeType, premises: Premises = USUAL) -> None:
        self.builtins = builtins_of(code)
        if may_consume(code, source.tree):
            source = replace(source, tree=copy_tree(source.tree))
            mark_consumed(source.tree, premises.shadowed.union(code.co_freevars))
        self.source = source
        self.premises = premises
        self.account = object()  # may be kept for longer than the translation
        self._first_line = code.co_firstlineno
        self._is_coroutine = bool(code.co_flags & inspect.CO_COROUTINE)
        self.scope = Scope.of(code, source.tree)
        self._plain = plain_variables(source.tree, self.scope)
        own = self.scope.fast.union(self.scope.cells) - self.scope.declared
        self._mentions = mentions_of(source.tree.body, own, self._plain, frozenset(self.scope.cells))
        self._arguments = source.tree.args
        self._codes: dict[FrameKey, CodeType] = {}
        self._mine: set[CodeType] = set()
        self.makings = _Makings(self)
        self.impure: set[int] = set()
        self.obstacles: dict[int, Obstacle | None] = {}
        self.futile: dict[int, int] = {}

    @cached_property
    def _lowered(self) -> Lowered:
        function = Lowered(self.source, copy_tree(self.source.tree), self.scope, self._plain, self.premises)
        with Depth():
            lower(function)
        return function

    @cached_property
    def graph(self) -> Graph:
        """The dataflow graph."""
        with Depth():
            return build(self._lowered)

    def stuck_comprehension(self) -> int | None:
        """Return the line of an asynchronous comprehension in a native statement: frames cannot await anything."""
        stuck = (node for node in self.graph.by_tick.values() if isinstance(node, Native))
        return next((node.line for node in stuck if has_asynchronous_comprehension(node.code)), None)

    @cached_property
    def unrolled(self) -> list[Unrolled]:
        """Comprehensions that became loops, the outer before the inner."""
        return sorted(self._lowered.unrolled, key=lambda each: _extent(each.span), reverse=True)

    @cached_property
    def _emitter(self) -> Emitter:
        return Emitter(self._lowered, self.graph)

    @cached_property
    def _outputs(self) -> dict[int, tuple[str, ...]]:
        return {tick: self._emitter.outputs(node) for tick, node in self.graph.by_tick.items()}

    @cached_property
    def _carried(self) -> dict[int, tuple[int | None, ...]]:
        return {tick: tuple(self._emitter.carried(node)) for tick, node in self.graph.by_tick.items()}

    @cached_property
    def _attributes(self) -> dict[int, tuple[frozenset[str] | None, ...]]:
        return {tick: tuple(self._emitter.attributes_stored(node)) for tick, node in self.graph.by_tick.items()}

    @cached_property
    def _mutators(self) -> dict[int, str]:
        return {tick: name for tick, node in self.graph.by_tick.items() if (name := self._emitter.mutator(node))}

    @cached_property
    def own_attributes(self) -> frozenset[str] | None:
        """The only attributes that the function stores of its first argument, or None if it may do more to it."""
        names = self._arguments.posonlyargs or self._arguments.args
        return self._emitter.attributes_stored_into(self.scope.parameters[0]) if names else None

    @cached_property
    def _escaping(self) -> frozenset[int]:
        return frozenset(tick for tick, node in self.graph.by_tick.items() if self._emitter.escapes(node))

    @cached_property
    def _bets(self) -> frozenset[int]:
        return frozenset(node.tick for node in self.graph.by_tick.values() if isinstance(node, Branch) and node.bet)

    def bets(self, tick: int) -> bool:
        """Say whether the loop around the branch at a tick most likely goes on after it."""
        return tick in self._bets

    @cached_property
    def binder(self) -> CodeType:
        """The code of a function that takes what the user's takes and returns the values of the parameters."""
        return self._compile_binder(self._arguments)

    def mentions_at(self, tick: int) -> Mentions:
        """Return what the node at a tick, or at 0, the whole function might call as it is written."""
        if not tick:
            mentions = self._mentions
            return mentions if not mentions.variables else replace(mentions, opaque=True)
        node = self.graph.by_tick[tick]
        assert isinstance(node, (Branch, ForLoop, WhileLoop))
        return node.mentions

    def making(self, frame: int, what: str) -> Making:
        """Return how to make what a frame asks for: that of the region at a tick, or at 0, the entry."""
        kind, tick = what.split()
        node = self.graph.by_tick[int(tick)]
        made = self._emitter.made(kind, node)
        outputs = self._emitter.outputs(node)
        places = {name: 1 + number for number, name in enumerate(made.values)}
        return Making(
            kind,
            node.tick,
            ("unit" if kind == "unit" else "region", node.tick),
            1 + made.inputs,
            tuple(1 + number for number in made.writes),
            tuple(Way(places[variable], _placed(steps, places)) for variable, steps in made.parts),
            tuple(1 + number for number in made.callees),
            self._emitter.snapshot(node, self.graph.by_tick[frame] if frame else None),
            binds_one=bool(outputs) and not outputs[1:],
            jumps=kind in ("attempt", "part") or self._emitter.escapes(node),
        )

    def outputs(self, tick: int) -> tuple[str, ...]:
        """Return the variables that the region or unit at a tick binds for later."""
        return self._outputs[tick]

    def carried(self, tick: int) -> tuple[int | None, ...]:
        """Return, for each variable that a region or ``x += y`` stores into, which of those it is, if it is one."""
        return self._carried[tick]

    def attributes_stored(self, tick: int) -> tuple[frozenset[str] | None, ...]:
        """Return, for each variable that a region or store stores into, the only attributes it stores, if so."""
        return self._attributes[tick]

    def mutator(self, tick: int) -> str:
        """Return the name of the method that the call at a tick is of if it may change its object, or nothing."""
        return self._mutators.get(tick, "")

    def escapes(self, tick: int) -> bool:
        """Say whether the region at a tick may end by ``break`` or ``return``."""
        return tick in self._escaping

    def tree(self, key: FrameKey) -> ast.FunctionDef:
        """Return the code of a frame, for people."""
        return self._emitter.write(key)

    def code(self, key: FrameKey) -> CodeType:
        """Return the code of a frame."""
        found = self._codes.get(key)
        if found is None:
            with Depth():
                found = self._codes[key] = self._frame(key)
            self._mine.add(found)
            if not (self._is_coroutine or self.premises.is_part):
                add_sequential(found)
        return found

    def _frame(self, key: FrameKey) -> CodeType:
        emitter = self._emitter
        while True:
            code = self._compile(emitter.write(key))
            missing = _global_names(code) & INTRINSICS
            if not missing:
                return code
            emitter.intrinsics |= missing

    def owns(self, code: CodeType) -> bool:
        """Say whether a code object is one of the frames."""
        return code in self._mine

    def _compile(self, tree: ast.FunctionDef) -> CodeType:
        """Compile a function such that the shared variables are free in it."""
        source = self.source
        tree.lineno = self._first_line
        shared = sorted({*self.scope.cells, *self.scope.free})
        if not shared and source.qualname == source.name:  # the compiler calls everything in it what it is called
            tree.name = source.name
            return _only_code(self._compiled(tree), source.name)
        assign = [statement for name in shared for statement in quote("_Name = None", tree, _Name=name)]
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        outer = at(define("outer", nothing, [*assign, tree]), tree)
        inner = _only_code(_only_code(self._compiled(outer)), FRAME).replace(co_name=source.name)
        return _renamed(inner, f"outer.<locals>.{FRAME}", source.qualname)

    def _compiled(self, tree: ast.FunctionDef) -> CodeType:
        """Return the code of a module that holds nothing but a function."""
        source = self.source
        with unwarned(source.filename):
            code: CodeType = compile(
                ast.Module([tree], []), source.filename, "exec", source.future_flags, dont_inherit=True
            )
            return code

    def _compile_binder(self, arguments: ast.arguments) -> CodeType:
        """Compile a function that takes what the user's takes and returns the values of the parameters."""
        names = self.scope.parameters
        given = map(ast.arg, names)  # as the compiler has mangled them
        copied = ast.arguments(
            posonlyargs=[next(given) for _ in arguments.posonlyargs],
            args=[next(given) for _ in arguments.args],
            kwonlyargs=[next(given) for _ in arguments.kwonlyargs],
            vararg=next(given) if arguments.vararg else None,
            kwarg=next(given) if arguments.kwarg else None,
            kw_defaults=[None if default is None else ast.Constant(None) for default in arguments.kw_defaults],
            defaults=[ast.Constant(None) for _ in arguments.defaults],
        )
        body: list[ast.stmt] = [ast.Return(ast.Tuple([ast.Name(name, ast.Load()) for name in names], ast.Load()))]
        tree = define(self.source.name, copied, body)
        module = ast.fix_missing_locations(ast.Module([tree], []))
        code = _only_code(compile(module, self.source.filename, "exec", dont_inherit=True))
        return code.replace(co_qualname=self.source.qualname)


def _placed(steps: tuple[Step, ...], places: Mapping[str, int]) -> tuple[Step, ...]:
    return tuple((kind, places[str(key)] if kind == "item at" else key) for kind, key in steps)


def _extent(span: Span) -> tuple[int, int]:
    return span[1] - span[0], span[3] - span[2]


def _global_names(code: CodeType) -> frozenset[str]:
    """Return the names that a code object or what is inside it looks up outside of functions, attributes among them."""
    inner = [_global_names(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return frozenset(code.co_names).union(*inner)


def _only_code(code: CodeType, name: str | None = None) -> CodeType:
    found = [
        constant
        for constant in code.co_consts
        if isinstance(constant, CodeType) and (name is None or constant.co_name == name)
    ]
    return found[-1]


def _renamed(code: CodeType, old: str, new: str) -> CodeType:
    """Return the code with qualified names as if it had not been compiled inside another function."""
    if not code.co_qualname.startswith(old):
        return code  # it is declared global
    constants = tuple(
        _renamed(constant, old, new) if isinstance(constant, CodeType) else _as_in_source(code, constant, old, new)
        for constant in code.co_consts
    )
    return code.replace(co_qualname=new + code.co_qualname[len(old) :], co_consts=constants)


def _as_in_source(code: CodeType, constant: object, old: str, new: str) -> object:
    # the body of a class holds its qualified name as a constant
    if constant == code.co_qualname and isinstance(constant, str):
        return new + constant[len(old) :]
    return constant


_LOCK = threading.RLock()
_TRANSLATIONS: dict[tuple[int, Premises], tuple[weakref.ref[CodeType], Translation | NotTranslatable]] = {}
"""By identity, as code objects of different files may be equal, and by premises."""


def translate(function: FunctionType, stamp: Stamp | None = None, *, is_part: bool = False) -> Translation:
    """Return the translation of a function.

    Args:
        function: a Python function.
        stamp: of its file, when the function was made.
        is_part: it is not decorated.

    Raises:
        NotTranslatable: it has to run as it is written.
    """
    code = function.__code__
    premises = Premises(shadowed(function, builtins_of(code)), properties_read(function), is_part)
    key = id(code), premises
    with _LOCK:
        known = _TRANSLATIONS.get(key)
        if known is None or known[0]() is not code:
            reference = weakref.ref(code, partial(_TRANSLATIONS.pop, key))
            known = _TRANSLATIONS[key] = (reference, _translate(function, stamp, premises))
    translation = known[1]
    if isinstance(translation, NotTranslatable):
        raise NotTranslatable(*translation.args)
    return translation


def _translate(function: FunctionType, stamp: Stamp | None, premises: Premises) -> Translation | NotTranslatable:
    if function.__code__.co_flags & inspect.CO_ASYNC_GENERATOR:
        return NotTranslatable("it is an asynchronous generator function")
    with Depth():
        try:
            source = find_source(function, stamp, coroutine=True)
        except NoSourceError as error:
            return NotTranslatable(str(error))
        if premises.is_part and not is_verbatim(source, function):
            return NotTranslatable("its source is not what runs")
        reason = native_reason(source.tree, source.class_name)
        if reason is not None:
            return NotTranslatable(reason)
        translation = Translation(source, function.__code__, premises)
        line = translation.stuck_comprehension() if has_asynchronous_comprehension(source.tree) else None
        if line is not None:
            return NotTranslatable(f"line {line}: an asynchronous comprehension is part of what runs as it is written")
        return translation


class _Makings(dict[tuple[int, str], Making]):
    """How to make what frames ask for, found out when they first do."""

    def __init__(self, translation: Translation) -> None:
        super().__init__()
        self._translation = weakref.ref(translation)

    def __missing__(self, asked: tuple[int, str]) -> Making:
        translation = self._translation()
        assert translation is not None
        with Depth():
            found = self[asked] = translation.making(*asked)
        return found
