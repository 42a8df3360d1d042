"""Give an error the traceback that a sequential run would have shown: the user's own lines, from the outside in."""

from __future__ import annotations

import re
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

from pydron.contexts import Unchanged
from pydron.runtime.promise import Thrown
from pydron.traces import Place, build_traceback, is_ours, places_of

if TYPE_CHECKING:
    from types import CodeType

    from pydron.runtime.fiber import Fiber
    from pydron.runtime.plan import Activation

__all__ = ["handed_back", "place_error", "raise_again", "through_generator", "unconverted", "within"]

_LEFT = "coroutine raised StopIteration"


def place_error(
    fiber: Fiber,
    error: BaseException,
    tick: int | None,
    top: Activation | None = None,
    begins: Activation | None = None,
) -> BaseException:
    """Return the error with its traceback rewritten.

    Args:
        fiber: where the error came up.
        error: with the traceback it has so far: of the worker, or of frames that ran here.
        tick: the node at fault, if none of the frames in the traceback is of the fiber's function.
        top: the call whose frame the traceback is to begin with; None for that of the whole run.
        begins: the call whose frame it begins with already, if it has been placed before.
    """
    entries = _entries(error.__traceback__)
    outermost = next((activation for _, activation in entries if activation is not None), None)
    if begins is not None and not (entries and entries[0][1] is not None):
        outermost = begins
    places: list[Place] = []
    if outermost is None:
        outermost = fiber.activation
        places = _places(outermost, tick) if tick is not None else []
    places = [*_callers(outermost, top), *places]
    trace: TracebackType | None = None
    for entry, activation in reversed(entries):
        trace = _linked(entry, activation, trace)
    return error.with_traceback(_prepend(places, trace))


def through_generator(
    fiber: Fiber, error: StopIteration, tick: int | None, top: Activation | None
) -> RuntimeError | None:
    """Return what Python makes of an error that leaves a generator expression or coroutine, or None if it leaves none.

    The arguments are those of `place_error`; the result has been placed.
    """
    entries = _entries(error.__traceback__)
    for number in range(len(entries) - 1, -1, -1):
        entry, activation = entries[number]
        ended = activation.plan.ended_by_stop(places_of(entry)[0]) if activation is not None else None
        if activation is not None and ended is not None:
            text, outside = ended
            places = activation.plan.in_comprehensions(places_of(entry)[0])
            around = _prepend(places[:outside], None)
            for before, owner in reversed(entries[:number]):
                around = _linked(before, owner, around)
            begins = next(owner for _, owner in entries if owner is not None)
            inside = _prepend(places[outside:], entry.tb_next)
            return _converted(text, error, inside, _prepend(_callers(begins, top), around))
        if activation is not None and _is_left(activation, top):
            around = _chained(entries[:number])
            begins = next(owner for _, owner in entries if owner is not None)
            return _converted(_LEFT, error, _chained(entries[number:]), _prepend(_callers(begins, top), around))
    activation, at = fiber.activation, tick
    if any(owner is not None for _, owner in entries):
        activation = next(owner for _, owner in entries if owner is not None)
        at = None
    passed: list[Place] = []
    while True:
        ended = activation.plan.ended_by_stop(_place(activation, at)) if at is not None else None
        if at is not None and ended is not None:
            text, outside = ended
            places = _places(activation, at)
            inside = _prepend([*places[outside:], *passed], error.__traceback__)
            return _converted(text, error, inside, _prepend([*_callers(activation, top), *places[:outside]], None))
        if at is not None:
            passed = [*_places(activation, at), *passed]
        if _is_left(activation, top):
            inside = _prepend(passed, error.__traceback__)
            return _converted(_LEFT, error, inside, _prepend(_callers(activation, top), None))
        if activation.caller is None or activation is top:
            return None
        activation, at = activation.caller, activation.tick


def _is_left(activation: Activation, top: Activation | None) -> bool:
    """Say whether an error leaves a call of a coroutine function that is part of the run."""
    return activation.plan.is_coroutine and activation.caller is not None and activation is not top


def _chained(entries: list[tuple[TracebackType, Activation | None]]) -> TracebackType | None:
    """Return entries as a traceback of their own."""
    trace: TracebackType | None = None
    for entry, activation in reversed(entries):
        trace = _linked(entry, activation, trace)
    return trace


def _converted(
    text: str, error: StopIteration, inside: TracebackType | None, around: TracebackType | None
) -> RuntimeError:
    made = RuntimeError(text)
    made.__cause__ = made.__context__ = error.with_traceback(inside)
    return made.with_traceback(around)


def _linked(entry: TracebackType, activation: Activation | None, rest: TracebackType | None) -> TracebackType | None:
    """Put an entry before the rest of a traceback."""
    if activation is not None:
        (place,) = places_of(entry)[:1]
        places = activation.plan.in_comprehensions(place)
        if len(places) > 1:
            return _prepend(places, rest)
    if entry.tb_next is rest:
        return entry
    return TracebackType(rest, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)


