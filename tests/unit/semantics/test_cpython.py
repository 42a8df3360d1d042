"""CPython's own tests of the language pass as well when every function in them is scheduled."""

from __future__ import annotations

import ast
import doctest
import io
import sys
import types
import unittest
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pydron
from pydron.runtime import marks
from pydron.testing import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

MODULES = [
    "augassign",
    "baseexception",
    "binop",
    "bool",
    "call",
    "compare",
    "contains",
    "contextlib",
    "contextlib_async",
    "decorators",
    "defaultdict",
    "dictcomps",
    "dictviews",
    "dynamic",
    "enumerate",
    "exception_group",
    "exception_variations",
    "except_star",
    "extcall",
    "funcattrs",
    "generator_stop",
    "genericclass",
    "genexps",
    "global",
    "grammar",
    "index",
    "int_literal",
    "isinstance",
    "iter",
    "iterlen",
    "keywordonlyarg",
    "list",
    "listcomps",
    "metaclass",
    "named_expressions",
    "opcodes",
    "operator",
    "positional_only_arg",
    "property",
    "raise",
    "richcmp",
    "setcomps",
    "slice",
    "string_literals",
    "subclassinit",
    "super",
    "syntax",
    "type_annotations",
    "typechecks",
    "unary",
    "unpack",
    "unpack_ex",
    "userdict",
    "userlist",
    "with",
    "yield_from",
]

LONG = [
    "asyncgen",
    "class",
    "complex",
    "coroutines",
    "dataclasses",
    "deque",
    "descr",
    "dict",
    "enum",
    "exceptions",
    "float",
    "fstring",
    "functools",
    "generators",
    "int",
    "itertools",
    "long",
    "ordered_dict",
    "patma",
    "pow",
    "range",
    "scope",
    "set",
    "sort",
    "statistics",
    "tuple",
    "types",
    "typing",
    "weakref",
]
"""Modules that take too long for each change; see `--long`."""

ALSO_NATIVE = frozenset(
    {"call", "decorators", "exception_variations", "extcall", "grammar", "iter", "raise", "super", "unpack", "with"}
)

FRAMES = "the frames of Pydron stand between those of the user"
CODE = "it looks into `__code__` or `__dict__`, which are the wrapper's; see `__wrapped__`"
COUNTS = "it counts references or objects; what a statement uses lives until the statement has retired"
LIMIT = "it sets the recursion limit by the depth of the stack"
LINES = "it compares numbers of lines with what the source was before there were decorators in it"

OTHERWISE = {
    "contextlib_async.test_exit_exception_traceback": FRAMES,
    "keywordonlyarg.testKwDefaults": CODE,
    "contextlib.test_exit_exception_traceback": FRAMES,
    "coroutines.test_cr_await": CODE,
    "coroutines.test_for_2": COUNTS,
    "coroutines.test_for_3": COUNTS,
    "coroutines.test_for_4": COUNTS,
    "coroutines.test_for_6": COUNTS,
    "coroutines.test_origin_tracking": FRAMES,
    "coroutines.test_origin_tracking_warning": FRAMES,
    "coroutines.test_stack_in_coroutine_throw": FRAMES,
    "descr.test_slots": COUNTS,
    "exception_group.test_basics_ExceptionGroup_fields": CODE,
    "exception_group.test_iteration_full_tracebacks": CODE,
    "exception_group.test_nested_exception_group_tracebacks": CODE,
    "exceptions.testExceptionCleanupState": COUNTS,
    "exceptions.testSettingException": FRAMES,
    "exceptions.test_lineno_after_other_except": LINES,
    "exceptions.test_recursion_error_cleanup": COUNTS,
    "exceptions.test_recursion_in_except_handler": LIMIT,
    "exceptions.test_unraisable": COUNTS,
    "funcattrs.test_copying___code__": CODE,
    "funcattrs.test_unassigned_dict": CODE,
    "functools.test_lru_reentrancy_with_len": "it replaces `len` for Pydron as well",
    "generators.test_handle_frame_object_in_creation": "it has the garbage collector run at each allocation",
    "grammar.test_funcdef": CODE,
    "isinstance.test_infinite_recursion_in_bases": LIMIT,
    "isinstance.test_infinitely_many_bases": LIMIT,
    "iter.test_ref_counting_behavior": COUNTS,
    "positional_only_arg.test_pos_only_definition": CODE,
    "raise.test_3611": COUNTS,
    "raise.test_attrs": FRAMES,
    "richcmp.test_recursion": LIMIT,
    "enumerate.test_bug1229429": COUNTS,
    "super.test_shadowed_dynamic": "it replaces `super` while the program runs",
    "yield_from.test_delegator_is_visible_to_debugger": FRAMES,
}
"""Test cases that look at what Pydron does not promise; they are not scheduled."""

