"""Whether a function runs what its source says: an import hook may have rewritten it, as pytest does with assertions.

The source is compiled once more, and the instructions are compared.
"""

from __future__ import annotations

import ast
from types import CodeType
from typing import TYPE_CHECKING

from pydron.translation.quote import at, define, load
from pydron.translation.source import find_imports
from pydron.translation.texts import unwarned
from pydron.translation.trees import copy_tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FunctionType

    from pydron.translation.source import Source

__all__ = ["compile_inner", "is_verbatim"]

_NAME = ".inner"


def is_verbatim(source: Source, function: FunctionType) -> bool:
    """Say whether the code of a function is what its source says."""
    code = function.__code__
    tree = copy_tree(source.tree)
    tree.decorator_list = []
    tree.args.defaults = [ast.Constant(None) for _ in tree.args.defaults]
    tree.args.kw_defaults = [default and ast.Constant(None) for default in tree.args.kw_defaults]
    # calls of what the module imports are compiled in a way of their own, unless the function was translated
    ways: tuple[Sequence[ast.stmt], ...] = find_imports(function), []
    return any(_is_same(compile_inner(tree, source, code, code.co_freevars, imports), code) for imports in ways)


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


def compile_inner(
    tree: ast.FunctionDef, source: Source, code: CodeType, shared: Sequence[str], imports: Sequence[ast.stmt] = ()
) -> CodeType:
    """Compile a function such that some variables are those of a function around it.

    Args:
        tree: the function.
        source: where it comes from.
        code: of which it gets the name.
        shared: the variables.
        imports: those of its module, if they are to be known to the compiler.
    """
    tree.name = _NAME  # the function's own name is not its variable
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
