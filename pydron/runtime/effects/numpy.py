"""What numpy's functions and array methods may do. Knows numpy only once the program has imported it.

Numbers and arrays of numbers are all that is accepted: exact `numpy.ndarray`, so nothing is overridden. Operations that
may have a floating point event are marked as warning; those whose warnings do not come from such an event (the mean
of nothing, a complex number made real) are left unknown, as are those that write into an ``out`` argument.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

from pydron.runtime.effects.arrays import Array, is_plain_array, is_plain_dtype, numpy_types
from pydron.runtime.effects.chance import classify_seed
from pydron.runtime.effects.memory import class_mro
from pydron.runtime.effects.operators import is_small_float, numeric_kind, store_numbers
from pydron.runtime.effects.rules import READ_ALL, Arguments, CallRule, Keywords, MethodRule, on_trusted, writes
from pydron.runtime.effects.trust import LONG_LIMIT, are_atoms, is_atom
from pydron.runtime.effects.verdict import ALL, PURE, RECEIVER, UNKNOWN, Verdict, with_warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["numpy_call", "numpy_method"]


class _Ufunc(Protocol):
    nin: int


# fmt: off
_MAKERS = (
    "empty", "eye", "identity", "indices", "ones", "zeros",
)
_LOOKERS = (
    "all", "any", "argwhere", "array", "array_equal", "column_stack",
    "concatenate", "copy", "count_nonzero", "diag_indices", "dstack", "empty_like", "flatnonzero", "hstack",
    "iscomplexobj", "isrealobj", "ndim", "nonzero", "ones_like",
    "shape", "size", "stack", "tile", "tril", "triu",
    "vstack", "where", "zeros_like",
)
_VIEWERS = (
    "array_split", "asarray", "ascontiguousarray", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_to", "diagonal",
    "expand_dims", "flip", "fliplr", "flipud", "hsplit", "moveaxis", "ravel", "real", "imag", "reshape", "rollaxis",
    "split", "squeeze", "swapaxes", "transpose", "vsplit",
)
_COUNTERS = (
    "argmax", "argmin", "argsort", "digitize", "intersect1d", "isin", "lexsort", "max", "min", "repeat", "roll",
    "searchsorted", "sort", "take", "union1d", "unique",
    "allclose", "clip", "convolve", "correlate", "cumprod", "cumsum", "dot", "einsum", "full", "full_like",
    "gradient", "histogram", "inner", "interp", "isclose", "kron", "linspace", "logspace", "geomspace", "nansum",
    "outer", "pad", "polyval", "prod", "round", "sum", "tensordot", "trace", "vdot",
)
_AVERAGES = ("average", "mean", "median", "percentile", "quantile", "std", "var")
_LINEAR = ("cholesky", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "norm", "qr", "solve", "svd")
_SPECTRAL = ("fft", "fft2", "fftfreq", "fftn", "fftshift", "ifft", "ifft2", "ifftn", "ifftshift", "irfft", "irfft2",
             "rfft", "rfft2", "rfftfreq")
_SILENT_UFUNCS = (
    "absolute", "bitwise_and", "bitwise_or", "bitwise_xor", "ceil", "conjugate", "copysign", "equal", "floor",
    "invert", "isfinite", "isinf", "isnan", "logical_and",
    "logical_not", "logical_or", "logical_xor", "not_equal", "rint", "signbit", "trunc",
)
_UFUNCS = (
    "greater", "greater_equal", "less", "less_equal", "maximum", "minimum",
    "add", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cbrt", "cos", "cosh", "deg2rad",
    "degrees", "divide", "divmod", "exp", "exp2", "expm1", "float_power", "floor_divide", "fmax", "fmin", "fmod",
    "frexp", "gcd", "heaviside", "hypot", "lcm", "ldexp", "left_shift", "log", "log10", "log1p", "log2", "logaddexp",
    "logaddexp2", "matmul", "mod", "modf", "multiply", "negative", "nextafter", "positive", "power", "rad2deg",
    "radians", "reciprocal", "remainder", "right_shift", "sign", "sin", "sinh", "spacing", "sqrt", "square", "subtract",
    "tan", "tanh", "true_divide",
)
# fmt: on

_OPERANDS = {
    **dict.fromkeys(
        ("allclose", "array_equal", "convolve", "correlate", "digitize", "dot", "full", "full_like", "histogram",
         "inner", "intersect1d", "isclose", "isin", "kron", "linspace", "outer", "percentile", "polyval", "quantile",
         "repeat", "searchsorted", "solve", "take", "tensordot", "union1d", "vdot"),
        2,
    ),
    "clip": 3,
    "where": 3,
    "interp": 5,
    "einsum": 8,
}  # fmt: skip
"""How many leading arguments may be arrays, where it is not one. Options follow, or an array to write into."""

_REFUSED = frozenset(
    {"casting", "copy", "extobj", "interpolation", "like", "newshape", "order", "out", "sig", "signature", "subok",
     "where"}
)  # fmt: skip
"""Options that write, alias, warn that they are deprecated, or bring in others' code."""