def unconverted(error: BaseException, activation: Activation) -> BaseException:
    """Give back the error as Python raises it in the user's function, which is neither a generator nor an inner one."""
    if type(error) is NameError and error.name in activation.cells:
        return _of_own_variable(error, activation)
    if type(error) is UnboundLocalError:
        return _of_comprehension(error, activation)
    cause = error.__cause__
    if type(error) is not RuntimeError or not isinstance(cause, StopIteration):
        return error
    trace = error.__traceback__
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    # the error that Python makes of it knows only where the frame was resumed
    return cause if trace is None else error


def _of_own_variable(error: NameError, activation: Activation) -> BaseException:
    """In a frame the variables that inner functions see are free; in the user's function they are its own.

    A comprehension that became a loop may be such an inner function.
    """
    trace = error.__traceback__
    text = f"cannot access free variable {error.name!r} where it is not associated with a value in enclosing scope"
    if error.args != (text,) or trace is None or trace.tb_next is None or trace.tb_next.tb_next is not None:
        return error
    if len(activation.plan.in_comprehensions(places_of(trace.tb_next)[0])) > 1:
        return error
    own = UnboundLocalError(f"cannot access local variable {error.name!r} where it is not associated with a value")
    own.__context__ = error.__context__
    return own.with_traceback(trace)


_UNBOUND = re.compile(r"cannot access local variable '(\w+)' where it is not associated with a value")


def _of_comprehension(error: UnboundLocalError, activation: Activation) -> BaseException:
    """In a comprehension that has become a loop a variable is local; in the comprehension itself it is free."""
    found = _UNBOUND.fullmatch(str(error))
    frame = error.__traceback__
    while frame is not None and not _is_frame(frame.tb_frame.f_code):
        frame = frame.tb_next
    if found is None or frame is None:
        return error
    rest = frame.tb_next
    while rest is not None and is_ours(rest.tb_frame.f_code.co_filename):
        rest = rest.tb_next
    if rest is not None or len(activation.plan.in_comprehensions(places_of(frame)[0])) < 2:
        return error
    text = f"cannot access free variable {found[1]!r} where it is not associated with a value in enclosing scope"
    free = NameError(text, name=found[1])
    free.__context__ = error.__context__
    return free.with_traceback(error.__traceback__)


def within(error: BaseException, activation: Activation) -> BaseException:
    """Return an error without the traceback entries of frames around that of a call, if it has passed through them."""
    for entry, owner in _entries(error.__traceback__):
        if owner is activation:
            return error.with_traceback(entry)
    return error


def raise_again(error: BaseException) -> NoReturn:
    """Raise an error that has been raised before, leaving what it was raised in alone."""
    with Unchanged(error):
        raise error


def handed_back(answer: object) -> object:
    """Return to a frame what came of what it awaits or delegates to, or raise it with the context that it has."""
    if type(answer) is not Thrown:
        return answer
    with Unchanged(answer.error):
        raise answer.error


def _is_frame(code: CodeType) -> bool:
    return code.co_varnames[:1] == (".S",)


def _entries(trace: TracebackType | None) -> list[tuple[TracebackType, Activation | None]]:
    """List the entries of a traceback that are the user's.

    Of frames of one call that an error has passed through, only the innermost; but what the user raises once more has
    an entry for each time, one right after the other, and so has what comes out of something that the user awaits.
    """
    entries: list[tuple[TracebackType, Activation | None]] = []
    is_passed_on = False
    while trace is not None:
        code = trace.tb_frame.f_code
        if is_ours(code.co_filename):
            is_passed_on = is_passed_on or code is not handed_back.__code__
        else:
            activation = None
            if _is_frame(code):
                fiber = trace.tb_frame.f_locals.get(".S")  # the user may have cleared the frame
                activation = fiber.activation if fiber is not None else None
                if activation is not None and is_passed_on and entries and entries[-1][1] is activation:
                    entries.pop()
            entries.append((trace, activation))
            is_passed_on = False
        trace = trace.tb_next
    return entries


def _callers(activation: Activation, top: Activation | None) -> list[Place]:
    places: list[Place] = []
    while activation.caller is not None and activation is not top:
        places = [*_places(activation.caller, activation.tick), *places]
        activation = activation.caller
    return places


def _places(activation: Activation, tick: int) -> list[Place]:
    return activation.plan.in_comprehensions(_place(activation, tick))


def _place(activation: Activation, tick: int) -> Place:
    plan = activation.plan
    node = plan.origin(tick)
    line = getattr(node, "lineno", 0)
    end = getattr(node, "end_lineno", None) or line
    start, stop = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None) or 0
    return Place(plan.filename, line, plan.qualname, (line, end, start, stop))


def _prepend(places: list[Place], trace: TracebackType | None) -> TracebackType | None:
    made = build_traceback(places)
    if made is None:
        return trace
    last = made
    while last.tb_next is not None:
        last = last.tb_next
    last.tb_next = trace
    return made
