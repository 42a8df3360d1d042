"""Programs that use threads, forks, event loops, reactors, test runners and the end of the process beside Pydron."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.integration.scripts import PATIENCE, command, environment, frames, own_frames, run

if TYPE_CHECKING:
    from pathlib import Path

CALLS = """
import os, sys, threading, time
import pydron

@pydron.functional
def square(number, who=None):
    time.sleep(0.005)
    if number < 0:
        raise ValueError(who)
    return number * number

@pydron.schedule
def squares(count, who=None):
    found = []
    for number in range(count):
        one = square(number, who)
        found.append(one)
    return found

"""


def as_plain(directory: Path, program: str, *arguments: str) -> str:
    """Run a program with Pydron and without, with nothing on its standard error; return what it prints both times."""
    text = CALLS + dedented(program)
    # Python 3.12 warns of forks in programs with threads, and Pydron has one.
    filters = "ignore::DeprecationWarning"
    plain = run(directory, text, *arguments, PYDRON="off", PYTHONWARNINGS=filters)
    assert (plain.returncode, plain.stderr) == (0, "")
    parallel = run(directory, text, *arguments, PYTHONWARNINGS=filters)
    assert (parallel.stdout, parallel.stderr) == (plain.stdout, "")
    assert parallel.returncode == 0
    return parallel.stdout


def dedented(text: str) -> str:
    return "\n".join(line[4:] for line in text.split("\n"))


def test_threads_that_call_at_once(tmp_path: Path) -> None:
    program = """
    from concurrent.futures import ThreadPoolExecutor

    @pydron.schedule
    def fails(who):
        first = square(2, who)
        second = square(-1, who)
        return first + second

    def outcome(who):
        try:
            return fails(who) if who % 3 == 0 else squares(8, who)
        except ValueError as error:
            return error.args

    with ThreadPoolExecutor(8) as threads:
        print(*threads.map(outcome, range(16)), sep="\\n")
    print(len([thread for thread in threading.enumerate() if "pydron" not in thread.name]))
    """
    assert as_plain(tmp_path, program).count("(0,)\n") == 1


def test_a_running_event_loop(tmp_path: Path) -> None:
    program = """
    import asyncio

    async def ticks(noted):
        while True:
            noted.append(time.perf_counter())
            await asyncio.sleep(0.001)

    async def main():
        noted = []
        ticking = asyncio.create_task(ticks(noted))
        print(squares(3))
        before = len(noted)
        print(await asyncio.to_thread(squares, 20), len(noted) > before + 3)
        print(await asyncio.gather(*(asyncio.to_thread(squares, count) for count in (2, 3, 4))))
        ticking.cancel()

    @pydron.schedule
    def around():
        async def inner(number):
            await asyncio.sleep(0)
            return number + 1
        first = square(3)
        second = asyncio.run(inner(first))
        return second + square(4)

    asyncio.run(main())
    print(around())
    """
    assert as_plain(tmp_path, program).endswith("26\n")


@pytest.mark.parametrize("kind", ["default", "asyncio", "none"])
def test_a_reactor_of_the_users(tmp_path: Path, kind: str) -> None:
    install = "from twisted.internet import asyncioreactor; asyncioreactor.install()" if kind == "asyncio" else ""
    program = f"""
    config = {{"workers": [{{"type": "multicore", "cores": 2}}], "transport": "tls"}}
    with pydron.session(config):
        print("before", squares(3))
        {install}
        from twisted.internet import defer, reactor, task, threads, utils

        async def main():
            ticks = []
            ticking = task.LoopingCall(ticks.append, None)
            ticking.start(0.001)
            print("direct", squares(4))
            before = len(ticks)
            print("in a thread", await threads.deferToThread(squares, 20), len(ticks) > before + 3)
            print("a process", await utils.getProcessOutput("/bin/echo", [b"says this"]))
            ticking.stop()

        def begin():
            done = defer.ensureDeferred(main())
            done.addErrback(lambda failure: failure.printTraceback())
            done.addBoth(lambda _: reactor.stop())

        if {kind != "none"}:
            reactor.callWhenRunning(begin)
            reactor.run()
        print("after", squares(3))
    """
    assert ("a process" in as_plain(tmp_path, program)) == (kind != "none")


def test_forks(tmp_path: Path) -> None:
    program = """
    def fork(act):
        child = os.fork()
        if child == 0:
            act()
            print("end of the child", flush=True)
            sys.exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    print(squares(3), flush=True)
    print(fork(lambda: print("child", squares(4), flush=True)))
    print(fork(lambda: os._exit(5)))
    print(fork(lambda: None))
    print(fork(pydron.shutdown))
    print("parent", squares(5), flush=True)
    with pydron.session({"workers": [{"type": "multicore", "cores": 1}]}):
        print(squares(2), flush=True)
        print(fork(lambda: print("child of a session", squares(3), flush=True)))
        print(squares(3), flush=True)
    """
    assert as_plain(tmp_path, program).count("end of the child") == 4


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(tmp_path: Path, method: str) -> None:
    program = f"""
    import multiprocessing

    class Point:
        def __init__(self, x):
            self.x = x

    @pydron.functional
    def grown(point):
        return Point(point.x + 1)

    @pydron.schedule
    def points(count):
        return [grown(Point(number)) for number in range(count)]

    def child(count):
        found = points(count)
        return [type(point) is Point for point in found], [point.x for point in found], squares(count)

    if __name__ == "__main__":
        print(child(2), flush=True)
        context = multiprocessing.get_context("{method}")
        with context.Pool(2) as pool:
            print(pool.map(child, [1, 2, 3]), flush=True)
        process = context.Process(target=child, args=(3,))
        process.start()
        process.join()
        print(process.exitcode, child(2))
    """
    assert "[True, True, True]" in as_plain(tmp_path, program)


def test_the_end_of_the_process(tmp_path: Path) -> None:
    program = """
    import atexit

    atexit.register(lambda: print("registered before the first call", squares(3)))
    print(squares(2))
    atexit.register(lambda: print("registered after the first call", squares(4)))

    @atexit.register
    def late():
        with pydron.session({"workers": [{"type": "multicore", "cores": 1}]}):
            print("a session at the end", squares(2))

    def last():
        time.sleep(0.2)
        print("a thread that goes on", squares(3))

    threading.Thread(target=last).start()
    print("end of the program")
    """
    printed = as_plain(tmp_path, program)
    assert [line.partition(" [")[0] for line in printed.splitlines()[1:]] == [
        "end of the program",
        "a thread that goes on",
        "a session at the end",
        "registered after the first call",
        "registered before the first call",
    ]


def test_calls_only_at_the_end_of_the_process(tmp_path: Path) -> None:
    as_plain(tmp_path, '    import atexit\n    atexit.register(lambda: print("at exit", squares(3)))')


@pytest.mark.parametrize("calls", ["squares(100_000)", "[squares(10) for _ in range(1000)]"], ids=["one", "many"])
def test_daemon_threads_that_wait(tmp_path: Path, calls: str) -> None:
    program = f"""
    def wait():
        {calls}
        print("never")

    for _ in range(3):
        threading.Thread(target=wait, daemon=True).start()
    time.sleep(0.5)
    print("end of the program", flush=True)
    """
    assert as_plain(tmp_path, program) == "end of the program\n"


def test_an_exit_without_a_word(tmp_path: Path) -> None:
    program = """
    @pydron.schedule
    def leaves():
        for number in range(3):
            if square(number) == 1:
                os._exit(5)

    leaves()
    """
    done = run(tmp_path, CALLS + dedented(program))
    assert (done.returncode, done.stdout, done.stderr) == (5, "", "")


def test_a_session_that_is_closed_under_a_thread(tmp_path: Path) -> None:
    program = """
    def wait():
        try:
            squares(100_000)
        except pydron.errors.LaunchError as error:
            print(error)
            raise

    with pydron.session({"workers": [{"type": "multicore", "cores": 2}]}):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.5)
    thread.join()
    """
    done = run(tmp_path, CALLS + dedented(program))
    assert done.stdout == "the session was closed; calls that are still wanted must end before it does\n"
    assert own_frames(done.stderr) == []
    assert frames(done.stderr)[-1][2] == "squares"


TESTS = """
import logging, os, sys, warnings
import pytest
import pydron

