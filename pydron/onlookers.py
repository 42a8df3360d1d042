"""Debuggers, coverage and profilers: while one looks on, scheduled functions run as they are written.

What it is to show is the user's code, line by line, with the values of its variables.
"""

from __future__ import annotations

import os
import sys

__all__ = ["onlooker"]

_ON = frozenset({"on", "1", "yes", "true"})
_TOOLS = (0, 1, 2)
"""The numbers under which `sys.monitoring` knows debuggers, coverage and profilers."""


def onlooker() -> str | None:
    """Return what looks on in the current thread, for people; None if nothing does, or the user does not mind."""
    trace, profile = sys.gettrace(), sys.getprofile()
    found = ""
    if trace is not None:
        found = f"{_name(trace)} follows each line (sys.settrace)"
    elif profile is not None:
        found = f"{_name(profile)} follows each call (sys.setprofile)"
    elif sys.version_info >= (3, 12):
        names = [name for number in _TOOLS if (name := sys.monitoring.get_tool(number)) is not None]
        found = f"{names[0]} looks on (sys.monitoring)" if names else ""
    return found if found and os.environ.get("PYDRON", "").lower() not in _ON else None


def _name(hook: object) -> str:
    """Return the package that a hook comes from."""
    owner = getattr(hook, "__self__", hook)
    module = getattr(owner, "__module__", None) or type(owner).__module__
    return "a tool" if module == "builtins" else str(module).partition(".")[0]
