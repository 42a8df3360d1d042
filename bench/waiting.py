"""Questions to a service that takes its time, with branches on the answers and retries; beside it the same by hand.

``python -m bench.waiting [--questions N] [--seconds S] [--rounds N]``

The service is an HTTP server in a process of its own, on the loopback interface. It answers after some time, and
refuses every tenth request once. Three programs ask the same questions: sequential code that Pydron runs, coroutines
with ``await`` and ``gather``, and functions in a ``ThreadPoolExecutor`` with a thread for each question. They take
turns. The first two share the client; all keep connections open.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import io
import math
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import TYPE_CHECKING, cast

import pydron
from bench import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRIES = 3
DEEPER = 7
"""Every answer that this divides leads to another question."""


REFUSED = 3
"""Questions that end with this digit are refused at first."""


class RefusedError(Exception):
    """The service has too much to do."""


# The service.


async def serve(seconds: float) -> None:
    """Answer requests until standard input ends."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                question, attempt = map(int, head.split(b" ", 2)[1].strip(b"/").split(b"/"))
                await asyncio.sleep(seconds)
                status = b"503 Busy" if question % 10 == REFUSED and not attempt else b"200 OK"
                body = b"%d" % (question * 31 % 1009)
                writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)  # whatever connections are left


@contextlib.contextmanager
def service(seconds: float) -> Iterator[int]:
    """Start the service; give its port."""
    command = [sys.executable, "-m", "bench.waiting", "--serve", str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


# The client of the coroutines.


class Client:
    """Keeps connections of one event loop open."""

    def __init__(self) -> None:
        self.port = 0
        self._idle: dict[object, list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = {}

    async def get(self, path: str) -> tuple[int, int]:
        """Return status and number of an answer."""
        idle = self._idle.setdefault(asyncio.get_running_loop(), [])
        reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(head.rsplit(b":", 1)[1]))
        idle.append((reader, writer))
        return int(head[9:12]), int(body)

    async def close(self) -> None:
        """Close the connections of the loop that runs."""
        for _, writer in self._idle.pop(asyncio.get_running_loop(), ()):
            writer.close()
            await writer.wait_closed()


client = Client()


async def plain_ask(question: int, attempt: int) -> int:
    """Ask the service once."""
    status, number = await client.get(f"/{question}/{attempt}")
    if status != http.client.OK:
        raise RefusedError(question)
    return number


ask = cast("Callable[[int, int], int]", pydron.functional(plain_ask))
hang_up = cast("Callable[[], None]", pydron.functional(client.close))


# The three programs.


@pydron.schedule
def sequential(questions: list[int]) -> dict[int, int]:
    """Ask one after the other."""
    answers = {}
    for question in questions:
        for attempt in range(TRIES):
            try:
                answer = ask(question, attempt)
                break
            except RefusedError:
                continue
        else:
            answer = -1
        if answer % DEEPER == 0:
            answer += ask(answer * 10, 0)
        answers[question] = answer
    return answers


@pydron.schedule
def finish() -> None:
    """Close the connections of Pydron's loop."""
    hang_up()


async def by_hand(questions: list[int]) -> dict[int, int]:
    """Ask in a task for each question."""

    async def one(question: int) -> int:
        for attempt in range(TRIES):
            try:
                answer = await plain_ask(question, attempt)
                break
            except RefusedError:
                continue
        else:
            answer = -1
        if answer % DEEPER == 0:
            answer += await plain_ask(answer * 10, 0)
        return answer

    return dict(zip(questions, await asyncio.gather(*map(one, questions)), strict=True))


_LOCAL = threading.local()


def blocking_ask(question: int, attempt: int) -> int:
    """Ask once, and block meanwhile."""
    connection = getattr(_LOCAL, "connection", None)
    if connection is None:
        connection = _LOCAL.connection = http.client.HTTPConnection("127.0.0.1", client.port)
    connection.request("GET", f"/{question}/{attempt}")
    response = connection.getresponse()
    number = int(response.read())
    if response.status != http.client.OK:
        raise RefusedError(question)
    return number


def in_threads(questions: list[int]) -> dict[int, int]:
    """Ask in a thread for each question."""

    def one(question: int) -> int:
        for attempt in range(TRIES):
            try:
                answer = blocking_ask(question, attempt)
                break
            except RefusedError:
                continue
        else:
            answer = -1
        if answer % DEEPER == 0:
            answer += blocking_ask(answer * 10, 0)
        return answer

    with ThreadPoolExecutor(len(questions)) as executor:
        return dict(zip(questions, executor.map(one, questions), strict=True))


def measure(questions: list[int], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each program."""
    with asyncio.Runner() as runner:
        programs: dict[str, Callable[[], dict[int, int]]] = {
            "sequential code, pydron": lambda: sequential(questions),
            "asyncio by hand": lambda: runner.run(by_hand(questions)),
            "ThreadPoolExecutor": lambda: in_threads(questions),
        }
        expected = programs["asyncio by hand"]()
        for program in programs.values():
            assert program() == expected
        seconds: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(rounds):
            for name, program in programs.items():
                begun = time.perf_counter()
                program()
                seconds[name].append(time.perf_counter() - begun)
        runner.run(client.close())
        finish()
    return seconds


def report(questions: int, seconds: float, rounds: int) -> str:
    """Measure, and return a table."""
    out = io.StringIO()
    with service(seconds) as port:
        client.port = port
        measured = measure(list(range(questions)), rounds)
    hand = median(measured["asyncio by hand"])
    longest = (2 + 1) * seconds
    print(f"{questions:,} questions, {seconds * 1000:g} ms each; the longest chain takes {longest:g} s\n", file=out)
    print("| program | median, s | best, s | over asyncio by hand |\n|---|---|---|---|", file=out)
    for name, times in measured.items():
        print(f"| {name} | {median(times):.3f} | {min(times):.3f} | {median(times) / hand:.2f} |", file=out)
    requests = sum(1 + (n % 10 == REFUSED) + (n * 31 % 1009 % DEEPER == 0) for n in range(questions))
    one_by_one = requests * seconds
    print(f"| one after the other | {math.ceil(one_by_one)} | | {one_by_one / hand:.0f} |", file=out)
    return out.getvalue()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=0.05, help="that the service takes for an answer")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        asyncio.run(serve(given.serve))
        return
    print(machine.heading(), end="\n\n")
    print(report(given.questions, given.seconds, given.rounds))


if __name__ == "__main__":
    main()
