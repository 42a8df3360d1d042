"""The methods of the immutable builtin types: str, bytes, the numbers, dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from pydron.runtime.effects.printing import can_show
from pydron.runtime.effects.rules import READ_ALL, Arguments, Keywords, MethodRule, as_collection, on_trusted, reads
from pydron.runtime.effects.trust import are_atoms
from pydron.runtime.effects.verdict import PURE, UNKNOWN, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TEXT_METHODS"]

_Names: TypeAlias = Iterable[str]

# The names that C code resolves by itself, without asking the registry that a program may add to.
_CODECS = frozenset({"utf-8", "utf8", "ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1", "utf-16", "utf-32"})
_ERRORS = frozenset({"strict", "ignore", "replace", "backslashreplace", "surrogateescape", "surrogatepass"})


def _on_atoms(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    return PURE if are_atoms((receiver, *args, *kwargs.values())) else on_trusted((receiver, *args), kwargs)


def _join(receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    # Elements are used as the text they hold, whatever their class overrides; others raise.
    if len(args) != 1 or not are_atoms((receiver,)):
        return UNKNOWN
    if type(args[0]) is tuple or are_atoms(args):
        return PURE
    return reads(0, fresh=True) if id(type(args[0])) in _JOINABLE else UNKNOWN


_JOINABLE = frozenset(map(id, (list, dict, set, frozenset)))


def _format(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    if not kwargs and are_atoms(args):
        return PURE
    return READ_ALL if can_show((receiver, *args, *kwargs.values())) else UNKNOWN


def _format_map(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    return _format(receiver, args, kwargs) if len(args) == 1 and type(args[0]) is dict else UNKNOWN


def _translate(receiver: object, args: Arguments, _kwargs: Keywords) -> Verdict:
    if len(args) != 1 or not are_atoms((receiver,)) or type(args[0]) is not dict:
        return UNKNOWN
    table = args[0]
    return READ_ALL if are_atoms(as_collection(table)) and are_atoms(table.values()) else UNKNOWN


def _recode(_receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    codec = args[0] if args else kwargs.get("encoding", "utf-8")
    errors = args[1] if len(args) > 1 else kwargs.get("errors", "strict")
    if not are_atoms((codec, errors)):
        return UNKNOWN
    known = isinstance(codec, str) and codec.lower().replace("_", "-") in _CODECS and errors in _ERRORS
    return PURE if known else UNKNOWN


def _match(_receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    # A match may refer to a text that is no exact str, but only reads its characters.
    return PURE if are_atoms(args) and are_atoms(kwargs.values()) else UNKNOWN


def _same(names: _Names, rule: MethodRule = _on_atoms) -> dict[str, MethodRule]:
    return dict.fromkeys(names, rule)


# fmt: off
_SHARED = (
    "capitalize", "center", "count", "endswith", "expandtabs", "find", "index", "isalnum", "isalpha", "isascii",
    "isdigit", "islower", "isspace", "istitle", "isupper", "ljust", "lower", "lstrip", "partition", "removeprefix",
    "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines",
    "startswith", "strip", "swapcase", "title", "upper", "zfill",
)
# fmt: on

_STR = {
    **_same(_SHARED),
    **_same(("casefold", "isdecimal", "isidentifier", "isnumeric", "isprintable")),
    "join": _join,
    "format": _format,
    "format_map": _format_map,
    "translate": _translate,
    "encode": _recode,
}
_BYTES = {**_same(_SHARED), **_same(("hex", "translate")), "decode": _recode}
_INT = _same(("as_integer_ratio", "bit_count", "bit_length", "conjugate", "is_integer", "to_bytes"))
_FLOAT = _same(("as_integer_ratio", "conjugate", "hex", "is_integer"))
_COMPLEX = _same(("conjugate",))
_FRACTION = _same(("as_integer_ratio", "conjugate", "is_integer", "limit_denominator"))
_DATE = _same(("ctime", "isocalendar", "isoformat", "isoweekday", "replace", "timetuple", "toordinal", "weekday"))
_TIME = _same(("isoformat", "replace", "utcoffset", "tzname", "dst"))
_PATTERN = _same(("findall", "finditer", "fullmatch", "match", "search", "split"), _match)
_MATCH = _same(("end", "expand", "group", "groupdict", "groups", "span", "start"), _match)
_DATETIME = {**_DATE, **_TIME, **_same(("date", "time", "timetz", "utctimetuple"))}

TEXT_METHODS: tuple[tuple[type, Mapping[str, MethodRule]], ...] = (
    (str, _STR),
    (bytes, _BYTES),
    (int, _INT),
    (bool, _INT),
    (float, _FLOAT),
    (complex, _COMPLEX),
    (Fraction, _FRACTION),
    (date, _DATE),
    (time, _TIME),
    (datetime, _DATETIME),
    (timedelta, _same(("total_seconds",))),
    (re.Pattern, _PATTERN),
    (re.Match, _MATCH),
    (timezone, _same(("utcoffset", "tzname", "dst"))),
)
