"""CPython's own tests of the language pass as well when every function in them is scheduled.

Every ``def`` is decorated: of the module, of its classes, inside of other functions, in its doctests. What passes as it
is has to pass when it runs as its translation. With ``--thorough`` what takes long runs too, and the modules that are
less about the language, and all of it with native segments as well.
"""

from __future__ import annotations

import ast
import builtins
import doctest
import functools
import gc
import io
import json
import os
import random
import signal
import sys
import traceback
import types
import unittest
import warnings
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast
from unittest import mock

import pytest

from bench.suite_plugin import schedule_quietly
from bench.suites import CODE, COUNTS, DECORATOR, decorated, decorated_in_place
from pydron.testing import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODULES = (
    "test_abc",
    "test_asyncgen",
    "test_augassign",
    "test_baseexception",
    "test_binop",
    "test_bool",
    "test_call",
    "test_class",
    "test_compare",
    "test_contains",
    "test_contextlib",
    "test_contextlib_async",
    "test_coroutines",
    "test_dataclasses",
    "test_decorators",
    "test_defaultdict",
    "test_descr",
    "test_descrtut",
    "test_dict",
    "test_dictcomps",
    "test_dictviews",
    "test_dynamic",
    "test_dynamicclassattribute",
    "test_enumerate",
    "test_except_star",
    "test_exception_group",
    "test_exception_hierarchy",
    "test_exception_variations",
    "test_exceptions",
    "test_extcall",
    "test_fstring",
    "test_funcattrs",
    "test_functools",
    "test_future_stmt",
    "test_generator_stop",
    "test_generators",
    "test_genericclass",
    "test_genexps",
    "test_global",
    "test_grammar",
    "test_index",
    "test_int_literal",
    "test_isinstance",
    "test_iter",
    "test_iterlen",
    "test_keywordonlyarg",
    "test_list",
    "test_listcomps",
    "test_metaclass",
    "test_named_expressions",
    "test_opcodes",
    "test_operator",
    "test_patma",
    "test_pep646_syntax",
    "test_positional_only_arg",
    "test_pow",
    "test_print",
    "test_property",
    "test_raise",
    "test_range",
    "test_richcmp",
    "test_scope",
    "test_setcomps",
    "test_slice",
    "test_sort",
    "test_string_literals",
    "test_subclassinit",
    "test_super",
    "test_syntax",
    "test_tuple",
    "test_type_aliases",
    "test_type_annotations",
    "test_type_params",
    "test_typechecks",
    "test_types",
    "test_unary",
    "test_unpack",
    "test_unpack_ex",
    "test_userdict",
    "test_userlist",
    "test_with",
    "test_yield_from",
)
THOROUGH = (
    "test_abstract_numbers",
    "test_bisect",
    "test_builtin",
    "test_collections",
    "test_complex",
    "test_context",
    "test_copy",
    "test_copyreg",
    "test_deque",
    "test_enum",
    "test_float",
    "test_format",
    "test_fractions",
    "test_genericalias",
    "test_graphlib",
    "test_hash",
    "test_heapq",
    "test_int",
    "test_itertools",
    "test_keyword",
    "test_long",
    "test_longexp",
    "test_module",
    "test_numeric_tower",
    "test_ordered_dict",
    "test_pprint",
    "test_reprlib",
    "test_sched",
    "test_set",
    "test_string",
    "test_textwrap",
    "test_typing",
    "test_unicode_identifiers",
    "test_userstring",
    "test_weakref",
    "test_weakset",
)

FRAMES = "it looks at frames: those of Pydron stand between those of the user"
STACK = "what it expects depends on how deep the stack is"
TRACED = "it traces: what is traced are the frames that Pydron writes"
ORIGIN = "the origin of a coroutine is where Pydron makes it"
STEPS = "it looks into a generator or coroutine, which is Pydron's and runs the user's"

