"""`classify_method`: what ``receiver.name(...)`` may do."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

from pydron.runtime.effects.containers import CONTAINER_METHODS
from pydron.runtime.effects.numpy import numpy_method
from pydron.runtime.effects.output import LOGGER_METHODS, STREAM_METHODS, is_plain_stream
from pydron.runtime.effects.pandas import frame_method
from pydron.runtime.effects.texts import TEXT_METHODS
from pydron.runtime.effects.verdict import UNKNOWN, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydron.runtime.effects.rules import Arguments, Keywords, MethodRule

__all__ = ["classify_method"]

_METHODS: dict[int, Mapping[str, MethodRule]] = {id(kind): rules for kind, rules in (*CONTAINER_METHODS, *TEXT_METHODS)}
_METHODS[id(io.TextIOWrapper)] = STREAM_METHODS
_METHODS[id(io.StringIO)] = STREAM_METHODS
_METHODS[id(logging.Logger)] = LOGGER_METHODS
_METHODS[id(logging.RootLogger)] = LOGGER_METHODS


def classify_method(receiver: object, name: str, args: Arguments, kwargs: Keywords) -> Verdict:
    """Tell what ``receiver.name(*args, **kwargs)`` may do.

    Known for exact builtin types, arrays, plain streams and loggers.
    """
    rules = _METHODS.get(id(type(receiver)))
    if rules is not None:
        rule = rules.get(name)
    elif name in STREAM_METHODS and is_plain_stream(receiver):
        rule = STREAM_METHODS[name]
    else:
        rule = numpy_method(receiver, name) or frame_method(receiver, name)
    return UNKNOWN if rule is None else rule(receiver, args, kwargs)
