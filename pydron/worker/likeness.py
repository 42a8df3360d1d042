"""Makes a worker like the driver: directory, paths, environment, limits, warning filters, log levels, contexts.

The driver notes what it is like whenever it hands tasks over. Each task runs in the likeness that belongs to it, also
if it is run late or again.
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING, cast

from pydron.transport.codec import dumps, loads
from pydron.transport.messages import Likeness, Setup, pack, unpack
from pydron.worker.variables import (
    USUAL_MODES,
    Variables,
    floating_errors,
    packed,
    set_floating_errors,
    set_variables,
)

if TYPE_CHECKING:
    import decimal
    import logging
    from collections.abc import Callable

    from pydron.transport.messages import Packed
    from pydron.worker.capture import Capture
    from pydron.worker.variables import Values

__all__ = ["DecimalNote", "Observer", "ProcessLikeness", "ThreadLikeness", "decimal_mark", "describe"]

_MARK = "pydron"


def describe(worker: str, session: bytes, *, check: bool, inline_limit: int) -> Setup:
    """Describe the session to a worker."""
    return Setup(worker, session, tuple(getattr(sys, "argv", ())), check, inline_limit, (), None)


class Observer:
    """Notices what the driver is like, and when that changes. Used by one thread at a time."""

    def __init__(self) -> None:
        self.noted: list[Likeness] = []
        """All likenesses so far; the number of each is its place."""
        self._environment = _environment()
        self._last: tuple[object, ...] = ()
        self._levels: tuple[int, tuple[tuple[str, int], ...]] = (0, ())
        self._mark = _MARK, object()  # as long as it is there, no other one is like it
        self._variables = Variables()

    def note(self) -> int:
        """Return the number of the likeness at this moment."""
        self._look_at_levels()
        variables, floating = self._variables.now(), floating_errors()
        now = (
            _directory(), tuple(sys.path), _environment(), sys.getrecursionlimit(), tuple(warnings.filters),
            self._levels, decimal_mark(), variables, floating,
        )  # fmt: skip
        if now != self._last:
            self.noted.append(self._describe(len(self.noted), variables, floating))
            self._last = now  # not before: Ctrl-C may come in between
        return len(self.noted) - 1

    def _look_at_levels(self) -> None:
        logging = sys.modules.get("logging")
        if logging is None:
            return
        # Loggers empty their caches whenever any level changes.
        cache = logging.root._cache
        if self._mark not in cache:
            cache[self._mark] = True  # first, as a level may change meanwhile
            try:
                named = [("", logging.root.level)]
                for name, each in list(logging.root.manager.loggerDict.items()):
                    # A logger of another class is made by its library, whose import fails where one of that name is.
                    if type(each) is logging.Logger and each.level:
                        named.append((name, each.level))
                self._levels = (logging.root.manager.disable, tuple(named))
            except BaseException:  # Ctrl-C
                cache.pop(self._mark, None)
                raise

    def _describe(self, number: int, variables: Values, floating: tuple[tuple[str, str], ...]) -> Likeness:
        now = _environment()
        changed = [
            (name, now.get(name)) for name in {*now, *self._environment} if self._environment.get(name) != now.get(name)
        ]
        context = _decimal_context()
        return Likeness(
            number=number,
            directory=_directory(),
            path=tuple(os.path.abspath(entry) for entry in sys.path),  # noqa: PTH100 - links stay as they are
            environment=tuple(changed),
            recursion_limit=sys.getrecursionlimit(),
            filters=pack(dumps(_picklable_filters())),
            disabled=self._levels[0],
            levels=self._levels[1],
            decimal=b"" if context is None else pack(dumps(context)),
            variables=packed(variables),
            floating=floating,
        )


def _directory() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - on the way of every batch of tasks
    except FileNotFoundError:
        return ""


def _environment() -> dict[bytes, bytes]:
    # What is behind the mapping: going through it costs a decoding of each name.
    return dict(os.environ._data)  # type: ignore[attr-defined]


def _decimal_context() -> decimal.Context | None:
    """Return the thread's decimal context, None if nobody can have changed it."""
    module = sys.modules.get("decimal")
    return None if module is None else cast("decimal.Context", module.getcontext())


def decimal_mark() -> tuple[object, ...] | None:
    """Return what distinguishes the decimal context of this thread from others, None if decimal is not in use."""
    context = _decimal_context()
    if context is None:
        return None
    precision, rounding, smallest, largest, capitals, clamp, _flags, traps = context.__reduce__()[1]
    return precision, rounding, smallest, largest, capitals, clamp, tuple(cast("list[type]", traps))


