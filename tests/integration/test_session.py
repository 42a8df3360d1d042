"""A session runs calls on real workers."""

from __future__ import annotations

import decimal
import importlib
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, cast

import pytest

from pydron.errors import ConfigError, ContractError, LaunchError, UnpicklableError
from pydron.ids import ValueId
from pydron.sessions import Session, current_session, shutdown
from tests.integration import work
from tests.integration.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KINDS: dict[str, dict[str, object]] = {
    "unix": {"workers": [{"type": "multicore", "cores": 2}], "transport": "unix"},
    "tls": {"workers": [{"type": "multicore", "cores": 2}], "transport": "tls"},
    "threads": {"workers": [{"type": "threads", "count": 2}]},
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def session(kind: str) -> Iterator[Session]:
    with Session(KINDS[kind]) as session:
        yield session


@pytest.fixture
def client(session: Session) -> Iterator[Client]:
    client = Client(session)
    yield client
    client.outcomes.clear()  # a value keeps the file that it is in


@pytest.fixture
def local() -> Iterator[Client]:
    with Session(KINDS["unix"]) as session:
        client = Client(session)
        yield client
    client.outcomes.clear()


def test_calls_return_what_they_return(client: Client) -> None:
    tasks = [client.submit(work.add, number, 1) for number in range(300)]
    assert [client.result(task) for task in tasks] == list(range(1, 301))


def test_results_are_handed_on(client: Client) -> None:
    first = client.submit(work.zeros, 200_000)
    small = client.submit(work.add, b"a", b"b")
    both = client.submit(work.add, None, None, references=((0, first), (1, small)))
    assert client.result(both) == bytearray(200_000) + b"ab"
    assert client.outcome(first).value is None, "a large value stays on the worker"
    assert client.outcome(small).value is not None, "a small one comes at once"
    assert client.result(first) == bytearray(200_000)


def test_a_value_is_the_same_for_each_call(client: Client) -> None:
    items = client.submit(work.add, [1], [2])
    longer = [client.submit(work.grow, None, references=((0, items),)) for _ in range(4)]
    assert [client.result(task) for task in longer] == [[1, 2, 0]] * 4
    assert client.result(items) == [1, 2]


def test_arguments_are_snapshots(client: Client) -> None:
    items = [1]
    before = client.submit(work.grow, items)
    items.append(2)
    after = client.submit(work.grow, items)
    assert client.result(before) == [1, 0]
    assert client.result(after) == [1, 2, 0]
    assert items == [1, 2]


def test_megabytes_go_both_ways(client: Client) -> None:
    assert client.call(work.length, bytes(20_000_000)) == 20_000_000
    assert client.call(work.zeros, 20_000_000) == bytearray(20_000_000)


def test_arrays_come_back_writable(client: Client) -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(100_000.0)
    task = client.submit(numpy.multiply, array, 2)
    array[:] = 0
    doubled = client.result(task)
    doubled[0] = 7  # type: ignore[index]
    assert doubled[-1] == 199_998.0  # type: ignore[index]
    again = client.result(task)
    assert again[0] == 0.0, "what the user does to a value is his own business"  # type: ignore[index]


@pytest.mark.parametrize(
    "function,arguments,expected",
    [
        (work.divide, (1, 0), ZeroDivisionError),
        (work.exit_with, (3,), SystemExit),
        (work.interrupt, (), KeyboardInterrupt),
    ],
)
def test_exceptions_come_back(client: Client, function: object, arguments: tuple[object, ...], expected: type) -> None:
    with pytest.raises(expected) as caught:
        client.call(function, *arguments)  # type: ignore[arg-type]
    assert caught.traceback[-1].path.name == "work.py"  # type: ignore[union-attr]
    assert client.call(work.add, 1, 1) == 2, "the worker goes on"


def test_a_result_that_cannot_travel(client: Client) -> None:
    with pytest.raises(UnpicklableError, match=r"the result of functional make_generator .* generator"):
        client.call(work.make_generator)


def test_closures_and_changing_globals(client: Client) -> None:
    factor = 2

    def scale(number: int) -> int:
        return number * factor

    assert client.call(scale, 3) == 6
    factor = 5
    assert client.call(scale, 3) == 15


@pytest.mark.filterwarnings("default")
def test_output_is_caught(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = client.outcome(client.submit(work.write))
    assert outcome.failure is None
    assert {captured.stream for captured in outcome.captured} == {"stdout", "stderr", "log", "warning"}
    record = pickle.loads(outcome.captured[-2].content)
    assert record["msg"] == "four 4"
    warning = pickle.loads(outcome.captured[-1].content)
    assert (str(warning[0]), warning[1]) == ("five", RuntimeWarning)
    written = "".join(each.content.decode() for each in outcome.captured if each.stream == "stdout")
    assert written + capsys.readouterr().out == "one\nthree\n"


def test_output_below_python_is_caught(local: Client) -> None:
    outcome = local.outcome(local.submit(work.write_below))
    assert [(each.stream, each.content) for each in outcome.captured] == [
        ("stdout", b"child\nraw\n"),
        ("stderr", b"child-error\n"),
    ]
    assert local.outcome(local.submit(work.add, 1, 1)).captured == ()


def test_workers_are_like_the_driver(local: Client) -> None:
    found = cast("tuple[str, list[str], int, str, int]", local.call(work.surroundings))
    directory, path, limit, standard_input, _ = found
    assert directory == os.getcwd()  # noqa: PTH109
    assert set(sys.path) <= {*path, ""}
    assert limit == sys.getrecursionlimit()
    assert standard_input == ""


def test_a_worker_has_no_twisted(local: Client) -> None:
    loaded = local.call(lambda: sorted(sys.modules))
    for module in ("twisted", "zope", "msgspec", "click", "psutil", "networkx", "numpy", "cryptography"):
        assert module not in loaded  # type: ignore[operator]


def test_runs_in_two_threads(session: Session) -> None:
    found: list[object] = []

    def run(start: int) -> None:
        client = Client(session)
        tasks = [client.submit(work.add, start, number) for number in range(100)]
        found.extend(client.result(task) for task in tasks)

    threads = [threading.Thread(target=run, args=(start,)) for start in (0, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [*range(100), *range(1000, 1100)]  # type: ignore[type-var]


def test_waiting_for_one_call_beside_other_threads(session: Session) -> None:
    found: list[int] = []

    def run() -> None:
        client = Client(session)
        found.extend(cast("int", client.call(work.add, number, 1)) for number in range(100))

    client = Client(session)
    slow = client.submit(work.sleep, 0.5)
    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    client.result(slow)
    while any(thread.is_alive() for thread in threads):
        assert client.call(work.add, 1, 1) == 2
    assert sorted(found) == sorted([*range(1, 101)] * 2)
    for number in range(100):
        assert client.call(work.add, number, number) == 2 * number


def test_cancelled_calls_are_stopped(local: Client) -> None:
    endless = [local.submit(work.spin) for _ in range(2)]
    local.pool.flush()
    after = local.submit(work.add, 1, 2)
    local.pool.cancel([task.id for task in endless])
    assert local.result(after) == 3
    assert not local.inbox.outcomes


def test_changed_arguments_are_found() -> None:
    with Session(KINDS["unix"], check=True) as session:
        client = Client(session)
        assert client.call(work.add, [1], [2]) == [1, 2]
        with pytest.raises(ContractError, match=r"grow has changed its argument items"):
            client.call(work.grow, [1])


def test_values_are_freed(local: Client) -> None:
    task = local.submit(work.zeros, 100_000)
    assert local.result(task) == bytearray(100_000)
    local.pool.release([ValueId(task.id)])
    local.pool.flush()
    assert local.call(work.add, 1, 1) == 2


def test_idle_workers_stop_and_come_back() -> None:
    with Session(KINDS["unix"], idle_timeout=0.2) as session:
        client = Client(session)
        first = client.call(work.pid)
        assert isinstance(first, int)
        _wait_until_gone(first)
        assert client.call(work.pid) != first


def test_closing_tells_those_who_wait() -> None:
    session = Session(KINDS["unix"])
    client = Client(session)
    task = client.submit(work.sleep, 30)
    client.pool.flush()
    threading.Timer(0.5, session.close).start()
    with pytest.raises(LaunchError, match="closed"):
        client.result(task)


def test_a_session_that_was_never_used_starts_nothing() -> None:
    before = threading.active_count()
    with Session(KINDS["unix"]):
        assert threading.active_count() == before


def test_a_type_that_cannot_be_started() -> None:
    with Session({"workers": [{"type": "ssh", "hostname": "somewhere"}]}) as session:
        client = Client(session)
        client.submit(work.add, 1, 1)
        with pytest.raises(ConfigError, match="'ssh' cannot be started, only multicore, threads"):
            client.pool.flush()


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} is still there")


def test_the_decimal_context_of_the_call(client: Client) -> None:
    with decimal.localcontext(prec=5):
        narrow = client.submit(work.third)
        with decimal.localcontext(prec=3):
            narrower = client.submit(work.third)
    wide = client.submit(work.third)
    assert [len(str(client.result(task))) for task in (narrow, narrower, wide)] == [7, 5, 30]


def test_contexts_do_not_leak_from_call_to_call(client: Client) -> None:
    for _ in range(6):
        assert client.call(work.set_precision, 7) == decimal.getcontext().prec


def test_the_working_directory_and_environment_of_the_call(
    local: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = local.call(work.place)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYDRON_TEST", "set")
    assert local.call(work.place) == (str(tmp_path), "set")
    monkeypatch.undo()
    assert local.call(work.place) == before == (os.getcwd(), None)  # noqa: PTH109


def test_modules_of_a_directory_that_is_added_later(
    local: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.call(work.add, 1, 1)
    (tmp_path / "added_later.py").write_text("def answer():\n    return 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert local.call(importlib.import_module("added_later").answer) == 42


def test_log_levels_are_those_of_the_driver(local: Client) -> None:
    logger = logging.getLogger("tests.levels")
    assert not local.outcome(local.submit(work.log)).captured
    logger.setLevel(logging.DEBUG)
    try:
        assert [each.stream for each in local.outcome(local.submit(work.log)).captured] == ["log"]
    finally:
        logger.setLevel(logging.NOTSET)
    assert not local.outcome(local.submit(work.log)).captured


def test_a_fork_gets_a_session_of_its_own(local: Client) -> None:
    parent = local.call(work.pid)
    session = current_session()
    try:
        assert current_session() is session
        script = "from pydron.sessions.current import current_session as c; import os; s = c(); p = os.fork()\n"
        script += "n = c(); same = n is s\n"
        script += "os._exit(int(same)) if not p else print(os.waitstatus_to_exitcode(os.waitpid(p, 0)[1]), same)"
        done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True)
        assert done.stdout == "0 True\n"
    finally:
        shutdown()
    assert local.call(work.pid) is not None
    assert parent is not None


def test_endless_calls_on_threads_are_left_behind() -> None:
    with Session(KINDS["threads"]) as session:
        client = Client(session)
        slow = [client.submit(work.sleep, 2.0) for _ in range(2)]
        client.pool.flush()
        after = client.submit(work.add, 1, 2)
        client.pool.cancel([task.id for task in slow])
        assert client.result(after) == 3


def test_workers_forget_functions_that_are_gone(client: Client, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    if kind == "threads":
        pytest.skip("these workers share the objects of all tests")
    monkeypatch.setattr("pydron.transport.functions._IDLE_MOST", 3)
    canary = work.Canary()

    def make(number: int) -> Callable[[int], object]:
        return lambda x: (canary, number + x)[1]

    for _ in range(2):  # the second time the same functions are sent again
        for number in range(8):
            tasks = [client.submit(make(number), item) for item in range(4)]
            assert [client.result(task) for task in tasks] == [number + item for item in range(4)]
    counts = [client.result(client.submit(work.canaries)) for _ in range(8)]
    assert max(cast("list[int]", counts)) <= 5


def test_chains_of_short_calls(client: Client) -> None:
    first = last = client.submit(work.add, 0, 1)
    client.result(first)
    for _ in range(500):
        last = client.submit(work.add, None, 1, references=((0, last),))
    other = client.submit(work.add, None, None, references=((0, last), (1, first)))
    assert client.result(last) == 501
    assert client.result(other) == 502


def test_what_follows_a_failed_call_is_given_back(client: Client) -> None:
    for _ in range(3):
        client.call(work.divide, 1, 1)
    fails = client.submit(work.divide, 1, 0)
    after = [client.submit(work.divide, None, 1, references=((0, fails),))]
    for _ in range(20):
        after.append(client.submit(work.divide, None, 1, references=((0, after[-1]),)))
    with pytest.raises(ZeroDivisionError):
        client.result(fails)
    client.pool.cancel([task.id for task in after])
    assert client.call(work.add, 1, 1) == 2
    assert all(task.id not in client.outcomes for task in after)


def test_large_results_go_down_a_chain(client: Client) -> None:
    for _ in range(3):
        client.call(work.zeros, 1)
    made = client.submit(work.zeros, 1_000_000)
    size = client.submit(work.length, None, references=((0, made),))
    assert client.result(size) == 1_000_000