_NUMBERS = frozenset(
    {"a_max", "a_min", "atol", "bins", "constant_values", "fill_value", "initial", "left", "max", "min", "range",
     "right", "rtol", "weights"}
)  # fmt: skip
"""Options that are numbers of any kind; others count or choose, and warn about anything else."""

_LOOK_AND_WARN = with_warnings(READ_ALL)
_VIEW = replace(READ_ALL, fresh=False)
_TYPES = frozenset(map(id, (bool, int, float, complex)))


def _is_operand(value: object, depth: int = 3) -> bool:
    """Tell whether numpy takes the value for numbers without asking anybody: sequences of numbers included."""
    if is_atom(value) or numeric_kind(value) is not None:
        return True
    if type(value) is not list and type(value) is not tuple:
        return False
    if are_atoms(value):
        return True
    # Other containers would become elements of an array of objects.
    return depth > 0 and len(value) <= 1000 and all(_is_real(item) or _is_inner(item, depth) for item in value)


def _is_inner(value: object, depth: int) -> bool:
    return not is_plain_array(value) and _is_operand(value, depth - 1)


def _is_real(value: object) -> bool:
    return numeric_kind(value) in {"b", "i", "u", "f"}


_WORDS = frozenset(
    {"bool", "int", "float", "complex", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
     "float16", "float32", "float64", "complex64", "complex128", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2",
     "f4", "f8", "c8", "c16", "b1", "full", "valid", "same", "ij", "xy", "ortho", "forward", "backward", "left",
     "right", "stable", "mergesort", "quicksort", "heapsort", "linear", "lower", "higher", "nearest", "midpoint",
     "edge", "constant", "reflect", "symmetric", "wrap", "raise", "clip", "fro", "nuc", "reduced", "complete"}
)  # fmt: skip
"""Options by word; others might be old names of types, which warn."""


def _is_option(value: object) -> bool:
    if type(value) is str:
        return value in _WORDS
    if _is_count(value) or id(value) in _TYPES:
        return True
    known = numpy_types()
    if known is None or id(value) in known.scalars or known.scalars.get(id(type(value)), "") in {"i", "u"}:
        return known is not None
    return any(parent is known.dtype for parent in class_mro(type(value))) and is_plain_dtype(value)


def _is_count(option: object) -> bool:
    parts = option if type(option) is tuple else (option,)
    return all(part is None or type(part) is int or type(part) is bool for part in parts)


def _judge(args: Arguments, kwargs: Keywords, operands: int, verdict: Verdict) -> Verdict:
    known = numpy_types()
    if known is None or known.major < 2 or not _REFUSED.isdisjoint(kwargs):
        return UNKNOWN
    if not (all(map(_is_operand, args[:operands])) and all(map(_is_option, args[operands:]))):
        return UNKNOWN
    if not all(_is_option(value) or (name in _NUMBERS and _is_operand(value)) for name, value in kwargs.items()):
        return UNKNOWN
    if all(map(_is_count, args[operands:])) and all(map(_is_count, kwargs.values())):
        return with_warnings(verdict) if any(map(is_small_float, args)) else verdict
    # An option may be a type to convert to.
    if any(numeric_kind(value) == "c" for value in (*args, *kwargs.values())):
        return UNKNOWN
    return with_warnings(verdict)


