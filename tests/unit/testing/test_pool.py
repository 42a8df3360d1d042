"""The simulated pool keeps the promises of a pool, under every order and with workers that die."""

from __future__ import annotations

import decimal
import logging
import math
import pickle
import sys
import warnings
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pydron.errors import UnpicklableError, WorkerLost
from pydron.ids import TaskId, ValueId
from pydron.tasks import Inbox, Outcome, Pool, Requirements, Task
from pydron.testing import Clock, SimulatedPool, StuckError
from pydron.testing.simulation import ORDERS
from pydron.worker.inside import in_task

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from pydron.testing.simulation import Order


def add(left: int, right: int = 0) -> int:
    return left + right


def append(items: list[int], item: int) -> list[int]:
    items.append(item)
    return items


def fail(message: str) -> None:
    raise ValueError(message)


def speak(word: str) -> None:
    print(word)
    print(word, file=sys.stderr)
    logging.getLogger("speaker").warning("logged %s", word)
    warnings.warn(f"warned {word}", UserWarning, stacklevel=1)


class Client:
    """A run that is written by hand."""

    def __init__(self, pool: SimulatedPool) -> None:
        self.pool = pool
        self.inbox = Inbox()

    def submit(self, function: Callable[..., object], *args: object, want: bool = False, retries: int = 3) -> TaskId:
        """Submit a call; a `TaskId` among the arguments stands for its value."""
        references = tuple((place, ValueId(arg.task)) for place, arg in enumerate(args) if isinstance(arg, Ref))
        plain = tuple(None if isinstance(arg, Ref) else arg for arg in args)
        name = getattr(function, "__name__", "callable")
        number = self.pool.new_task_id()
        shipped = self.pool.function(function, name)
        arguments = self.pool.dumps_call(function, name, plain, {})
        requirements = Requirements(retries=retries)
        self.pool.submit(
            Task(number, shipped, arguments, references, requirements=requirements, want_value=want), self.inbox
        )
        return number

    def outcomes(self, number: int) -> list[Outcome]:
        """Wait for some outcomes."""
        outcomes: list[Outcome] = []
        while len(outcomes) < number:
            self.pool.wait(self.inbox)
            while self.inbox.outcomes:
                outcomes.append(self.inbox.outcomes.popleft())
        return outcomes

    def values(self, number: int) -> dict[int, object]:
        """Wait for some values, fetching those that stayed on workers."""
        values: dict[int, object] = {}
        while len(values) < number:
            for outcome in self.outcomes(1):
                if outcome.value is None:
                    assert outcome.failure is None
                    assert outcome.lost is None
                    self.pool.fetch(ValueId(outcome.task), self.inbox)
                else:
                    values[outcome.task] = self.pool.loads(outcome.value)
        return values


class Ref:
    """The value of a task, as an argument."""

    def __init__(self, task: int) -> None:
        self.task = task


def diamond(pool: SimulatedPool) -> tuple[list[object], list[int]]:
    """Run a small graph of calls; return the values, and the order in which they came."""
    client = Client(pool)
    tops = [client.submit(add, number, 1) for number in range(6)]
    middles = [client.submit(add, Ref(top), 10) for top in tops]
    bottom = client.submit(add, Ref(middles[0]), Ref(middles[-1]))
    values = client.values(13)
    pool.release([ValueId(task) for task in values])
    pool.flush()
    assert not pool.scheduler.ledger.tasks
    assert bottom == 13
    return [values[task] for task in sorted(values)], list(values)


EXPECTED = [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16, 27]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("deaths", [0.0, 0.3, (0.1, 0.5, 0.9, 1.0, 1.1, 2.5)], ids=["no deaths", "some", "timed"])
@pytest.mark.parametrize("remote", [None, 0])
def test_values_do_not_depend_on_what_happens(
    order: Order, deaths: float | tuple[float, ...], remote: int | None, seed: int
) -> None:
    for number in range(6):
        pool = SimulatedPool(
            seed + number,
            workers=1 + number % 3,
            slots=1 + number % 2,
            order=order,
            deaths=deaths,
            remote_values=remote,
            eager=0.2,
            checked=True,
        )
        assert diamond(pool)[0] == EXPECTED


def test_the_same_seed_gives_the_same_story() -> None:
    orders = [diamond(SimulatedPool(7, deaths=0.2, remote_values=0))[1] for _ in range(2)]
    assert orders[0] == orders[1]
    others = {tuple(diamond(SimulatedPool(seed))[1]) for seed in range(20)}
    assert len(others) > 5