class Thing:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return type(self) is type(other) and self.x == other.x

@pydron.functional
def call(number):
    print("call", number)
    print("error", number, file=sys.stderr)
    logging.getLogger("user").warning("log %d", number)
    if number == 4:
        warnings.warn("careful")
    assert number < 6, "too large"
    return Thing(number)

@pydron.schedule
def main(count):
    found = []
    for number in range(count):
        one = call(number)
        found.append(one)
        print("driver", number)
    return found

PRINTED = "call 0\\ndriver 0\\ncall 1\\ndriver 1\\n"

def test_capsys(capsys):
    main(2)
    assert capsys.readouterr() == (PRINTED, "error 0\\nerror 1\\n")

def test_capfd(capfd):
    main(2)
    assert capfd.readouterr() == (PRINTED, "error 0\\nerror 1\\n")

def test_caplog(caplog):
    main(2)
    assert caplog.messages == ["log 0", "log 1"]

def test_classes():
    assert main(3) == [Thing(0), Thing(1), Thing(2)]

def test_raises():
    with pytest.warns(UserWarning, match="careful"), pytest.raises(AssertionError, match="too large") as caught:
        main(8)
    assert [entry.name for entry in caught.traceback] == ["test_raises", "main", "call"]

def test_places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARK", "set")

    @pydron.functional
    def place(number):
        return os.getcwd(), os.environ["MARK"], number

    @pydron.schedule
    def places():
        return [place(number) for number in range(3)]

    assert places() == [(str(tmp_path), "set", number) for number in range(3)]

@pydron.schedule
def asserts(number):
    found = call(number)
    assert found.x == 17
    return found

def test_assert():
    with pytest.raises(AssertionError):
        asserts(2)

@pytest.mark.filterwarnings("ignore")
def test_that_fails():
    main(8)
"""


@pytest.mark.parametrize("options", [(), ("-s",), ("--capture=sys",), ("-n2",)], ids=["fd", "no", "sys", "xdist"])
def test_under_a_test_runner(tmp_path: Path, options: tuple[str, ...]) -> None:
    if options == ("-n2",):
        pytest.importorskip("xdist")
    (tmp_path / "test_user.py").write_text(TESTS)
    done = command(tmp_path, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *options, PY_COLORS="0")
    assert re.search(r"1 failed, 7 passed", done.stdout), done.stdout
    assert "INTERNALERROR" not in done.stdout
    shown = done.stdout.partition("= FAILURES =")[2]
    assert '    def call(number):\n        print("call", number)\n' in shown
    assert "import logging, os" not in shown, "the function is shown, not all that stands before it"
    assert "E       AssertionError: too large" in shown
    if options != ("-s",):
        assert "call 4\ndriver 4\ncall 5\n" in shown


def test_an_interactive_session_after_a_script(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(CALLS + "print(squares(2))\n")
    done = subprocess.run(
        [sys.executable, "-i", "-q", "script.py"], input="print(squares(3))\n", capture_output=True, text=True,
        cwd=tmp_path, env=environment(), check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.stdout == "[0, 1]\n[0, 1, 4]\n"
