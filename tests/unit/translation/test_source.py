"""The definition of a function is found where it stands, or it is said why it is not."""

from __future__ import annotations

import ast
import importlib
import linecache
import os
import sys
from typing import TYPE_CHECKING, cast

import pytest

from pydron.compiled import Translation
from pydron.dataflow.nodes import Call, Compute, RegionNode, Store
from pydron.errors import PydronWarning
from pydron.testing import simulate
from pydron.translation.source import NoSourceError, Source, find_source
from pydron.translation.stamp import stamp_of
from pydron.translation.trees import copy_tree
from tests.written import written

if TYPE_CHECKING:
    from pathlib import Path
    from types import FunctionType, ModuleType


def source_of(text: str, name: str = "f") -> Source:
    with written(text, decorate=lambda *_: lambda function: function) as names:
        return find_source(cast("FunctionType", names[name]))


@pytest.mark.parametrize(
    "text,body",
    [
        ("def f(x):\n    return x", "return x"),
        ("@decorate()\n# a comment between\n\n@decorate(\n    1,\n)\ndef f(x):\n    return x", "return x"),
        ("def f(x): return 1\nold = f\ndef f(x): return 2", "return 2"),
        ("def f(x): return 1\nold = f\ndef f(x): return 2\nf = old", "return 1"),
        ("if False:\n    def f(x): return 1\nelse:\n    def f(x): return 2", "return 2"),
        ("def g():\n    def f(x): return 1\n    return f\nf = g()", "return 1"),
        ("class C:\n    @staticmethod\n    def f(x): return 1\nf = C.f", "return 1"),
        ('def f(x):\n    return """a\n  b"""', "return 'a\\n  b'"),
        ("try:\n    pass\nfinally:\n    def f(*x, y=1, **z): return x", "return x"),
        ("f, g = lambda x: x, lambda x: -x", "return x"),
        ("g, f = lambda x: x, lambda x: x * 2", "return x * 2"),
        ("f = (lambda: lambda x: x)()", "return x"),
        ("class C:\n    f = lambda self: self.__x\nf = C.f", "return self._C__x"),
        ("f = lambda x, *, y=(\n    1): (\n    x +\n    y)", "return x + y"),
    ],
    ids=[
        *("plain", "decorated", "later", "earlier", "branch", "inner", "method", "text over lines", "all arguments"),
        *("first lambda", "second lambda", "inner lambda", "private name in a lambda", "lambda over lines"),
    ],
)
def test_the_definition_is_found(text: str, body: str) -> None:
    source = source_of(text)
    assert ast.unparse(ast.Module(source.tree.body, [])) == body
    assert source.name == ("<lambda>" if "lambda" in text else "f")


def test_positions_are_those_of_the_file() -> None:
    source = source_of("import os\n\n\n@decorate()\ndef f(x):\n    return (\n        x\n    )")
    returned = source.tree.body[0]
    assert (source.tree.lineno, returned.lineno, returned.end_lineno, returned.col_offset) == (5, 6, 8, 4)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("def f(): pass", ("f", None)),
        ("class C:\n    def f(self): pass\nf = C.f", ("C.f", "C")),
        ("class C:\n    class D:\n        def f(self): pass\nf = C.D.f", ("C.D.f", "D")),
        ("class C:\n    def g(self):\n        def f(): pass\n        return f\nf = C().g()", ("C.g.<locals>.f", "C")),
    ],
)
def test_qualified_name_and_class(text: str, expected: tuple[str, str | None]) -> None:
    source = source_of(text)
    assert (source.qualname, source.class_name) == expected


def test_private_arguments_of_a_class_are_written_out() -> None:
    assert source_of("class C:\n    def f(self, __x): return __x\nf = C.f").tree.args.args[1].arg == "_C__x"


def test_future_imports_are_kept() -> None:
    plain = source_of("def f(): pass")
    future = source_of("from __future__ import annotations\ndef f(): pass")
    code = compile("def g(x: Undefined): pass", "", "exec", future.future_flags, dont_inherit=True)
    assert future.future_flags != plain.future_flags
    exec(code, {})  # the annotation is not evaluated


@pytest.mark.parametrize(
    "text,why",
    [
        ("async def f(): pass", "it is a coroutine function"),
        ("exec(compile('def f(): pass', '<nowhere>', 'exec'))", "the source of <nowhere> is not available"),
    ],
)
def test_why_there_is_none(text: str, why: str) -> None:
    with pytest.raises(NoSourceError, match=why):
        source_of(text)