def _function(name: str, verdict: Verdict) -> CallRule:
    operands = _OPERANDS.get(name, 1)
    return lambda args, kwargs: _judge(args, kwargs, operands, verdict)


def _maker(args: Arguments, kwargs: Keywords) -> Verdict:
    plain = all(map(_is_option, args)) and all(map(_is_option, kwargs.values())) and _REFUSED.isdisjoint(kwargs)
    return PURE if plain else UNKNOWN


def _number_maker(args: Arguments, kwargs: Keywords) -> Verdict:
    plain = all(map(_is_real, args)) and not any(map(is_plain_array, args))
    return with_warnings(PURE) if plain and not kwargs and len(args) < 4 else _maker(args, kwargs)


def _average(name: str) -> CallRule:
    operands = _OPERANDS.get(name, 1)

    def rule(args: Arguments, kwargs: Keywords) -> Verdict:
        # The mean of nothing and a division by no degrees of freedom warn by other means.
        if "ddof" in kwargs or "correction" in kwargs or not args or not _is_sample(args[0]):
            return UNKNOWN
        return _judge(args, kwargs, operands, _LOOK_AND_WARN)

    return rule


def _is_sample(value: object) -> bool:
    """Tell whether there is something to take the mean of."""
    if type(value) is list or type(value) is tuple:
        return 0 < len(value) <= LONG_LIMIT and all(map(_is_real, value))
    return is_plain_array(value) and cast("Array", value).size > 0


def _universal(operands: int, verdict: Verdict) -> CallRule:
    def rule(args: Arguments, kwargs: Keywords) -> Verdict:
        kinds = [numeric_kind(arg) for arg in args]
        if kwargs or len(args) != operands or None in kinds:
            return UNKNOWN
        judged = _judge(args, kwargs, operands, verdict)
        return with_warnings(judged) if "c" in kinds and judged.is_known else judged

    return rule


def _convert(args: Arguments, kwargs: Keywords) -> Verdict:
    known = numpy_types()
    if known is None or known.major < 2 or kwargs or any(numeric_kind(arg) == "c" for arg in args):
        return UNKNOWN
    verdict = on_trusted(args, kwargs, numbers_warn=False)
    return with_warnings(verdict) if verdict.is_known and are_atoms(args) else UNKNOWN


class _Tables:
    """The functions of an imported numpy by identity, filled as its modules appear."""

    def __init__(self) -> None:
        self.calls: dict[int, CallRule] = {}
        self.alive: list[object] = []
        self.waiting = {
            "numpy": _functions_of_numpy,
            "numpy.linalg": _linear,
            "numpy.fft": _spectral,
            "numpy.random": _random,
        }

    def fill(self) -> None:
        """Add the modules that have been imported since."""
        for name, functions in tuple(self.waiting.items()):
            module = sys.modules.get(name)
            if type(module) is ModuleType and not getattr(module.__dict__.get("__spec__"), "_initializing", False):
                del self.waiting[name]
                for function, rule in functions(module.__dict__):
                    self.calls.setdefault(id(function), rule)
                    self.alive.append(function)


_Rules: TypeAlias = "Iterator[tuple[object, CallRule]]"


def _functions_of_numpy(names: Mapping[str, object]) -> _Rules:
    for group, rule in _GROUPS:
        yield from ((names[name], rule(name)) for name in group if name in names)
    for group, verdict in ((_SILENT_UFUNCS, READ_ALL), (_UFUNCS, _LOOK_AND_WARN)):
        found = (names[name] for name in group if name in names)
        yield from ((ufunc, _universal(cast("_Ufunc", ufunc).nin, verdict)) for ufunc in found)
    known = numpy_types()
    scalars = known.alive if known else ()
    yield from ((kind, _convert) for kind in scalars if known and id(kind) in known.scalars)


_MAYBE_VIEWS = ("diff",)
"""New numbers, or for nothing to do (``n=0``) the array itself."""
_GROUPS: tuple[tuple[tuple[str, ...], Callable[[str], CallRule]], ...] = (
    (_MAKERS, lambda _: _maker),
    (("arange",), lambda _: _number_maker),
    (_LOOKERS, lambda name: _function(name, READ_ALL)),
    (_VIEWERS, lambda name: _function(name, _VIEW)),
    (_COUNTERS, lambda name: _function(name, _LOOK_AND_WARN)),
    (_MAYBE_VIEWS, lambda name: _function(name, with_warnings(_VIEW))),
    (_AVERAGES, _average),
)


