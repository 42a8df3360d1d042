"""Find the syntax tree of a function: in comes a function object, out comes its ``def`` with the user's own positions.

`inspect.getsource` is not used: it cuts the function out by indentation, which breaks on comments between a decorator
and the ``def`` and damages multi-line strings. The whole file is parsed and the ``def`` is looked up by its first
line. Where the text comes from is the concern of `pydron.translation.texts`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from pydron.translation.private_names import has_private_names, write_private_names
from pydron.translation.quote import at, define
from pydron.translation.texts import FUTURE_FLAGS, is_compiled_from, texts_of, unwarned
from pydron.translation.trees import children, copy_tree

if TYPE_CHECKING:
    from types import CodeType, FunctionType

    from pydron.translation.stamp import Stamp

__all__ = ["NoSourceError", "Source", "find_imports", "find_source"]

Place: TypeAlias = tuple[int | None, int | None, int | None, int | None]
"""First line, last line, first column, last column."""


class NoSourceError(Exception):
    """The source of a function is not to be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """One function as the user wrote it, but for the private names of its class, which are written out."""

    tree: ast.FunctionDef
    """Others see it too: who changes it copies it first."""
    filename: str
    name: str
    qualname: str
    class_name: str | None
    """The class whose private names (``__x``) the function may use."""
    future_flags: int
    """Compiler flags of the ``from __future__`` imports in force."""


@lru_cache(maxsize=64)
def _parse(filename: str, text: str) -> ast.Module:
    with unwarned(filename):
        return ast.parse(text, filename)


def _module(function: FunctionType, stamp: Stamp | None = None) -> ast.Module:
    """Return the tree of the text that a function comes from."""
    code = function.__code__
    filename = code.co_filename
    found = False
    for text in texts_of(code, function.__globals__, stamp):
        if not text.text:
            continue
        found = True
        try:
            if text.certain or is_compiled_from(code, text.text):
                return _parse(filename, text.text)
        except (SyntaxError, ValueError):
            pass
    raise NoSourceError(_missing(filename, found))


def _missing(filename: str, found: bool) -> str:
    """Say why there is no text, and what helps."""
    if filename == "<stdin>":
        return "standard input cannot be read again; put the program into a file"
    if filename.startswith("<"):
        return f"the source of {filename} is not available, as with all code given to exec; put it into a file"
    if found:
        return f"{filename} has changed since it was imported; start the program again"
    return f"the source of {filename} is not available"


def find_imports(function: FunctionType) -> list[ast.stmt]:
    """Return the imports of the module that a function comes from."""
    found: list[ast.stmt] = []
    pending: list[ast.AST] = [_module(function)]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if getattr(node, "module", None) != "__future__":
                found.append(node)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            pending.extend(children(node))
    return found


@lru_cache(maxsize=64)
def _definitions(module: ast.Module) -> dict[tuple[str, int], list[tuple[ast.AST, str | None]]]:
    """Return all definitions of a file by name and first line, each with the innermost class around it."""
    found: dict[tuple[str, int], list[tuple[ast.AST, str | None]]] = {}
    pending: list[tuple[ast.AST, str | None]] = [(module, None)]
    while pending:
        node, class_name = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.setdefault((node.name, first), []).append((node, class_name))
        inner = node.name if isinstance(node, ast.ClassDef) else class_name
        pending.extend((child, inner) for child in children(node) if not isinstance(child, ast.expr))
    return found


@lru_cache(maxsize=64)
def _lambdas(module: ast.Module) -> dict[tuple[int, Place], tuple[ast.Lambda, str | None]]:
    """Return all lambdas of a file by first line and place of the value, each with the innermost class around it."""
    found: dict[tuple[int, Place], tuple[ast.Lambda, str | None]] = {}
    pending: list[tuple[ast.AST, str | None]] = [(module, None)]
    while pending:
        node, class_name = pending.pop()
        if isinstance(node, ast.Lambda):
            body = node.body
            place = (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset)
            found[node.lineno, place] = node, class_name
        inner = node.name if isinstance(node, ast.ClassDef) else class_name
        pending.extend((child, inner) for child in children(node))
    return found


def find_source(function: FunctionType, stamp: Stamp | None = None, *, coroutine: bool = False) -> Source:
    """Return the definition of a function; that of a lambda comes as one that returns its value.

    Args:
        function: a Python function.
        stamp: of its file, when the function was made.
        coroutine: take a coroutine function too; its definition comes as one without ``async``.

    Raises:
        NoSourceError: there is no source, or it is not the source of this function.
    """
    code = function.__code__
    filename = code.co_filename
    if code.co_name == "<lambda>":
        return _find_lambda(function, stamp)
    found = _definitions(_module(function, stamp)).get((code.co_name, code.co_firstlineno), [])
    if len(found) != 1:
        raise NoSourceError(f"line {code.co_firstlineno} of {filename} does not define one function {code.co_name}")
    node, class_name = found[0]
    if isinstance(node, ast.AsyncFunctionDef) and coroutine:
        node = at(ast.FunctionDef(**{name: getattr(node, name) for name in node._fields}), node)
    if not isinstance(node, ast.FunctionDef):
        raise NoSourceError("it is a coroutine function")
    node = _outside_of_class(node, class_name)
    if not _same_shape(node, code):
        raise NoSourceError(f"{filename} has changed since it was imported")
    return Source(
        tree=node,
        filename=filename,
        name=node.name,
        qualname=function.__qualname__,
        class_name=class_name,
        future_flags=code.co_flags & FUTURE_FLAGS,
    )


def _find_lambda(function: FunctionType, stamp: Stamp | None) -> Source:
    code = function.__code__
    lambdas = _lambdas(_module(function, stamp))
    keys = {(code.co_firstlineno, place) for place in code.co_positions()}
    found = [lambdas[key] for key in keys if key in lambdas]
    if len(found) != 1:
        raise NoSourceError(f"line {code.co_firstlineno} of {code.co_filename} does not hold one such lambda")
    node, class_name = found[0]
    copied = copy_tree(node)
    tree = at(define(code.co_name, copied.args, [at(ast.Return(copied.body), node)]), node)
    tree = _outside_of_class(tree, class_name)
    if not _same_shape(tree, code):
        raise NoSourceError(f"{code.co_filename} has changed since it was imported")
    return Source(tree, code.co_filename, tree.name, function.__qualname__, class_name, code.co_flags & FUTURE_FLAGS)


def _outside_of_class(node: ast.FunctionDef, class_name: str | None) -> ast.FunctionDef:
    """Return a definition as it would have to be written outside of the class it stands in."""
    if class_name is None or not class_name.strip("_") or not has_private_names(node):
        return node
    copied = copy_tree(node)
    write_private_names(copied, class_name)
    return copied


def _same_shape(node: ast.FunctionDef, code: CodeType) -> bool:
    arguments = node.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    names += [a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None]
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    return tuple(names) == code.co_varnames[:count]