def test_orders_are_what_they_say() -> None:
    def order_of(order: Order) -> list[int]:
        client = Client(SimulatedPool(1, workers=6, order=order, durations=lambda task, _rng: (task.id * 7) % 5 + 1))
        for number in range(6):
            client.submit(add, number)
        return [outcome.task for outcome in client.outcomes(6)]

    assert order_of("program") == [1, 2, 3, 4, 5, 6]
    assert order_of("reverse") == [6, 5, 4, 3, 2, 1]
    assert order_of("time") == [5, 3, 1, 6, 4, 2]
    assert order_of("slowest-first") == [2, 4, 6, 1, 3, 5]


def test_the_clock_shows_how_long_it_would_take() -> None:
    clock = Clock()
    client = Client(SimulatedPool(workers=8, order="time", durations=lambda _task, _rng: 0.05, clock=clock))
    for number in range(16):
        client.submit(add, number)
    client.outcomes(16)
    assert clock.now == pytest.approx(0.1)


def test_waiting_ends_with_its_time() -> None:
    clock = Clock()
    client = Client(SimulatedPool(order="time", durations=lambda _task, _rng: 3.0, clock=clock))
    client.submit(add, 1)
    client.pool.wait(client.inbox, timeout=1.0)
    assert not client.inbox.outcomes
    assert clock.now == 1.0
    client.pool.wait(client.inbox, timeout=5.0)
    assert len(client.inbox.outcomes) == 1
    assert clock.now == 3.0


def test_what_never_comes_is_an_error_with_stories() -> None:
    def durations(task: Task, _rng: Random) -> float:
        return math.inf if task.id == 1 else 0.1

    client = Client(SimulatedPool(durations=durations, checked=True))
    endless = client.submit(add, 1)
    client.submit(add, Ref(endless))
    with pytest.raises(StuckError, match=r"task 1, a call of add, is running") as caught:
        client.pool.wait(client.inbox)
    assert len(caught.value.stories) == 2
    assert pickle.loads(pickle.dumps(caught.value)).stories == caught.value.stories


def test_waiting_for_nothing_is_an_error() -> None:
    pool = SimulatedPool()
    with pytest.raises(StuckError, match="no task is unfinished"):
        pool.wait(Inbox())


def test_an_endless_call_that_is_cancelled_does_not_matter() -> None:
    def durations(task: Task, _rng: Random) -> float:
        return math.inf if task.id == 1 else 0.1

    for seed in range(10):
        client = Client(SimulatedPool(seed, workers=1, durations=durations))
        endless, other = client.submit(add, 1), client.submit(add, 2)
        client.pool.flush()
        client.pool.cancel([endless])
        assert client.values(1) == {other: 2}


def test_calls_share_nothing_with_the_driver() -> None:
    client = Client(SimulatedPool(deaths=0.4, seed=3))
    items = [1]
    first = client.submit(append, items, 2)
    items.append(99)
    second = client.submit(append, Ref(first), 3)
    third = client.submit(append, Ref(first), 4)
    assert client.values(3) == {first: [1, 2], second: [1, 2, 3], third: [1, 2, 4]}
    assert items == [1, 99]


def test_a_bound_method_works_on_a_snapshot() -> None:
    client = Client(SimulatedPool())
    items = [1]
    task = client.submit(items.append, 2)
    other = client.submit(partial(append, items), 3)
    assert client.values(2) == {task: None, other: [1, 3]}
    assert items == [1]


def test_functions_can_be_shipped_as_to_real_workers() -> None:
    client = Client(SimulatedPool(ship=True))
    offset = 5
    task = client.submit(lambda number: number + offset, 1)
    assert client.values(1) == {task: 6}


def test_a_failure_keeps_type_arguments_and_line() -> None:
    client = Client(SimulatedPool())
    client.submit(fail, "no")
    (outcome,) = client.outcomes(1)
    assert outcome.failure is not None
    error = client.pool.load_failure(outcome.failure)
    assert isinstance(error, ValueError)
    assert error.args == ("no",)
    assert "raise ValueError(message)" in outcome.failure.text


