"""Test suites of third-party packages, with every function of the package and of its tests scheduled.

Each package is unpacked from its source distribution into a temporary directory and gets a virtual environment of its
own. Its suite runs there as it is; then a decorator is written above each ``def``, and it runs again in the other
modes of `suite_plugin.MODES`. What passes as it is has to pass when scheduled.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import machine
from bench.suite_plugin import MODES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
DECORATOR = "pydron_schedules"
SECONDS_PER_TEST = 300
ABOUT_TESTS = ("setup_", "teardown_")
"""How functions begin whose arguments pytest counts, by looking into their code."""

SITE = f"""
import builtins


def {DECORATOR}(function):
    import pydron_suite

    return pydron_suite.schedule(function)


builtins.{DECORATOR} = {DECORATOR}
"""


@dataclass(frozen=True, slots=True)
class Suite:
    """A package with its tests."""

    version: str
    tests: tuple[str, ...] = ("tests",)
    needs: tuple[str, ...] = ()
    """Requirements of the tests."""
    root: str = "."
    """Where in the source distribution the package is imported from."""
    without: tuple[str, ...] = ()
    """Tests left out: they take seconds as they are, and minutes when each operation goes through a run."""


SUITES = {
    "more-itertools": Suite(
        "11.2.1",
        without=(
            "tests/test_more.py::DiscreteFourierTransformTests::test_roundtrip",
            "tests/test_more.py::ExtractTests::test_all_orderings",
            "tests/test_more.py::TestConcurrentTee",
            "tests/test_more.py::TestRandomOrderedRange::test_lcg_mitigation",
            "tests/test_more.py::TestSerialize::test_concurrent_calls",
            "tests/test_more.py::TestSubfactorial::test_vs_derangements",
            "tests/test_recipes.py::FactorTests::test_cross_check",
            "tests/test_recipes.py::PolynomialFromRootsTests::test_large",
            "tests/test_recipes.py::PrimeFunctionTests",
            "tests/test_recipes.py::RunningMedianTests::test_vs_statistics_median",
        ),
    ),
    "toolz": Suite("1.2.0", tests=("toolz",)),
    "boltons": Suite("26.2.0"),
    "jinja2": Suite("3.1.6", root="src", needs=("trio",)),
    "tomlkit": Suite("0.15.2", needs=("pyyaml",)),
    "networkx": Suite("3.6.1", tests=("networkx/classes/tests/test_graph.py", "networkx/utils")),
}
"""The packages, by their names in the index."""

SIGNATURE = "it asks for the signature of the callable itself, not of what that wraps; see `__wrapped__`"
CALLER = "it looks at the frame that called it, which is that of the callable in front of the function"
CODE = "it knows functions by `__code__`, which is that of the callable in front of the function"
COUNTS = "it counts references or objects; what a statement uses lives until the statement has retired"
TIME = "it measures time"
ANNOTATIONS = "it gives a function other annotations after it was decorated; they stay with the callable"

OTHERWISE: dict[str, dict[str, str]] = {
    "boltons": {
        "tests/test_cacheutils.py::test_min_id_map": COUNTS,
        "tests/test_funcutils_fb.py::test_defaults_dict": SIGNATURE,
        "tests/test_funcutils_fb.py::test_get_arg_names": SIGNATURE,
        "tests/test_funcutils_fb.py::test_wraps_expected": SIGNATURE,
        "tests/test_funcutils_fb.py::test_wraps_injected": SIGNATURE,
        "tests/test_funcutils_fb_py3.py::test_defaults_dict": SIGNATURE,
        "tests/test_funcutils_fb_py3.py::test_get_arg_names": SIGNATURE,
        "tests/test_funcutils_fb_py3.py::test_remove_kwonly_arg": SIGNATURE,
        "tests/test_funcutils_fb_py3.py::test_wraps_hide_wrapped": SIGNATURE,
        "tests/test_funcutils_fb_py3.py::test_wraps_inner_kwarg_only": SIGNATURE,
        "tests/test_funcutils_fb_py3.py::test_wraps_py3": SIGNATURE,
        "tests/test_funcutils_fb_py3.py::test_wraps_target_kwonly_arg": SIGNATURE,
        "tests/test_funcutils_fb_py3.py::test_wraps_target_kwonly_arg_no_default": SIGNATURE,
        "tests/test_funcutils_fb_py3.py::test_wraps_target_kwonly_arg_with_varargs": SIGNATURE,
        "tests/test_namedutils.py::test_namedlist_pickle": CALLER,
        "tests/test_namedutils.py::test_namedtuple_pickle": CALLER,
        "tests/test_tbutils.py::test_contextual": CALLER,
        "tests/test_timeutils.py::test_relative_time_defaults_to_matching_timezone": TIME,
        "tests/test_typeutils.py::test_sentinel_pickle": CALLER,
    },
    "jinja2": {
        "tests/test_debug.py::TestDebug::test_runtime_error": CODE,
        "tests/test_loader.py::TestModuleLoader::test_weak_references": COUNTS,
    },
    "more-itertools": {
        "tests/test_more.py::IsliceExtendedTests::test_elements_lifecycle": COUNTS,
        "tests/test_more.py::SeekableTest::test_repeated_zero_cache_peek_has_bounded_memory": COUNTS,
    },
    "toolz": {"toolz/tests/test_functoolz.py::test_compose_metadata": ANNOTATIONS},
}
"""Test cases that look at what Pydron does not promise, by package, each with the reason."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a suite found."""

    tests: dict[str, tuple[str, str]]
    functions: int
    as_written: dict[str, int]
    seconds: float

    @property
    def passed(self) -> set[str]:
        """The tests that passed."""
        return {name for name, (kind, _) in self.tests.items() if kind == "passed"}