DECORATOR = "pydron_schedules"
ABOUT_TESTS = frozenset({"load_tests", "setUpModule", "tearDownModule"})


def decorated(source: str, without: Container[str] = ABOUT_TESTS) -> str:
    """Put a decorator directly above each function of a program, but for some."""
    lines = source.splitlines(keepends=True)
    functions = [
        node for node in walk(ast.parse(source), without) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    for node in sorted(functions, key=lambda node: node.lineno, reverse=True):
        lines.insert(node.lineno - 1, f"{' ' * node.col_offset}@{DECORATOR}\n")
    return "".join(lines)


def walk(node: ast.AST, without: Container[str]) -> Iterator[ast.AST]:
    """List the nodes of a tree, but for some functions and what is in them."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef) or child.name not in without:
            yield child
            yield from walk(child, without)


def outcomes(module: types.ModuleType, decorator: Callable[..., object]) -> dict[str, str]:
    """Run a module's test cases; return how each ended."""
    result = unittest.TestResult()
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        decorate_doctests(suite, decorator)
        suite.run(result)
    ended = {"tests": str(result.testsRun)}
    for kind, entries in (("error", result.errors), ("failure", result.failures), ("skip", result.skipped)):
        ended |= {case.id(): f"{kind}: {text[-800:]}" for case, text in entries}
    return ended


def decorate_doctests(suite: unittest.TestSuite, decorator: Callable[..., object]) -> None:
    for case in suite:
        if isinstance(case, unittest.TestSuite):
            decorate_doctests(case, decorator)
        elif isinstance(case, doctest.DocTestCase):
            test: doctest.DocTest = case._dt_test  # type: ignore[attr-defined]
            test.globs[DECORATOR] = decorator
            for example in test.examples:
                try:
                    example.source = decorated(example.source)
                except SyntaxError:
                    continue


def fresh(name: str, folder: Path, decorator: Callable[..., object]) -> types.ModuleType:
    """Import a test module past the import system, in which pytest would rewrite its assertions."""
    tests = pytest.importorskip("test", reason="this Python comes without its tests")
    home = Path(tests.__path__[0])
    places = home / f"test_{name}.py", home / f"test_{name}" / "__init__.py"
    path = next((path for path in places if path.exists()), None)
    if path is None:
        pytest.skip(f"this Python comes without {name}")
    module = types.ModuleType(f"test.{path.stem if path.parent == home else path.parent.name}")
    module.__file__ = str(path)
    if path.name == "__init__.py":
        module.__path__ = [str(path.parent)]
    vars(module)[DECORATOR] = decorator
    without = ABOUT_TESTS.union(case.partition(".")[2] for case in OTHERWISE if case.startswith(f"{name}."))
    copy = folder / f"test_{name}.py"
    sys.modules[module.__name__] = module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy.write_text(decorated(path.read_text(encoding="utf-8"), without), encoding="utf-8")
        exec(compile(copy.read_text(encoding="utf-8"), str(copy), "exec", dont_inherit=True), module.__dict__)
    return module


@pytest.fixture
def _nothing_is_functional(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take the marks off that other tests have left on builtins."""
    monkeypatch.setattr(marks, "_functional", {})
    marks.spread_news()
    yield
    monkeypatch.undo()
    marks.spread_news()


def identity(function: object) -> object:
    return function


def choice() -> Iterator[object]:
    """List which modules are run in which way. As native, functions run as they are written after a look at them."""
    for name in (*MODULES, *LONG):
        for natives in (False, True):
            long = name in LONG or (natives and name not in ALSO_NATIVE)
            way = "native" if natives else "translated"
            yield pytest.param(name, natives, id=f"{name}-{way}", marks=pytest.mark.long if long else ())


@pytest.mark.usefixtures("_nothing_is_functional")
@pytest.mark.parametrize("name, natives", list(choice()))
def test_passes_when_scheduled(name: str, natives: bool, tmp_path: Path) -> None:
    limit = sys.getrecursionlimit()
    expected = outcomes(fresh(name, tmp_path, identity), identity)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pydron.PydronWarning)
        with simulate(seed=1, workers=3, order="random", natives=natives):
            module = fresh(name, tmp_path, pydron.schedule)
            actual = outcomes(module, pydron.schedule)
    sys.modules.pop(module.__name__, None)
    assert sys.getrecursionlimit() == limit
    assert expected["tests"] != "0"
    different = {case: text for case, text in actual.items() if kind(text) != kind(expected.get(case, ""))}
    different |= {case: "passes now" for case in expected if case not in actual}
    assert not {case: text for case, text in different.items() if f"{name}.{method(case)}" not in OTHERWISE}


def method(case: str) -> str:
    """Return the name of the method in the name of a test case, or of one of its parts."""
    return case.partition(" ")[0].rpartition(".")[2]


def kind(text: str) -> str:
    return text.partition(":")[0]
