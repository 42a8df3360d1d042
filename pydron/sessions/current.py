"""The session that calls use when none was named: made at the first call, ended with the process."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from pydron.interrupts import HeldBack

if TYPE_CHECKING:
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


def use(session: Session | None) -> Session | None:
    """Make a session the one in use; with None, take back the last one. Returns the session taken back."""
    with _LOCK:
        if session is not None:
            _STACK.append(session)
            return None
        return _STACK.pop() if _STACK else None


def shutdown() -> None:
    """End the session in use, if there is one. The next call starts another."""
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
