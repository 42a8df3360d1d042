"""Remove ``continue``: what follows it in the loop body moves into the branch that does not continue.

::

    for x in xs:                    for x in xs:
        if p(x):                        if p(x):
            continue          →             pass
        use(x)                          else:
                                            use(x)

A ``continue`` on a pending condition then holds up the rest of its own iteration and nothing else. Where both
branches may go on, a flag says whether the rest is still to run.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pydron.translation.quote import Names, quote
from pydron.translation.trees import children

if TYPE_CHECKING:
    from pydron.translation.lowering.context import Lowered

__all__ = ["blocks_of", "contains_jump", "lower_continue"]


def contains_jump(statements: list[ast.stmt], kinds: tuple[type[ast.stmt], ...]) -> bool:
    """Say whether one of the statements may jump out of what is around them by a statement of these kinds."""
    return any(_jumps(statement, kinds) for statement in statements)


def _jumps(statement: ast.stmt, kinds: tuple[type[ast.stmt], ...]) -> bool:
    if isinstance(statement, kinds):
        return True
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    if isinstance(statement, (ast.For, ast.While)):
        # other jumps in its body are its own
        returns = ast.Return in kinds and contains_jump(statement.body, (ast.Return,))
        return returns or contains_jump(statement.orelse, kinds)
    return any(
        _jumps(child, kinds) if isinstance(child, ast.stmt) else _block_jumps(child, kinds)
        for child in children(statement)
    )


def _block_jumps(node: ast.AST, kinds: tuple[type[ast.stmt], ...]) -> bool:
    """Look into exception handlers and match cases, which hold statements without being any."""
    if not isinstance(node, (ast.ExceptHandler, ast.match_case)):
        return False
    return contains_jump(node.body, kinds)


def lower_continue(function: Lowered) -> None:
    """Remove ``continue`` from every loop of the function that holds it in plain branches only."""
    function.tree.body = _block(function.tree.body, function.names)


_GUARDED = (ast.Try, ast.With, ast.Match, ast.For, ast.While)


def blocks_of(statement: ast.stmt) -> list[list[ast.stmt]]:
    """Return the blocks of a statement that belong to the loop around it, in program order."""
    match statement:
        case ast.If():
            return [statement.body, statement.orelse]
        case ast.Try():
            handlers = [handler.body for handler in statement.handlers]
            return [statement.body, *handlers, statement.orelse, statement.finalbody]
        case ast.With():
            return [statement.body]
        case ast.Match():
            return [case.body for case in statement.cases]
        case ast.For() | ast.While():
            return [statement.orelse]
        case _:
            return []


def _block(statements: list[ast.stmt], names: Names) -> list[ast.stmt]:
    return [_statement(statement, names) for statement in statements]


def _statement(statement: ast.stmt, names: Names) -> ast.stmt:
    if isinstance(statement, (ast.For, ast.While)):
        body = _block(statement.body, names)
        if contains_jump(body, (ast.Continue,)) and _only_in_branches(body):
            body = _without_continue(body, names)
        statement.body = body
        statement.orelse = _block(statement.orelse, names)
    else:
        for block in blocks_of(statement):
            block[:] = _block(block, names)
    return statement


def _only_in_branches(statements: list[ast.stmt]) -> bool:
    for statement in statements:
        if isinstance(statement, ast.Try) and contains_jump(statement.finalbody, (ast.Continue,)):
            return False
        if isinstance(statement, (ast.If, *_GUARDED)):
            if not all(map(_only_in_branches, blocks_of(statement))):
                return False
        elif not isinstance(statement, ast.Continue) and _jumps(statement, (ast.Continue,)):
            return False
    return True


def _without_continue(statements: list[ast.stmt], names: Names) -> list[ast.stmt]:
    """Return the statements without ``continue``, for statements at whose end the loop goes on anyway."""
    done: list[ast.stmt] = []
    for index, statement in enumerate(statements):
        if isinstance(statement, ast.Continue):
            return done or quote("pass", statement)
        if isinstance(statement, ast.If) and contains_jump([statement], (ast.Continue,)):
            return [*done, *_split(statement, statements[index + 1 :], names)]
        if isinstance(statement, _GUARDED) and contains_jump([statement], (ast.Continue,)):
            return [*done, *_flagged(statement, statements[index + 1 :], names)]
        done.append(statement)
        if isinstance(statement, (ast.Return, ast.Break, ast.Raise)):
            break
    return done


def _reaches_end(statements: list[ast.stmt]) -> bool:
    """Say whether control may reach the end of the statements without having met a ``continue``."""
    for statement in statements:
        if isinstance(statement, (ast.Continue, ast.Return, ast.Break, ast.Raise)):
            return False
        if isinstance(statement, ast.If) and not (_reaches_end(statement.body) or _reaches_end(statement.orelse)):
            return False
    return True


def _split(branch: ast.If, rest: list[ast.stmt], names: Names) -> list[ast.stmt]:
    """Put what follows an ``if`` where it runs only if no ``continue`` was met."""
    in_body, in_orelse = _reaches_end(branch.body), _reaches_end(branch.orelse)
    if in_body and in_orelse:
        return _flagged(branch, rest, names)
    branch.body = _without_continue([*branch.body, *(rest if in_body else ())], names)
    branch.orelse = _without_continue([*branch.orelse, *(rest if in_orelse else ())], names)
    return [branch]


def _flagged(statement: ast.stmt, rest: list[ast.stmt], names: Names) -> list[ast.stmt]:
    """More than one way through a statement may go on, at least one past a ``continue``: remember it in a flag."""
    flag = names.fresh("go")
    _lower_flags(statement, flag)
    lowered = [*quote("_Flag = True", statement, _Flag=flag), statement]
    following = _without_continue(rest, names)
    if following:
        lowered += quote("if _Flag: _Rest", statement, _Flag=flag, _Rest=following)
    return lowered


def _lower_flags(statement: ast.stmt, flag: str) -> None:
    """Remove ``continue`` from the blocks of a statement, setting the flag to false on the way of each."""
    skips_else = isinstance(statement, ast.Try) and contains_jump(statement.body, (ast.Continue,))
    for block in blocks_of(statement):
        block[:] = _raise_flag(block, flag)
    if skips_else and statement.orelse:  # type: ignore[attr-defined]
        rest = statement.orelse  # type: ignore[attr-defined]
        statement.orelse = quote("if _Flag: _Rest", statement, _Flag=flag, _Rest=rest)  # type: ignore[attr-defined]


def _raise_flag(statements: list[ast.stmt], flag: str) -> list[ast.stmt]:
    """Remove ``continue`` from a block, setting the flag to false on the way of each."""
    lowered: list[ast.stmt] = []
    for index, statement in enumerate(statements):
        if isinstance(statement, ast.Continue):
            return [*lowered, *quote("_Flag = False", statement, _Flag=flag)]
        lowered.append(statement)
        if isinstance(statement, (ast.If, *_GUARDED)) and contains_jump([statement], (ast.Continue,)):
            _lower_flags(statement, flag)
            rest = _raise_flag(statements[index + 1 :], flag)
            if rest:
                lowered.extend(quote("if _Flag: _Rest", statement, _Flag=flag, _Rest=rest))
            return lowered
    return lowered
