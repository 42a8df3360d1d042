"""Starts worker processes, without Twisted: they come up while the driver is still importing it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

__all__ = ["Spawned", "worker_command"]

_TAIL = 16_000
_MOST_LINES = 20
_OURS = str(Path(__file__).parent.parent) + os.sep


def worker_command() -> list[str]:
    """Return the command line of a worker process."""
    import pydron.worker

    entry = str(Path(next(iter(pydron.worker.__path__))) / "__main__.py")
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    # Warnings are set as in the driver when it is connected; -W would have the start itself fail.
    plain = [flag for flag in flags if not flag.startswith("-W")]
    return [sys.executable, *plain, "-P", entry]


class Spawned:
    """A worker process that waits for its invitation. What it writes goes to files in memory."""

    def __init__(self, nice: int = 0) -> None:
        """Start it.

        Raises:
            OSError: it cannot be started.
        """
        self._output = [_scratch_file(), _scratch_file()]
        try:
            self.process = subprocess.Popen(
                worker_command(),
                stdin=subprocess.PIPE,
                stdout=self._output[0],
                stderr=self._output[1],
                # A session of its own: Ctrl-C in the terminal is for the driver, and killing the group gets all of it.
                start_new_session=True,
            )
        except OSError:
            self.release()
            raise
        if nice:
            os.setpriority(os.PRIO_PROCESS, self.process.pid, nice)

    def tell(self, text: str) -> None:
        """Write to its standard input, once."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.close()
        except OSError:
            # It has ended already; its exit tells.
            pass

    def kill(self) -> None:
        """End the process and all that it has started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass

    def end(self) -> None:
        """Kill it, wait until it is gone, and let go of everything."""
        if self.process.returncode is None:
            self.kill()
            self.process.wait()
        self.release()

    def release(self) -> None:
        """Close the files that hold its output."""
        process = getattr(self, "process", None)
        if process is not None and process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:
                pass
        output, self._output = self._output, []
        for descriptor in output:
            os.close(descriptor)

    def story(self, status: int) -> str:
        """Tell how the process ended, for people, with the end of what it wrote to its standard error."""
        if status < 0:
            try:
                how = f"killed by {signal.Signals(-status).name}"
            except ValueError:
                how = f"killed by signal {-status}"
        else:
            how = f"exited with status {status}"
        said = self._tail()
        return f"process {self.process.pid} {how}{', saying:' if said else ''}{said}"

    def _tail(self) -> str:
        size = os.fstat(self._output[1]).st_size
        data = os.pread(self._output[1], _TAIL, max(0, size - _TAIL))
        lines = _of_the_call(data.decode("utf-8", "replace").strip().splitlines())
        if len(lines) > _MOST_LINES:
            # A crash tells the newest calls first, a traceback last.
            lines = [*lines[: _MOST_LINES // 2], "...", *lines[-_MOST_LINES // 2 :]]
        return "".join(f"\n    {line}" for line in lines)


def _of_the_call(lines: list[str]) -> list[str]:
    """Leave out of what `faulthandler` has written what is not about the call: other threads, the worker's own code."""
    found: list[str] = []
    elsewhere = False
    for line in lines:
        if line.startswith("Thread 0x"):
            elsewhere = True
        elif line.startswith("Current thread 0x"):
            elsewhere = False
        elif line.startswith("  File "):
            if not elsewhere and not line.startswith(f'  File "{_OURS}'):
                found.append(line)
        elif line.strip() and not line.startswith("Extension modules:"):
            found.append(line)
    return found


def _scratch_file() -> int:
    """Make a file without a name that always grows at its end."""
    import fcntl

    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("pydron-output")
    else:
        import tempfile

        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_APPEND)
    return descriptor