OTHERWISE: dict[str, dict[str, str]] = {
    "test_builtin": {
        "BuiltinTest.test_exec_closure": CODE,
        "PtyTests.*": "it forks",
    },
    "test_call": {
        "TestPEP590.test_setvectorcall": "it changes how C calls a function, which a run does not go through",
    },
    "test_contextlib_async": {
        "TestAsyncExitStack.test_exit_exception_traceback": FRAMES,
    },
    "test_coroutines": {
        "CoroutineTest.test_cr_await": STEPS,
        "CoroutineTest.test_for_2": COUNTS,
        "CoroutineTest.test_for_3": COUNTS,
        "CoroutineTest.test_for_4": COUNTS,
        "CoroutineTest.test_for_6": COUNTS,
        "OriginTrackingTest.test_origin_tracking": ORIGIN,
        "OriginTrackingTest.test_origin_tracking_warning": ORIGIN,
    },
    "test_descr": {
        "ClassPropertiesAndMethods.test_slots": COUNTS,
    },
    "test_dictcomps": {
        "DictComprehensionTest.test_exception_locations": CODE,
    },
    "test_enumerate": {
        "TestReversed.test_bug1229429": COUNTS,
    },
    "test_exception_group": {
        "ExceptionGroupFields.test_basics_ExceptionGroup_fields": CODE,
        "NestedExceptionGroupBasicsTest.test_iteration_full_tracebacks": CODE,
        "NestedExceptionGroupBasicsTest.test_nested_exception_group_tracebacks": CODE,
    },
    "test_exceptions": {
        "ExceptionTests.testExceptionCleanupState": COUNTS,
        "ExceptionTests.testSettingException": "what C raises in place of another has no lines of ours",
        "ExceptionTests.test_recursion_error_cleanup": STACK,
        "ExceptionTests.test_unraisable": COUNTS,
        "NameErrorTests.test_name_error_suggestions": FRAMES,
        "PEP626Tests.test_lineno_after_other_except": FRAMES,
        "PEP626Tests.test_lineno_in_try": FRAMES,
        "PEP626Tests.test_missing_lineno_shows_as_none": CODE,
    },
    "test_funcattrs": {
        "FunctionDictsTest.test_unassigned_dict": "`__wrapped__` is an attribute",
        "FunctionPropertiesTest.test_copying___code__": CODE,
    },
    "test_functools": {
        "TestLRU*.test_lru_reentrancy_with_len": "it puts something else in the place of `len`, which Pydron calls too",
    },
    "test_generators": {
        "GeneratorTest.test_handle_frame_object_in_creation": COUNTS,
        "YieldFromTests.test_generator_gi_yieldfrom": STEPS,
        "__test__.syntax": STEPS,
    },
    "test_grammar": {
        "GrammarTests.test_funcdef": CODE,
    },
    "test_iter": {
        "TestCase.test_exception_locations": CODE,
        "TestCase.test_ref_counting_behavior": COUNTS,
    },
    "test_keywordonlyarg": {
        "KeywordOnlyArgTestCase.testKwDefaults": CODE,
    },
    "test_listcomps": {
        "ListComprehensionTest.test_exception_locations": CODE,
    },
    "test_patma": {
        "TestTracing.*": TRACED,
    },
    "test_positional_only_arg": {
        "PositionalOnlyTestCase.test_pos_only_definition": CODE,
    },
    "test_raise": {
        "TestContext.test_3611": COUNTS,
        "TestTracebackType.test_attrs": FRAMES,
    },
    "test_setcomps": {
        "SetComprehensionTest.test_exception_locations": CODE,
    },
    "test_types": {
        "CoroutineTests.test_async_def": STEPS,
        "FunctionTests.test_function_type_defaults": CODE,
    },
    "test_typing": {
        "OverloadTests.test_overload_registry": CODE,
        "OverloadTests.test_overload_registry_repeated": CODE,
    },
    "test_with": {
        "NestedWith.testExceptionLocation": CODE,
    },
    "test_yield_from": {
        "TestPEP380Operation.test_delegator_is_visible_to_debugger": FRAMES,
    },
}
"""Test cases that look at what Pydron does not promise, by module, each with the reason."""

