"""Scopes are what CPython's compiler makes of them: compared over whole modules of the standard library."""

from __future__ import annotations

import ast
import dis
import re
import sys
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, cast

import pytest

from pydron.translation.scope import Scope, names_bound, names_read, own_nodes
from pydron.translation.source import find_source
from tests.written import written

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARY = Path(ast.__file__).parent
MODULES = ["argparse", "ast", "contextlib", "dataclasses", "inspect", "shutil", "subprocess", "tarfile", "typing"]
PRIVATE = re.compile(r"\b__(?!\w*__\b)\w")
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp)


def functions(path: Path) -> Iterator[tuple[ast.FunctionDef, CodeType]]:
    """Yield every function of a module as a tree and as code, those left out that look alike or mangle names."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    codes: dict[tuple[str, int], list[CodeType]] = {}
    pending = [compile(text, str(path), "exec", dont_inherit=True)]
    while pending:
        code = pending.pop()
        codes.setdefault((code.co_name, code.co_firstlineno), []).append(code)
        pending += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found = codes.get((node.name, first), [])
            if len(found) == 1 and not PRIVATE.search(ast.unparse(node)):
                yield node, found[0]


def inlined(tree: ast.AST) -> frozenset[str]:
    """Return the variables of comprehensions, which the code of the function holds since Python 3.12."""
    if sys.version_info < (3, 12):
        return frozenset()
    generators = (each for node in own_nodes(tree) if isinstance(node, COMPREHENSIONS) for each in node.generators)
    return frozenset(name for each in generators for name in names_bound(each.target))


def loaded(code: CodeType) -> frozenset[str]:
    """Return the local variables that code reads."""
    found: set[str] = set()
    for each in dis.get_instructions(code):
        if each.opname == "LOAD_FAST_AND_CLEAR":
            continue
        if each.opname == "STORE_FAST_LOAD_FAST":
            found.add(each.argval[1])
        elif each.opname.startswith("LOAD_FAST"):
            found.update(each.argval if isinstance(each.argval, tuple) else (each.argval,))
    return frozenset(found)


@pytest.mark.parametrize("name", MODULES)
def test_variables_are_the_compilers(name: str) -> None:
    checked = 0
    for tree, code in functions(LIBRARY / f"{name}.py"):
        scope = Scope.of(code, tree)
        theirs = {*code.co_varnames, *code.co_cellvars}
        assert scope.fast.union(scope.cells) <= theirs, tree.name
        assert theirs - inlined(tree) <= scope.fast.union(scope.cells), tree.name
        assert not scope.fast & {*scope.cells, *scope.free}
        assert scope.free == code.co_freevars
        checked += 1
    assert checked > 15


@pytest.mark.parametrize("name", MODULES)
def test_every_variable_that_code_reads_is_known_to_be_read(name: str) -> None:
    for tree, code in functions(LIBRARY / f"{name}.py"):
        augmented = {
            node.target.id
            for node in own_nodes(tree)
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
        }
        read = frozenset().union(*map(names_read, tree.body))
        made = {*code.co_cellvars, *code.co_freevars}  # read where an inner function is made
        first = set(code.co_varnames[:1] if "super" in read else ())
        assert loaded(code) - inlined(tree) - made - first <= read | augmented, tree.name


def statement(text: str) -> ast.stmt:
    return ast.parse(text).body[0]


@pytest.mark.parametrize(
    "text,read,bound",
    [
        ("a = b", "b", "a"),
        ("a += b", "a b", "a"),
        ("a[b] = c.d", "a b c", ""),
        ("a.b = c", "a c", ""),
        ("(a, *b), c[d] = e", "c d e", "a b"),
        ("del a, b[c]", "b c", "a"),
        ("f(x := y)", "f y", "x"),
        ("a = [b for b in c if b]", "c", "a"),
        ("a = [b for b in b]", "b", "a"),
        ("a = [b for c in d for b in e(c)]", "d e", "a"),
        ("a = {b: (n := c) for b in d}", "c d", "a n"),
        ("a = (b for b in c)", "c", "a"),
        ("a = (b for c in d for b in e)", "d", "a"),
        ("a = lambda x, y=b: c", "b", "a"),
        ("def a(x: b, y=c) -> d: return e", "b c d", "a"),
        ("@a\nclass b(c, d=e): f = g", "a c e", "b"),
        ("import a.b, c.d as e", "", "a e"),
        ("from a import b as c, d", "", "c d"),
        ("for a, b in c: d = e", "c e", "a b d"),
        ("with a as b, c as (d, e.f): pass", "a c e", "b d"),
        ("try:\n    a\nexcept b as c:\n    d\nfinally:\n    e", "a b d e", "c"),
        ("match a:\n    case [b, *c] if d: e\n    case {'k': f.g, **h}: pass", "a d e f", "b c h"),
        ("match a:\n    case b() as c: pass\n    case [1, d] | [d]: pass", "a b", "c d"),
        ("global a", "", ""),
        ("f'{a!r:{b}}'", "a b", ""),
        ("a: b", "b", "a"),
    ],
)  # fmt: skip
def test_what_a_statement_reads_and_binds(text: str, read: str, bound: str) -> None:
    assert names_read(statement(text)) == frozenset(read.split())
    assert names_bound(statement(text)) == frozenset(bound.split())


def test_declared_names_are_no_variables_of_the_function() -> None:
    body = "global a; nonlocal b; a = b = c = x; return lambda: c"
    text = f"def outer():\n    b = 1\n    def f(x):\n        {body}"
    code = compile(text, "", "exec").co_consts[0]
    assert isinstance(code, CodeType)
    inner = next(each for each in code.co_consts if isinstance(each, CodeType))
    outer = statement(text)
    assert isinstance(outer, ast.FunctionDef)
    tree = outer.body[1]
    assert isinstance(tree, ast.FunctionDef)
    assert Scope.of(inner, tree) == Scope(
        parameters=("x",), fast=frozenset("x"), cells=("c",), free=("b",), declared=frozenset("ab")
    )


def test_own_nodes_leave_inner_scopes_out() -> None:
    text = "def f():\n    a\n    @b\n    def g(x=c): d\n    class H(e, k=f): i\n    lambda y=j: k\n    [l for l in m]"
    names = {node.id for node in own_nodes(statement(text)) if isinstance(node, ast.Name)}
    assert names == set("abcefjlm")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there is no type statement")
def test_the_value_of_a_type_statement_is_evaluated_later() -> None:
    text = "def f():\n    type Pair = list[kind]\n    kind = int\n    return Pair"
    with written(text) as names:
        function = cast("FunctionType", names["f"])
        scope = Scope.of(function.__code__, find_source(function).tree)
    assert scope.cells == ("kind",)
    assert scope.fast == {"Pair"}
