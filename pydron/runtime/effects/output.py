"""Which streams and loggers only write: printing and logging to them may wait for its turn."""

from __future__ import annotations

import io
import logging
import sys
import warnings
from dataclasses import replace
from types import FunctionType
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects.memory import instance_dict
from pydron.runtime.effects.printing import can_show
from pydron.runtime.effects.trust import are_atoms, has_plain_keys
from pydron.runtime.effects.verdict import OUTPUT, UNKNOWN, Verdict
from pydron.standins import behind

if TYPE_CHECKING:
    from types import ModuleType

    from pydron.runtime.effects.rules import Arguments, Keywords, MethodRule

__all__ = [
    "LOGGER_METHODS",
    "STREAM_METHODS",
    "classify_print",
    "classify_warn",
    "is_plain_handler",
    "is_plain_logger",
    "is_plain_stream",
]

_WRITE = replace(OUTPUT)
_WRITE_NOTHING_BACK = replace(OUTPUT, none_result=True)
_FROM_FRAME = replace(OUTPUT, none_result=True, reads_frame=True)

_STREAMS_ELSEWHERE = (
    ("_pytest.capture", "EncodedFile"),
    ("_pytest.capture", "CaptureIO"),
    ("ipykernel.iostream", "OutStream"),
)
"""Streams of others that do no more than a file: module and class."""


def _is_type_of(value: object, module: str, name: str) -> bool:
    found: ModuleType | None = sys.modules.get(module)
    return found is not None and type(value) is found.__dict__.get(name)


def is_plain_stream(stream: object) -> bool:
    """Tell whether writing text to the stream runs no user code."""
    stream = behind(stream)
    if type(stream) is io.StringIO:
        return not _is_patched(stream)
    if any(_is_type_of(stream, module, name) for module, name in _STREAMS_ELSEWHERE):
        return True
    return type(stream) is io.TextIOWrapper and not _is_patched(stream) and _ends_in_file(stream)


def _ends_in_file(stream: io.TextIOWrapper) -> bool:
    layer: object = stream
    try:
        layer = stream.buffer
        if type(layer) is io.BufferedWriter or type(layer) is io.BufferedRandom:
            if _is_patched(layer):
                return False
            layer = layer.raw
    except ValueError:  # detached
        return False
    return id(type(layer)) in _ENDS and not _is_patched(layer)


_ENDS = frozenset({id(io.FileIO), id(io.BytesIO)})


def _is_patched(value: object) -> bool:
    """Tell whether the instance itself has a function in the place of a method."""
    names = instance_dict(value)
    return names is not None and not (has_plain_keys(names) and are_atoms(names.values()))


def classify_print(args: Arguments, kwargs: Keywords) -> Verdict:
    """Tell what ``print(*args, **kwargs)`` may do. Without `file` the verdict is about `sys.stdout` as it is now."""
    stream = kwargs.get("file")
    if stream is None:
        stream = sys.stdout
    style = [value for name, value in kwargs.items() if name != "file"]
    plain = are_atoms(style) and (stream is None or is_plain_stream(stream)) and can_show(args)
    return _WRITE_NOTHING_BACK if plain else UNKNOWN


