"""Trials: what only reads is found pure, what does not is stopped, and in no case has anything happened."""

from __future__ import annotations

import pickle
import signal
from types import FunctionType
from typing import TYPE_CHECKING

import pytest

from pydron.context import twin
from pydron.runtime.conflicts import Memory
from pydron.runtime.trials import Finding, Trials, obstacle_of
from pydron.runtime.trials.core import Core
from tests.unit.runtime.cases import bodies

if TYPE_CHECKING:
    from collections.abc import Callable


def seen(*more: object) -> bytes:
    """Return all state that the bodies could change, as bytes."""
    state = (bodies.LOG, bodies.TABLE, bodies.COUNT, bodies.PEEK(), bodies.Singleton.instance)
    plain = [vars(each) if hasattr(each, "__dict__") else each for each in more]
    return pickle.dumps((state, [repr(type(each)) for each in plain], [str(each) for each in plain if shows(each)]))


def shows(value: object) -> bool:
    return not isinstance(value, (set, bodies.Loud)) and "object at" not in repr(value)


def fresh_trials() -> Trials:
    return Trials(Memory(), twin)


@pytest.mark.parametrize("function, make", bodies.PURE, ids=lambda each: getattr(each, "__name__", ""))
def test_what_only_reads_is_found_pure(function: FunctionType, make: Callable[[], tuple[object, ...]]) -> None:
    args = make()
    before = seen(*args)
    finding = fresh_trials().call(function, args, {})
    assert finding is Finding.PURE, obstacle_of(function)
    assert seen(*args) == before
    try:
        function(*args)
    except Exception:
        pass  # that is no effect
    assert seen(*args) == before, "the claim is wrong"


@pytest.mark.parametrize("function, make, reason", bodies.IMPURE, ids=lambda each: getattr(each, "__name__", ""))
def test_what_does_not_is_stopped_before_it_happens(
    function: FunctionType, make: Callable[[], tuple[object, ...]], reason: str
) -> None:
    args = make()
    before = seen(*args)
    assert fresh_trials().call(function, args, {}) is Finding.STOPPED
    assert seen(*args) == before
    obstacle = obstacle_of(function)
    assert obstacle is not None
    assert reason in obstacle.reason


def test_an_obstacle_names_function_and_line() -> None:
    fresh_trials().call(bodies.reads_loud_property, (bodies.point(),), {})
    obstacle = obstacle_of(bodies.reads_loud_property)
    assert obstacle is not None
    line = bodies.Point.counted.fget.__code__.co_firstlineno + 2  # type: ignore[attr-defined]
    assert (obstacle.function, obstacle.filename, obstacle.line) == ("Point.counted", bodies.__file__, line)


class TestRebinding:
    def test_a_global_is_looked_up_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        trials = fresh_trials()
        assert trials.call(bodies.is_even, (4,), {}) is Finding.PURE
        monkeypatch.setattr(bodies, "is_odd", bodies.logs)
        assert trials.call(bodies.is_even, (4,), {}) is Finding.STOPPED
        assert bodies.LOG == []

    def test_a_method_is_looked_up_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        trials = fresh_trials()
        assert trials.attribute(bodies.point(), "area") is Finding.PURE
        monkeypatch.setattr(bodies.Point, "area", property(bodies.logs))
        assert trials.attribute(bodies.point(), "area") is Finding.STOPPED
        monkeypatch.setattr(bodies.Point, "__init__", lambda *args: bodies.LOG.append(args))
        assert trials.call(bodies.moves_a_copy, (bodies.loud(),), {}) is Finding.STOPPED
        assert bodies.LOG == []

    def test_a_generated_method_that_was_replaced_is_run_as_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        trials = fresh_trials()
        one, other = bodies.Version(1), bodies.Version(1)
        assert trials.binary("==", one, other) is Finding.PURE
        monkeypatch.setattr(bodies.Version, "__eq__", lambda _self, _other: bodies.LOG.append(1))
        assert trials.binary("==", one, other) is Finding.STOPPED
        assert bodies.LOG == []

    def test_a_builtin_that_is_hidden_is_not_taken_for_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bodies, "sorted", bodies.logs, raising=False)
        assert fresh_trials().call(bodies.sorts, (bodies.points(),), {}) is Finding.STOPPED
        assert bodies.LOG == []

    def test_code_that_was_replaced_has_another_twin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        trials = fresh_trials()
        assert trials.call(bodies.is_even, (2,), {}) is Finding.PURE
        monkeypatch.setattr(bodies.is_even, "__code__", bodies.logs.__code__)
        assert trials.call(bodies.is_even, (2,), {}) is Finding.STOPPED


