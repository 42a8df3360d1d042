"""A session: one pool of workers, one reactor thread, and the one bridge between user threads and it.

Data flow: `pool` takes tasks in the user's threads and hands them over in batches; on the reactor's thread `acts` asks
the scheduler what to do and does it; `crew` keeps the workers; outcomes go straight into the inbox of the run that
waits. `session` itself is quick to import; it makes the `plant`, which holds the others, when it is needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydron.sessions.current import current_session, shutdown, use
    from pydron.sessions.session import Session

__all__ = ["Session", "current_session", "shutdown", "use"]

_MODULES = {"Session": "session", "current_session": "current", "shutdown": "current", "use": "current"}


def __getattr__(name: str) -> object:
    # `current` must be importable in a worker, where there is no Twisted.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