def _write(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    return _WRITE if not kwargs and are_atoms(args) and is_plain_stream(receiver) else UNKNOWN


def _flush(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    return _WRITE_NOTHING_BACK if not args and not kwargs and is_plain_stream(receiver) else UNKNOWN


STREAM_METHODS: dict[str, MethodRule] = {"write": _write, "flush": _flush}


_PLAIN_LOGGERS = frozenset({id(logging.Logger), id(logging.RootLogger)})
_STREAM_HANDLERS = frozenset({id(logging.StreamHandler), id(logging.FileHandler), id(type(logging.lastResort))})
_HANDLERS_ELSEWHERE = (
    ("_pytest.logging", "LogCaptureHandler"),
    ("_pytest.logging", "_LiveLoggingNullHandler"),
    ("_pytest.logging", "_FileHandler"),
)


_LOGGER_NAMES = frozenset(name for name, found in vars(logging.Logger).items() if type(found) is FunctionType)
_HANDLER_NAMES = frozenset({"acquire", "emit", "filter", "flush", "format", "handle", "handleError", "release"})
_STEP_NAMES = ("_log", "callHandlers", "findCaller", "handle", "makeRecord")
_LOGGER_STEPS = {name: vars(logging.Logger)[name] for name in _STEP_NAMES}


def _has_changed_class() -> bool:
    return any(behind(vars(logging.Logger).get(name)) is not step for name, step in _LOGGER_STEPS.items())


def is_plain_logger(logger: object) -> bool:
    """Tell whether a record given to the logger reaches no user code: no filters, only handlers of the library."""
    if id(type(logger)) not in _PLAIN_LOGGERS or logging.getLogRecordFactory() is not logging.LogRecord:
        return False
    step: logging.Logger | None = cast("logging.Logger", logger)
    if cast("logging.Logger", logger).filters or _has_changed_class():
        return False
    while step is not None:
        if id(type(step)) not in _PLAIN_LOGGERS or not all(map(is_plain_handler, step.handlers)):
            return False
        if not _LOGGER_NAMES.isdisjoint(step.__dict__):
            return False
        step = step.parent if step.propagate else None
    return is_plain_handler(logging.lastResort)


def is_plain_handler(handler: object) -> bool:
    """Tell whether a handler of log records runs no user code."""
    if handler is None or type(handler) is logging.NullHandler:
        return True
    if id(type(handler)) in _STREAM_HANDLERS:
        own = cast("logging.StreamHandler[io.TextIOWrapper]", handler)
        stream: object = own.stream
        if own.filters or not _HANDLER_NAMES.isdisjoint(own.__dict__):
            return False
        return _is_plain_formatter(own.formatter) and (stream is None or is_plain_stream(stream))
    known = any(_is_type_of(handler, module, name) for module, name in _HANDLERS_ELSEWHERE)
    return known and not cast("logging.Handler", handler).filters


def _is_plain_formatter(formatter: object) -> bool:
    return formatter is None or type(formatter) is logging.Formatter


def _log(receiver: object, args: Arguments, kwargs: Keywords) -> Verdict:
    if not is_plain_logger(receiver) or not args or not can_show(args):
        return UNKNOWN
    # Exception and stack of the moment are no operands.
    return _FROM_FRAME if are_atoms(kwargs.values()) and not any(kwargs.values()) else UNKNOWN


LOGGER_METHODS: dict[str, MethodRule] = dict.fromkeys(("debug", "info", "warning", "error", "critical", "log"), _log)


def classify_root_log(args: Arguments, kwargs: Keywords) -> Verdict:
    """Tell what ``logging.info(...)`` and the like may do; without handlers they would configure the root logger."""
    return _log(logging.root, args, kwargs) if logging.root.handlers else UNKNOWN


_SHOW_WARNING = warnings.showwarning


def classify_warn(args: Arguments, kwargs: Keywords) -> Verdict:
    """Tell what ``warnings.warn(...)`` with a text may do."""
    if not args or type(args[0]) is not str or len(args) > 2:
        return UNKNOWN
    category = args[1] if len(args) > 1 else kwargs.get("category")
    others = [value for name, value in kwargs.items() if name != "category"]
    plain = category is None or id(category) in _CATEGORIES
    return _FROM_FRAME if plain and are_atoms(others) and not any(others) and _is_original() else UNKNOWN


def _is_original() -> bool:
    return behind(warnings.showwarning) is _SHOW_WARNING and is_plain_stream(sys.stderr)


_CATEGORIES = frozenset(
    map(id, (Warning, UserWarning, RuntimeWarning, DeprecationWarning, FutureWarning, PendingDeprecationWarning))
)