@pytest.mark.parametrize(
    "now,why",
    [
        ("\ndef f(x):\n    return x", "does not define one function f"),
        ("def f(y):\n    return y", "has changed since it was imported"),
        ("def f(x, *y):\n    return x", "has changed since it was imported"),
        ("def f(x", "has changed since it was imported"),
        ("x = 1", "does not define one function f"),
    ],
    ids=["moved", "renamed argument", "more arguments", "broken", "gone"],
)
def test_another_text_is_not_taken_for_the_source(now: str, why: str) -> None:
    with written("def f(x):\n    return x") as names:
        function = cast("FunctionType", names["f"])
        filename = function.__code__.co_filename
        linecache.cache[filename] = (len(now), None, now.splitlines(keepends=True), filename)
        with pytest.raises(NoSourceError, match=why):
            find_source(function)


def test_translation_leaves_the_tree_as_it_is() -> None:
    text = "def f(xs):\n for x in xs:\n  if g(x) or x.y: continue\n  assert x\n  xs[x] += [g(x) for x in x]"
    with written(text) as names:
        function = cast("FunctionType", names["f"])
        source = find_source(function)
        before = ast.dump(source.tree, include_attributes=True)
        translation = Translation(source, function.__code__)
        entry = [ast.unparse(each) for each in translation.tree(("entry", 0)).body]
        for node in translation.graph.root.walk():
            kind = "region" if isinstance(node, RegionNode) else "unit"
            if isinstance(node, (Call, Compute, Store, RegionNode)):
                translation.code((kind, node.tick))
        again = translation.tree(("entry", 0)).body
        assert [ast.unparse(each) for each in again] == entry  # frames share trees
    assert ast.dump(source.tree, include_attributes=True) == before


def test_a_copy_of_a_tree_is_deep() -> None:
    tree = ast.parse("for x in a[1:2, ...]:\n    with b as c, d: f(*e, **{'k': lambda y=1: y})\n    else_ = 1")
    copied = copy_tree(tree)
    assert ast.dump(copied, include_attributes=True) == ast.dump(tree, include_attributes=True)
    for node in ast.walk(copied):
        for name in node._fields:
            if isinstance(getattr(node, name, None), list):
                setattr(node, name, [])
    assert ast.unparse(tree).startswith("for x in a[1:2, ...]")


MODULE = """
import pydron

@pydron.functional
def call(x):
    return x

@pydron.schedule
def top(x):
    return call(x) + {}
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import a module whose file a test may write again."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    write(tmp_path / "edited.py", 1)
    try:
        return importlib.import_module("edited")
    finally:
        del sys.modules["edited"]


def write(path: Path, number: int) -> None:
    path.write_text(MODULE.format(number), encoding="utf-8")
    os.utime(path, (number, number))  # a time of its own, however fast the tests are


def test_a_module_that_was_reloaded_means_what_it_means_now(module: ModuleType, tmp_path: Path) -> None:
    sys.modules["edited"] = module
    try:
        with simulate():
            assert module.top(1) == 2
            write(tmp_path / "edited.py", 5)
            importlib.reload(module)
            assert module.top(1) == 6
    finally:
        del sys.modules["edited"]


def test_a_file_that_was_edited_means_what_it_meant_when_it_was_imported(module: ModuleType, tmp_path: Path) -> None:
    write(tmp_path / "edited.py", 7)
    with simulate(), pytest.warns(PydronWarning, match="has changed since it was imported"):
        assert module.top(1) == 2


def test_what_was_translated_before_the_edit_stays(module: ModuleType, tmp_path: Path) -> None:
    with simulate():
        assert module.top(1) == 2
        write(tmp_path / "edited.py", 7)
        assert module.top(1) == 2


def test_the_stamp_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert stamp_of(str(path)) is None
    assert stamp_of("\0") is None
    path.write_text("a")
    before = stamp_of(str(path))
    path.write_text("ab")
    assert stamp_of(str(path)) != before


def test_functions_of_a_file_that_is_gone_are_not_scheduled(module: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "edited.py").unlink()
    linecache.checkcache()
    with simulate(), pytest.warns(PydronWarning, match="is not available"):
        assert module.top(1) == 2
