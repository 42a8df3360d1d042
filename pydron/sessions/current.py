"""The session that calls use when none was named: made at the first call, ended with the process."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydron.interrupts import HeldBack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydron.sessions.session import Session

__all__ = ["current_session", "shutdown", "use"]

_LOCK = threading.RLock()
_STACK: list[Session] = []


def current_session() -> Session:
    """Return the session in use, made from the configuration that is found if there is none.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    with _LOCK:
        # A fork of the process that made them has no use for its sessions.
        while _STACK and (_STACK[-1].closed or _STACK[-1].pid != os.getpid()):
            _STACK.pop()
        if not _STACK:
            with HeldBack():
                from pydron.sessions.session import Session

                _STACK.append(Session())
        return _STACK[-1]


@contextmanager
def use(session: Session) -> Iterator[Session]:
    """Make a session the one in use for a while, and end it then."""
    try:
        with _LOCK:
            _STACK.append(session)
        yield session
    finally:
        with HeldBack():
            with _LOCK:
                if session in _STACK:
                    _STACK.remove(session)
            session.close()


def shutdown() -> None:
    """End the session in use, if there is one. The next call starts another."""
    with HeldBack():
        with _LOCK:
            session = _STACK.pop() if _STACK else None
        if session is not None:
            session.close()
        elif "pydron.waiting.side" in sys.modules:  # calls that were made one after the other
            from pydron.waiting.side import close_if_unused

            close_if_unused()


def _forget_lock() -> None:
    """Make the lock anew in a fork: another thread may have held the old one."""
    global _LOCK
    _LOCK = threading.RLock()


os.register_at_fork(after_in_child=_forget_lock)
