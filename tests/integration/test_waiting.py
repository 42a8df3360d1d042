"""Functional coroutine functions: their calls wait together, and mean what the sequential program means."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import inspect
import pickle
import threading
from typing import TYPE_CHECKING

import pytest

import pydron
from pydron.errors import ContractError
from pydron.sessions import Session
from pydron.waiting import side
from tests.integration.scripts import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHO = contextvars.ContextVar("who", default="nobody")
SEEN: list[object] = []
GATES: dict[str, asyncio.Event] = {}
UNDER_WAY: dict[str, int] = {}


@pytest.fixture(autouse=True)
def _session() -> Iterator[None]:
    SEEN.clear()
    UNDER_WAY.clear()
    with pydron.session({"workers": [{"type": "threads", "count": 1}]}):
        yield
    assert not [thread for thread in threading.enumerate() if thread.name == "pydron waiting"]


@pytest.fixture(params=["parallel", "sequential"])
def mode(request: pytest.FixtureRequest) -> Iterator[str]:
    with pydron.session({"workers": [{"type": "threads", "count": 1}]}, mode=request.param):
        yield request.param


@pydron.functional
async def double(value: int) -> int:
    await asyncio.sleep(0)
    if value == 13:
        raise KeyError(value)
    return 2 * value


@pydron.functional
async def meet(name: str, number: int, together: int) -> int:
    """Return when so many calls are under way at the same time."""
    UNDER_WAY[name] = UNDER_WAY.get(name, 0) + 1
    gate = GATES.setdefault(name, asyncio.Event())
    if UNDER_WAY[name] == together:
        gate.set()
    async with asyncio.timeout(30):
        await gate.wait()
    return number


@pydron.schedule
def doubles(values: list[int]) -> list[int]:
    out = []
    for value in values:
        try:
            once = double(value)
            out.append(double(once) if once > 4 else once)  # type: ignore[operator, arg-type]
        except KeyError:
            out.append(-1)  # type: ignore[arg-type]
    return out  # type: ignore[return-value]


@pydron.schedule
def gathering(count: int) -> list[int]:
    return [meet("all", number, count) for number in range(count)]  # type: ignore[misc]


def test_results_are_there_without_await(mode: str) -> None:
    assert doubles([1, 2, 3, 13, 4]) == [2, 4, 12, -1, 16], mode


def test_thousands_wait_together() -> None:
    assert gathering(2000) == list(range(2000))


def test_no_worker_is_needed_for_them() -> None:
    with pydron.session({"workers": [{"type": "multicore", "cores": 1}]}) as opened:
        assert doubles([1, 2]) == [2, 4]
        assert opened._plant is None


def test_outside_of_scheduled_code_it_is_a_coroutine_function() -> None:
    assert inspect.iscoroutinefunction(double)
    assert list(inspect.signature(double).parameters) == ["value"]
    assert asyncio.run(double(4)) == 8

    async def both() -> list[int]:
        return [await double(1), *await asyncio.gather(double(2), double(3))]

    assert asyncio.run(both()) == [2, 4, 6]


def helper(value: int) -> object:
    return double(value)


@pydron.schedule
def written_inside(values: list[int]) -> list[object]:
    def inner(value: int) -> object:
        return double(value)

    async def waiting() -> object:
        return await double(3)

    outside = helper(9)
    outside.close()  # type: ignore[attr-defined]
    return [
        inner(1),
        *map(lambda value: double(value + 1), [1]),  # noqa: C417 - a function inside
        asyncio.run(waiting()),
        list(map(double, values)),
        inspect.iscoroutine(outside),
        *(double(value) for value in values),
    ]


def test_what_is_written_inside_scheduled_code_counts(mode: str) -> None:
    assert written_inside([5, 6]) == [2, 4, 6, [10, 12], True, 10, 12], mode


class Client:
    """Cannot be copied."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked = 0

    @pydron.functional
    async def ask(self, value: int) -> tuple[int, int]:
        await asyncio.sleep(0)
        return id(self), value

    @staticmethod
    @pydron.functional
    async def free(value: int) -> int:
        return value + 1

    @classmethod
    @pydron.functional
    async def of(cls, value: int) -> str:
        return f"{cls.__name__} {value}"

    async def plain(self, value: int) -> int:
        return value

    async def __call__(self, value: int) -> int:
        return -value


@pydron.schedule
def asking(client: Client, values: list[int]) -> list[object]:
    return [[client.ask(value), client.free(value), Client.of(value)] for value in values]


def test_methods_and_what_cannot_be_copied(mode: str) -> None:
    client = Client()
    assert asking(client, [1, 2]) == [[(id(client), n), n + 1, f"Client {n}"] for n in (1, 2)], mode