def test_a_failure_does_not_know_what_the_driver_is_handling() -> None:
    client = Client(SimulatedPool())
    try:
        raise KeyError("driver")
    except KeyError:
        client.submit(fail, "no")
        (outcome,) = client.outcomes(1)
    assert outcome.failure is not None
    assert client.pool.load_failure(outcome.failure).__context__ is None


def test_a_result_that_cannot_travel_is_a_failure_that_names_it() -> None:
    client = Client(SimulatedPool())
    client.submit(iter, [1, 2])
    (outcome,) = client.outcomes(1)
    assert outcome.failure is not None
    assert isinstance(client.pool.load_failure(outcome.failure), UnpicklableError)


def test_an_argument_that_cannot_travel_is_refused_at_once() -> None:
    with pytest.raises(UnpicklableError, match="argument 'left'"):
        Client(SimulatedPool()).submit(add, sys._getframe())


def test_output_is_caught_in_order(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    client = Client(SimulatedPool())
    before = (sys.stdout, sys.stderr, list(warnings.filters), warnings.showwarning, logging.Logger.callHandlers)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        client.submit(speak, "word")
        (outcome,) = client.outcomes(1)
    assert [each.stream for each in outcome.captured] == ["stdout", "stderr", "log", "warning"]
    assert outcome.captured[0].content == b"word\n"
    assert pickle.loads(outcome.captured[2].content)["msg"] == "logged word"
    message, category, *_, module = pickle.loads(outcome.captured[3].content)
    assert (str(message), category, module) == ("warned word", UserWarning, __name__)
    assert capsys.readouterr() == ("", "")
    assert not caplog.records
    after = (sys.stdout, sys.stderr, list(warnings.filters), warnings.showwarning, logging.Logger.callHandlers)
    assert before == after


def test_calls_know_that_they_are_inside_a_task() -> None:
    client = Client(SimulatedPool())
    task = client.submit(in_task)
    assert client.values(1) == {task: True}
    assert not in_task()


def precision() -> int:
    decimal.getcontext().rounding = decimal.ROUND_UP
    return decimal.getcontext().prec


def test_calls_see_the_decimal_context_of_their_call_and_leave_none() -> None:
    client = Client(SimulatedPool())
    before = decimal.getcontext().copy()
    with decimal.localcontext(prec=7):
        task = client.submit(precision)
    assert client.values(1) == {task: 7}
    assert decimal.getcontext().rounding == before.rounding


def test_deaths_use_up_attempts_only_if_they_may() -> None:
    for seed in range(30):
        client = Client(SimulatedPool(seed, deaths=0.9))
        assert client.submit(add, 1, retries=2)
        assert client.outcomes(1)[0].value is not None
    client = Client(SimulatedPool(deaths=1.0, fatal=True))
    client.submit(add, 1, retries=2)
    (outcome,) = client.outcomes(1)
    assert isinstance(outcome.lost, WorkerLost)
    assert outcome.lost.attempts == 3
    assert outcome.lost.function == "add"


def test_large_values_stay_on_workers_unless_wanted() -> None:
    client = Client(SimulatedPool(remote_values=100))
    small = client.submit(bytes, 10)
    large = client.submit(bytes, 1000)
    wanted = client.submit(bytes, 1000, want=True)
    outcomes = {outcome.task: outcome for outcome in client.outcomes(3)}
    assert outcomes[small].value is not None
    assert outcomes[large].value is None
    assert outcomes[large].size > 1000
    assert outcomes[wanted].value is not None


def test_cancelled_tasks_are_not_heard_of() -> None:
    for seed in range(20):
        client = Client(SimulatedPool(seed, eager=0.5, checked=True))
        tasks = [client.submit(add, number) for number in range(10)]
        client.pool.flush()
        heard = {outcome.task for outcome in client.inbox.outcomes}
        client.inbox.outcomes.clear()
        cancelled = set(tasks[::2]) - heard
        client.pool.cancel(cancelled)
        rest = set(tasks) - heard - cancelled
        assert {outcome.task for outcome in client.outcomes(len(rest))} == rest


def test_it_is_a_pool() -> None:
    pool: Pool = SimulatedPool()
    first = pool.new_task_id()
    assert pool.new_task_id() > first
    assert pool.function(add, "add") is pool.function(add, "add")


def test_senseless_options_are_refused() -> None:
    with pytest.raises(ValueError, match="order is one of random"):
        SimulatedPool(order="sideways")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one worker"):
        SimulatedPool(workers=0)