SLOW: dict[str, dict[str, float]] = {
    "test_builtin": {
        "BuiltinTest.test_filter_dealloc": 3.5,
    },
    "test_call": {
        "TestRecursion.test_super_deep": 100,
    },
    "test_class": {
        "ClassTests.testClassCallRecursionLimit": 8,
    },
    "test_descr": {
        "ClassPropertiesAndMethods.test_cycle_through_dict": 2,
        "ClassPropertiesAndMethods.test_slots_trash": 2,
        "ClassPropertiesAndMethods.test_weakrefs": 1.5,
        "ClassPropertiesAndMethods.test_wrapper_segfault": 2,
    },
    "test_dict": {
        "DictTest.test_track_dynamic": 4,
        "DictTest.test_track_literals": 1.5,
    },
    "test_enumerate": {
        "TestBig.test_kwargs": 1,
    },
    "test_exceptions": {
        "ExceptionTests.testInfiniteRecursion": 2,
        "ExceptionTests.test_memory_error_subclasses": 2,
        "ExceptionTests.test_trashcan_recursion": 2,
    },
    "test_functools": {
        "TestLRU*.test_lru_recursion": 100,
    },
    "test_generators": {
        "__test__.conjoin": 1,
    },
    "test_itertools": {
        "RegressionTests.test_long_chain_of_empty_iterables": 1,
        "TestBasicOps.test_combinations": 2,
        "TestBasicOps.test_combinations_with_replacement": 16,
        "TestBasicOps.test_combinatorics": 2,
        "TestBasicOps.test_count_with_stride": 2,
        "TestBasicOps.test_permutations": 6,
        "TestBasicOps.test_product": 5,
        "TestBasicOps.test_tee_del_backward": 1.5,
        "TestVariousIteratorArgs.*": 10,
    },
    "test_pow": {
        "PowTest.test_negative_exponent": 3.5,
    },
    "test_range": {
        "RangeTest.test_range_iterators": 35,
    },
    "test_scope": {
        "ScopeTests.testInteractionWithTraceFunc": 2,
    },
    "test_set": {
        "TestBinaryOpsMutating_*": 100,
        "TestMethodsMutating_*": 100,
    },
    "test_slice": {
        "SliceTest.test_indices": 3,
    },
    "test_sort": {
        "TestBase.testStressfully": 3,
        "TestBase.test_small_stability": 4,
    },
    "test_tuple": {
        "TupleTest.test_bug7466": 1.5,
        "TupleTest.test_track_dynamic": 1,
        "TupleTest.test_track_literals": 1,
        "TupleTest.test_track_subtypes": 1,
    },
}
"""Test cases that are left out without ``--thorough``, with the seconds that they take."""


@functools.cache
def parsed(filename: str, text: str) -> ast.Module:
    """Parse a file as if there were a decorator on each of its functions."""
    return decorated_in_place(ast.parse(text, filename))


@contextmanager
def all_scheduled() -> Iterator[None]:
    """Take the decorator for part of what is written in every file."""
    with (
        mock.patch.object(builtins, DECORATOR, schedule_quietly, create=True),
        mock.patch("pydron.translation.source._parse", parsed),
    ):
        yield


def file_of(name: str) -> Path:
    """Return the file of a test module; skip the test if this Python comes without it."""
    tests = pytest.importorskip("test", reason="this Python comes without its tests")
    folder = Path(tests.__path__[0])
    path = next((path for path in (folder / f"{name}.py", folder / name / "__init__.py") if path.exists()), None)
    if path is None:
        pytest.skip(f"this Python comes without {name}")
    return path


def fresh(name: str, *, scheduled: bool) -> types.ModuleType:
    """Import a test module past the import system, in which pytest would rewrite its assertions."""
    path = file_of(name)
    text = path.read_text(encoding="utf-8")
    module = types.ModuleType(f"test.{name}")
    module.__file__ = str(path)
    if path.name == "__init__.py":
        module.__path__ = [str(path.parent)]
    module.__package__ = module.__name__ if path.name == "__init__.py" else "test"
    sys.modules[module.__name__] = module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = parsed(str(path), text) if scheduled else ast.parse(text)
        exec(compile(tree, str(path), "exec", dont_inherit=True), module.__dict__)
    return module


