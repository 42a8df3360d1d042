"""Ctrl-C at any time, also twice, and other signals: the user's line, no word of Pydron, and the next call works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydron.interrupts import HeldBack
from tests.integration.scripts import PATIENCE, environment, frames, own_frames, run

if TYPE_CHECKING:
    from types import FrameType

PRESS = """
import faulthandler, signal, sys, traceback
import pydron

faulthandler.dump_traceback_later(50, exit=True)  # if it hangs

class Press:
    '''Presses Ctrl-C when Python looks for it for the nth time from now.'''

    def __init__(self, count):
        self.left = count

    def __call__(self, frame, event, argument):
        if event in {"call", "c_return"} and frame.f_code is not Press.__exit__.__code__:
            self.left -= 1
            if not self.left:
                sys.setprofile(None)
                signal.raise_signal(signal.SIGINT)

    def __enter__(self):
        sys.setprofile(self)

    def __exit__(self, *_):
        sys.setprofile(None)

@pydron.functional
def more(x):
    return x + 1

@pydron.schedule
def main():
    out = []
    for number in range(4):
        found = more(number)
        out.append(found)
        print("", end="")
    return out

def pressed(count):
    '''Return what is shown of a Ctrl-C in a call, None if it came after the call.'''
    press = Press(count)
    try:
        with press:
            assert main() == [1, 2, 3, 4]
    except KeyboardInterrupt:
        return traceback.format_exc()
    return None if press.left > 0 else ""

TWO = {"workers": [{"type": "multicore", "cores": 2}]}
"""


def one_traceback(shown: str) -> bool:
    """Tell whether a text is what plain Python shows, but for the frame in which the call begins, if it came there."""
    plain = shown.count("Traceback") == 1 and shown.endswith("KeyboardInterrupt\n")
    return plain and own_frames(shown) in ([], ["wrapper"])


@pytest.mark.parametrize("count", [10, 100, 2000, 20_000, 100_000])
def test_while_everything_starts(tmp_path: Path, count: int) -> None:
    program = f"""
    with pydron.session(TWO, ship=True):
        print(pressed({count}), end="")
        print(main())
    """
    done = run(tmp_path, PRESS + dedented(program), PYDRON="on")
    shown, _, after = done.stdout.rpartition("[1, 2")
    assert after == ", 3, 4]\n", done.stderr
    assert shown == "None" or one_traceback(shown)


@pytest.mark.parametrize("first", range(1, 6))
def test_in_the_middle_of_a_call(tmp_path: Path, first: int) -> None:
    program = f"""
    with pydron.session(TWO, ship=True):
        main()
        for count in range({first}, 5000, 5):
            shown = pressed(count)
            if shown is None:
                break
            if shown:
                print(shown, end="-----")
            assert main() == [1, 2, 3, 4]
        print("end")
    """
    done = run(tmp_path, PRESS + dedented(program), PYDRON="on")
    shown = done.stdout.split("-----")
    assert shown.pop() == "end\n", done.stderr
    assert len(shown) > 20
    assert "-----".join(each for each in shown if not one_traceback(each)) == ""


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 1000])
def test_as_a_session_ends(tmp_path: Path, count: int) -> None:
    program = f"""
    import psutil

    shown = ""
    try:
        with pydron.session(TWO, ship=True) as session:
            main()
            sys.setprofile(Press({count}))
    except KeyboardInterrupt:
        shown = traceback.format_exc()
    sys.setprofile(None)
    session.close()
    print(shown.count("Traceback"), "During" in shown, session.closed, psutil.Process().children())
    """
    done = run(tmp_path, PRESS + dedented(program), PYDRON="on")
    assert done.stdout in {"0 False True []\n", "1 False True []\n"}, done.stderr
    assert done.stderr == ""


WAITING = """
import os, signal, sys, time
import pydron

@pydron.functional
def wait(seconds):
    time.sleep(seconds)
    return seconds

@pydron.functional
def pid(number):
    time.sleep(0.1)
    return os.getpid()

@pydron.schedule
def pids():
    return [pid(number) for number in range(4)]

@pydron.schedule
def main():
    slow = wait(600)
    return slow + 1
