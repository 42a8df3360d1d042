"""Judging the nodes of a graph: what is each, given what its names stand for and what was found out so far?"""

from __future__ import annotations

import ast
import builtins
import inspect
import logging
import re
import warnings
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING

from pydron.context import name_of, twin
from pydron.dataflow.nodes import Call, Compute, Matching, Native, Node, Store, With, Yield
from pydron.observe.foresight import foresee
from pydron.observe.verdicts import Kind, Verdict
from pydron.runtime.effects import is_known_call
from pydron.runtime.effects.memory import class_dict, class_mro, is_class
from pydron.runtime.helpers import leads_to, part_of_run
from pydron.runtime.marks import Ordered, functional_of, ordered_of, scheduled_of
from pydron.runtime.trials import Obstacle, obstacle_of
from pydron.translation.emit.extent import MUTATORS
from pydron.translation.lowering.calls import BIND
from pydron.translation.lowering.comprehensions import COLLECTED
from pydron.translation.lowering.properties import READ
from pydron.translation.scope import own_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydron.compiled import Translation

__all__ = ["Judge"]

_UNKNOWN = object()
"""Stands for what cannot be told before the function runs."""
_OUTPUT = frozenset(map(id, (print, warnings.warn, logging.debug, logging.info, logging.warning, logging.error,
                             logging.critical, logging.exception, logging.log)))  # fmt: skip
_NATIVE: dict[type[ast.AST], tuple[str, str]] = {
    ast.ClassDef: ("a class is made where it stands", "define the class outside of the scheduled function"),
    ast.Import: ("an import runs where it stands", "import at the top of the module"),
    ast.ImportFrom: ("an import runs where it stands", "import at the top of the module"),
    ast.FunctionDef: ("a decorated function is made where it stands", "define it outside of the scheduled function"),
    ast.Delete: ("what is deleted may be seen by earlier calls", "assign None, or build a new container"),
    ast.TryStar: ("except* runs as it is written", "catch with except"),
}
_TEMPORARY = re.compile(r"(?<![\w\])])\.[a-z]+\d+")
_REWRITE = "write it as a loop of plain statements"
_DECLARE = "decorate it with @pydron.functional, if its result depends on its arguments alone and it changes nothing"
_NAME_IT = "pass it through pydron.functional, or name it in pydron.conf, if it changes nothing"
_AWAITED = "it waits for its turn and is left to the event loop; what follows is made on a guess"
_TOGETHER = "await functional calls where they stand: they wait together without gather() and tasks"
_WHAT = {"iter": "async for", "next": "async for", "enter": "async with", "leave": "async with"}
_SCHEDULE = "decorate the helper with @pydron.schedule: its calls are then part of the run"
_ADVICE = (
    ("ordered, outside", _SCHEDULE),
    ("functional, outside", _SCHEDULE),
    ("is scheduled", _SCHEDULE),
    ("changes a", "return a new value, and let the scheduled function store it"),
    ("stores into", "return a new value, and let the scheduled function store it"),
    ("stored into", "return a new value, and let the scheduled function store it"),
    ("writes", "return the text, and print it in the scheduled function"),
    ("global", "return the value, and assign it in the scheduled function"),
    ("iterat", "make a list of it, or loop over what it goes over"),
    ("next()", "make a list of it, or loop over what it goes over"),
)


