"""Generated programs with their scheduled functions turned into coroutine functions, which run on an event loop.

Some of the calls in them are of functional coroutine functions, and awaited; some of the loops and managers are
asynchronous.
"""

from __future__ import annotations

import ast
from random import Random
from typing import TypeAlias

from tests.property.programs import Program

__all__ = ["asynchronous"]

_PROLOGUE = """
import asyncio

def run(coroutine):
    outer = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_awaited(coroutine))
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()
        asyncio._set_running_loop(outer)

async def _awaited(coroutine):
    return await coroutine

def _asynchronous(function):
    async def call(*args, **kwargs):
        await pause()
        return function(*args, **kwargs)
    call.__name__ = call.__qualname__ = getattr(function, "__name__", "call")
    return pydron.functional(call)

"""
_LIKELY = 0.6
_Inner: TypeAlias = ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.GeneratorExp


def asynchronous(program: Program, seed: int) -> Program | None:
    """Return the asynchronous form of a program, or None if there is none: some places allow no ``await``."""
    rng = Random(seed)
    tree = ast.parse(program.source)
    names, bodies = _turned(tree, rng)
    called: set[str] = set()
    for function in bodies:
        rewriter = _Inside(rng, names)
        function.body = [rewriter.visit(statement) for statement in function.body]
        called |= rewriter.called
    tree = ast.fix_missing_locations(_Outside(names).visit(tree))
    made = "".join(f"a{name} = _asynchronous({name})\n" for name in sorted(called))
    source = ast.unparse(tree).replace("import pydron\n", f"import pydron\n{_PROLOGUE}{made}", 1)
    try:
        compile(source, program.name, "exec")
    except SyntaxError:
        return None
    return Program(program.name, source, program.features)


def _turned(tree: ast.Module, rng: Random) -> tuple[set[str], list[ast.AsyncFunctionDef]]:
    """Make scheduled functions coroutine functions; return their names, and all that there are."""
    names: set[str] = set()
    bodies = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef)]
    for place, node in enumerate(tree.body):
        if not isinstance(node, ast.FunctionDef) or not node.decorator_list:
            continue
        if any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(node)):
            continue
        if node.name == "main" or rng.random() < _LIKELY:
            turned = ast.AsyncFunctionDef(**{name: getattr(node, name) for name in node._fields})
            tree.body[place] = ast.copy_location(turned, node)
            names.add(node.name)
            bodies.append(turned)
    return names, bodies


class _Inside(ast.NodeTransformer):
    """Rewrites the body of a coroutine function."""

    def __init__(self, rng: Random, names: set[str]) -> None:
        self._rng = rng
        self._names = names
        self.called: set[str] = set()
        """Functional callables of which a coroutine function is needed."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name):
            return node
        name = node.func.id
        if name.startswith("f_") and self._rng.random() < _LIKELY:
            self.called.add(name)
            node.func.id = f"a{name}"
            return ast.Await(node)
        if name == "run" and isinstance(node.args[0], ast.Call) and self._rng.random() < _LIKELY:
            return ast.Await(node.args[0])
        return ast.Await(node) if name in self._names else node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        if _calls(node.iter, "Walk"):
            return ast.AsyncFor(node.target, node.iter, node.body, node.orelse)
        return node

    def visit_With(self, node: ast.With) -> ast.AST:
        self.generic_visit(node)
        if all(_calls(item.context_expr, "Room") for item in node.items) and self._rng.random() < _LIKELY:
            return ast.AsyncWith(node.items, node.body)
        return node

    def _inner(self, node: _Inner) -> ast.AST:
        return node

    visit_Lambda = visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_GeneratorExp = _inner


class _Outside(ast.NodeTransformer):
    """Runs coroutines where nothing can be awaited."""

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def visit_Await(self, node: ast.Await) -> ast.AST:
        if isinstance(node.value, ast.Call):
            self.generic_visit(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self._names:
            return ast.Call(ast.Name("run", ast.Load()), [node], [])
        return node


def _calls(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