def definitions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return every function that a program defines, inner ones and methods included."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [node for node in functions if not node.name.startswith(ABOUT_TESTS)]


def decorated(source: bytes) -> bytes:
    """Put the decorator directly above each function of a program."""
    lines = source.split(b"\n")
    end = b"\r" if lines[0].endswith(b"\r") else b""
    for node in sorted(definitions(ast.parse(source)), key=lambda node: node.lineno, reverse=True):
        indent = lines[node.lineno - 1][: node.col_offset]
        lines.insert(node.lineno - 1, indent + b"@" + DECORATOR.encode() + end)
    return b"\n".join(lines)


def decorated_in_place(tree: ast.Module) -> ast.Module:
    """Put the decorator above each function of a program that has been parsed already: no line of it moves."""
    for node in definitions(tree):
        end = {"end_lineno": node.lineno, "end_col_offset": node.col_offset}
        node.decorator_list.append(
            ast.Name(DECORATOR, ast.Load(), lineno=node.lineno, col_offset=node.col_offset, **end)
        )
    return tree


def decorate(folder: Path) -> None:
    """Put the decorator above each function below a folder, in place."""
    for path in sorted(folder.rglob("*.py")):
        source = path.read_bytes()
        try:
            path.write_bytes(decorated(source))
        except (SyntaxError, ValueError):
            continue  # it is data of a test, or meant for another version of Python


