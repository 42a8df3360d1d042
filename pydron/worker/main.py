"""The worker process from its start to its end."""

from __future__ import annotations

import faulthandler
import gc
import os
import select
import signal
import sys
from importlib import import_module

from pydron.errors import AuthenticationError
from pydron.transport.definitions import DEFINITIONS
from pydron.transport.invitation import read_invitation
from pydron.worker.capture import Capture
from pydron.worker.joining import connect, leave
from pydron.worker.lifeline import die, tie_to_parent
from pydron.worker.likeness import ProcessLikeness
from pydron.worker.link import Link
from pydron.worker.loop import Worker
from pydron.worker.memory import keep_freed_memory

__all__ = ["main"]


def main() -> int:
    """Run a worker for the driver that standard input tells of; return the exit status."""
    parent = os.getppid()
    early = not select.select([0], [], [], 0)[0]
    if early:
        # The driver is not as far yet: time for what is needed later.
        _get_ready()
    invitation = read_invitation(sys.stdin.readline())
    _close_stdin()
    faulthandler.enable(file=2)
    # The driver decides when a call stops; a handler, unlike SIG_IGN, is not handed on to processes that calls start.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        link = Link(connect(invitation))
    except (OSError, AuthenticationError) as error:
        leave(invitation)
        sys.stderr.write(f"cannot reach the driver: {error}\n")
        return 1
    first = link.first()
    if first is None:
        leave(invitation)
        die()
    sys.argv[:] = first[0].argv
    DEFINITIONS.origin = False
    capture = Capture()

    def gone() -> None:
        leave(invitation)
        die()

    worker = Worker(link, first, capture, ProcessLikeness(capture), gone)

    def settled() -> bool:
        if os.path.exists(invitation.path):  # noqa: PTH110 - looked for often
            # Others are still to come. If the driver dies now, the way in has to be removed for it.
            return False
        tie_to_parent(parent, gone)
        if first[0].memory is None:
            keep_freed_memory()
        return True

    worker.settled = settled
    gc.freeze()
    worker.run()
    link.close()
    # Threads that calls have left behind must not keep the process.
    os._exit(0)


def _get_ready() -> None:
    """Import what ties this process to the driver, and what functions that are sent by value are rebuilt with."""
    for module in ("ctypes", "cloudpickle"):
        try:
            import_module(module)
        except ImportError:
            # There are other means, and functions that can be imported.
            pass


def _close_stdin() -> None:
    """Give calls an empty standard input."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
