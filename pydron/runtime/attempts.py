"""Statements that catch errors, from generated code: their bodies, their handlers, their managers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, cast

from pydron.runtime.announcements import Announcements
from pydron.runtime.caught import Caught, keep_value
from pydron.runtime.effects.attributes import defines
from pydron.runtime.entries import Effect
from pydron.runtime.promise import Request
from pydron.runtime.trials.lookup import special

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import NoReturn

    from pydron.runtime.plan import Values

__all__ = ["Attempts"]

_HARMLESS_MANAGERS = frozenset(map(id, (contextlib.suppress, contextlib.nullcontext)))


class Attempts(Announcements):
    """The statements; mixed into the fiber, which generated code knows as ``.S``."""

    __slots__ = ("caught", "variables")

    variables: dict[str, object] | None
    caught: Caught | None

    # variables that a handler reads

    def note(self, tick: int, name: str, value: object) -> None:
        """Keep the new value of a variable for the handlers of the statement at a tick."""
        guard = self.guard
        assert guard is not None
        maker = guard.parent
        assert maker is not None
        while maker.tick != tick or maker.activation is not self.activation:
            assert maker.guard is not None
            assert maker.guard.parent is not None
            maker = maker.guard.parent
        variables = maker.variables
        assert variables is not None
        if self.run.pending:
            self.queue(Effect(keep_value, (variables, name, (value,)), (), tick))
        else:
            variables[name] = value

    def noted(self, caught: Caught, names: tuple[str, ...], values: Values) -> Values:
        """Return variables as of the place where an error came up; `values` are those before the statement."""
        found = caught.variables
        return tuple([found.get(name, value) for name, value in zip(names, values, strict=True)])

    # errors

    def look(self, caught: Caught) -> NoReturn:
        """Raise an error for ``except`` clauses to choose; see `chosen`."""
        self.caught = caught
        raise caught.error

    def chosen(self) -> None:
        """Undo what `look` has done to the error."""
        assert self.caught is not None
        self.caught.restore()
        self.caught = None

    def handled(self, caught: Caught) -> None:
        """Say that an error will not be passed on."""
        self.run.forget_error(caught.error)

    # managers

    def may_enter(self, manager: object) -> Request | None:
        """Say how long entering or leaving a manager has to wait."""
        if not self.run.pending or id(type(manager)) in _HARMLESS_MANAGERS:
            return None
        return Request.IMPURE

    def enter(self, manager: object) -> tuple[Callable[..., object], object]:
        """Enter a manager; return how to leave it, and what entering it gave."""
        if not all(defines(manager, name) for name in ("__enter__", "__exit__")):
            with cast("AbstractContextManager[object]", manager):  # Python itself has to complain
                pass
        enter = cast("Callable[[], object]", special(manager, "__enter__"))
        leave = cast("Callable[..., object]", special(manager, "__exit__"))
        return leave, enter()

    def leave(self, leave: Callable[..., object], caught: Caught | None) -> bool:
        """Leave a manager; return whether it swallows the error."""
        if caught is None:
            leave(None, None, None)
            return True
        error = caught.error
        try:
            raise error
        except BaseException:
            caught.restore()
            return bool(leave(type(error), error, error.__traceback__))