def test_other_callables_that_give_coroutines(mode: str) -> None:
    client = Client()
    made = [pydron.functional(each) for each in (client.plain, client, functools.partial(client.plain, 4))]
    first, second, third = made

    @pydron.schedule
    def main() -> list[object]:
        return [first(1), second(2), third()]  # type: ignore[call-arg]

    assert main() == [1, -2, 4], mode
    assert all(map(inspect.iscoroutinefunction, made))


@pydron.functional
async def sum_up(values: list[int]) -> int:
    await asyncio.sleep(0.01)
    return sum(values)


@pydron.schedule
def growing() -> list[object]:
    out: list[object] = []
    values: list[int] = []
    for number in range(4):
        values.append(number)
        out.append(sum_up(values))
    return out


def test_arguments_are_what_they_were_at_the_call(mode: str) -> None:
    assert growing() == [0, 1, 3, 6], mode


@pydron.functional
async def whoever() -> str:
    before = WHO.get()
    WHO.set("changed")
    await asyncio.sleep(0)
    return before


def test_calls_see_the_context_and_leave_it_alone(mode: str) -> None:
    @pydron.schedule
    def main() -> list[object]:
        WHO.set("me")
        return [whoever(), whoever(), WHO.get()]

    assert contextvars.copy_context().run(main) == ["me", "me", "me"], mode


@pydron.functional
async def say(number: int, after: float) -> int:
    print("begins", number)
    await asyncio.sleep(after)
    print("ends", number)
    return number


@pydron.schedule
def talking() -> None:
    for number in range(3):
        print("got", say(number, 0.03 - number / 100))


