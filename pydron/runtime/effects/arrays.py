"""What is known of numpy's types, without importing numpy: nothing until the program itself has imported it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Protocol, cast

__all__ = ["Array", "NumpyTypes", "is_plain_array", "is_plain_dtype", "numpy_types"]

NUMERIC_KINDS = frozenset("biufc")
PLAIN_KINDS = frozenset("biufcSUmMV")
_USER_DTYPE = 2
"""Value of ``dtype.isbuiltin`` for data types that an extension registered."""


class _Dtype(Protocol):
    kind: str
    hasobject: bool
    isbuiltin: int
    itemsize: int


class Array(Protocol):
    """The part of `numpy.ndarray` that the database looks at."""

    dtype: _Dtype
    size: int
    ndim: int
    base: object

    def ravel(self) -> Array:
        """Return the same with one dimension."""

    def copy(self) -> Array:
        """Return the same with memory of its own."""

    def item(self, number: int) -> object:
        """Return an element."""

    def tolist(self) -> list[object]:
        """Return the elements."""


@dataclass(frozen=True, slots=True)
class NumpyTypes:
    """The types of an imported numpy, by identity."""

    module: ModuleType
    major: int
    array: int
    functions: frozenset[int]
    """The types of its functions: universal ones, and those that arguments may override."""
    dtype: type
    scalars: dict[int, str]
    """Kind letter by identity of the scalar type. Complex, structured and object scalars are left out: converting a
    complex one warns, the others refer to memory or objects of somebody else."""
    alive: tuple[object, ...]
    """Keeps the types alive, so that their identities stay theirs."""


class _Known:
    numpy: NumpyTypes | None = None


def numpy_types() -> NumpyTypes | None:
    """Return what is known of numpy; None while the program has not completely imported it."""
    if _Known.numpy is None and "numpy" in sys.modules:
        _Known.numpy = _learn(sys.modules["numpy"])
    return _Known.numpy


def _learn(module: object) -> NumpyTypes | None:
    if type(module) is not ModuleType:
        return None
    names = module.__dict__
    spec = names.get("__spec__")
    try:
        if getattr(spec, "_initializing", False) or names["ndarray"].__module__ != "numpy":
            return None
        scalars = {id(kind): kind(0).dtype.kind for kind in _scalar_types(names)}
        return NumpyTypes(
            module,
            int(names["__version__"].split(".")[0]),
            id(names["ndarray"]),
            frozenset({id(names["ufunc"]), id(type(names["sum"])), id(type(names["dot"]))}),
            names["dtype"],
            scalars,
            (names["ndarray"], names["ufunc"], names["sum"], names["dot"], *_scalar_types(names)),
        )
    except (KeyError, AttributeError, TypeError, ValueError):
        return None  # something else under that name, or half imported


def _scalar_types(names: dict[str, type]) -> list[type]:
    codes = cast("dict[str, type]", names["sctypeDict"])
    kinds = set(codes.values()) - {names["timedelta64"]}
    return [kind for kind in kinds if issubclass(kind, _number_types(names))]


def _number_types(names: dict[str, type]) -> tuple[type, ...]:
    return names["bool_"], names["integer"], names["floating"]


def is_plain_array(value: object) -> bool:
    """Tell whether the value is an exact `numpy.ndarray` that holds plain memory, not objects."""
    known = numpy_types()
    if known is None or id(type(value)) != known.array:
        return False
    return is_plain_dtype(cast("Array", value).dtype)


def is_plain_dtype(value: object) -> bool:
    """Tell whether a data type of numpy is one of its own and describes plain memory."""
    dtype = cast("_Dtype", value)
    return dtype.kind in PLAIN_KINDS and not dtype.hasobject and dtype.isbuiltin != _USER_DTYPE