class Judge:
    """Judges one scheduled function.

    Args:
        function: the function as it was written.
        translation: its graph, and what was found out while it ran.
    """

    def __init__(self, function: FunctionType, translation: Translation) -> None:
        self._function = function
        self._translation = translation
        self._graph = translation.graph
        self._is_coroutine = inspect.iscoroutinefunction(function)
        tree = translation.source.tree
        self._owners = {argument.arg for argument in (*tree.args.posonlyargs, *tree.args.args)[:1]}
        """Variables that hold the object that the function is a method of, if it is one."""
        self._inner = {each.name: each for each in own_nodes(tree) if isinstance(each, ast.FunctionDef)}
        self._values: dict[str, object] = {}
        """What temporary variables stand for."""
        self._bound: dict[str, tuple[ast.expr, str]] = {}
        """Methods that were read before their arguments were evaluated."""

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return the verdicts in the order of the lines."""
        found = [verdict for node in self._graph.root.walk() if (verdict := self._judge(node)) is not None]
        return tuple(sorted(dict.fromkeys(found), key=lambda verdict: verdict.line))

    def _judge(self, node: Node) -> Verdict | None:
        if isinstance(node, Compute):
            self._follow(node)
        match node:
            case Call():
                verdict = self._call(node)
            case Yield(code=ast.Assign(value=ast.Await(value=value) as code)):
                verdict = Verdict(node.line, Kind.BLOCKING, _awaiting(code, value), _AWAITED)
            case Native(code=code):
                reason, advice = _NATIVE.get(type(code), ("it is not taken apart", _REWRITE))
                verdict = Verdict(node.line, Kind.NATIVE, _text(code), reason, advice)
            case With():
                reason = "entering and leaving wait for their turn; calls in the body are parallel"
                verdict = Verdict(node.line, Kind.BLOCKING, "with", reason)
            case Matching(simple=False):
                reason = "a pattern with classes or values of your own may run any code"
                verdict = Verdict(node.line, Kind.BLOCKING, "case", reason, "match on literals and builtin types")
            case Store(code=code):
                verdict = Verdict(node.line, Kind.ORDERED, _text(code), "the store joins the queue")
            case _:
                verdict = None
        if node.tick in self._translation.obstacles:
            verdict = self._met(node, verdict)
        return verdict

    def _met(self, node: Node, verdict: Verdict | None) -> Verdict | None:
        """Return the verdict on an operation that a trial has stopped at."""
        obstacle = self._translation.obstacles[node.tick]
        if obstacle is None or (verdict is not None and verdict.kind is Kind.NATIVE):
            return verdict
        what = verdict.what if verdict is not None else _text(node.code)
        return Verdict(node.line, Kind.BLOCKING, what, self._reason(obstacle), _advice(obstacle))

    def _follow(self, node: Compute) -> None:
        """Take note of what a temporary variable stands for."""
        match node.code:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.startswith("."):
                self._values[name] = self._value(value)
                if isinstance(value, ast.Name) and value.id in self._owners:
                    self._owners.add(name)

    # calls

    def _call(self, node: Call) -> Verdict | None:
        call = node.call
        function = call.func
        if isinstance(function, ast.Name) and function.id == BIND:
            owner, name = call.args
            assert isinstance(name, ast.Constant)
            if node.target is not None:
                self._bound[node.target] = owner, str(name.value)
            return None
        if isinstance(function, ast.Name) and function.id == READ:
            owner, name = call.args
            assert isinstance(name, ast.Constant)
            return Verdict(node.line, Kind.PARALLEL, f"{_shown(owner)}.{name.value!s}", "a property leads to calls")
        if isinstance(function, ast.Name) and function.id in self._bound:
            return self._method(node, *self._bound[function.id])
        if isinstance(function, ast.Attribute) and self._value(function) is _UNKNOWN:
            return self._method(node, function.value, function.attr)
        return self._callee(node, self._value(function))

    def _method(self, node: Call, owner: ast.expr, name: str) -> Verdict | None:
        found = self._value(owner)
        if found is not _UNKNOWN:
            return self._callee(node, _member(found, name))
        if isinstance(owner, ast.Name) and owner.id in self._owners:
            method = _member(self._class(), name)
            if isinstance(method, FunctionType):
                return self._callee(node, method)
        if isinstance(owner, ast.Name) and owner.id.startswith(f".{COLLECTED}"):
            return None  # a comprehension's own, which nobody has written
        if name in MUTATORS:
            return Verdict(node.line, Kind.ORDERED, f"{_shown(owner)}.{name}()", "the store joins the queue")
        return None

    def _callee(self, node: Call, callee: object) -> Verdict | None:
        if callee is _UNKNOWN and isinstance(node.call.func, ast.Name) and node.call.func.id in self._inner:
            return self._inner_function(node, self._inner[node.call.func.id])
        if callee is _UNKNOWN or (is_known_call(callee) and id(callee) not in _OUTPUT):
            return None
        what = f"{name_of(callee)}()"
        function = callee.__func__ if isinstance(callee, MethodType) else callee
        functional = functional_of(function) or functional_of(callee)
        if functional is not None and functional.waits and self._is_coroutine and not node.awaits:
            return None  # it makes a coroutine
        if functional is not None:
            return Verdict(node.line, Kind.PARALLEL, what, "a functional call")
        ordered = ordered_of(callee)
        if ordered is not None:
            return _declared(node, what, ordered)
        if scheduled_of(function) is not None:
            return Verdict(node.line, Kind.PARALLEL, what, "part of the same run")
        if node.awaits:
            return Verdict(node.line, Kind.BLOCKING, f"await {what}", _AWAITED, _advice_for(function))
        if id(callee) in _OUTPUT or isinstance(getattr(callee, "__self__", None), logging.Logger):
            return Verdict(node.line, Kind.ORDERED, what, "output appears in its turn; nothing waits for it")
        if is_class(function):
            function = _member(function, "__init__")
            if not isinstance(function, FunctionType):
                return None
        if isinstance(function, FunctionType):
            return self._helper(node, what, function, constructs=is_class(callee))
        return Verdict(node.line, Kind.BLOCKING, what, "it is not known to be pure", _NAME_IT)

    def _inner_function(self, node: Call, definition: ast.FunctionDef) -> Verdict | None:
        names = {each.id for each in ast.walk(definition) if isinstance(each, ast.Name)}
        made = _first_functional(map(self._outer, sorted(names)))
        if made is None or definition.decorator_list:
            return None
        what = f"{definition.name}()"
        if not any(isinstance(each, ast.Yield | ast.YieldFrom) for each in own_nodes(definition)):
            return Verdict(node.line, Kind.PARALLEL, what, f"part of the same run: it leads to {made}()")
        reason = f"a generator function runs as it is written, and it calls {made}(), which is functional"
        return Verdict(node.line, Kind.BLOCKING, what, reason, "decorate it with @pydron.schedule")

    def _helper(self, node: Call, what: str, function: FunctionType, *, constructs: bool) -> Verdict:
        made = leads_to(function)
        if made is not None and part_of_run(function, None) is not None:
            return Verdict(node.line, Kind.PARALLEL, what, f"part of the same run: it leads to {made}()")
        if made is not None:
            reason = f"it calls {made}(), which is functional, but is not scheduled itself"
            return Verdict(node.line, Kind.BLOCKING, what, reason, _SCHEDULE)
        obstacle = obstacle_of(function)
        if obstacle is None and not constructs:
            code = twin(function)
            if isinstance(code, tuple):
                obstacle = Obstacle(code[0], function.__qualname__, function.__code__.co_filename, code[1])
        if obstacle is None:
            obstacle = foresee(function)
        if obstacle is None:
            return Verdict(node.line, Kind.PARALLEL, what, "it is tried at each call whether it only reads")
        return Verdict(node.line, Kind.BLOCKING, what, self._reason(obstacle), _advice(obstacle))

    def _reason(self, obstacle: Obstacle) -> str:
        if not obstacle.line:
            return obstacle.reason
        file = "" if obstacle.filename == self._graph.filename else f" of {obstacle.filename}"
        return f"{obstacle.reason} ({obstacle.function}, line {obstacle.line}{file})"

    # what names stand for

    def _value(self, node: ast.expr) -> object:
        match node:
            case ast.Name(id=name) if name in self._values:
                return self._values[name]
            case ast.Name(id=name):
                return _UNKNOWN if name in self._graph.variables else self._outer(name)
            case ast.Attribute(value=owner, attr=name):
                return _member(self._value(owner), name)
            case _:
                return _UNKNOWN

    def _class(self) -> object:
        """Return the class that the function is a method of, as far as its name tells."""
        found: object = _UNKNOWN
        for step in self._function.__qualname__.split(".")[:-1]:
            found = self._outer(step) if found is _UNKNOWN else _member(found, step)
        return found

    def _outer(self, name: str) -> object:
        """Return the value of a variable of a function around, a global or a builtin."""
        function = self._function
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        if name in cells:
            try:
                return cells[name].cell_contents
            except ValueError:  # empty
                return _UNKNOWN
        return function.__globals__.get(name, vars(builtins).get(name, _UNKNOWN))


def _first_functional(values: Iterable[object]) -> str | None:
    return next((name_of(value) for value in values if functional_of(value) is not None), None)


def _advice_for(awaited: object) -> str:
    module = getattr(awaited, "__module__", None)
    return _TOGETHER if isinstance(module, str) and module.partition(".")[0] == "asyncio" else _DECLARE


def _awaiting(code: ast.Await, value: ast.expr) -> str:
    """Name what awaits: a statement, or an expression that is no call."""
    return _WHAT.get(getattr(code, "kind", ""), f"await {_shown(value)}")


def _declared(node: Call, what: str, ordered: Ordered) -> Verdict:
    """Return the verdict on a call that is declared ordered."""
    resources = " and ".join(ordered.resources)
    if ordered.only_reads:
        return Verdict(node.line, Kind.PARALLEL, what, f"it waits only for calls that change {resources}")
    if not ordered.changes:
        return Verdict(node.line, Kind.ORDERED, what, "declared as output: it comes in its turn; nothing waits for it")
    return Verdict(node.line, Kind.ORDERED, what, f"it changes {resources} in its turn; only what reads that waits")


def _member(owner: object, name: str) -> object:
    """Return what a module or class has under a name, without running code."""
    if type(owner) is ModuleType:
        return vars(owner).get(name, _UNKNOWN)
    if type(owner) is logging.Logger or type(owner) is logging.RootLogger:
        return getattr(owner, name, _UNKNOWN)
    if not is_class(owner):
        return _UNKNOWN
    for parent in class_mro(owner):  # type: ignore[arg-type]  # is_class has looked
        found = class_dict(parent).get(name, _UNKNOWN)
        if found is not _UNKNOWN:
            return found.__func__ if isinstance(found, (staticmethod, classmethod)) else found
    return _UNKNOWN


def _advice(obstacle: Obstacle) -> str:
    other = _DECLARE if obstacle.function else _NAME_IT
    return next((advice for words, advice in _ADVICE if words in obstacle.reason), other)


def _text(code: ast.AST) -> str:
    """Return the first line of a statement, temporary variables left out."""
    match code:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.startswith("."):
            code = value
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            return name
    return _TEMPORARY.sub("…", ast.unparse(code).partition("\n")[0])


def _shown(node: ast.expr) -> str:
    return "…" if isinstance(node, ast.Name) and node.id.startswith(".") else ast.unparse(node)
