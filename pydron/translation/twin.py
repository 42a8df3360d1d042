"""The twin of a function: the same function, but every operation is handed to an arbiter, which may refuse it.

::

    def scale(p):                   def scale(p):
        if p.x > limit:       →         if .O.truth(.O.compare('>', .O.attribute(p, 'x'), limit)):
            return p.x * 2                  return .O.binary('*', .O.attribute(p, 'x'), 2)

In comes a function object, out comes the code of its twin. ``.O`` is a free variable of that code, for the arbiter. The
operations and their order are those of the function itself; what the arbiter makes of them is its own affair.
"""

from __future__ import annotations

import ast
import sysconfig
import weakref
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

from pydron.translation.lowering.context import Lowered
from pydron.translation.lowering.zero_argument_super import lower_zero_argument_super
from pydron.translation.quote import at, define, load
from pydron.translation.scope import Scope
from pydron.translation.source import NoSourceError, Source, find_imports, find_source
from pydron.translation.texts import unwarned
from pydron.translation.trees import copy_tree
from pydron.translation.twin_tree import ARBITER, NoTwinError, TwinTree

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["NoTwinError", "find_twin"]

_LIBRARY = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
_FOREIGN = ("site-packages", "dist-packages")
_KNOWN_MODULES = frozenset({"dataclasses"})
"""Modules of the standard library whose functions may have a twin."""
_LONGEST = 400
"""Lines past which a function is not worth it."""

_NAME = ".twin"

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
        known = _TWINS[key] = (weakref.ref(code, lambda _gone: _TWINS.pop(key, None)), _make(function))
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
    if _is_of_library(function):
        raise NoTwinError("it belongs to a library", code.co_firstlineno)
    source = find_source(function)
    if (source.tree.end_lineno or 0) - source.tree.lineno > _LONGEST:
        raise NoTwinError("it is too long", code.co_firstlineno)
    _check_source(source, function)
    lowered = Lowered(source, copy_tree(source.tree), Scope.of(code, source.tree))
    lower_zero_argument_super(lowered)
    tree = TwinTree(frozenset(code.co_freevars)).function(lowered.tree)
    return _compile(tree, source, code)


def _is_of_library(function: FunctionType) -> bool:
    path = function.__code__.co_filename
    if function.__globals__.get("__name__") in _KNOWN_MODULES:
        return False
    return path.startswith(_LIBRARY) or any(part in path for part in _FOREIGN)


def _check_source(source: Source, function: FunctionType) -> None:
    """Refuse a function whose code is not what its source says: a file that was edited, code that was rewritten."""
    code = function.__code__
    tree = copy_tree(source.tree)
    tree.decorator_list = []
    tree.args.defaults = [ast.Constant(None) for _ in tree.args.defaults]
    tree.args.kw_defaults = [default and ast.Constant(None) for default in tree.args.kw_defaults]
    # calls of what the module imports are compiled in a way of their own, unless the function was translated
    if not any(_is_same(_compile(tree, source, code, imports), code) for imports in (find_imports(function), [])):
        raise NoTwinError("its source is not what runs", code.co_firstlineno)


def _is_same(mine: CodeType, theirs: CodeType) -> bool:
    return (
        mine.co_code == theirs.co_code
        and mine.co_names == theirs.co_names
        and mine.co_varnames == theirs.co_varnames
        and mine.co_freevars == theirs.co_freevars
        and len(mine.co_consts) == len(theirs.co_consts)
        and all(map(_is_same_constant, mine.co_consts, theirs.co_consts))
    )


def _is_same_constant(mine: object, theirs: object) -> bool:
    if isinstance(mine, CodeType) and isinstance(theirs, CodeType):
        return _is_same(mine, theirs)
    return type(mine) is type(theirs) and repr(mine) == repr(theirs)


def _compile(tree: ast.FunctionDef, source: Source, code: CodeType, imports: Sequence[ast.stmt] = ()) -> CodeType:
    """Compile a function such that the arbiter and the variables of functions around are free in it."""
    tree.name = _NAME  # the function's own name is not its variable
    shared = (ARBITER, *code.co_freevars)
    assign: list[ast.stmt] = [ast.Assign([ast.Name(name, ast.Store())], ast.Constant(None)) for name in shared]
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    outer = define("outer", nothing, [*assign, tree, at(ast.Return(load(tree.name, tree)), tree)])
    module = ast.fix_missing_locations(ast.Module([*imports, outer], []))
    with unwarned(source.filename):
        compiled = compile(module, source.filename, "exec", source.future_flags, dont_inherit=True)
    return _inner(_inner(compiled, "outer"), _NAME).replace(co_name=code.co_name, co_qualname=code.co_qualname)


def _inner(code: CodeType, name: str) -> CodeType:
    (found,) = [each for each in code.co_consts if isinstance(each, CodeType) and each.co_name == name]
    return found
