"""What runs inside the test suite of another package: a plugin of pytest, and the decorator on each of its functions.

`bench.suites` puts it as `pydron_suite` into the virtual environment of the suite. The environment says what to do:
`PYDRON_SUITE_MODE` is how to run scheduled functions (see `MODES`), `PYDRON_SUITE_REPORT` the file that takes what was
found.
"""

from __future__ import annotations

import json
import os
import random
import sys
import warnings
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import CellType, FunctionType

import pytest

MODES = {
    "plain": "as it is",
    "translated": "every function runs as its translation",
    "native": "functions with nothing to run in parallel run as they are written, after a look at each",
}
MODE = os.environ.get("PYDRON_SUITE_MODE", "plain")
PLAIN = MODE not in MODES or MODE == "plain"

_functions: dict[tuple[str, int], FunctionType] = {}
_ended: dict[str, tuple[str, str]] = {}
_surroundings = ExitStack()


def schedule(function: FunctionType) -> object:
    """Schedule a function of a suite, if the mode is one in which that is done."""
    if PLAIN:
        return function
    code = function.__code__
    place = code.co_filename, code.co_firstlineno
    if place not in _functions:  # a copy, which keeps nothing alive that a closure holds
        cells = tuple(CellType() for _ in code.co_freevars)
        _functions[place] = FunctionType(code, function.__globals__, function.__name__, None, cells)
    return schedule_quietly(function)


def schedule_quietly(function: FunctionType) -> object:
    """Schedule a function without a notice, which a test that counts warnings would see."""
    import pydron
    from pydron.runtime.marks import scheduled_of
    from pydron.scheduled import Scheduled

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pydron.PydronWarning)
        made = pydron.schedule(function)
    scheduled = scheduled_of(made)
    if isinstance(scheduled, Scheduled):
        scheduled._told = True
    return made


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Begin to run what is scheduled on a simulated pool."""
    random.seed(0)
    if not PLAIN:
        from pydron.testing import simulate

        _surroundings.enter_context(simulate(seed=1, workers=3, order="random", natives=MODE == "native"))


def pytest_runtest_setup() -> None:
    """Have tests that draw numbers draw the same in each mode."""
    random.seed(0)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take note of how a test ended; a failure of any of its parts counts."""
    name, kind = report.nodeid, report.outcome
    if report.outcome == "skipped" and hasattr(report, "wasxfail"):
        kind = "failed"
    if kind == "failed" or name not in _ended or _ended[name][0] == "passed":
        _ended[name] = (kind, str(report.longrepr or "")[-6000:] if kind == "failed" else "")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Take note of files that cannot be collected."""
    if report.failed:
        _ended[report.nodeid] = ("failed", str(report.longrepr)[-6000:])


def pytest_unconfigure() -> None:
    """Write down what was found."""
    _surroundings.close()
    place = os.environ.get("PYDRON_SUITE_REPORT")
    if place is not None:
        found = {"tests": _ended, "functions": len(_functions), "as written": _as_written()}
        Path(place).write_text(json.dumps(found), encoding="utf-8")


def _as_written() -> Counter[str]:
    """Count why functions stay as they are written."""
    reasons: Counter[str] = Counter()
    if PLAIN:
        return reasons
    from pydron.compiled import NotTranslatable, translate

    sys.setrecursionlimit(max(sys.getrecursionlimit(), 1000))
    for function in list(_functions.values()):
        try:
            translate(function)
        except NotTranslatable as error:
            text = str(error)
            reasons[text.partition(": ")[2] if text.startswith("line ") else text] += 1
    return reasons
