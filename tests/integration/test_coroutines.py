"""Scheduled coroutine functions: real coroutines that never block their event loop, and mean what they meant."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import sys
import threading
import traceback
import warnings
from typing import TYPE_CHECKING

import pytest

import pydron
from pydron.errors import LaunchError
from tests.integration.scripts import run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
    from pathlib import Path

WHO = contextvars.ContextVar("who", default="nobody")
SEEN: list[object] = []
GATES: dict[object, asyncio.Event] = {}
DOORS: dict[object, threading.Event] = {}


@pytest.fixture(autouse=True)
def _session() -> Iterator[None]:
    SEEN.clear()
    GATES.clear()
    DOORS.clear()
    with pydron.session({"workers": [{"type": "threads", "count": 2}]}, ship=True):
        yield


@pytest.fixture(params=["parallel", "sequential"])
def mode(request: pytest.FixtureRequest) -> Iterator[str]:
    with pydron.session({"workers": [{"type": "threads", "count": 1}]}, mode=request.param, ship=True):
        yield request.param


@pydron.functional
def ship(value: int) -> int:
    return value + 1


@pydron.functional
def opened(name: str) -> str:
    """Keep a worker busy until somebody opens the door."""
    assert DOORS[name].wait(60)
    return name


@pydron.functional
async def double(value: int) -> int:
    await asyncio.sleep(0)
    if value == 13:
        raise KeyError(value)
    return 2 * value


@pydron.functional
async def pass_gate(name: object) -> object:
    SEEN.append(("at", name))
    await GATES.setdefault(name, asyncio.Event()).wait()
    SEEN.append(("through", name))
    return name


async def until(test: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not test():  # noqa: ASYNC110 - an event would have to be set by what is tested
            await asyncio.sleep(0)


# what a call gives


@pydron.schedule
async def mixed(values: list[int]) -> list[object]:
    """Tell."""
    out: list[object] = []
    for value in values:
        try:
            out.append(await double(value))
        except KeyError:
            out.append("none")
        out.append(ship(value))
    return out


def test_a_call_gives_a_coroutine(mode: str) -> None:
    assert inspect.iscoroutinefunction(mixed)
    assert asyncio.iscoroutinefunction(mixed)
    assert list(inspect.signature(mixed).parameters) == ["values"]
    coroutine = mixed([1])
    assert inspect.iscoroutine(coroutine)
    assert (coroutine.__name__, coroutine.__qualname__) == ("mixed", "mixed")
    assert asyncio.run(coroutine) == [2, 2], mode
    with pytest.raises(TypeError, match=r"mixed\(\) missing 1 required positional argument"):
        mixed()  # type: ignore[call-arg,unused-coroutine]
    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        coroutine.send(None)


def test_it_means_what_it_meant(mode: str) -> None:
    assert asyncio.run(mixed([1, 13, 2])) == [2, 2, "none", 14, 4, 3], mode


def drop(coroutine: Coroutine[object, object, object]) -> None:
    del coroutine
    gc.collect()


def test_a_coroutine_that_nobody_awaits_is_complained_of() -> None:
    with pytest.warns(RuntimeWarning, match="coroutine 'mixed' was never awaited"):
        drop(mixed([1]))


def test_it_can_be_gathered_and_made_a_task(mode: str) -> None:
    async def main() -> object:
        task = asyncio.create_task(mixed([5]), name="five")
        return await asyncio.gather(mixed([1]), mixed([2]), task)

    assert asyncio.run(main()) == [[2, 2], [4, 3], [10, 6]], mode


def test_without_pydron(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDRON", "off")
    assert asyncio.run(mixed([1, 13])) == [2, 2, "none", 14]


class Pause:
    """Suspends whoever awaits it, by no event loop in particular."""

    def __init__(self, name: object) -> None:
        self.name = name

    def __await__(self) -> Generator[object, object, object]:
        return (yield self.name)


@pydron.functional
async def paused(value: int) -> object:
    return await Pause(("inside", value))


@pydron.schedule
async def by_hand(values: list[int]) -> list[object]:
    out: list[object] = []
    for value in values:
        out.append(ship(value))
        try:
            out.append(await Pause(value))
            out.append(await paused(value))
        except ValueError as error:
            out.append(str(error))
    return out


def test_without_an_event_loop_it_can_be_driven_by_hand(mode: str) -> None:
    coroutine = by_hand([1, 2])
    assert coroutine.send(None) == 1
    assert coroutine.send("one") == ("inside", 1)
    assert coroutine.send("two") == 2
    with pytest.raises(StopIteration) as stop:
        coroutine.throw(ValueError("three"))
    assert stop.value.value == [2, "one", "two", 3, "three"], mode


def test_it_can_be_closed_while_it_is_suspended(mode: str) -> None:
    @pydron.schedule
    async def main() -> None:
        try:
            SEEN.append(ship(1))
            await Pause("here")
        except GeneratorExit:
            SEEN.append(ship(2))
            raise
        finally:
            SEEN.append("finally")

    coroutine = main()
    assert coroutine.send(None) == "here"
    coroutine.close()
    assert SEEN == [2, 3, "finally"], mode


# the event loop goes on


def test_others_go_on_while_a_worker_is_busy() -> None:
    @pydron.schedule
    async def main() -> str:
        first = opened("first")
        return first + opened("second")

    async def open_doors() -> None:
        for name in ("first", "second"):
            await asyncio.sleep(0)
            DOORS[name].set()

    async def both() -> str:
        task = asyncio.create_task(main())
        await asyncio.gather(task, open_doors())
        return task.result()

    DOORS.update(first=threading.Event(), second=threading.Event())
    assert asyncio.run(both()) == "firstsecond"


def test_awaited_calls_wait_together_on_the_loop_of_the_coroutine() -> None:
    @pydron.schedule
    async def main(count: int) -> list[object]:
        out = []
        for number in range(count):
            out.append(await pass_gate(number))  # noqa: PERF401 - a loop is what is tested
        return out

    async def both() -> list[object]:
        task = asyncio.create_task(main(300))
        await until(lambda: len(SEEN) == 300)
        for number in reversed(range(300)):
            GATES[number].set()
        return await task

    assert asyncio.run(both()) == list(range(300))
    assert SEEN[:300] == [("at", number) for number in range(300)]


def test_calls_depend_on_results_before_others_are_there() -> None:
    @pydron.schedule
    async def main() -> list[object]:
        out = []
        for name in ("a", "b"):
            answer = await pass_gate(name)
            if answer == "b":
                answer = await pass_gate("again")
            out.append(answer)
        return out

    async def both() -> list[object]:
        task = asyncio.create_task(main())
        await until(lambda: len(SEEN) == 2)
        GATES["b"].set()
        await until(lambda: ("at", "again") in SEEN)
        GATES["again"].set()
        GATES["a"].set()
        return await task

    assert asyncio.run(both()) == ["a", "again"]


# what others do meanwhile


class Shared:
    def __init__(self) -> None:
        self.count = 0
        self.lock = threading.Lock()  # cannot be copied
        self.names: list[object] = []


@pydron.schedule
async def counting(shared: Shared, mine: int) -> None:
    for number in range(5):
        await double(10 * mine + number + 20)
        before = shared.count
        shared.count = before + 1
        ship(number)
        shared.count += 1


def test_what_others_have_changed_is_seen(mode: str) -> None:
    async def main() -> int:
        shared = Shared()
        await asyncio.gather(*[counting(shared, number) for number in range(6)])
        return shared.count

    assert asyncio.run(main()) == 60, mode


def test_a_list_may_grow_while_a_loop_over_it_awaits(mode: str) -> None:
    @pydron.schedule
    async def main(names: list[object]) -> list[object]:
        return [await pass_gate(name) for name in names]

    async def both() -> list[object]:
        names: list[object] = [1, 2]
        task = asyncio.create_task(main(names))
        await until(lambda: ("at", 1) in SEEN)
        names.append(3)
        for number in (1, 2, 3):
            await until(lambda: ("at", number) in SEEN)  # noqa: B023 - called at once
            GATES[number].set()
        return await task

    assert asyncio.run(both()) == [1, 2, 3], mode
    assert sorted(map(str, SEEN)) == sorted([f"('{what}', {name})" for what in ("at", "through") for name in (1, 2, 3)])


def test_a_loop_ends_when_somebody_says_so(mode: str) -> None:
    @pydron.schedule
    async def main(stop: asyncio.Event) -> int:
        rounds = 0
        while not stop.is_set():
            await pass_gate(rounds)
            rounds += 1
        return rounds

    async def both() -> int:
        stop = asyncio.Event()
        task = asyncio.create_task(main(stop))
        for number in range(4):
            await until(lambda: ("at", number) in SEEN)  # noqa: B023 - called at once
            if number == 3:
                stop.set()
            GATES[number].set()
        return await task

    assert asyncio.run(both()) == 4, mode


def test_arguments_that_cannot_be_copied_are_passed_once(mode: str) -> None:
    class Client(Shared):
        @pydron.functional
        async def ask(self, name: object) -> object:
            SEEN.append(name)
            await GATES.setdefault("all", asyncio.Event()).wait()
            return id(self), name

    @pydron.schedule
    async def main(client: Client) -> list[object]:
        out = []
        for number in range(10):
            out.append(await client.ask(number))
            client.names.append(number)
        return out

    async def both() -> tuple[object, object]:
        client = Client()
        task = asyncio.create_task(main(client))
        await until(lambda: SEEN)
        GATES["all"].set()
        return await task, [(id(client), number) for number in range(10)]

    result, expected = asyncio.run(both())
    assert result == expected, mode
    assert list(range(10)) == SEEN


def test_locks_and_semaphores_are_passed_themselves(mode: str) -> None:
    @pydron.functional
    async def limited(semaphore: asyncio.Semaphore, most: list[int]) -> int:
        async with semaphore:
            SEEN.append(1)
            now = len(SEEN)
            await asyncio.sleep(0)
            SEEN.pop()
        return max([now, *most])

    @pydron.schedule
    async def main(semaphore: asyncio.Semaphore) -> list[int]:
        return [await limited(semaphore, []) for _ in range(20)]

    async def within() -> list[int]:
        return await main(asyncio.Semaphore(2))

    assert max(asyncio.run(within())) <= 2, mode


def test_producers_and_consumers(mode: str) -> None:
    @pydron.schedule
    async def produce(queue: asyncio.Queue[object], count: int) -> None:
        for number in range(count):
            await queue.put(await double(number))
        await queue.put(None)

    @pydron.schedule
    async def consume(queue: asyncio.Queue[object], lock: asyncio.Lock) -> list[object]:
        out: list[object] = []
        while (item := await queue.get()) is not None:
            async with lock:
                out.append(ship(item))  # type: ignore[arg-type]
        return out

    async def main() -> object:
        queue: asyncio.Queue[object] = asyncio.Queue(2)
        _, result = await asyncio.gather(produce(queue, 6), consume(queue, asyncio.Lock()))
        return result

    assert asyncio.run(main()) == [1, 3, 5, 7, 9, 11], mode


def test_the_context_is_that_of_the_call(mode: str) -> None:
    @pydron.functional
    async def who() -> str:
        await asyncio.sleep(0)
        return WHO.get()

    @pydron.schedule
    async def main() -> list[str]:
        out = []
        for name in ("one", "two"):
            WHO.set(name)
            out.append(await who())
        return [*out, WHO.get()]

    assert asyncio.run(main()) == ["one", "two", "two"], mode


# cancellation


def careful(
    call: Callable[[object], Awaitable[object]], schedule: Callable[..., object]
) -> Callable[..., Coroutine[object, object, object]]:
    async def body(log: list[object]) -> object:
        for number in range(3):
            log.append(number)
            try:
                log.append(("got", await call(number)))
            except asyncio.CancelledError as error:
                log.append(("cancelled", number, error.args))
                log.append(("and", await call("after")))
                if number == 1:
                    raise
            finally:
                log.append(("finally", number))
                log.append(("last", await call(("last", number))))
        async with asyncio.timeout(None):
            log.append("inside")
            log.append(await call("inside"))
        try:
            log.append("group")
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(0))
                log.append(await call("group"))
        except BaseExceptionGroup as error:
            log.append(error.exceptions)
        return "done"

    return schedule(body)  # type: ignore[return-value]


async def drive(body: Callable[..., Coroutine[object, object, object]], cancel_at: int) -> tuple[object, list[object]]:
    """Open each gate when the coroutine stands there, as its log tells, but cancel it at one of them."""
    log: list[object] = []
    GATES.clear()
    SEEN.clear()
    task = asyncio.create_task(body(log))
    done: list[object] = []
    while not task.done():
        await asyncio.sleep(0)
        match log[-1:]:
            case [("cancelled", _, _)]:
                name: object = "after"
            case [("finally", number)]:
                name = ("last", number)
            case _:
                name = log[-1] if log else None
        if name not in GATES or name in done or ("at", name) not in SEEN:
            continue
        done.append(name)
        if len(done) == cancel_at + 1:
            task.cancel("because")
        else:
            GATES[name].set()
    try:
        return await task, log
    except BaseException as error:
        return (type(error), error.args), log


@pytest.mark.parametrize("cancel_at", range(10))
def test_cancellation_at_each_await(cancel_at: int) -> None:
    plain = careful(pass_gate, lambda function: function)
    scheduled = careful(pass_gate, pydron.schedule)
    expected = asyncio.run(drive(plain, cancel_at))
    assert asyncio.run(drive(scheduled, cancel_at)) == expected


def test_a_timeout_reaches_the_call(mode: str) -> None:
    @pydron.schedule
    async def main() -> list[object]:
        out: list[object] = []
        try:
            async with asyncio.timeout(60) as scope:
                SEEN.append(scope)
                out.append(await double(1))
                SEEN.append("here")
                out.append(await pass_gate("never"))
        except TimeoutError as error:
            out.append(type(error.__cause__))
        return out

    async def both() -> list[object]:
        task = asyncio.create_task(main())
        await until(lambda: ("at", "never") in SEEN and "here" in SEEN)
        scope = SEEN[0]
        assert isinstance(scope, asyncio.Timeout)
        scope.reschedule(asyncio.get_running_loop().time())
        return await task

    assert asyncio.run(both()) == [2, asyncio.CancelledError], mode


def test_cancellation_of_a_call_that_keeps_a_worker_busy() -> None:
    @pydron.schedule
    async def main() -> str:
        try:
            return opened("closed")
        except asyncio.CancelledError:
            return "cancelled"

    async def both() -> str:
        task = asyncio.create_task(main())
        await asyncio.sleep(0.01)
        task.cancel()
        try:
            return await task
        finally:
            DOORS["closed"].set()

    DOORS["closed"] = threading.Event()
    assert asyncio.run(both()) == "cancelled"


def test_a_call_may_refuse_to_be_cancelled(mode: str) -> None:
    @pydron.functional
    async def stubborn() -> str:
        try:
            await pass_gate("one")
        except asyncio.CancelledError:
            await pass_gate("two")
        return "after all"

    @pydron.schedule
    async def main() -> str:
        return await stubborn()

    async def both() -> str:
        task = asyncio.create_task(main())
        await until(lambda: ("at", "one") in SEEN)
        task.cancel()
        await until(lambda: ("at", "two") in SEEN)
        GATES["two"].set()
        return await task

    assert asyncio.run(both()) == "after all", mode


def test_calls_that_never_happened_are_cancelled() -> None:
    @pydron.schedule
    async def main() -> None:
        for name in ("first", "second", "third"):
            await pass_gate(name)
            raise LookupError(name)

    @pydron.schedule
    async def failing() -> None:
        await double(13)
        await pass_gate("later")

    async def alone() -> int:
        with pytest.raises(KeyError):
            await failing()
        await until(lambda: len(asyncio.all_tasks()) == 1)
        return len(asyncio.all_tasks())

    assert asyncio.run(alone()) == 1
    assert ("through", "later") not in SEEN


def test_it_can_be_closed_while_it_gives_way() -> None:
    @pydron.schedule
    async def main() -> None:
        try:
            await pass_gate("never")
        except BaseException as error:
            SEEN.append(type(error))
            SEEN.append(ship(1))
            raise

    async def both() -> None:
        coroutine = main()
        coroutine.send(None)
        await until(lambda: SEEN)
        coroutine.close()
        await until(lambda: len(asyncio.all_tasks()) == 1)

    asyncio.run(both())
    assert [("at", "never"), GeneratorExit, 2] == SEEN


def test_it_may_be_forgotten_while_it_gives_way() -> None:
    @pydron.schedule
    async def main() -> None:
        await pass_gate("never")

    loop = asyncio.new_event_loop()
    coroutine = main()
    loop.call_soon(coroutine.send, None)
    loop.run_until_complete(until(lambda: SEEN))
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.wait(left))
    loop.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del coroutine
        gc.collect()


# errors


@pydron.functional
async def refuse(value: int) -> int:
    await asyncio.sleep(0)
    raise ValueError(value)


async def fails(value: int) -> int:
    return await refuse(value)


@pydron.schedule
async def outer(values: list[int]) -> list[int]:
    out = []
    for value in values:
        try:
            out.append(await fails(value))
        except ValueError as error:
            if value > 1:
                out.append(await inner(value))
            else:
                out.append(error.args[0])
    return out


@pydron.schedule
async def inner(value: int) -> int:
    async with asyncio.Lock():
        return await refuse(value)


def test_the_traceback_shows_the_lines_of_the_program(mode: str) -> None:
    with pytest.raises(ValueError) as caught:
        asyncio.run(outer([1, 2]))
    mine = [entry for entry in traceback.extract_tb(caught.value.__traceback__) if entry.filename == __file__]
    context = caught.value.__context__
    assert context is not None
    names = [entry.name for entry in mine if entry.name != "test_the_traceback_shows_the_lines_of_the_program"]
    assert names == ["outer", "inner", "refuse"], mode
    assert [entry.line for entry in mine[-3:]] == [
        "out.append(await inner(value))",
        "return await refuse(value)",
        "raise ValueError(value)",
    ]
    theirs = [entry for entry in traceback.extract_tb(context.__traceback__) if entry.filename == __file__]
    assert [entry.name for entry in theirs] == ["outer", "fails", "refuse"]


def test_errors_know_what_was_being_handled(mode: str) -> None:
    seen: list[object] = []

    @pydron.schedule
    async def main() -> None:
        try:
            await refuse(1)
        except ValueError as first:
            seen.append(first)
            await aside()
            await refuse(2)

    async def aside() -> None:
        seen.append(sys.exception())
        await asyncio.sleep(0)
        seen.append(sys.exception())

    with pytest.raises(ValueError) as caught:
        asyncio.run(main())
    assert seen == [caught.value.__context__] * 3, mode


# where it runs


def test_two_loops_in_two_threads() -> None:
    results: list[object] = []

    def serve() -> None:
        results.append(asyncio.run(mixed([1, 13, 2])))

    threads = [threading.Thread(target=serve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[2, 2, "none", 14, 4, 3]] * 4


def test_scheduled_functions_call_each_other(mode: str) -> None:
    @pydron.schedule
    def sequential(value: int) -> object:
        return [double(value), ship(value)]

    @pydron.schedule
    async def deeper(value: int, depth: int) -> object:
        return await deeper(value, depth - 1) if depth else (await double(value), sequential(value))

    @pydron.schedule
    async def main() -> list[object]:
        waiting = deeper(3, 1)
        return [await deeper(1, 3), await deeper(2, 0), await waiting]

    assert asyncio.run(main()) == [(2, [2, 2]), (4, [4, 3]), (6, [6, 4])], mode


def test_a_coroutine_without_functional_calls_is_as_it_was_written() -> None:
    async def plain(value: int) -> int:
        await asyncio.sleep(0)
        return value

    scheduled = pydron.schedule(plain)
    assert asyncio.run(scheduled(3)) == 3
    assert scheduled.__code__ is plain.__code__


def test_asynchronous_generators_stay_as_they_are() -> None:
    with pytest.warns(pydron.PydronWarning, match="runs sequentially"):

        @pydron.schedule
        async def numbers() -> object:
            yield await double(1)

    async def main() -> list[object]:
        return [each async for each in numbers()]  # type: ignore[attr-defined]

    assert asyncio.run(main()) == [2]


SCRIPT = """
import asyncio, os, signal, sys, threading, traceback
import pydron
from pydron.errors import LaunchError
from tests.integration.scripts import run