"""


class Program:
    """A program that prints the numbers of its workers and then waits for a call."""

    def __init__(self, directory: Path, text: str) -> None:
        (directory / "script.py").write_text(WAITING + dedented(text))
        self.process = subprocess.Popen(
            [sys.executable, "script.py"], cwd=directory, env=environment(), start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.workers = {int(number) for number in self.process.stdout.readline().split()}
        assert self.workers
        time.sleep(0.3)  # the call is under way by now; if it is not, that has to work too

    def end(self) -> tuple[str, str]:
        """Return what it printed after it has ended, and all its workers with it."""
        output = self.process.communicate(timeout=PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while any(map(is_there, self.workers)):
            assert time.monotonic() < deadline, "a worker outlived its driver"
            time.sleep(0.02)
        return output


def dedented(text: str) -> str:
    return "\n".join(line[4:] for line in text.split("\n"))


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_many_times(tmp_path: Path) -> None:
    program = Program(tmp_path, "    print(*set(pids()), flush=True)\n    main()")
    for _ in range(20):
        os.killpg(program.process.pid, signal.SIGINT)
        time.sleep(0.001)
        if program.process.poll() is not None:
            break
    _, shown = program.end()
    assert program.process.returncode == -signal.SIGINT
    # What interrupts the interpreter while it ends is shown by itself.
    shown, *at_end = shown.split("Exception ignored")
    assert set(own_frames(shown)) <= {"wrapper"}
    assert "During handling" not in shown
    assert not any(map(own_frames, at_end))


def test_between_calls(tmp_path: Path) -> None:
    program = Program(
        tmp_path,
        """
    print(*set(pids()), flush=True)
    for _ in range(3):
        try:
            main()
        except KeyboardInterrupt:
            print("interrupted", len(set(pids())) > 0, flush=True)
    """,
    )
    assert program.process.stdout is not None
    for _ in range(3):
        os.killpg(program.process.pid, signal.SIGINT)
        assert program.process.stdout.readline() == "interrupted True\n"
        time.sleep(0.1)
    assert program.end() == ("", "")


def test_a_handler_of_the_users(tmp_path: Path) -> None:
    program = Program(
        tmp_path,
        """
    def stop(number, frame):
        print("stopping", flush=True)
        sys.exit(7)

    signal.signal(signal.SIGTERM, stop)
    print(*set(pids()), flush=True)
    try:
        main()
    finally:
        print("tidied up", flush=True)
    """,
    )
    program.process.terminate()
    assert program.end() == ("stopping\ntidied up\n", "")
    assert program.process.returncode == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGQUIT])
def test_no_handler(tmp_path: Path, number: int) -> None:
    program = Program(tmp_path, "    print(*set(pids()), flush=True)\n    main()")
    program.process.send_signal(number)
    assert program.end() == ("", "")
    assert program.process.returncode == -number


def test_a_handler_that_goes_on(tmp_path: Path) -> None:
    program = Program(
        tmp_path,
        """
    signal.signal(signal.SIGUSR1, lambda number, frame: print("noted", flush=True))
    signal.signal(signal.SIGINT, lambda number, frame: print("pressed", flush=True))
    print(*set(pids()), flush=True)

    @pydron.schedule
    def short():
        return wait(1.5)

    print(short())
    """,
    )
    program.process.send_signal(signal.SIGUSR1)
    time.sleep(0.1)
    os.killpg(program.process.pid, signal.SIGINT)
    assert program.end() == ("noted\npressed\n1.5\n", "")


def test_the_line_that_is_shown(tmp_path: Path) -> None:
    program = Program(tmp_path, "    print(*set(pids()), flush=True)\n    main()")
    os.killpg(program.process.pid, signal.SIGINT)
    _, shown = program.end()
    lines = (tmp_path / "script.py").read_text().splitlines()
    functions = [(lines[int(line) - 1].strip(), function) for file, line, function in frames(shown) if "script" in file]
    assert functions == [("main()", "<module>"), ("slow = wait(600)", "main")]


def test_nobody_asks_a_handler_for_its_text() -> None:
    class Shy:
        def __call__(self, number: int, frame: object) -> None: ...

        def __repr__(self) -> str:
            raise AssertionError("that of an event loop shows the main task, and all that it holds")

    change = signal._signal.signal  # type: ignore[attr-defined]
    handler = Shy()
    before = change(signal.SIGINT, handler)
    try:
        with HeldBack():
            pass
    finally:
        found = change(signal.SIGINT, before)
    assert found is handler


ALARM = """
import signal, sys, time
import pydron

def ring(number, frame):
    raise TimeoutError("rang")

@pydron.functional
def wait(seconds):
    time.sleep(seconds)
    return seconds

@pydron.schedule
def main(durations):
    return [wait(seconds) for seconds in durations]

signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, float(sys.argv[1]))
try:
    main([0.1, 600, 600])
except TimeoutError as error:
    print(error)
print(main([0.1, 0.2]))
"""


@pytest.mark.parametrize("after", [0.03, 0.1, 0.2, 0.3, 0.5])
def test_an_alarm_is_no_error_of_what_it_interrupts(tmp_path: Path, after: float) -> None:
    done = run(tmp_path, ALARM, str(after))
    assert (done.stdout, done.stderr) == ("rang\n[0.1, 0.2]\n", "")


def test_handlers_come_back_when_one_of_them_raises() -> None:
    def stop(number: int, frame: object) -> None:
        raise TimeoutError

    def note(number: int, frame: object) -> None:
        pass

    numbers = [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM]
    before = {number: signal.signal(number, note) for number in numbers}
    left = 0

    def press(_frame: FrameType, event: str, argument: object) -> None:
        nonlocal left
        if event == "c_call" and getattr(argument, "__name__", "") == "signal":
            left -= 1
            if not left:
                signal.raise_signal(signal.SIGUSR1)

    raised = 0
    try:
        signal.signal(signal.SIGUSR1, stop)
        for at in range(1, 2 * len(numbers) + 8):
            left = at
            try:
                sys.setprofile(press)
                with HeldBack():
                    pass
            except TimeoutError:
                raised += 1
            finally:
                sys.setprofile(None)
            found = {number: signal.getsignal(number) for number in numbers}
            assert found == {number: stop if number is signal.SIGUSR1 else note for number in numbers}
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert raised > len(numbers)


def test_handlers_are_called_when_a_section_is_over() -> None:
    called: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: called.append(number))
    try:
        with HeldBack():
            signal.raise_signal(signal.SIGUSR1)
            signal.raise_signal(signal.SIGUSR1)
            assert called == []
        assert called == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, before)
