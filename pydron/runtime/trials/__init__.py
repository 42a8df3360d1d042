"""Trials: proofs that an undecorated callable only reads, by carrying out its operations one at a time.

A trial evaluates a function, property or special method by its twin, in which every operation asks first. It goes on
while the operations only read, and change nothing but what the trial has made itself; it ends before the first that
might do more, so that nothing has happened. What a trial has come to the end of may run at once: it is going to do the
same again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from time import thread_time
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects import MustWait, quiet, run_quietly
from pydron.runtime.effects.memory import is_class
from pydron.runtime.marks import functional_of
from pydron.runtime.trials.core import LONGEST, Stopped, Twin
from pydron.runtime.trials.lookup import find, name_of
from pydron.runtime.trials.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from pydron.runtime.conflicts import Memory

__all__ = ["Finding", "Obstacle", "Trials", "obstacle_of"]


class Finding(Enum):
    """What a trial has found."""

    PURE = "it only reads, and may run now"
    WAITS = "it would read what is still to be written"
    STOPPED = "it is not known to be pure"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stopped a trial."""

    reason: str
    function: str = ""
    """In which function, if it was in one."""
    filename: str = ""
    line: int = 0


@dataclass(slots=True)
class _Record:
    code: CodeType
    proofs: int = 0
    stops: int = 0
    obstacle: Obstacle | None = None

    @property
    def is_hopeful(self) -> bool:
        return self.stops <= 2 + self.proofs // 4


_AT_FIRST = 3000
"""How many operations trials may take before any call is dispatched. An operation takes a few microseconds."""
_FOR_A_CALL = 300
"""How many more they may take for a call that is dispatched."""
_FOR_A_SECOND = 50_000
"""How many more for a second of calls made elsewhere: less than a tenth of that time."""
_FOR_A_SECOND_HERE = 100_000
"""What a second of trials counts at least: of large arrays, few operations take that long."""
_AT_MOST = 20_000
"""How many more for one call."""
_TO_BEGIN = 10
"""What a trial takes without any operation."""
_TOO_DEAR = Obstacle("trying it takes longer than the calls under way")

_records: dict[int, _Record] = {}
_MOST = 4096


def _record(function: FunctionType) -> _Record:
    code = function.__code__
    found = _records.get(id(code))
    if found is None:
        if len(_records) >= _MOST:
            _records.clear()
        found = _records[id(code)] = _Record(code)
    return found


def obstacle_of(function: FunctionType) -> Obstacle | None:
    """Return what stopped the last trial of a function that did not come to its end."""
    found = _records.get(id(function.__code__))
    return None if found is None else found.obstacle


