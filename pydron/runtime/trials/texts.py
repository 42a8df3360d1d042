"""Text in a trial: ``str``, ``repr``, ``format`` and f-strings of values that may have methods for that."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING

from pydron.runtime.effects.printing import can_show
from pydron.runtime.effects.trust import is_atom
from pydron.runtime.trials.attributes import Attributes
from pydron.runtime.trials.generated import shown_fields
from pydron.runtime.trials.lookup import find, is_subclass, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Texts"]

_FORMAT = vars(object)["__format__"]
_STR = vars(object)["__str__"]
_REPR = vars(object)["__repr__"]
_ERROR_STR = vars(BaseException)["__str__"]


class Texts(Attributes):
    """The texts; mixed into the trial."""

    __slots__ = ()

    def formatted(self, value: object, conversion: int, spec: str) -> str:
        """``f"{value!conversion:spec}"``."""
        self.step()
        match chr(conversion) if conversion > 0 else "":
            case "s":
                value = self._text_of(value)
            case "r":
                value = self._shown(value)
            case "a":
                value = ascii(value) if self._can_show(value) else self.stop("ascii() of an object is not known")
        return self._formatted(value, spec)

    def _can_show(self, value: object) -> bool:
        if not is_atom(value) and not can_show((value,)):
            return False
        if self.memory.writes and not self.memory.is_open_deep(value):
            self.waits = True
            raise self.Stopped
        return True

    def _formatted(self, value: object, spec: str) -> str:
        if self._can_show(value):
            return str(self.do(format, value, spec))
        method = find(type(value), "__format__")
        if type(method) is FunctionType:
            return self._as_text(self.call(method, value, spec), "__format__")
        if method is not _FORMAT:
            self.stop(f"formatting a {name_of(type(value))} is not known to be pure")
        return self._text_of(value) if not spec else str(self.do(format, value, spec))

    def _text_of(self, value: object) -> str:
        if self._can_show(value):
            return str(value)
        method = find(type(value), "__str__")
        if type(method) is FunctionType:
            return self._as_text(self.call(method, value), "__str__")
        if method is _ERROR_STR and is_subclass(type(value), BaseException) and can_show(value.args):  # type: ignore[attr-defined]
            return str(self.do(str, value))
        if method is not _STR:
            self.stop(f"str() of {name_of(type(value))} is not known to be pure")
        return self._shown(value)

    def _shown(self, value: object) -> str:
        if self._can_show(value):
            return repr(value)
        method = find(type(value), "__repr__")
        if type(method) is FunctionType:
            fields = shown_fields(type(value), method)
            if fields is None:
                return self._as_text(self.call(method, value), "__repr__")
            for name in fields:
                self._shown(self.attribute(value, name))
            return str(self.do(repr, value))
        if method is not _REPR or self.is_own(value):  # which shows the address
            self.stop(f"repr() of {name_of(type(value))} is not known to be pure")
        return str(self.do(repr, value))

    def _as_text(self, text: object, name: str) -> str:
        if type(text) is not str:
            self.stop(f"{name} gives no text")
        return text

    # the builtin functions

    def _str(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if len(args) != 1 or kwargs:
            self.stop("str() is used in a way that is not known")
        return self._text_of(args[0])

    def _repr(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if len(args) != 1 or kwargs:
            self.stop("repr() is used in a way that is not known")
        return self._shown(args[0])

    def _format(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if len(args) not in {1, 2} or kwargs or type(args[-1] if len(args) == 2 else "") is not str:
            self.stop("format() is used in a way that is not known")
        return self._formatted(args[0], str(args[1]) if len(args) == 2 else "")
