"""Values that note whenever code of theirs runs: whatever the database calls harmless must leave the note empty."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ran: list[str] = []
"""The special methods that have run."""

# fmt: off
_NAMES = (
    "__add__", "__radd__", "__iadd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__imul__", "__truediv__",
    "__rtruediv__", "__floordiv__", "__rfloordiv__", "__mod__", "__rmod__", "__divmod__", "__rdivmod__", "__pow__",
    "__rpow__", "__lshift__", "__rlshift__", "__rshift__", "__rrshift__", "__and__", "__rand__", "__or__", "__ror__",
    "__ior__", "__iand__", "__xor__", "__rxor__", "__matmul__", "__rmatmul__", "__lt__", "__le__", "__eq__", "__ne__",
    "__gt__", "__ge__", "__contains__", "__getitem__", "__setitem__", "__delitem__", "__neg__", "__pos__",
    "__invert__", "__abs__", "__round__", "__ceil__", "__floor__", "__trunc__", "__call__", "__enter__", "__exit__",
    "__del__", "__set_name__", "__length_hint__", "__missing__", "__array__", "__array_ufunc__", "__array_function__",
    "__copy__", "__deepcopy__", "__reversed__", "__fspath__", "__buffer__",
)
# fmt: on


def _noting(name: str, result: Callable[[], object]) -> Callable[..., object]:
    def special(self: object, *args: object, **kwargs: object) -> object:
        ran.append(name)
        return result()

    return special


def _empty() -> Iterator[object]:
    return iter(())


_RESULTS: dict[str, Callable[[], object]] = {
    **dict.fromkeys(_NAMES, lambda: NotImplemented),
    "__hash__": lambda: 1,
    "__len__": lambda: 2,
    "__bool__": lambda: True,
    "__iter__": _empty,
    "__next__": lambda: 1,
    "__index__": lambda: 1,
    "__int__": lambda: 1,
    "__float__": lambda: 1.0,
    "__complex__": lambda: 1j,
    "__str__": lambda: "hostile",
    "__repr__": lambda: "hostile",
    "__format__": lambda: "hostile",
    "__bytes__": lambda: b"hostile",
    "__eq__": lambda: False,
    "__ne__": lambda: True,
    "keys": lambda: ["a"],
    "upper": lambda: "A",
}
_SPECIALS = {name: _noting(name, result) for name, result in _RESULTS.items() if name != "__del__"}


class HostileMeta(type):
    """A metaclass whose classes cannot even be hashed unnoticed."""

    def __hash__(cls) -> int:
        ran.append("meta __hash__")
        return 1

    def __eq__(cls, other: object) -> bool:
        ran.append("meta __eq__")
        return cls is other

    def __instancecheck__(cls, instance: object) -> bool:
        ran.append("meta __instancecheck__")
        return True

    def __subclasscheck__(cls, subclass: type) -> bool:
        ran.append("meta __subclasscheck__")
        return True

    def __repr__(cls) -> str:
        ran.append("meta __repr__")
        return "hostile class"


def _hostile(name: str, *bases: type, without: tuple[str, ...] = ()) -> type:
    return HostileMeta(name, bases, {key: value for key, value in _SPECIALS.items() if key not in without})


Hostile = _hostile("Hostile")
HostileElement = _hostile(
    "HostileElement",
    without=("__array__", "__array_ufunc__", "__array_function__", "__len__", "__iter__", "__getitem__"),
)
HostileList = _hostile("HostileList", list)
HostileDict = _hostile("HostileDict", dict)
HostileSet = _hostile("HostileSet", set)
HostileText = _hostile("HostileText", str)
HostileInt = _hostile("HostileInt", int)
HostileFloat = _hostile("HostileFloat", float)
HostileTuple = _hostile("HostileTuple", tuple)


class HostileArray(np.ndarray):
    """An array that notes what is done with it."""

    def __array_ufunc__(self, *args: object, **kwargs: object) -> object:
        ran.append("__array_ufunc__")
        return NotImplemented

    def __array_finalize__(self, obj: object) -> None:
        ran.append("__array_finalize__")

    def __array_function__(self, *args: object, **kwargs: object) -> object:
        ran.append("__array_function__")
        return NotImplemented

    def __str__(self) -> str:
        ran.append("array __str__")
        return "array"

    __repr__ = __str__

    def __bool__(self) -> bool:
        ran.append("array __bool__")
        return True


class HostileZone(dt.tzinfo):
    """A time zone that notes being asked."""

    def utcoffset(self, _moment: dt.datetime | None) -> dt.timedelta:
        ran.append("utcoffset")
        return dt.timedelta(0)

    def dst(self, _moment: dt.datetime | None) -> dt.timedelta:
        ran.append("dst")
        return dt.timedelta(0)

    def tzname(self, _moment: dt.datetime | None) -> str:
        ran.append("tzname")
        return "nowhere"


class LikeText(str):
    """A key that hashes like its text and notes being compared."""

    __slots__ = ()

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __eq__(self, other: object) -> bool:
        ran.append("key __eq__")
        return False


class Finalized:
    """An object that notes its end."""

    def __del__(self) -> None:
        ran.append("__del__")


def hostile_iterator() -> Iterator[object]:
    ran.append("generator")
    yield 1


def hostile_function(*args: object, **kwargs: object) -> object:
    ran.append("function")
    return args[0] if args else 0


def hostile_array() -> object:
    return cast("object", np.zeros(2).view(HostileArray))
