"""The reactor's thread lends the reactor to a thread that waits, and takes it back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pydron.sessions.bridge import Bridge
from pydron.worker.inside import in_task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Waiter:
    """Borrows the reactor whenever it is lent."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.gate: threading.Event | None = None
        self.returns = 0
        self.returned = threading.Event()

    def is_asked(self) -> bool:
        return self.gate is not None

    def borrower(self) -> Callable[[], None] | None:
        gate, self.gate = self.gate, None
        return None if gate is None else gate.set

    def taken_back(self) -> None:
        self.returns += 1
        self.returned.set()

    def borrow(self) -> None:
        """Wait until the reactor is this thread's."""
        while not self.bridge.borrow():
            gate = self.gate = threading.Event()
            self.bridge.call(int)
            assert gate.wait(30)
        self.returned.clear()


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    bridge = Bridge()
    yield bridge
    bridge.stop()


@pytest.fixture
def waiter(bridge: Bridge) -> Waiter:
    waiter = Waiter(bridge)
    bridge.lender = waiter
    return waiter


def in_thread(function: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def test_who_has_borrowed_it_makes_the_calls(bridge: Bridge, waiter: Waiter) -> None:
    waiter.borrow()
    found: list[int] = []
    other = in_thread(lambda: found.append(bridge.ask(threading.get_ident)))
    while not found:
        bridge.reactor.turn(1.0)
        other.join(0.01)
    assert found == [threading.get_ident()]
    bridge.give_back(needed=False)


def test_the_thread_takes_it_back_when_it_is_needed(bridge: Bridge, waiter: Waiter) -> None:
    waiter.borrow()
    assert not waiter.returned.is_set()
    bridge.give_back(needed=True)
    assert waiter.returned.wait(30)
    assert bridge.ask(threading.get_ident) != threading.get_ident()
    assert not bridge.borrow()


def test_the_thread_takes_it_back_by_and_by(bridge: Bridge, waiter: Waiter) -> None:
    waiter.borrow()
    bridge.give_back(needed=False)
    assert waiter.returned.wait(30)


def test_a_call_of_another_thread_brings_it_back(bridge: Bridge, waiter: Waiter) -> None:
    for _ in range(100):
        waiter.borrow()
        bridge.give_back(needed=False)
        assert bridge.ask(lambda: 7) == 7


def test_who_waits_for_it_is_let_go_on_although_others_call(bridge: Bridge) -> None:
    class Waiting(Waiter):
        looks = 0

        def is_asked(self) -> bool:
            asked = super().is_asked()
            self.looks += asked
            if asked and self.looks < 3:
                self.bridge.call(int)
            return asked

    waiter = Waiting(bridge)
    bridge.lender = waiter
    waiter.borrow()
    assert waiter.looks == 3
    bridge.give_back(needed=False)


def test_nobody_else_can_borrow_it(bridge: Bridge, waiter: Waiter) -> None:
    waiter.borrow()
    found: list[bool] = []
    in_thread(lambda: found.append(bridge.borrow())).join()
    assert found == [False]
    bridge.give_back(needed=False)


def test_what_the_borrower_asks_is_done_at_once(bridge: Bridge, waiter: Waiter) -> None:
    waiter.borrow()
    assert bridge.ask(threading.get_ident) == threading.get_ident()
    bridge.give_back(needed=False)


def test_finalizers_run_plainly_while_the_reactor_is_turned(bridge: Bridge, waiter: Waiter) -> None:
    assert bridge.ask(in_task)
    waiter.borrow()
    assert in_task()
    bridge.give_back(needed=False)
    assert not in_task()


@pytest.mark.parametrize("turned", [False, True])
def test_it_ends_while_it_is_borrowed(turned: bool) -> None:
    bridge = Bridge()
    bridge.lender = waiter = Waiter(bridge)
    waiter.borrow()
    if not turned:
        bridge.give_back(needed=False)
    other = in_thread(bridge.stop)
    while turned and bridge.reactor.running:
        bridge.reactor.turn(1.0)
    if turned:
        bridge.give_back(needed=False)
    other.join(30)
    assert not other.is_alive()


def test_who_turns_it_may_end_it() -> None:
    bridge = Bridge()
    bridge.call(bridge.stop)
    bridge._thread.join(30)
    assert not bridge._thread.is_alive()
