"""What surrounds a scheduled call: the session in use, or the simulated pool of a test."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydron.interrupts import HeldBack
from pydron.onlookers import onlooker
from pydron.runtime.marks import Functional, functional_of, mark_functional, spread_news, will_call
from pydron.waiting.coroutines import is_coroutine_function
from pydron.worker.inside import in_task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FunctionType

    from pydron.runtime.surroundings import Surroundings
    from pydron.sessions import Session
    from pydron.tasks import Pool

__all__ = ["Context", "current_context", "name_of", "simulated", "watched_by"]


@dataclass(frozen=True, slots=True)
class Context:
    """How scheduled functions are run at present."""

    surroundings: Surroundings
    strict: bool = False


_OFF = frozenset({"off", "0", "no", "false"})
_simulated = threading.local()
_sessions: dict[Session, Context] = {}


def current_context(function: FunctionType | None = None) -> Context | None:
    """Return how to run the next scheduled call, or None if it is to run sequentially.

    Args:
        function: what is to be called, if it is known.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    given: Context | None = getattr(_simulated, "context", None)
    if given is not None:
        return None if in_task() else given
    session = _session_in_use()
    if session is None:
        return None
    known = _sessions.get(session)
    if known is None:
        with HeldBack():
            known = _begin(session, function)
    return known


def _session_in_use() -> Session | None:
    """Return the session that scheduled calls run in, or None if they run sequentially."""
    if os.environ.get("PYDRON", "").lower() in _OFF or in_task():
        return None
    from pydron.sessions.current import current_session

    session = current_session()
    return session if session.mode != "sequential" else None


def watched_by() -> tuple[str, bool] | None:
    """Return what looks on while calls would run in parallel, and whether that is an error; None if nothing does."""
    looks_on = onlooker()
    if looks_on is None or getattr(_simulated, "context", None) is not None:
        return None
    session = _session_in_use()
    return None if session is None else (looks_on, session.strict)


def _begin(session: Session, function: FunctionType | None) -> Context:
    for other in [other for other in _sessions if other.closed]:
        del _sessions[other]
    if function is not None and will_call(function):
        # Workers come up while this process imports what it needs itself.
        session.expect_calls()
    known = _sessions[session] = _context_of(session)
    return known


def _context_of(session: Session) -> Context:
    from pydron.replay import show
    from pydron.runtime.effects import FunctionalNames
    from pydron.runtime.surroundings import RUN_AHEAD, Surroundings
    from pydron.scheduler.cost import CostModel

    config = session.config
    names = FunctionalNames(config.functional) if config.functional else None
    ordered = FunctionalNames(config.ordered) if config.ordered else None
    run_ahead = config.run_ahead or RUN_AHEAD
    if config.ship or session.check:
        surroundings = Surroundings(session.pool, show, adopt, names, ordered, run_ahead=run_ahead, twin=twin)
    else:
        cost = CostModel()
        surroundings = Surroundings(
            session.pool, show, adopt, names, ordered, cost.inlines, cost.observe, run_ahead=run_ahead, twin=twin
        )
    spread_news()
    return Context(surroundings, session.strict)


@contextmanager
def simulated(
    pool: Pool,
    *,
    strict: bool = False,
    run_ahead: int | None = None,
    natives: bool = True,
    inlines: Callable[[object], bool] | None = None,
) -> Iterator[None]:
    """Give scheduled functions that this thread calls a pool of their own."""
    from pydron.replay import show
    from pydron.runtime.surroundings import RUN_AHEAD, Surroundings, never

    before = getattr(_simulated, "context", None)
    surroundings = Surroundings(
        pool, show, adopt, run_ahead=run_ahead or RUN_AHEAD, natives=natives, twin=twin, inlines=inlines or never
    )
    _simulated.context = Context(surroundings, strict)
    spread_news()
    try:
        yield
    finally:
        _simulated.context = before


def twin(function: FunctionType) -> CodeType | tuple[str, int]:
    """Return the code of a function's twin, or why there is none and at which line."""
    # Never needed by programs whose helpers are all decorated.
    from pydron.translation.twin import NoTwinError, find_twin

    try:
        return find_twin(function)
    except NoTwinError as error:
        return error.reason, error.line


def adopt(function: object) -> Functional | None:
    """Take a callable that the configuration names as functional; None if only the decorator can make it so."""
    found = functional_of(function)
    if found is None and not is_coroutine_function(function):
        found = Functional(name_of(function))
        mark_functional(function, found)
    return found


def name_of(function: object) -> str:
    """Return the name of a callable, for people."""
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    if isinstance(name, str):
        return name
    inner = getattr(function, "func", None)
    return f"partial({name_of(inner)})" if inner is not None else type(function).__qualname__
