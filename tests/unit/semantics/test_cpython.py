"""CPython's own tests of the language pass as well when every function in them is scheduled."""

from __future__ import annotations

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
from pydron.testing import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = [
    "test_augassign",
    "test_binop",
    "test_bool",
    "test_compare",
    "test_contains",
    "test_contextlib_async",
    "test_coroutines",
    "test_decorators",
    "test_dictcomps",
    "test_dictviews",
    "test_enumerate",
    "test_exception_group",
    "test_exception_variations",
    "test_except_star",
    "test_grammar",
    "test_int_literal",
    "test_isinstance",
    "test_iter",
    "test_keywordonlyarg",
    "test_named_expressions",
    "test_opcodes",
    "test_pow",
    "test_property",
    "test_raise",
    "test_richcmp",
    "test_scope",
    "test_super",
    "test_unary",
    "test_unpack",
    "test_userlist",
    "test_with",
]


OTHERWISE = {
    "test_ref_counting_behavior": "an iterator lives until its loop has retired",
    "test_basics_ExceptionGroup_fields": "it reads the line off `__code__`, which is the wrapper's; see `__wrapped__`",
    "test_nested_exception_group_tracebacks": "the same",
    "test_iteration_full_tracebacks": "the same",
    "test_bug1229429": "it counts references, and what was handled is kept until its statement has retired",
    "test_infinite_recursion_in_bases": "it sets the recursion limit by the depth of the stack",
    "test_infinitely_many_bases": "the same",
    "test_recursion": "it sets the recursion limit by the depth of the stack",
    "test_origin_tracking": "the origin of a coroutine is where Pydron makes it",
    "test_origin_tracking_warning": "the same",
    "test_attrs": "the frames of Pydron stand between those of the user in a whole traceback",
}
"""Test cases that look at what Pydron does not promise; they are not scheduled."""


def functions_of(owner: type | types.ModuleType) -> Iterator[tuple[str, types.FunctionType]]:
    home = owner.__name__ if isinstance(owner, types.ModuleType) else owner.__module__
    for name, value in list(vars(owner).items()):
        if isinstance(value, types.FunctionType) and value.__module__ == home:
            yield name, value


def schedule_all(module: types.ModuleType) -> int:
    """Schedule the functions of a module and of its classes; return how many there are."""
    owners: list[type | types.ModuleType] = [module]
    owners += [
        value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__
    ]
    number = 0
    for owner in owners:
        for name, function in functions_of(owner):
            if name not in {"load_tests", "setUpModule", "tearDownModule", *OTHERWISE}:
                setattr(owner, name, pydron.schedule(function))
                number += 1
    return number


def outcomes(module: types.ModuleType) -> dict[str, str]:
    """Run a module's test cases; return how each ended."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    result = unittest.TestResult()
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        suite.run(result)
    ended = {"tests": str(result.testsRun)}
    for kind, entries in (("error", result.errors), ("failure", result.failures), ("skip", result.skipped)):
        ended |= {case.id(): f"{kind}: {text[-800:]}" for case, text in entries}
    return ended


def fresh(name: str) -> types.ModuleType:
    """Import a test module past the import system, in which pytest would rewrite its assertions."""
    tests = pytest.importorskip("test", reason="this Python comes without its tests")
    path = Path(tests.__path__[0]) / f"{name}.py"
    if not path.exists():
        pytest.skip(f"this Python comes without {name}")
    module = types.ModuleType(f"test.{name}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True), module.__dict__)
    return module


@pytest.mark.parametrize("natives", [False, True], ids=["translated", "native"])
@pytest.mark.parametrize("name", MODULES)
def test_passes_when_scheduled(name: str, natives: bool) -> None:
    limit = sys.getrecursionlimit()
    expected = outcomes(fresh(name))
    module = fresh(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pydron.PydronWarning)  # generator functions stay as they are
        assert schedule_all(module) > 0
    with simulate(seed=1, workers=3, order="random", natives=natives):
        actual = outcomes(module)
    sys.modules.pop(module.__name__, None)
    assert sys.getrecursionlimit() == limit
    assert expected["tests"] != "0"
    different = {case: text for case, text in actual.items() if kind(text) != kind(expected.get(case, ""))}
    different |= {case: "passes now" for case in expected if case not in actual}
    assert not {case: text for case, text in different.items() if case.rpartition(".")[2] not in OTHERWISE}


def kind(text: str) -> str:
    return text.partition(":")[0]
