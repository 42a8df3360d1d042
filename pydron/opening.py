"""Opening and ending sessions by hand."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydron.sessions import Session, shutdown, use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydron.config.load import Source

__all__ = ["session", "shutdown"]


@contextmanager
def session(
    config: Source = None,
    *,
    strict: bool | None = None,
    ship: bool | None = None,
    check: bool | None = None,
    mode: str | None = None,
    idle_timeout: float | None = None,
) -> Iterator[Session]:
    """Use other workers or options for a while: ``with pydron.session("cluster.conf"): ...``.

    Without one, a session starts at the first functional call and ends with the process. What is not given here comes
    from the configuration.

    Args:
        config: a configuration file, or what would stand in one as a dictionary; None searches as always.
        strict: raise `TranslationError` where a function would run sequentially with a notice.
        ship: send every functional call to a worker, however short it is.
        check: verify for each call that it left its arguments alone.
        mode: ``"parallel"`` or ``"sequential"``; the second runs everything undecorated in this process.
        idle_timeout: stop the workers after so many seconds without work; they come back when needed.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    opened = Session(config, strict=strict, ship=ship, check=check, mode=mode, idle_timeout=idle_timeout)
    with use(opened):
        yield opened
