"""What calls print, log and warn of comes where plain Python has it, wherever output goes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.integration.scripts import PATIENCE, environment, frames, own_frames, run

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import logging, os, subprocess, sys, time, warnings
import pydron

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
log = logging.getLogger("user")

@pydron.functional
def call(number):
    time.sleep(0.03 * (2 - number % 3))
    print("call", number)
    log.info("logged in call %d", number)
    log.debug("never seen")
    warnings.warn("the same everywhere")
    warnings.warn(f"careful {number}")
    print("to stderr", number, file=sys.stderr)
    sys.stdout.write("begun, ")
    sys.stdout.flush()
    os.write(1, b"raw\\n")
    os.system(f"echo child of {number}")
    if number == 5:
        raise ValueError("five")
    return number

@pydron.schedule
def main():
    for number in range(8):
        found = call(number)
        print("driver", found)
        log.warning("logged in driver %d", number)
        warnings.warn("in the driver")

try:
    main()
except ValueError as error:
    print("caught", error)
"""


def in_terminal(directory: Path, program: str, **more: str) -> str:
    """Run a program whose output goes to a terminal; return it."""
    (directory / "script.py").write_text(program)
    near, far = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "script.py"], cwd=directory, env=environment(**more), stdin=far, stdout=far, stderr=far
    )
    os.close(far)
    text = b""
    try:
        while part := os.read(near, 10_000):
            text += part
    except OSError:
        # The last to hold the other end is gone.
        pass
    finally:
        os.close(near)
    assert process.wait(PATIENCE) == 0
    return text.decode()


def test_in_the_order_of_the_program(tmp_path: Path) -> None:
    plain = in_terminal(tmp_path, PROGRAM, PYDRON="off")
    assert "child of 5" in plain
    assert in_terminal(tmp_path, PROGRAM) == plain


def test_into_pipes(tmp_path: Path) -> None:
    # Without what goes past the buffers of Python, whose place in a pipe is chance.
    program = PROGRAM.replace("    os.write", "    0 and os.write").replace("    os.system", "    0 and os.system")
    plain = run(tmp_path, program, PYDRON="off")
    parallel = run(tmp_path, program)
    assert (parallel.stdout, parallel.stderr) == (plain.stdout, plain.stderr)


def test_warnings_are_filtered_by_module(tmp_path: Path) -> None:
    (tmp_path / "careful.py").write_text("import warnings\n\ndef step(number):\n    warnings.warn('in a module')\n")
    program = """
    import warnings
    import careful
    import pydron

    @pydron.functional
    def call(number):
        warnings.warn("in the program")
        careful.step(number)
        return number

    @pydron.schedule
    def main(text):
        print([call(number) for number in range(3)], text)

    warnings.filterwarnings("ignore", module="__main__")
    main("of careful")
    warnings.resetwarnings()
    main("of both")
    """
    plain = run(tmp_path, program, PYDRON="off")
    parallel = run(tmp_path, program)
    assert (parallel.stdout, parallel.stderr) == (plain.stdout, plain.stderr)


@pytest.mark.parametrize("option", ["error", "ignore", "always", "once", "error::RuntimeWarning"])
def test_warnings_are_filtered_as_the_program_is_told(tmp_path: Path, option: str) -> None:
    program = """
    import warnings
    import pydron

    @pydron.functional
    def call(number):
        warnings.warn("careful")
        return number

    @pydron.schedule
    def main():
        for number in range(3):
            print(call(number))
            warnings.warn("careful too")

    call(0)
    main()
    call(1)
    """
    plain = run(tmp_path, program, PYTHONWARNINGS=option, PYDRON="off")
    parallel = run(tmp_path, program, PYTHONWARNINGS=option)
    assert parallel.stdout == plain.stdout
    assert parallel.returncode == plain.returncode
    if plain.returncode:
        shown = [frame[1:] for frame in frames(parallel.stderr)]
        assert shown == [frame[1:] for frame in frames(plain.stderr)]
    else:
        assert parallel.stderr == plain.stderr


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    program = """
    import time
    import pydron

    @pydron.functional
    def call(number):
        time.sleep(0.01)
        return number

    @pydron.schedule
    def main():
        for number in range(100_000):
            print(call(number), flush=True)

    main()
    """
    plain = after_one_line(tmp_path, program, PYDRON="off")
    parallel = after_one_line(tmp_path, program)
    assert parallel[0] == plain[0]
    assert parallel[1].count("BrokenPipeError: ") == plain[1].count("BrokenPipeError: ")
    assert [function for _, _, function in frames(parallel[1])] == ["<module>", "main"]
    assert own_frames(parallel[1]) == []


def after_one_line(directory: Path, program: str, **more: str) -> tuple[int, str]:
    """Run a program whose output is closed after a line, as ``head -1`` does; return its status and its errors."""
    (directory / "script.py").write_text(dedent(program))
    process = subprocess.Popen(
        [sys.executable, "script.py"], cwd=directory, env=environment(**more), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "0\n"
    process.stdout.close()
    with process.stderr:
        shown = process.stderr.read()
    return process.wait(PATIENCE), shown


def test_streams_that_are_closed_or_replaced(tmp_path: Path) -> None:
    program = """
    import contextlib, io, sys
    import pydron

    @pydron.functional
    def call(number):
        print("call", number)
        print("error", number, file=sys.stderr)
        return number

    @pydron.schedule
    def main():
        return [call(number) for number in range(2)]

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        main()
    print(repr(out.getvalue()), repr(err.getvalue()))
    sys.stdout = None
    main()
    """
    plain = run(tmp_path, program, PYDRON="off")
    assert (plain.stdout.count("call 1"), plain.stderr.count("error 1")) == (1, 1)
    parallel = run(tmp_path, program)
    assert (parallel.stdout, parallel.stderr) == (plain.stdout, plain.stderr)


def test_text_that_the_output_cannot_show(tmp_path: Path) -> None:
    program = """
    import pydron

    @pydron.functional
    def call(text):
        print("call", text)
        return text

    @pydron.schedule
    def main():
        print(call("plain"))
        print(call("\\N{SNOWMAN}"))

    main()
    """
    plain = run(tmp_path, program, PYTHONIOENCODING="ascii", PYDRON="off")
    parallel = run(tmp_path, program, PYTHONIOENCODING="ascii")
    assert parallel.stdout == plain.stdout == "call plain\nplain\ncall "
    told = "UnicodeEncodeError: 'ascii' codec can't encode character '\\u2603' in position 0"
    assert told in plain.stderr
    assert told in parallel.stderr
    assert [frame[1:] for frame in frames(plain.stderr)][-2:] == [frame[1:] for frame in frames(parallel.stderr)][-2:]
