"""Executors that are wrong in one way each: what the harness has to notice.

Some change what a program means before it is compiled, some are decorators that run functional callables wrongly.
"""

from __future__ import annotations

import ast
import copy
import functools
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.property.harness import Way, identity

Rewrite = Callable[[ast.Module], ast.Module]
FUNCTIONAL = "f_"


def is_call(node: ast.AST, *names: str) -> bool:
    """Tell whether a node is a call of a name, or of an attribute, that starts with one of `names`."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    return name.startswith(names)


class Blocks(ast.NodeTransformer):
    """Changes lists of statements."""

    def __init__(self, change: Callable[[list[ast.stmt]], list[ast.stmt]]) -> None:
        self.change = change

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            items = getattr(node, name, None)
            if (
                isinstance(items, list)
                and items
                and isinstance(items[0], ast.stmt)
                and not isinstance(node, ast.Module)
            ):
                setattr(node, name, self.change(items) or [ast.Pass()])
        return node


def last(items: list[ast.stmt], moves: Callable[[ast.stmt], bool]) -> list[ast.stmt]:
    """Move some statements behind the others, but not behind a departure."""
    leaving = isinstance(items[-1], ast.Return | ast.Break | ast.Continue | ast.Raise)
    stay, end = (items[:-1], items[-1:]) if leaving else (items, [])
    return [item for item in stay if not moves(item)] + [item for item in stay if moves(item)] + end


def appends_late(items: list[ast.stmt]) -> list[ast.stmt]:
    return last(items, lambda item: isinstance(item, ast.Expr) and is_call(item.value, "append"))


def prints_late(items: list[ast.stmt]) -> list[ast.stmt]:
    return last(items, lambda item: isinstance(item, ast.Expr) and is_call(item.value, "print"))


def logs_early(items: list[ast.stmt]) -> list[ast.stmt]:
    return [item for item in items if not_log(item) is False] + [item for item in items if not_log(item)]


def not_log(item: ast.stmt) -> bool:
    return not (isinstance(item, ast.Expr) and is_call(item.value, "info", "warning"))


def unused_dropped(items: list[ast.stmt]) -> list[ast.stmt]:
    return [item for item in items if not (isinstance(item, ast.Expr) and is_call(item.value, FUNCTIONAL))]


def snapshots_late(items: list[ast.stmt]) -> list[ast.stmt]:
    """Take the arguments of a call after the statement that follows it."""
    done = list(items)
    for at in range(len(done) - 1):
        one, two = done[at], done[at + 1]
        if isinstance(one, ast.Assign) and is_call(one.value, FUNCTIONAL) and isinstance(two, ast.Expr | ast.AugAssign):
            names = {node.id for target in one.targets for node in ast.walk(target) if isinstance(node, ast.Name)}
            if not names & {node.id for node in ast.walk(two) if isinstance(node, ast.Name)}:
                done[at : at + 2] = [two, one]
    return done


def del_forgotten(items: list[ast.stmt]) -> list[ast.stmt]:
    return [item for item in items if not (isinstance(item, ast.Delete) and isinstance(item.targets[0], ast.Name))]


def on_blocks(change: Callable[[list[ast.stmt]], list[ast.stmt]]) -> Rewrite:
    return lambda tree: Blocks(change).visit(tree)


class Expressions(ast.NodeTransformer):
    """Changes nodes of one type."""

    def __init__(self, kind: type[ast.AST], change: Callable[..., ast.AST | None]) -> None:
        self.kind, self.change = kind, change

    def visit(self, node: ast.AST) -> ast.AST:
        node = self.generic_visit(node)
        if isinstance(node, self.kind):
            changed = self.change(node)
            if changed is not None:
                return ast.copy_location(changed, node)
        return node


def on_nodes(kind: type[ast.AST], change: Callable[..., ast.AST | None]) -> Rewrite:
    def rewrite(tree: ast.Module) -> ast.Module:
        Expressions(kind, change).visit(tree)
        return tree

    return rewrite


def eager_logic(node: ast.BoolOp) -> ast.AST:
    operands = ast.Tuple([copy.deepcopy(value) for value in node.values], ast.Load())
    return ast.Subscript(ast.Tuple([operands, node], ast.Load()), ast.Constant(1), ast.Load())


def eager_branches(node: ast.IfExp) -> ast.AST:
    return ast.Subscript(ast.Tuple([node.body, node.orelse], ast.Load()), ast.UnaryOp(ast.Not(), node.test), ast.Load())


def rebound(node: ast.AugAssign) -> ast.AST:
    load = copy.deepcopy(node.target)
    load.ctx = ast.Load()
    return ast.Assign([node.target], ast.BinOp(load, node.op, node.value))


def unchained(node: ast.Compare) -> ast.AST | None:
    if len(node.ops) < 2:
        return None
    left, right = node.comparators[:2]
    return ast.BoolOp(
        ast.And(),
        [ast.Compare(node.left, node.ops[:1], [left]), ast.Compare(copy.deepcopy(left), node.ops[1:2], [right])],
    )


def drained(node: ast.For) -> ast.AST:
    node.iter = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
    return node


def else_always(node: ast.For) -> ast.AST | None:
    if not node.orelse:
        return None
    orelse, node.orelse = node.orelse, []
    return ast.If(ast.Constant(True), [node, *orelse], [])


def swapped(node: ast.BinOp) -> ast.AST:
    pair = ast.Tuple([node.right, node.left], ast.Load())
    name = ast.arg("both")
    half = [ast.Subscript(ast.Name("both", ast.Load()), ast.Constant(at), ast.Load()) for at in (1, 0)]
    arguments = ast.arguments(posonlyargs=[], args=[name], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Call(ast.Lambda(arguments, ast.BinOp(half[0], node.op, half[1])), [pair], [])


def shared_display(node: ast.Return) -> ast.AST | None:
    if node.value is None:
        return None
    copied = ast.Call(
        ast.Attribute(ast.Call(ast.Name("__import__", ast.Load()), [ast.Constant("copy")], []), "copy", ast.Load()),
        [node.value],
        [],
    )
    return ast.Return(copied)


REWRITES: dict[str, Rewrite] = {
    "appends late": on_blocks(appends_late),
    "prints late": on_blocks(prints_late),
    "logs early": on_blocks(logs_early),
    "unused calls dropped": on_blocks(unused_dropped),
    "snapshots late": on_blocks(snapshots_late),
    "del forgotten": on_blocks(del_forgotten),
    "and, or evaluate all": on_nodes(ast.BoolOp, eager_logic),
    "both branches of a ternary": on_nodes(ast.IfExp, eager_branches),
    "augmented assignment rebinds": on_nodes(ast.AugAssign, rebound),
    "middle of a comparison twice": on_nodes(ast.Compare, unchained),
    "iterators drained ahead": on_nodes(ast.For, drained),
    "else of a loop always": on_nodes(ast.For, else_always),
    "right operand first": on_nodes(ast.BinOp, swapped),
    "results copied": on_nodes(ast.Return, shared_display),
}


Wrapper = Callable[[Callable[..., object], tuple[object, ...], dict[str, object]], object]


@contextmanager
def functional_as(wrapper: Wrapper) -> Iterator[None]:
    """Take the decorators away, but run functional callables through `wrapper`."""

    def functional(*args: object, **options: object) -> object:
        if not (args and callable(args[0])):
            return functional
        function = args[0]

        @functools.wraps(function)
        def run(*args: object, **kwargs: object) -> object:
            return wrapper(function, args, kwargs)

        return run

    real = sys.modules["pydron"]
    sys.modules["pydron"] = types.SimpleNamespace(schedule=identity, functional=functional)  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules["pydron"] = real


def wrapped_error(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    try:
        return function(*args, **kwargs)
    except Exception as error:
        raise RuntimeError(*error.args) from error


def rebuilt_error(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    try:
        return function(*args, **kwargs)
    except ValueError as error:
        again: BaseException = type(error)(*error.args)
    except Exception as error:
        error.__notes__ = []
        error.__dict__.clear()
        again = error
    raise again


def lost_cause(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    try:
        return function(*args, **kwargs)
    except Exception as error:
        error.__cause__ = error.__context__ = None
        raise


def lost_frames(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    try:
        return function(*args, **kwargs)
    except Exception as error:
        raise error.with_traceback(None)  # noqa: B904


def lost_error(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    try:
        return function(*args, **kwargs)
    except Exception:
        return 0


def twice(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    function(*args, **kwargs)
    return function(*args, **kwargs)


def mutating(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    result = function(*args, **kwargs)
    for argument in args:
        if type(argument) is list:
            argument.append(0)
    return result


WRAPPERS: dict[str, Wrapper] = {
    "errors wrapped": wrapped_error,
    "errors rebuilt": rebuilt_error,
    "causes lost": lost_cause,
    "frames of the callee lost": lost_frames,
    "errors lost": lost_error,
    "calls made twice": twice,
    "arguments changed": mutating,
}

WRONG_WAYS = [Way(name, functools.partial(functional_as, wrapper)) for name, wrapper in WRAPPERS.items()]
