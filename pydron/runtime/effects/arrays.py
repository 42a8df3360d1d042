"""What is known of numpy's types, without importing numpy: nothing until the program itself has imported it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from pydron.runtime.effects.imported import Imported

if TYPE_CHECKING:
    from types import ModuleType

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


def _learn(module: ModuleType) -> NumpyTypes:
    names = module.__dict__
    if names["ndarray"].__module__ != "numpy":
        raise ValueError(names["ndarray"])
    return NumpyTypes(
        module,
        int(names["__version__"].split(".")[0]),
        id(names["ndarray"]),
        frozenset({id(names["ufunc"]), id(type(names["sum"])), id(type(names["dot"]))}),
        names["dtype"],
        {id(kind): kind(0).dtype.kind for kind in _scalar_types(names)},
        (names["ndarray"], names["ufunc"], names["sum"], names["dot"], *_scalar_types(names)),
    )


def _scalar_types(names: dict[str, type]) -> list[type]:
    codes = cast("dict[str, type]", names["sctypeDict"])
    kinds = set(codes.values()) - {names["timedelta64"]}
    return [kind for kind in kinds if issubclass(kind, _number_types(names))]


def _number_types(names: dict[str, type]) -> tuple[type, ...]:
    return names["bool_"], names["integer"], names["floating"]


numpy_types = Imported("numpy", _learn).known
"""Returns what is known of numpy; None while the program has not completely imported it."""


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