@pydron.functional
async def forever(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(600)

@pydron.schedule
async def main():
    try:
        for number in range(4):
            await forever(number)
    except asyncio.CancelledError:
        print("cancelled")
        raise
    finally:
        await asyncio.sleep(0)
        print("left")

try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
pydron.shutdown()
print([thread.name for thread in threading.enumerate()])
"""


@pytest.mark.parametrize("switch", ["", "off"])
def test_ctrl_c_cancels_it(tmp_path: Path, switch: str) -> None:
    program = SCRIPT if not switch else SCRIPT.replace("number == 3", "number == 0")
    done = run(tmp_path, program, PYDRON=switch, PYTHONWARNINGS="error")
    assert (done.stdout, done.stderr) == ("cancelled\nleft\ninterrupted\n['MainThread']\n", "")


@pydron.functional
def weigh(values: bytes, number: int) -> int:
    SEEN.append(number)
    return len(values) + number


def test_calls_with_large_arguments_are_made_once() -> None:
    @pydron.schedule
    async def main(values: list[bytes]) -> list[int]:
        return [weigh(value, number) for number, value in enumerate(values)]

    assert asyncio.run(main([bytes(1 << 20)] * 12)) == [(1 << 20) + number for number in range(12)]
    assert sorted(map(str, SEEN)) == sorted(map(str, range(12)))


def test_the_session_may_end_while_it_gives_way() -> None:
    @pydron.schedule
    async def main() -> str:
        return opened("closed")

    async def both() -> None:
        DOORS["closed"] = threading.Event()
        with pydron.session({"workers": [{"type": "threads", "count": 1}]}, ship=True) as session:
            session.start()
            task = asyncio.create_task(main())
            for _ in range(3):
                await asyncio.sleep(0)
        DOORS["closed"].set()
        with pytest.raises(LaunchError, match="the session was closed"):
            await task

    asyncio.run(both())


def test_sessions_may_share_a_loop() -> None:
    @pydron.schedule
    async def main(start: int) -> list[object]:
        return [await pass_gate(number) for number in range(start, start + 3)]

    async def both() -> list[object]:
        first = asyncio.create_task(main(0))
        await until(lambda: len(SEEN) == 3)
        with pydron.session({"workers": [{"type": "threads", "count": 1}]}, ship=True):
            second = asyncio.create_task(main(3))
            await until(lambda: len(SEEN) == 6)
            for gate in reversed(GATES.values()):
                gate.set()
            return [*await first, *await second]

    assert asyncio.run(both()) == list(range(6))
