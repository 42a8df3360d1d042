"""A function that runs by its translation: what follows from the source, with its globals, cells and defaults."""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from dataclasses import replace
from functools import cached_property
from types import CellType, CodeType, FunctionType
from typing import TYPE_CHECKING, cast

from pydron.runtime.calls import spread
from pydron.runtime.effects import ATOM_IDS
from pydron.runtime.effects.consuming import begin_total, consumes, sort_by, total_of
from pydron.runtime.fiber import Fiber
from pydron.runtime.helpers import properties_read
from pydron.runtime.natives import MISSING, calls_nothing
from pydron.runtime.promise import UNBOUND, Choice, Promise, Request
from pydron.tasks import Site
from pydron.translation.at_once import shadowed
from pydron.translation.emit import CONSTANTS, INTRINSICS, UNIT_CONSTANTS

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from pydron.compiled import Translation
    from pydron.dataflow import Graph
    from pydron.runtime.marks import Asked
    from pydron.runtime.plan import Frame, Making
    from pydron.traces import Place
    from pydron.translation.emit import FrameKey
    from pydron.translation.lowering.context import Span, Unrolled

__all__ = ["CompiledPlan"]

_VALUES: dict[str, object] = {
    ".P": Promise,
    ".A": ATOM_IDS,
    ".U": UNBOUND,
    ".C": Choice,
    ".D": Choice.UNIT,
    ".W": Choice.TURN,
    ".N": Choice.NOW,
    ".F": Fiber,
    ".ORDERED": Request.ORDERED,
    ".IMPURE": Request.IMPURE,
    ".BREATHE": Request.BREATHE,
    ".QUEUED": Choice.QUEUED,
    ".Id": id,
    ".Type": type,
    ".spread": spread,
    ".AssertionError": builtins.AssertionError,
    ".BaseException": BaseException,
    ".consumes": consumes,
    ".zip": zip,
    ".Total": begin_total,
    ".sum": total_of,
    ".sort": sort_by,
    ".empty": iter(()),
    ".read": getattr,
}
assert set(_VALUES) == INTRINSICS.union(CONSTANTS, UNIT_CONSTANTS)


_STOPPED = "a function called by map or filter raised StopIteration, which would end the iteration: write a loop"


