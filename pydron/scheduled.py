"""What `schedule` makes of a function: a callable that starts a run, or that is the function itself.

The callable is a function with the code of ``wrapper``, which finds the scheduled function among its constants. While
there is nothing in the function to run in parallel, the callable has the code of the user's function instead, so that
calling it costs what it costs in plain Python. Whenever a callable is decorated the question is asked anew.
"""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
import weakref
from types import CellType, CodeType, FunctionType
from typing import TYPE_CHECKING

from pydron.context import current_context, watched_by
from pydron.contexts import Unchanged, unlink_missed
from pydron.errors import PydronError, PydronWarning, TranslationError
from pydron.interrupts import HeldBack
from pydron.runtime.callers import SCHEDULED, add_sequential, is_sequential
from pydron.runtime.marks import made_by, mark_scheduled, on_news
from pydron.tasks import Site
from pydron.traces import drop_outermost
from pydron.translation.stamp import stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from typing import Self

    from pydron.compiled import Translation
    from pydron.compiled_plan import CompiledPlan
    from pydron.runtime.marks import Asked
    from pydron.runtime.run import Run
    from pydron.steps import Steps

__all__ = ["Scheduled", "make_scheduled", "stays_as_it_is"]


class Scheduled:
    """What is known of one scheduled function. Translated at its first call."""

    Errors = (PydronError, PydronWarning, KeyboardInterrupt, TypeError)
    """What `begin` raises, the last for a wrong call; nobody wants to know where in here."""
    Error = BaseException
    Interrupt = KeyboardInterrupt
    Unchanged = Unchanged
    drop_outermost = staticmethod(drop_outermost)
    unlink_missed = staticmethod(unlink_missed)

    def __init__(self, function: FunctionType, strict: bool) -> None:
        self.function = function
        self.stamp = stamp_of(function.__code__.co_filename)
        self.is_iterated = inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function)
        """A call gives a generator or coroutine, and nothing happens before somebody asks that for something."""
        self.is_strict = strict
        """To run sequentially is an error."""
        self._plan: CompiledPlan | None = None
        self._tried = False
        self._reason = ""
        """Why there is no plan."""
        self._told = False
        self.made: weakref.ref[FunctionType] | None = None
        """The callable that the user has; None in a copy that came out of a pickle."""
        self._verdict: tuple[int, Container[object] | None, bool] = (-1, None, False)

    def __reduce__(self) -> tuple[object, ...]:
        return Scheduled, (self.function, self.is_strict)

    def begin(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Run | None:
        """Return a run for a call, or None if the function is to be called as it is."""
        watched = watched_by()
        if watched is not None:
            self._follow()
            self._tell_of_onlooker(*watched)
            return None
        context = current_context(self.function)
        if context is None or _stack_is_nearly_full():
            self._follow()
            return None
        plan = self.plan()
        if plan is None:
            return None
        surroundings = context.surroundings
        if surroundings.natives and self.is_native(surroundings.functional_names):
            _stand_in(self)
            return None
        from pydron.runtime.run import Run

        run = Run(surroundings)
        run.prepare(plan, args, kwargs)
        return run

    def _follow(self) -> None:
        """Do to the function what was done to the callable.

        Its defaults were set, it was given another name, or `types.coroutine` marked it.
        """
        made, function = self.made() if self.made is not None else None, self.function
        if made is None:
            return
        if made.__defaults__ is not function.__defaults__ or made.__kwdefaults__ is not function.__kwdefaults__:
            function.__defaults__, function.__kwdefaults__ = made.__defaults__, made.__kwdefaults__
            if self._plan is not None:
                self._plan.renew_binder()
        if made.__qualname__ is not function.__qualname__ or made.__name__ is not function.__name__:
            function.__name__, function.__qualname__ = made.__name__, made.__qualname__
            if self._plan is not None:
                self._plan.renew_binder()
        code = function.__code__
        if made.__code__.co_flags & ~code.co_flags & inspect.CO_ITERABLE_COROUTINE:
            function.__code__ = code.replace(co_flags=code.co_flags | inspect.CO_ITERABLE_COROUTINE)

    def plan(self) -> CompiledPlan | None:
        """Return the translation, or None, after one notice, if the function runs as it is written."""
        self._follow()
        if not self._tried or (self._plan is not None and self._plan.is_outdated()):
            with HeldBack():
                self._translate()
        if self._reason:
            self._tell()
        return self._plan

    def _translate(self) -> None:
        # Slow to import, and never needed by programs that only decorate.
        import pydron.runtime.run  # noqa: F401 - comes next
        from pydron.compiled import NotTranslatable
        from pydron.compiled_plan import CompiledPlan

        try:
            self._plan = CompiledPlan(self.function, self._translation())
        except NotTranslatable as error:
            self._reason = str(error)
        self._tried = True

    def _translation(self) -> Translation:
        from pydron.compiled import translate

        return translate(self.function, self.stamp)

    def is_native(self, names: Container[object] | None, asked: Asked | None = None) -> bool:
        """Say whether there is nothing in the function to run in parallel.

        Functions that call each other have nothing if none of them has. So where another one's answer depends on it,
        it is taken at its word: whoever was asked first asks it too. However many they are, no question is put inside
        another.
        """
        if asked is not None:
            asked.setdefault(self, False)
            return True
        if self._verdict[:2] != (_news, names):
            self._verdict = _news, names, self._are_native(names, {self: False})
        return self._verdict[2]

    def _are_native(self, names: Container[object] | None, asked: Asked) -> bool:
        while waiting := [scheduled for scheduled, has_told in asked.items() if not has_told]:
            for scheduled in waiting:
                asked[scheduled] = True
                if not scheduled.calls_nothing(names, asked):
                    return False
        return True

    def calls_nothing(self, names: Container[object] | None, asked: Asked) -> bool:
        """Say the same, apart from the scheduled functions that this one calls: those are left in `asked`."""
        from pydron.compiled import NotTranslatable
        from pydron.compiled_plan import CompiledPlan

        try:
            plan = self._plan or CompiledPlan(self.function, self._translation())
        except NotTranslatable:
            return True  # it runs as it is written anyway
        return plan.is_native(0, names, asked)

    def iterate(self, run: Run) -> Steps:
        """Return the generator or coroutine that a call gives."""
        from pydron.steps import steps_of

        made = steps_of(run, self.function.__code__)
        made.__name__ = self.function.__name__
        made.__qualname__ = self.function.__qualname__
        return made

    def _tell(self) -> None:
        """Say that there is no plan, once; in strict mode as an error."""
        context = current_context()
        if self.is_strict or (context is not None and context.strict):
            raise self._error(f"{self._reason}. Without strict it runs sequentially.")
        if not self._told and context is not None:
            self._told = True
            self._warn(f"runs sequentially: {self._reason}")

    def _tell_of_onlooker(self, looks_on: str, strict: bool) -> None:
        """Say that something looks on, once for all functions; in strict mode as an error."""
        global _told_of_onlooker
        if self.is_strict or strict:
            raise self._error(f"{looks_on}. With PYDRON=on it runs in parallel all the same.")
        if not _told_of_onlooker:
            _told_of_onlooker = True
            self._warn(
                f"and all other scheduled functions run sequentially: {looks_on}. "
                "With PYDRON=on they run in parallel all the same"
            )

    def _error(self, reason: str) -> TranslationError:
        code, name = self.function.__code__, self.function.__qualname__
        return TranslationError(
            f"{name} cannot be scheduled: {reason}", Site(code.co_filename, code.co_firstlineno, name)
        )

    def _warn(self, text: str) -> None:
        code = self.function.__code__
        warnings.warn_explicit(
            f"{self.function.__qualname__} {text}",
            PydronWarning,
            code.co_filename,
            code.co_firstlineno,
            self.function.__module__ or code.co_filename,
            self.function.__globals__.setdefault("__warningregistry__", {}),
        )


class _Part(Scheduled):
    """What is known of an undecorated function that is a part of a run. Nobody has asked for that: nobody is told."""

    def __init__(self, function: FunctionType) -> None:
        super().__init__(function, strict=False)

    def _translation(self) -> Translation:
        from pydron.compiled import translate

        # What is written inside a scheduled function belongs to that.
        return translate(self.function, self.stamp, is_part=not is_sequential(self.function.__code__))

    def _tell(self) -> None:
        pass


made_by(_Part)


class _Reference(weakref.ref[Scheduled]):
    """A scheduled function as a constant. Weak: the garbage collector does not look into code."""

    __slots__ = ("_code",)

    _code: CodeType

    def __new__(cls, scheduled: Scheduled) -> Self:
        self = super().__new__(cls, scheduled)
        self._code = scheduled.function.__code__
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _Reference, (self(),)

    def as_written(self) -> FunctionType:
        """Return the function for its last call, as a finalizer: a collector that has come for it has cut this link."""
        frame = sys._getframe(1)
        values = frame.f_locals
        cells = tuple(CellType(values[name]) if name in values else CellType() for name in self._code.co_freevars)
        return FunctionType(self._code, frame.f_globals, self._code.co_name, None, cells)


def _wrapper_code() -> CodeType:
    """Return the code of what all scheduled functions are called through; it can be a closure."""
    free = None

    def wrapper(*args: object, **kwargs: object) -> object:
        """Call a scheduled function. Runs among the user's globals, so it knows nothing but its constants."""
        __tracebackhide__ = True  # for tools that leave out frames which tell nothing
        reference: _Reference = ...  # type: ignore[assignment]
        if False:
            free  # noqa: B018 - a closure is made of it
        scheduled = reference()
        if scheduled is None:
            return reference.as_written()(*args, **kwargs)
        try:
            run = scheduled.begin(args, kwargs)
        except scheduled.Errors as error:
            error.__traceback__ = None
            raise
        if run is None:
            try:
                return scheduled.function(*args, **kwargs)
            except scheduled.Error as error:
                scheduled.drop_outermost(error)  # this frame
                raise
        del args, kwargs  # it is for the function alone how long they live
        if scheduled.is_iterated:
            return scheduled.iterate(run)
        try:
            result = run.execute()
        except scheduled.Interrupt as interrupt:  # while the run was being begun or ended
            if type(run.error) is not scheduled.Interrupt:
                scheduled.unlink_missed(interrupt)
                interrupt.__traceback__ = None
                raise
        if run.error is None:
            return result
        try:
            with scheduled.Unchanged(run.error):
                raise run.error
        except scheduled.Interrupt as interrupt:  # perhaps another one, on the way
            if interrupt is not run.error:
                scheduled.unlink_missed(interrupt)
                interrupt.__traceback__ = None
            raise
        finally:
            del run

    return wrapper.__code__.replace(co_qualname="wrapper")


_ROOM = 400
"""Frames on the stack; a run takes some 300 where its fibers nest."""
_CODE = _wrapper_code()
_told_of_onlooker = False
_news = 0
"""How often a callable has been decorated."""
_standing_in: weakref.WeakSet[Scheduled] = weakref.WeakSet()
"""Scheduled functions whose callables have the code of the user's function."""


def make_scheduled(function: FunctionType, *, strict: bool) -> Callable[..., object]:
    """Return the scheduled form of a function."""
    add_sequential(function.__code__)
    scheduled = Scheduled(function, strict)
    made = FunctionType(
        _code(scheduled), function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    functools.update_wrapper(made, function)
    # a name of its own: `functools.wraps` copies it onto other scheduled functions
    setattr(made, f"{SCHEDULED}{id(scheduled):x}__", scheduled)
    scheduled.made = weakref.ref(made)
    mark_scheduled(made, scheduled)
    return made


def stays_as_it_is(function: FunctionType, *, strict: bool) -> bool:
    """Say whether a function cannot be scheduled whatever it holds, after the notice that says why."""
    if not inspect.isasyncgenfunction(function):
        return False
    Scheduled(function, strict).plan()
    return True


def _stack_is_nearly_full() -> bool:
    """Say whether the recursion limit leaves a run too little room: as it is written, the function may well fit."""
    try:
        sys._getframe(max(sys.getrecursionlimit() - _ROOM, 0))
    except ValueError:
        return False
    return True


def _code(scheduled: Scheduled) -> CodeType:
    """Return the code of ``wrapper`` with a scheduled function in its place."""
    reference = _Reference(scheduled)
    constants = tuple(reference if constant is ... else constant for constant in _CODE.co_consts)
    like = scheduled.function.__code__
    # for those who ask; it has no effect on what the code does
    kind = like.co_flags & (inspect.CO_GENERATOR | inspect.CO_ITERABLE_COROUTINE | inspect.CO_COROUTINE)
    free = like.co_freevars
    # The first instruction copies the closure into the frame. A frame without it crashes who asks for its variables:
    # debuggers, reports of errors.
    begin = bytes([_CODE.co_code[0], min(len(free), 255)])
    return _CODE.replace(
        co_code=begin + _CODE.co_code[2:], co_consts=constants, co_freevars=free, co_flags=_CODE.co_flags | kind
    )


def _stand_in(scheduled: Scheduled) -> None:
    """Give the callable of a scheduled function the code of the function itself."""
    _give_code(scheduled, scheduled.function.__code__)
    _standing_in.add(scheduled)


def _give_code(scheduled: Scheduled, code: CodeType) -> None:
    made = scheduled.made() if scheduled.made is not None else None
    if made is not None:
        made.__code__ = code


@on_news
def _ask_anew() -> None:
    global _news
    _news += 1
    if _standing_in:
        for scheduled in list(_standing_in):
            _give_code(scheduled, _code(scheduled))
        _standing_in.clear()