def cases_of(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from cases_of(each)
        else:
            yield each


def name_of(case: unittest.TestCase) -> str:
    """Return the name of a test case in its module, without what tells its parts from each other."""
    return case.id().partition(" ")[0].split(".", 2)[-1]


class _DocTest(Protocol):
    """The part of a `doctest.DocTestCase` that its annotations leave out."""

    _dt_test: doctest.DocTest


def schedule_examples(case: unittest.TestCase) -> None:
    if isinstance(case, doctest.DocTestCase):
        for example in cast("_DocTest", case)._dt_test.examples:
            try:
                example.source = decorated(example.source.encode()).decode()
            except SyntaxError:  # as it is meant to be
                continue


def outcomes(name: str, left_out: list[str], *, scheduled: bool) -> dict[str, str]:
    """Run the test cases of a module; return how each ended, with what it said if it did not pass."""
    result = unittest.TestResult()
    with ExitStack() as stack:
        stack.enter_context(mock.patch("sys.unraisablehook"))
        module = fresh(name, scheduled=scheduled)
        stack.callback(sys.modules.pop, module.__name__, None)
        stack.enter_context(redirect_stdout(io.StringIO()))
        stack.enter_context(redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        random.seed(0)
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        chosen = [case for case in cases_of(suite) if not any(fnmatchcase(name_of(case), each) for each in left_out)]
        if scheduled:
            for case in chosen:
                schedule_examples(case)
        unittest.TestSuite(chosen).run(result)
    ended = dict.fromkeys(map(name_of, chosen), "")
    for kind, entries in (("error", result.errors), ("failure", result.failures), ("skip", result.skipped)):
        ended |= {name_of(case): f"{kind}: {text[-2000:]}" for case, text in entries}
    return ended


def outcomes_when_scheduled(name: str, left_out: list[str], *, natives: bool) -> dict[str, str]:
    """Run the test cases of a module with every function scheduled; return how each ended."""
    limit = sys.getrecursionlimit()
    with all_scheduled(), simulate(seed=1, workers=3, order="random", natives=natives):
        ended = outcomes(name, left_out, scheduled=True)
    assert sys.getrecursionlimit() == limit
    return ended


def apart(run: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Return what a function returns in a process of its own.

    These tests leave much behind, and some collect garbage again and again, which takes the longer the more there is.
    """
    reader, writer = os.pipe()
    gc.freeze()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(reader)
            with os.fdopen(writer, "w", encoding="utf-8") as pipe:
                json.dump(run(), pipe)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    gc.unfreeze()
    os.close(writer)
    try:
        with os.fdopen(reader, encoding="utf-8") as pipe:
            text = pipe.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        status = os.waitpid(child, 0)[1]
    assert not status, f"the process ended with status {os.waitstatus_to_exitcode(status)}"
    ended: dict[str, str] = json.loads(text)
    return ended


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    thorough = metafunc.config.getoption("--thorough")
    metafunc.parametrize("name", [*MODULES, *THOROUGH] if thorough else MODULES)
    metafunc.parametrize("natives", [False, True] if thorough else [False], ids=("translated", "native").__getitem__)


def test_passes_when_scheduled(name: str, natives: bool, request: pytest.FixtureRequest) -> None:
    thorough = request.config.getoption("--thorough")
    file_of(name)
    left_out = [*OTHERWISE.get(name, ()), *(() if thorough else SLOW.get(name, ()))]
    expected = apart(lambda: outcomes(name, left_out, scheduled=False))
    actual = apart(lambda: outcomes_when_scheduled(name, left_out, natives=natives))
    passed = [case for case, text in expected.items() if not text]
    assert passed
    assert not {case: actual.get(case, "not run") for case in passed if actual.get(case, "not run")}