class CompiledPlan:
    """A translated function together with its globals, closure and defaults; implements `pydron.runtime.plan.Plan`."""

    def __init__(self, function: FunctionType, translation: Translation) -> None:
        self._function = function
        self._translation = translation
        self.name = translation.source.name
        self.qualname = function.__code__.co_qualname
        self.filename = translation.source.filename
        self.is_generator = bool(function.__code__.co_flags & inspect.CO_GENERATOR)
        self.is_coroutine = bool(function.__code__.co_flags & inspect.CO_COROUTINE)
        self.is_part = translation.premises.is_part
        self.account = translation.account
        self.impure = translation.impure
        self.obstacles = translation.obstacles
        self.futile = translation.futile
        self.makings: Mapping[tuple[int, str], Making] = translation.makings
        self.outputs = translation.outputs
        self.carried = translation.carried
        self.attributes_stored = translation.attributes_stored
        self.mutator = translation.mutator
        self.escapes = translation.escapes
        self.bets = translation.bets
        self._free: dict[str, CellType] = dict(
            zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        )
        self._frames: dict[FrameKey, FunctionType] = {}
        self._sites: dict[int, Site] = {}
        self._cells = translation.scope.cells

    def is_outdated(self) -> bool:
        """Say whether names of the module have come to mean something that the translation does not count on."""
        names, premises = self._translation.builtins, self._translation.premises
        if names and shadowed(self._function, names) != premises.shadowed:
            return True
        return properties_read(self._function) != premises.properties

    @property
    def graph(self) -> Graph:
        """The dataflow graph."""
        return self._translation.graph

    @property
    def translation(self) -> Translation:
        """What follows from the source."""
        return self._translation

    @property
    def own_attributes(self) -> frozenset[str] | None:
        """The only attributes that the function stores of its first argument, or None if it may do more to it."""
        return self._translation.own_attributes

    @cached_property
    def _binder(self) -> FunctionType:
        function = self._function
        binder = FunctionType(self._translation.binder, function.__globals__, function.__name__, function.__defaults__)
        binder.__kwdefaults__ = function.__kwdefaults__
        binder.__qualname__ = function.__qualname__
        return binder

    def renew_binder(self) -> None:
        """Take note of new defaults."""
        vars(self).pop("_binder", None)

    def bind(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> tuple[object, ...]:
        """Return the values of the parameters in order. Raises Python's own `TypeError` for a wrong call."""
        return cast("tuple[object, ...]", self._binder(*args, **kwargs))

    def cells(self) -> dict[str, CellType]:
        """Return fresh cells for the variables that inner functions share, one set for each call."""
        return {name: CellType() for name in self._cells} if self._cells else {}

    def frame(self, key: FrameKey, cells: dict[str, CellType], *args: object) -> Frame:
        """Return a frame, about to begin."""
        made = self._frames.get(key)
        if made is None:
            code = self._translation.code(key)
            closure = tuple(cells[name] if name in cells else self._free[name] for name in code.co_freevars)
            function = self._function
            made = FunctionType(code, function.__globals__, function.__name__, _constants_of(code), closure)
            if not self._cells:
                self._frames[key] = made
        return cast("Frame", made(*args))

    def is_native(self, tick: int, names: Container[object] | None, asked: Asked | None = None) -> bool:
        """Say whether there is nothing to run in parallel in the loop at a tick, or at 0, in the whole function."""
        return calls_nothing(self._translation.mentions_at(tick), self._find, self._function.__globals__, names, asked)

    def _find(self, name: str) -> object:
        """Return the value of a name that is none of the function's own variables."""
        if name in self._free:
            try:
                return self._free[name].cell_contents
            except ValueError:
                return MISSING
        namespace = self._function.__globals__
        return namespace.get(name, vars(builtins).get(name, MISSING))

    def site(self, tick: int) -> Site:
        """Return where a node stands in the user's source."""
        found = self._sites.get(tick)
        if found is None:
            line = self._translation.graph.by_tick[tick].line
            found = self._sites[tick] = Site(self.filename, line, self.qualname)
        return found

    def origin(self, tick: int) -> ast.AST:
        """Return the syntax tree of a node, with the user's positions."""
        code: ast.AST = self._translation.graph.by_tick[tick].code
        value = getattr(code, "value", None)
        return value if isinstance(value, ast.expr) else code

    def in_comprehensions(self, place: Place) -> list[Place]:
        """Return the traceback entries of a place: more than one where comprehensions have frames of their own."""
        place = replace(place, first=self._function.__code__.co_firstlineno)
        places: list[Place] = []
        name = place.function
        call = self._call_at(place)
        if call is not None and call.called is not None:
            place = replace(place, line=call.called[0], span=call.called)
        for outer in self._around(place):
            if outer.is_generator or sys.version_info < (3, 12):
                span = outer.called or outer.span
                places.append(replace(place, line=span[0], function=name, span=span, source=""))
                place = replace(place, first=outer.span[0])
                name = f"{self.qualname}.<locals>.{outer.name}"
        return [*places, replace(place, function=name)]

    def ended_by_stop(self, place: Place) -> tuple[str, int] | None:
        """Return what `StopIteration` means at a place: see `pydron.runtime.plan.Plan`."""
        if self._call_at(place) is not None:
            return _STOPPED, len(self.in_comprehensions(place))
        framed = [outer for outer in self._around(place) if outer.is_generator or sys.version_info < (3, 12)]
        stopped = [(depth, outer) for depth, outer in enumerate(framed, 1) if outer.is_generator or outer.is_coroutine]
        if not stopped:
            return None
        depth, outer = stopped[-1]
        return f"{'generator' if outer.is_generator else 'coroutine'} raised StopIteration", depth

    def _call_at(self, place: Place) -> Unrolled | None:
        """Return the call of `map` or `filter` at a place that became a loop."""
        return next((each for each in self._translation.unrolled if each.is_call and each.span == place.span), None)

    def _around(self, place: Place) -> list[Unrolled]:
        """Return the comprehensions that became loops around a place, the outermost first."""
        if place.span is None:
            return []
        return [
            outer
            for outer in self._translation.unrolled
            if not outer.is_call
            and outer.span != place.span
            and _inside(place.span, outer.span)
            and not _inside(place.span, outer.first)
        ]

    def owns(self, code: CodeType) -> bool:
        """Say whether a code object is one of the function's frames."""
        return self._translation.owns(code)


def _constants_of(code: CodeType) -> tuple[object, ...]:
    """Return the defaults of a frame."""
    return tuple([_VALUES[name] for name in code.co_varnames[: code.co_argcount] if name in _VALUES])


def _inside(inner: Span, outer: Span) -> bool:
    begins = (outer[0], outer[2]) <= (inner[0], inner[2])
    return begins and (inner[1], inner[3]) <= (outer[1], outer[3])