class TestPendingStores:
    def test_reading_waits_for_a_store_to_the_object(self) -> None:
        memory = Memory()
        trials = Trials(memory, twin)
        read, other = bodies.point(), bodies.point()
        memory.announce(id(vars(read)))
        assert trials.call(bodies.reads_attribute, (read,), {}) is Finding.WAITS
        assert trials.attribute(read, "area") is Finding.WAITS
        assert trials.call(bodies.reads_attribute, (other,), {}) is Finding.PURE
        memory.settle(id(vars(read)))
        assert trials.call(bodies.reads_attribute, (read,), {}) is Finding.PURE

    @pytest.mark.parametrize(
        "function", [bodies.loops, bodies.comprehends, bodies.unpacks, bodies.fails, bodies.reduces, bodies.binds]
    )
    def test_reading_waits_for_a_store_to_a_list(self, function: FunctionType) -> None:
        memory = Memory()
        numbers = bodies.numbers()
        memory.announce(id(numbers))
        assert Trials(memory, twin).call(function, (numbers,), {}) is Finding.WAITS

    def test_reading_waits_for_stores_to_globals_and_what_is_inside(self) -> None:
        memory = Memory()
        memory.announce(id(bodies.TABLE))
        assert Trials(memory, twin).call(bodies.reads_globals, ([1],), {}) is Finding.WAITS
        memory = Memory()
        memory.announce(id(vars(bodies)))
        assert Trials(memory, twin).call(bodies.arithmetic, (1,), {}) is Finding.WAITS
        memory = Memory()
        inner = bodies.points()
        memory.announce(id(vars(inner[1])))
        assert Trials(memory, twin).call(bodies.sorts, (inner,), {}) is Finding.WAITS


class TestWhatIsNotTried:
    def test_no_source(self) -> None:
        namespace: dict[str, object] = {}
        exec("def made(x): return x", namespace)
        made = namespace["made"]
        assert fresh_trials().call(made, (1,), {}) is Finding.STOPPED
        assert not fresh_trials().may_be_pure(made)

    def test_source_that_is_not_what_runs(self) -> None:
        function = FunctionType(
            bodies.logs.__code__.replace(
                co_name="arithmetic", co_firstlineno=bodies.arithmetic.__code__.co_firstlineno
            ),
            vars(bodies),
        )
        assert fresh_trials().call(function, (1,), {}) is Finding.STOPPED
        assert bodies.LOG == []

    def test_what_was_stopped_too_often_is_not_tried_again(self) -> None:
        trials = fresh_trials()

        def log(x: object) -> None:
            bodies.LOG.append(x)

        assert trials.may_be_pure(log)
        for _ in range(3):
            assert trials.call(log, (1,), {}) is Finding.STOPPED
        assert not trials.may_be_pure(log)

    def test_what_is_pure_most_of_the_time_goes_on_being_tried(self) -> None:
        trials = fresh_trials()

        def log(x: int) -> int:
            if x % 10 == 9:
                bodies.LOG.append(x)
            return x

        findings = []
        for x in range(60):
            trials.settled(10.0)
            findings.append(trials.call(log, (x,), {}))
        assert [place for place, finding in enumerate(findings) if finding is Finding.STOPPED] == [
            9,
            19,
            29,
            39,
            49,
            59,
        ]


def test_a_signal_that_comes_in_a_trial_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def ring(_number: int, _frame: object) -> None:
        raise TimeoutError

    def step(_trial: Core) -> None:
        signal.raise_signal(signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, ring)
    try:
        monkeypatch.setattr(Core, "step", step)
        with pytest.raises(TimeoutError):
            fresh_trials().call(bodies.arithmetic, (1,), {})
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_lambdas_are_told_apart_by_their_place() -> None:
    one, other = lambda x: x + 1, lambda x: bodies.LOG.append(x)  # noqa: PLW0108
    assert fresh_trials().call(one, (1,), {}) is Finding.PURE
    assert fresh_trials().call(other, (1,), {}) is Finding.STOPPED
    assert bodies.LOG == []


def test_a_generator_is_made_without_running_it() -> None:
    assert fresh_trials().call(bodies.generates, (1,), {}) is Finding.PURE