class DecimalNote:
    """What the decimal context of this thread is like, to be compared with later: once for each call that is made."""

    __slots__ = ("_context",)

    def __init__(self) -> None:
        context = _decimal_context()
        self._context = None if context is None else context.copy()

    def is_current(self) -> bool:
        """Tell whether a mark of the context would be the same."""
        kept = self._context
        module = sys.modules.get("decimal")
        if module is None or kept is None:
            return module is None and kept is None
        now = module.getcontext()
        return bool(
            now.prec == kept.prec
            and now.rounding == kept.rounding
            and now.Emin == kept.Emin
            and now.Emax == kept.Emax
            and now.capitals == kept.capitals
            and now.clamp == kept.clamp
            and now.traps == kept.traps
        )


def _picklable_filters() -> list[tuple[object, ...]]:
    filters: list[tuple[object, ...]] = []
    for entry in warnings.filters:
        try:
            dumps(entry)
        except Exception:  # noqa: S112 - a category that cannot travel cannot be raised by a call either
            continue
        filters.append(tuple(entry))
    return filters


class ThreadLikeness:
    """For a thread of the driver: all is shared but what belongs to a context."""

    def __init__(self) -> None:
        self._decimal: decimal.Context | None = None
        self._variables: Packed = b""
        self._floating: dict[str, str] = {}

    def apply(self, likeness: Likeness) -> None:
        """Take on a likeness."""
        self._decimal = cast("decimal.Context", loads(unpack(likeness.decimal))) if likeness.decimal else None
        self._variables = likeness.variables
        if self._floating or likeness.floating:  # numpy before 2.0 keeps for the thread what is set
            self._floating = {**USUAL_MODES, **dict(likeness.floating)}

    @property
    def is_plain(self) -> bool:
        """Whether `enter` has nothing to do."""
        return self._decimal is None and not self._variables and not self._floating

    def enter(self) -> None:
        """Begin a call, in a fresh `contextvars.Context`."""
        if self._decimal is not None:
            sys.modules["decimal"].setcontext(self._decimal.copy())
        if self._variables:
            set_variables(self._variables)
        if self._floating:
            set_floating_errors(self._floating)


class ProcessLikeness(ThreadLikeness):
    """For a process of its own."""

    def __init__(self, capture: Capture) -> None:
        super().__init__()
        self._capture = capture
        self._saved: dict[bytes, bytes | None] = {}
        """What the environment was before the driver's changes."""
        self._levels: set[str] = set()

    def apply(self, likeness: Likeness) -> None:
        """Take on a likeness."""
        super().apply(likeness)
        sys.path[:] = likeness.path
        sys.setrecursionlimit(likeness.recursion_limit)
        if likeness.directory:
            try:
                os.chdir(likeness.directory)
            except OSError:
                # Another machine: a call that opens relative paths will say so itself.
                pass
        self._apply_environment(likeness)
        self._apply_filters(likeness)
        self._apply_levels(likeness)

    def _apply_environment(self, likeness: Likeness) -> None:
        wanted = dict(likeness.environment)
        for name in wanted:
            self._saved.setdefault(name, os.environb.get(name))
        for name, before in self._saved.items():
            value = wanted.get(name, before)
            if value is None:
                os.environb.pop(name, None)
            else:
                os.environb[name] = value

    def _apply_filters(self, likeness: Likeness) -> None:
        """Let through what the driver does not ignore or turn into an error: showing it once is up to the driver."""
        filters = cast("list[tuple[str, object]]", loads(unpack(likeness.filters)))
        with_all = [(entry[0] if entry[0] in {"error", "ignore"} else "always", *entry[1:]) for entry in filters]
        warnings.filters[:] = with_all  # type: ignore[index]
        warnings.defaultaction = "always"  # type: ignore[attr-defined]
        warnings._filters_mutated()  # type: ignore[attr-defined]
        warnings.showwarning = self._capture.warning  # type: ignore[assignment]

    def _apply_levels(self, likeness: Likeness) -> None:
        import logging

        _catch_records(self._capture.log)
        logging.disable(likeness.disabled)
        for name in self._levels:
            logging.getLogger(name or None).setLevel(logging.NOTSET)
        for name, level in likeness.levels:
            logging.getLogger(name or None).setLevel(level)
        self._levels = {name for name, _ in likeness.levels}


def _catch_records(record: Callable[[logging.LogRecord], None]) -> None:
    """Let `record` have what loggers emit, if it has it not already."""
    import logging

    class Catcher(logging.Handler):
        """Hands records on to the capture."""

        def emit(self, entry: logging.LogRecord) -> None:
            record(entry)

    if not any(type(handler).__qualname__ == Catcher.__qualname__ for handler in logging.root.handlers):
        logging.root.addHandler(Catcher())
