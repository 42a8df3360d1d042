"""The whole arbiter: everything that code of a twin asks for."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import GeneratorType
from typing import cast

from pydron.runtime.effects.memory import is_class
from pydron.runtime.trials.calls import Calls
from pydron.runtime.trials.lookup import is_subclass, name_of

__all__ = ["Trial"]


class Trial(Calls):
    """One evaluation of an undecorated callable, operation by operation."""

    __slots__ = ()

    # the end

    def close(self) -> None:
        """Close generators that are left in the middle, as Python does when nobody has them any more."""
        for made in list(self.own.values()):
            if type(made) is GeneratorType and made.gi_frame is not None:
                left = self.left
                made.close()
                if self.left != left:
                    self.stop("a generator is left in the middle, and goes on when it is closed")

    def abandon(self) -> None:
        """Let go of everything, while nobody looks."""
        for made in list(self.own.values()):
            if type(made) is GeneratorType:
                with suppress(BaseException):  # nothing in it can have an effect
                    made.close()
        self.own.clear()
        self.errors.clear()  # they hold the frames that they came through, and these the trial

    # exceptions

    def error(self, raised: object) -> BaseException:
        """Return what ``raise`` raises."""
        self.step()
        made = self._made_error(raised)
        if not self.is_own(made) and id(made) not in self.errors:
            self.stop("it raises an exception that it has not made")
        self.errors[id(made)] = made
        return made

    def cause(self, given: object) -> BaseException | None:
        """Return what ``raise … from`` names."""
        return None if given is None else self._made_error(given)

    def _made_error(self, raised: object) -> BaseException:
        made = self.call(raised) if is_class(raised) else raised
        if not is_subclass(type(made), BaseException):
            self.stop(f"it raises a {name_of(type(made))}")
        return cast("BaseException", made)

    def failed_assertion(self, *message: object) -> BaseException:
        """Return what a failed ``assert`` raises."""
        made = AssertionError(*message)
        self.errors[id(made)] = made
        return made

    def caught(self) -> None:
        """Make sure that an error which is caught here will come up again."""
        error = sys.exception()
        if error is None or id(error) not in self.errors:
            self.stop("it catches an error that comes up in a way that is not known")
