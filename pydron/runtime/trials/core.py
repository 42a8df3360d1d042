"""A trial: what its operations share. Each may run only if it changes nothing but what the trial has made itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeAlias

from pydron.runtime.effects.trust import is_atom

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import CodeType, FunctionType

    from pydron.runtime.conflicts import Memory
    from pydron.runtime.effects import Verdict

__all__ = ["LONGEST", "Core", "Stopped", "Twin"]

Twin: TypeAlias = "Callable[[FunctionType], CodeType | tuple[str, int]]"
"""Gives the code of a function's twin, or why there is none and at which line."""

LONGEST = 3000
"""Operations of one trial: it must end soon, whatever it is that is tried."""
_DEEPEST = 30
"""Calls inside each other."""


class Stopped(BaseException):
    """The trial is over: the next operation may have an effect, or has to wait."""


class Core:
    """The state of one trial; code of twins knows it as ``.O``."""

    __slots__ = (
        "asks_identity",
        "depth",
        "errors",
        "left",
        "memory",
        "obstacle",
        "own",
        "right",
        "twin",
        "value",
        "waits",
    )

    Stopped = Stopped

    def __init__(self, memory: Memory, twin: Twin) -> None:
        self.memory = memory
        self.twin = twin
        self.left = LONGEST
        self.depth = 0
        self.own: dict[int, object] = {}
        """What the trial has made: it may change these objects, and pull items from these iterators."""
        self.errors: dict[int, BaseException] = {}
        """What operations have raised, as they will again."""
        self.value: object = None
        self.right: object = None
        self.asks_identity = False
        """It may matter which of several equal objects it was given."""
        self.waits = False
        """An operation would read memory that is still to be written."""
        self.obstacle: str | None = None
        """Why the trial was stopped."""

    def stop(self, reason: str) -> NoReturn:
        """End the trial: what comes next may have an effect."""
        if self.obstacle is None:
            self.obstacle = reason
        raise Stopped(reason)

    def step(self) -> None:
        """Count an operation."""
        self.left -= 1
        if self.left < 0:
            self.stop(f"it takes more than {LONGEST} operations")

    def do(self, function: Callable[..., object], *operands: object, **keywords: object) -> object:
        """Carry out an operation that only reads, or changes what the trial has made; numpy must be quiet."""
        try:
            return function(*operands, **keywords)
        except (RecursionError, MemoryError):
            self.stop("it takes too much memory")
        except FloatingPointError:
            self.stop("numpy may warn")
        except Exception as error:
            # else a handler of a signal may have raised it; no variable may hold a traceback that holds this frame
            if error.__traceback__ is not None and error.__traceback__.tb_next is None:
                self.errors[id(error)] = error
            raise

    def enter(self, function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        """Call the twin of a function."""
        if self.depth >= _DEEPEST:
            self.stop("its calls are nested too deep")
        self.depth += 1
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            if error.__traceback__ is not None and error.__traceback__.tb_next is None:
                self.errors[id(error)] = error  # the arguments do not fit
            raise
        finally:
            self.depth -= 1

    def call(self, callee: object, /, *args: object, **kwargs: object) -> object:
        """``callee(*args, **kwargs)``."""
        raise NotImplementedError

    def born(self, value: object) -> object:
        """Take note of a new object that nobody else sees."""
        self.own[id(value)] = value
        return value

    made = born

    def is_own(self, value: object) -> bool:
        """Say whether the trial has made an object."""
        return id(value) in self.own

    def read(self, value: object) -> None:
        """Make sure that the memory of an object can be read now."""
        memory = self.memory
        if memory.writes and not is_atom(value) and id(value) not in self.own and not memory.is_open(value):
            self.waits = True
            raise Stopped

    def permit(
        self,
        verdict: Verdict,
        args: Sequence[object],
        kwargs: Mapping[str, object] | None = None,
        receiver: object = None,
    ) -> None:
        """Make sure that what an operation reads that only reads can be read now."""
        if self.memory.permit(verdict, args, kwargs, receiver) is not None:
            self.waits = True
            raise Stopped
