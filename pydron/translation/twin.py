"""The twin of a function: the same function, but every operation is handed to an arbiter, which may refuse it.

::

    def scale(p):                   def scale(p):
        if p.x > limit:       →         if .O.truth(.O.compare('>', .O.attribute(p, 'x'), limit)):
            return p.x * 2                  return .O.binary('*', .O.attribute(p, 'x'), 2)

In comes a function object, out comes the code of its twin. ``.O`` is a free variable of that code, for the arbiter. The
operations and their order are those of the function itself; what the arbiter makes of them is its own affair.
"""

from __future__ import annotations

import weakref
from functools import partial
from typing import TYPE_CHECKING

from pydron.traces import is_of_library
from pydron.translation.lowering.context import Lowered
from pydron.translation.lowering.zero_argument_super import lower_zero_argument_super
from pydron.translation.scope import Scope
from pydron.translation.source import NoSourceError, find_source
from pydron.translation.trees import copy_tree
from pydron.translation.twin_tree import ARBITER, NoTwinError, TwinTree
from pydron.translation.verbatim import compile_inner, is_verbatim

if TYPE_CHECKING:
    from types import CodeType, FunctionType

__all__ = ["NoTwinError", "find_twin"]

_KNOWN_MODULES = frozenset({"dataclasses"})
"""Modules of the standard library whose functions may have a twin."""
_LONGEST = 400
"""Lines past which a function is not worth it."""

_TWINS: dict[int, tuple[weakref.ref[CodeType], CodeType | NoTwinError]] = {}
"""By identity: code objects of different files may be equal."""


def find_twin(function: FunctionType) -> CodeType:
    """Return the code of a function's twin.

    Raises:
        NoTwinError: there is none; the error says why, and at which line.
    """
    code = function.__code__
    key = id(code)
    known = _TWINS.get(key)
    if known is None or known[0]() is not code:
        known = _TWINS[key] = (weakref.ref(code, partial(_TWINS.pop, key)), _make(function))
    twin = known[1]
    if isinstance(twin, NoTwinError):
        raise NoTwinError(twin.reason, twin.line)  # a traceback would keep the function alive
    return twin


def _make(function: FunctionType) -> CodeType | NoTwinError:
    try:
        return _compiled(function)
    except NoTwinError as error:
        return error.with_traceback(None)
    except NoSourceError as error:
        return NoTwinError(str(error), function.__code__.co_firstlineno)
    except (SyntaxError, ValueError, RecursionError):
        return NoTwinError("it is too involved", function.__code__.co_firstlineno)


def _compiled(function: FunctionType) -> CodeType:
    code = function.__code__
    if is_of_library(code.co_filename) and function.__globals__.get("__name__") not in _KNOWN_MODULES:
        raise NoTwinError("it belongs to a library", code.co_firstlineno)
    source = find_source(function)
    if (source.tree.end_lineno or 0) - source.tree.lineno > _LONGEST:
        raise NoTwinError("it is too long", code.co_firstlineno)
    if not is_verbatim(source, function):
        raise NoTwinError("its source is not what runs", code.co_firstlineno)
    lowered = Lowered(source, copy_tree(source.tree), Scope.of(code, source.tree))
    lower_zero_argument_super(lowered)
    tree = TwinTree(frozenset(code.co_freevars)).function(lowered.tree)
    return compile_inner(tree, source, code, (ARBITER, *code.co_freevars))