def _linear(names: Mapping[str, object]) -> _Rules:
    return ((names[name], _function(name, _LOOK_AND_WARN)) for name in _LINEAR if name in names)


def _spectral(names: Mapping[str, object]) -> _Rules:
    # Over no axes a transform is its operand.
    return ((names[name], _function(name, with_warnings(_VIEW))) for name in _SPECTRAL if name in names)


def _random(names: Mapping[str, object]) -> _Rules:
    return ((names[name], classify_seed) for name in ("default_rng",) if name in names)


_TABLES = _Tables()


def numpy_call(callee: object) -> CallRule | None:
    """Return the rule for a function of numpy; None for anything else."""
    if _TABLES.waiting:
        if numpy_types() is None:
            return None
        _TABLES.fill()
    return _TABLES.calls.get(id(callee))


_SILENT_METHODS = ("all", "any", "copy", "flatten", "item", "nonzero", "tobytes", "tolist")
_VIEW_METHODS = ("diagonal", "ravel", "reshape", "squeeze", "swapaxes", "transpose")
_WARNING_METHODS = ("argmax", "argmin", "argsort", "clip", "cumprod", "cumsum", "dot", "max", "min", "prod",
                    "repeat", "round", "searchsorted", "sum", "take", "trace")  # fmt: skip
_METHOD_OPERANDS = {"clip": 2, "dot": 1, "repeat": 1, "searchsorted": 1, "take": 1}

_CHANGE = writes(none_result=True)


def _on_receiver(verdict: Verdict) -> Verdict:
    return replace(verdict, deep=(RECEIVER, ALL))


def _array_rule(name: str, verdict: Verdict) -> MethodRule:
    operands = _METHOD_OPERANDS.get(name, 0)
    ours = _on_receiver(verdict)
    return lambda _receiver, args, kwargs: _judge(args, kwargs, operands, ours)


def _mean_rule(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    plain = cast("Array", receiver).size and "ddof" not in kwargs and "correction" not in kwargs and len(args) < 2
    return _judge(args, kwargs, 0, _on_receiver(_LOOK_AND_WARN)) if plain else UNKNOWN


def _astype(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    if len(args) != 1 or kwargs or numeric_kind(receiver) == "c" or not _is_option(args[0]):
        return UNKNOWN
    return _on_receiver(_LOOK_AND_WARN)


def _fill(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    if len(args) != 1 or kwargs or numeric_kind(args[0]) is None or is_plain_array(args[0]):
        return UNKNOWN
    stored = store_numbers(receiver, args[0])
    if not stored.is_known:
        return UNKNOWN
    return with_warnings(_CHANGE) if stored.warns else _CHANGE


def _sort(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    if not are_atoms(args) or not are_atoms(kwargs.values()) or "order" in kwargs:
        return UNKNOWN
    return _CHANGE if numeric_kind(receiver) in {"b", "i", "u"} else with_warnings(_CHANGE)


_ARRAY_METHODS: dict[str, MethodRule] = {
    **{name: _array_rule(name, READ_ALL) for name in _SILENT_METHODS},
    **{name: _array_rule(name, _VIEW) for name in _VIEW_METHODS},
    **{name: _array_rule(name, _LOOK_AND_WARN) for name in _WARNING_METHODS},
    **dict.fromkeys(("mean", "std", "var"), _mean_rule),
    "astype": _astype,
    "fill": _fill,
    "sort": _sort,
}
_SCALAR_METHODS = frozenset({"conjugate", "is_integer", "item", "tolist"})


def numpy_method(receiver: object, name: str) -> MethodRule | None:
    """Return the rule for a method of an array of numbers or of a number of numpy; None for anything else."""
    known = numpy_types()
    if known is None or known.major < 2:
        return None
    if id(type(receiver)) == known.array:
        return _ARRAY_METHODS.get(name) if numeric_kind(receiver) is not None else None
    return _scalar if id(type(receiver)) in known.scalars and name in _SCALAR_METHODS else None


def _scalar(_receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    return PURE if not args and not kwargs else UNKNOWN