def test_output_comes_in_the_order_of_the_program(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    talking()
    assert capsys.readouterr().out == "".join(f"begins {n}\nends {n}\ngot {n}\n" for n in range(3)), mode


class Refused(Exception):
    """Cannot be pickled, and needs not."""

    def __init__(self, number: int, lock: object) -> None:
        super().__init__(number)
        self.lock = lock


@pydron.functional
async def refuse(number: int) -> int:
    SEEN.append(number)
    try:
        while 0 not in SEEN:  # noqa: ASYNC110 - an event would belong to one loop
            await asyncio.sleep(0)
        if not number:
            await asyncio.sleep(30)
        raise Refused(number, threading.Lock())
    except asyncio.CancelledError:
        SEEN.append("cancelled")
        raise


@pydron.schedule
def refused() -> list[object]:
    return [refuse(1), refuse(2), refuse(0)]


def test_the_first_error_in_the_program_is_raised_itself() -> None:
    with pytest.raises(Refused) as caught:
        refused()
    assert caught.value.args == (1,)
    (note,) = caught.value.__notes__
    assert note.startswith("raised by functional refuse, called at ")
    names = [entry.name for entry in caught.traceback]
    assert names[-2:] == ["refused", "refuse"]


def test_calls_that_never_happened_are_cancelled() -> None:
    with pydron.session(), pytest.raises(Refused):
        refused()
    assert "cancelled" in SEEN


@pydron.functional
async def leave(how: str) -> None:
    await asyncio.sleep(0)
    if how == "exit":
        raise SystemExit(3)
    raise asyncio.CancelledError("of its own")


@pytest.mark.parametrize("how, kind", [("exit", SystemExit), ("cancel", asyncio.CancelledError)])
def test_errors_that_would_end_a_loop_end_the_call(mode: str, how: str, kind: type[BaseException]) -> None:
    @pydron.schedule
    def main() -> object:
        return leave(how)

    for _ in range(2):
        with pytest.raises(kind):
            main()
    assert doubles([1]) == [2], mode


async def count(function: str) -> int:
    """Return how many calls of a function were under way when this one began."""
    UNDER_WAY[function] = most = UNDER_WAY.get(function, 0) + 1
    await asyncio.sleep(0.001)
    UNDER_WAY[function] -= 1
    return most


@pydron.functional(at_once=3)
async def limited(number: int) -> int:
    return await count("limited")


@pydron.schedule
def within_limits() -> int:
    return max([limited(number) for number in range(20)])  # type: ignore[return-value, type-var]


def test_a_function_may_have_few_calls_at_once() -> None:
    assert within_limits() == 3


@pydron.functional
async def counted(number: int) -> int:
    return await count("counted")


def test_the_configuration_says_how_many_wait_at_once() -> None:
    @pydron.schedule
    def main() -> int:
        return max([counted(number) for number in range(20)])  # type: ignore[return-value, type-var]

    with pydron.session({"waiting_at_once": 4}):
        assert main() == 4


@pydron.schedule
def inside(value: int) -> int:
    return double(value) + 1  # type: ignore[operator]


@pydron.functional
async def nested(value: int) -> int:
    await asyncio.sleep(0)
    return inside(value)


def test_a_waiting_call_may_call_a_scheduled_function(mode: str) -> None:
    @pydron.schedule
    def main() -> list[object]:
        return [nested(1), nested(2)]

    assert main() == [3, 5], mode


@pydron.functional
async def spoil(values: list[int]) -> int:
    values.append(1)
    return 1


def test_a_changed_argument_is_found() -> None:
    @pydron.schedule
    def main() -> object:
        return spoil([1])

    with pydron.session(check=True), pytest.raises(ContractError, match="values"):
        main()


def test_results_may_be_what_cannot_be_copied(mode: str) -> None:
    @pydron.functional
    async def connect() -> Client:
        return Client()

    @pydron.schedule
    def main() -> list[bool]:
        made = [connect(), connect()]
        return [isinstance(each, Client) for each in made]

    assert main() == [True, True], mode


def test_several_threads_share_the_loop() -> None:
    results: list[list[int]] = []
    threads = [threading.Thread(target=lambda: results.append(doubles([1, 2, 3]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[2, 4, 12]] * 4


def test_a_scheduled_function_may_be_called_in_a_running_loop() -> None:
    async def main() -> list[int]:
        return doubles([1, 2, 3])

    assert asyncio.run(main()) == [2, 4, 12]


def test_options_that_make_no_sense() -> None:
    with pytest.raises(TypeError, match="coroutine functions"):
        pydron.functional(at_once=2)(len)
    with pytest.raises(ValueError, match="at least 1"):
        pydron.functional(at_once=0)


def test_it_travels_as_a_function_does() -> None:
    assert pickle.loads(pickle.dumps(double)) is double


def test_the_loop_serves_sessions_that_come_later() -> None:
    for _ in range(2):
        with pydron.sessions.use(Session()):
            assert doubles([1]) == [2]
        assert not side.is_here()


SCRIPT = """
import asyncio, os, signal, sys, threading, time
import pydron

@pydron.functional
async def forever(n):
    if n == 3:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        await asyncio.sleep(60)
    finally:
        print("left", n, file=sys.stderr)

@pydron.schedule
def main():
    out = []
    for n in range(4):
        out.append(forever(n))
    return out

try:
    main()
except KeyboardInterrupt as error:
    import traceback
    print([frame.name for frame in traceback.extract_tb(error.__traceback__)][-1])
pydron.shutdown()
print([thread.name for thread in threading.enumerate()])
"""


@pytest.mark.parametrize("switch", ["", "off"])
def test_ctrl_c_stops_them(tmp_path: Path, switch: str) -> None:
    done = run(tmp_path, SCRIPT if not switch else SCRIPT.replace("n == 3", "n == 0"), PYDRON=switch)
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    assert lines[-1] == "['MainThread']", done
    if not switch:
        assert lines[0] == "main"


def test_a_program_may_end_while_calls_wait(tmp_path: Path) -> None:
    program = """
        import asyncio, threading, time
        import pydron

        @pydron.functional
        async def forever():
            await asyncio.sleep(600)

        @pydron.schedule
        def main():
            return forever()

        threading.Thread(target=main, daemon=True).start()
        time.sleep(0.5)
    """
    done = run(tmp_path, program)
    assert (done.returncode, done.stderr) == (0, "")


CONNECTED = """
import asyncio, gc, socket, threading
import pydron

server = socket.create_server(("127.0.0.1", 0))
PORT = server.getsockname()[1]
peers = []

def accept():
    for _ in range(3):
        peers.append(server.accept()[0])

class Refused(Exception):
    pass

@pydron.functional
async def ask(number):
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    if number:
        await reader.read()
    writer.close()
    await writer.wait_closed()
    while len(peers) < 3:
        await asyncio.sleep(0.001)
    raise Refused

@pydron.schedule
def main():
    return [ask(number) for number in range(3)]

threading.Thread(target=accept).start()
try:
    main()
except Refused:
    print("refused")
END
for peer in peers:
    peer.settimeout(30)
    print(peer.recv(1))
    peer.close()
server.close()
"""


@pytest.mark.parametrize("end", ["", "gc.collect()", "pydron.shutdown()"])
def test_a_cancelled_call_leaves_no_connection(tmp_path: Path, end: str) -> None:
    done = run(tmp_path, CONNECTED.replace("END", end), PYTHONWARNINGS="error")
    assert (done.returncode, done.stdout, done.stderr) == (0, "refused\n" + "b''\n" * 3, "")


def test_what_is_not_used_any_more_goes() -> None:
    import weakref

    def make() -> weakref.ref[object]:
        @pydron.functional
        async def short(value: int) -> int:
            return value

        @pydron.schedule
        def main() -> object:
            return [short(1), short(2)]

        assert main() == [1, 2]
        return weakref.ref(short)

    gone = make()
    gc.collect()
    assert gone() is None
