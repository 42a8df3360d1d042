"""What waiting calls open on their loop, so that a call that is cancelled leaves nothing open.

A call that the program never makes may be under way; code that reads sequentially is right not to expect that it ends
in the middle, and closes its connection on its last line.
"""

from __future__ import annotations

import functools
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

__all__ = ["abandon", "note", "watch"]

_OPENERS = (
    "create_connection",
    "create_unix_connection",
    "create_datagram_endpoint",
    "connect_read_pipe",
    "connect_write_pipe",
    "subprocess_exec",
    "subprocess_shell",
    "start_tls",
)
"""Methods of event loops that return a transport, most of them with its protocol."""

_opened: ContextVar[list[asyncio.BaseTransport] | None] = ContextVar("pydron_opened", default=None)


def watch(loop: asyncio.AbstractEventLoop) -> None:
    """Note what is opened on a loop from now on."""
    if hasattr(loop.create_connection, "notes"):
        return
    for name in _OPENERS:
        setattr(loop, name, _noting(getattr(loop, name)))


def note() -> list[asyncio.BaseTransport]:
    """Return a list of what is opened from now on in this context and those copied from it."""
    opened: list[asyncio.BaseTransport] = []
    _opened.set(opened)
    return opened


def abandon(opened: list[asyncio.BaseTransport]) -> None:
    """Close what is still open, without sending what is buffered."""
    for transport in opened:
        if not transport.is_closing():
            getattr(transport, "abort", transport.close)()


def _noting(method: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    @functools.wraps(method)
    async def noting(*args: object, **kwargs: object) -> object:
        result = await method(*args, **kwargs)
        opened = _opened.get()
        if opened is not None:
            # Whoever opens one connection after the other does not want to keep them all in memory.
            opened[:] = [transport for transport in opened if not transport.is_closing()]
            opened.append(result[0] if isinstance(result, tuple) else result)  # type: ignore[arg-type]
        return result

    noting.notes = True  # type: ignore[attr-defined]
    return noting
