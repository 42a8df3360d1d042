"""What holds for every test: nothing is left behind, chance has a seed that is told, golden files are compared."""

from __future__ import annotations

import difflib
import os
import random
import shutil
import signal
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

import hypothesis
import pytest

from tests.leaks import holdings, leaked_since

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from pydron.sessions import Session

SEED = pytest.StashKey[int]()
PRIVATE_TEMP = pytest.StashKey[str]()

# Whether a test passes must not depend on how busy the machine is.
hypothesis.settings.register_profile("pydron", deadline=None, print_blob=True)
hypothesis.settings.load_profile("pydron")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files instead of comparing with them")
    parser.addoption("--thorough", action="store_true", help="run what takes minutes too")
    parser.addoption("--seed", type=int, help="where all chance in the tests starts; another one each run if not given")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Run in the background of a shell, which the programs under test would inherit.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    given = config.getoption("--seed")
    config.stash[SEED] = random.SystemRandom().randrange(1_000_000) if given is None else given
    for name in ("PYDRON", "PYDRON_CONF", "PYDRON_CHECK"):
        if os.environ.get(name) != "on":  # so that coverage can be measured of what runs in parallel
            os.environ.pop(name, None)
    # A temporary directory of our own, so that what is left in it was left by these tests.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    config.stash[PRIVATE_TEMP] = tempfile.mkdtemp(prefix="t-")
    tempfile.tempdir = os.environ["TMPDIR"] = config.stash[PRIVATE_TEMP]


def pytest_unconfigure(config: pytest.Config) -> None:
    if private := config.stash.get(PRIVATE_TEMP, None):
        tempfile.tempdir = None
        os.environ.pop("TMPDIR", None)
        shutil.rmtree(private, ignore_errors=True)


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.stash[SEED]}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections.append(("seed", f"run again with --seed {item.config.stash[SEED]}"))
    return report


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Give this test a number that chance starts from; the same for the same ``--seed``."""
    return crc32(f"{request.config.stash[SEED]} {request.node.nodeid}".encode())


@pytest.fixture(autouse=True)
def _chance_is_seeded(seed: int) -> None:
    random.seed(seed)


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    if "shared_session" in request.fixturenames or request.node.get_closest_marker("leaks"):
        yield
        return
    before = holdings()
    yield
    if leaks := leaked_since(before):
        pytest.fail("this test left behind:\n  " + "\n  ".join(leaks), pytrace=False)


@pytest.fixture(scope="session")
def shared_session() -> Iterator[Session]:
    """Share one session between all tests that ask for it. It is held to leave nothing behind when all have run."""
    import pydron

    before = holdings()
    with pydron.session({"workers": [{"type": "multicore", "cores": 2}]}) as session:
        yield session
    if leaks := leaked_since(before):
        pytest.fail("the shared session left behind:\n  " + "\n  ".join(leaks), pytrace=False)


@dataclass(frozen=True, slots=True)
class Golden:
    """Compares text with a file that was read and agreed to by a person."""

    directory: Path
    update: bool

    def __call__(self, actual: str, name: str) -> None:
        """Fail unless `actual` is what ``cases/<name>`` beside the test holds."""
        path = self.directory / "cases" / name
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8")
            return
        if not path.exists():
            pytest.fail(f"no golden file {path}; --update-golden writes it:\n{actual}", pytrace=False)
        expected = path.read_text(encoding="utf-8")
        if actual != expected:
            diff = difflib.unified_diff(
                expected.splitlines(keepends=True), actual.splitlines(keepends=True), f"golden {name}", "now"
            )
            pytest.fail("".join(diff) + "\n--update-golden accepts what it is now", pytrace=False)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare text with golden files: ``golden(text, "name.txt")``."""
    return Golden(request.path.parent, bool(request.config.getoption("--update-golden")))
