"""Makes a worker process like the driver: paths, directory, limits, warning filters, log levels."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING

from pydron.transport.codec import dumps, loads
from pydron.transport.messages import Levels, Setup, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydron.worker.capture import Capture

__all__ = ["apply", "apply_levels", "describe", "levels_here"]


def describe(worker: str, session: bytes, *, check: bool, inline_limit: int) -> Setup:
    """Describe the process at hand, the driver, to a worker."""
    try:
        directory = os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        directory = ""
    return Setup(
        worker=worker,
        session=session,
        path=tuple(os.path.abspath(entry) for entry in sys.path),  # noqa: PTH100
        directory=directory,
        argv=tuple(getattr(sys, "argv", ())),
        recursion_limit=sys.getrecursionlimit(),
        check=check,
        inline_limit=inline_limit,
        filters=pack(dumps(_picklable_filters())),
    )


def _picklable_filters() -> list[tuple[object, ...]]:
    filters: list[tuple[object, ...]] = []
    for entry in warnings.filters:
        try:
            dumps(entry)
        except Exception:  # noqa: S112
            continue
        filters.append(tuple(entry))
    return filters


def levels_here() -> Levels:
    """Return the levels of all ordinary loggers of this process."""
    import logging

    named = [("", logging.root.level)]
    for name, logger in list(logging.root.manager.loggerDict.items()):
        # A logger of another class is made by its library, whose import fails where one of that name is there already.
        if type(logger) is logging.Logger and logger.level:
            named.append((name, logger.level))
    return Levels(logging.root.manager.disable, tuple(named))


def apply(setup: Setup, capture: Capture) -> None:
    """Take on the driver's likeness."""
    sys.path[:] = setup.path
    sys.argv[:] = setup.argv
    sys.setrecursionlimit(setup.recursion_limit)
    if setup.directory:
        try:
            os.chdir(setup.directory)
        except OSError:
            # Another machine: a call that opens relative paths will say so itself.
            pass
    _apply_filters(setup, capture)


def _apply_filters(setup: Setup, capture: Capture) -> None:
    """Let through what the driver does not ignore or turn into an error: showing it once is up to the driver."""
    filters = loads(unpack(setup.filters))
    assert isinstance(filters, list)
    with_all = [(entry[0] if entry[0] in {"error", "ignore"} else "always", *entry[1:]) for entry in filters]
    warnings.filters[:] = with_all  # type: ignore[index]
    warnings.defaultaction = "always"  # type: ignore[attr-defined]
    warnings._filters_mutated()  # type: ignore[attr-defined]
    warnings.showwarning = capture.warning  # type: ignore[assignment]


def apply_levels(message: Levels, record: Callable[..., None]) -> None:
    """Set the levels of the loggers, and let `record` have what they emit."""
    import logging

    class Handler(logging.Handler):
        """Hands records on to the capture."""

        def emit(self, entry: logging.LogRecord) -> None:
            record(entry)

    if not any(type(handler).__qualname__ == Handler.__qualname__ for handler in logging.root.handlers):
        logging.root.addHandler(Handler())
    logging.disable(message.disabled)
    for name, level in message.levels:
        logging.getLogger(name or None).setLevel(level)