def unpack(package: str, suite: Suite, folder: Path) -> Path:
    """Download the source distribution of a package; return where it is unpacked."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", package]
    call([*pip, "--dest", str(folder), f"{package}=={suite.version}"])
    archive = next(folder.glob("*.tar.gz"))
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def environment(suite: Suite, source: Path, folder: Path) -> Path:
    """Make the virtual environment of a suite; return its interpreter."""
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin" / "python"
    needs = (str(source), "pytest", "pytest-timeout", "cloudpickle", *suite.needs)
    call([str(python), "-m", "pip", "install", "--quiet", *needs])
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "pydron").symlink_to(ROOT / "pydron")
    (site / "pydron_suite.py").symlink_to(ROOT / "bench" / "suite_plugin.py")
    (site / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    return python


def call(command: Sequence[str]) -> None:
    """Run a command; show what it said only if it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def run(suite: Suite, source: Path, python: Path, mode: str, only: Sequence[str] = ()) -> Outcome:
    """Run the tests of a suite in one mode."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        variables = os.environ | {
            "PYTHONPATH": str((source / suite.root).resolve()),
            "PYTHONHASHSEED": "0",
            "PYDRON": "off",  # in other threads and processes
            "PYDRON_SUITE_MODE": mode,
            "PYDRON_SUITE_REPORT": str(report),
        }
        options = [
            "-q",
            "-o",
            "addopts=",
            "--assert=plain",
            "-p",
            "no:cacheprovider",
            "-p",
            "pydron_suite",
            "--tb=native",
        ]
        options += [f"--timeout={SECONDS_PER_TEST}", "--continue-on-collection-errors"]
        options += [f"--deselect={test}" for test in suite.without]
        start = time.perf_counter()
        done = subprocess.run(
            [str(python), "-m", "pytest", *options, *(only or suite.tests)],
            cwd=source, env=variables, capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        if not report.exists():
            raise SystemExit(f"{mode}: pytest ended with {done.returncode}\n{done.stdout[-6000:]}{done.stderr[-6000:]}")
        found = json.loads(report.read_text(encoding="utf-8"))
    tests = {name: (kind, text) for name, (kind, text) in found["tests"].items()}
    return Outcome(tests, found["functions"], found["as written"], seconds)


def failures(package: str, plain: Outcome, scheduled: Outcome) -> Iterator[tuple[str, str]]:
    """List the tests that pass as they are, but not when scheduled, each with what it said."""
    for name in sorted(plain.passed - scheduled.passed):
        if not excluded(package, name):
            kind, text = scheduled.tests.get(name, ("not run", ""))
            yield name, f"{kind}: {text}"


def excluded(package: str, name: str) -> bool:
    """Say whether a test looks at what Pydron does not promise."""
    return name.partition("[")[0] in OTHERWISE.get(package, {})


def examine(package: str, suite: Suite) -> tuple[str, list[tuple[str, str, str]]]:
    """Run a suite in all modes; return its row of the table, and the failures, each with its mode."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = unpack(package, suite, folder)
        python = environment(suite, source, folder / "venv")
        found = {"plain": run(suite, source, python, "plain")}
        decorate(source)
        found |= {mode: run(suite, source, python, mode) for mode in MODES if mode != "plain"}
    plain, translated = found["plain"], found["translated"]
    failed = [(mode, *failure) for mode, outcome in found.items() for failure in failures(package, plain, outcome)]
    asked = {name for name in plain.passed if not excluded(package, name)}
    cells: list[object] = [f"{package} {suite.version}", len(plain.tests), len(plain.passed), len(plain.passed - asked)]
    cells += [len(asked & outcome.passed) for mode, outcome in found.items() if mode != "plain"]
    as_written = sum(translated.as_written.values())
    cells += [translated.functions, translated.functions - as_written, as_written]
    cells.append(" / ".join(f"{outcome.seconds:.0f}" for outcome in found.values()))
    return f"| {' | '.join(map(str, cells))} |", failed


HEAD = """
| package | tests | pass as is | excluded | pass translated | native | functions | translated | as written | seconds |
|---|---|---|---|---|---|---|---|---|---|"""


def main() -> None:
    """Run the suites that the command line names, or all."""
    arguments = argparse.ArgumentParser(prog="python -m bench.suites", description=__doc__)
    arguments.add_argument("packages", nargs="*", choices=[[], *SUITES], metavar="PACKAGE", help=", ".join(SUITES))
    packages = arguments.parse_args().packages or list(SUITES)
    print(machine.heading())
    print(HEAD)
    failed: list[str] = []
    for package in packages:
        row, found = examine(package, SUITES[package])
        print(row, flush=True)
        failed += [f"{package} {mode} {test}\n{text}\n" for mode, test, text in found]
    print("", *failed, sep="\n")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