class Trials:
    """Makes trials, and learns which are of no use.

    Args:
        memory: what is still to be written.
        twin: gives the code of a function's twin.
    """

    def __init__(self, memory: Memory, twin: Twin) -> None:
        self._memory = memory
        self._twin = twin
        self.obstacle: Obstacle | None = None
        """What stopped the last trial that was stopped."""
        self.asks_identity = False
        """The last call that was tried may not be made on copies of its arguments."""
        self._credit: float = _AT_FIRST
        """Operations that trials may take yet."""

    def dispatched(self) -> None:
        """Take note of a call that was dispatched: something may be gained by running ahead."""
        self._credit += _FOR_A_CALL

    def settled(self, seconds: float) -> None:
        """Take note of how long a call has taken."""
        credit = seconds * _FOR_A_SECOND
        self._credit += min(_AT_MOST, credit)

    def may_be_pure(self, callee: object) -> bool:
        """Say whether a trial of a call is worth it, whatever the arguments."""
        subject = _subject(callee)
        if type(subject) is not FunctionType:
            return subject is not None
        if functional_of(subject) is not None or not _record(subject).is_hopeful:
            return False
        return is_class(callee) or isinstance(self._twin(subject), CodeType)

    def call(self, callee: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Finding:
        """Try ``callee(*args, **kwargs)``."""
        trial = Trial(self._memory, self._twin)
        finding = self._try(trial, _subject(callee), lambda: trial.call(callee, *args, **kwargs))
        self.asks_identity = trial.asks_identity
        return finding

    def binary(self, op: str, left: object, right: object) -> Finding:
        """Try ``left op right``, a comparison or not."""
        trial = Trial(self._memory, self._twin)
        if op in _COMPARISONS:
            return self._try(trial, None, lambda: trial.compare(op, left, right))
        return self._try(trial, None, lambda: trial.binary(op, left, right))

    def unary(self, op: str, value: object) -> Finding:
        """Try ``-value`` and the like."""
        trial = Trial(self._memory, self._twin)
        return self._try(trial, None, lambda: trial.unary(op, value))

    def truth(self, value: object) -> Finding:
        """Try ``bool(value)``."""
        trial = Trial(self._memory, self._twin)
        return self._try(trial, None, lambda: trial.truth(value))

    def attribute(self, owner: object, name: str) -> Finding:
        """Try ``owner.name``."""
        trial = Trial(self._memory, self._twin)
        found = find(type(owner), name)
        subject = found.fget if type(found) is property and type(found.fget) is FunctionType else None
        return self._try(trial, subject, lambda: trial.attribute(owner, name))

    def subscript(self, owner: object, index: object) -> Finding:
        """Try ``owner[index]``."""
        trial = Trial(self._memory, self._twin)
        return self._try(trial, None, lambda: trial.item(owner, index))

    def text(self, value: object, conversion: int, spec: str) -> Finding:
        """Try ``f"{value!conversion:spec}"``."""
        trial = Trial(self._memory, self._twin)
        return self._try(trial, None, lambda: trial.formatted(value, conversion, spec))

    def is_quiet(self, operation: Callable[[], object]) -> bool:
        """Say whether an operation that only reads warns of nothing; it is carried out for that, and will be again."""
        if self._credit < 0:
            return False
        begun = thread_time()
        try:
            run_quietly(operation)
        except MustWait:
            return False
        except Exception:
            return True  # raised again at its place
        finally:
            self._pay(_TO_BEGIN, thread_time() - begun)
        return True

    def _pay(self, operations: int, seconds: float) -> None:
        self._credit -= max(operations, int(seconds * _FOR_A_SECOND_HERE))

    def _try(self, trial: Trial, subject: object, act: Callable[[], object]) -> Finding:
        if self._credit < 0:
            self.obstacle = _TOO_DEAR
            return Finding.STOPPED
        record = _record(subject) if type(subject) is FunctionType else None
        if record is not None and not record.is_hopeful:
            self.obstacle = record.obstacle
            return Finding.STOPPED
        trace: TracebackType | None = None
        begun = thread_time()
        try:
            with quiet():
                act()
            trial.close()
        except Stopped as stopped:
            trace = stopped.__traceback__
        except BaseException as error:
            if not isinstance(error, Exception) and id(error) in trial.errors:
                trial.obstacle = f"it raises {name_of(type(error))}, which is no ordinary error"
                trace = error.__traceback__
            elif id(error) not in trial.errors:
                if not isinstance(error, Exception) or _is_foreign(error.__traceback__):
                    raise
                trial.obstacle = trial.obstacle or f"{name_of(type(error))} comes up in a way that is not known"
                trace = error.__traceback__
        finally:
            trial.abandon()
            self._pay(_TO_BEGIN + LONGEST - trial.left, thread_time() - begun)
        if trial.obstacle is not None:
            self.obstacle = _obstacle(trial.obstacle, trace)
            trace = None  # its frames hold what the user let go of, and this one is among them
            if record is not None:
                record.stops += 1
                record.obstacle = self.obstacle
            return Finding.STOPPED
        if trial.waits:
            return Finding.WAITS
        if record is not None:
            record.proofs += 1
        return Finding.PURE


_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not"})


def _subject(callee: object) -> object:
    """Return the function that a call runs first, or a class; None if it is neither."""
    if type(callee) is MethodType:
        callee = callee.__func__
    if type(callee) is FunctionType:
        return callee
    if is_class(callee):
        init = find(cast("type", callee), "__init__")
        return init if type(init) is FunctionType else callee
    method = find(type(callee), "__call__")
    return method if type(method) is FunctionType else None


def _is_foreign(trace: TracebackType | None) -> bool:
    """Say whether an error comes from code that no trial runs: from a handler of a signal."""
    innermost = None
    while trace is not None:
        innermost, trace = trace.tb_frame, trace.tb_next
    if innermost is None or ".O" in innermost.f_code.co_freevars:
        return False
    return not str(innermost.f_globals.get("__name__", "")).startswith("pydron.")


def _obstacle(reason: str, trace: TracebackType | None) -> Obstacle:
    """Say where in the user's code the trial came to its end."""
    found = Obstacle(reason)
    while trace is not None:
        code = trace.tb_frame.f_code
        if ".O" in code.co_freevars:
            found = Obstacle(reason, code.co_qualname, code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return found
