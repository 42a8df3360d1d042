"""What workers are told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from pydron.ids import TaskId, ValueId, WorkerId
from pydron.scheduler import commands, events
from pydron.sessions.acts import Acts
from pydron.sessions.member import Member
from pydron.tasks import Function, Outcome, Payload, Site, Task
from pydron.transport.messages import Code, Done, DoneMany, Likeness, Run, RunMany

if TYPE_CHECKING:
    from pydron.backend.launcher import Launcher
    from pydron.sessions.crew import Crew
    from pydron.transport.messages import Message
    from pydron.transport.reactor import Reactor

WORKER = WorkerId("w")
FIRST = Function(b"first", "first", Payload(b"code"))
SECOND = Function(b"second", "second", Payload(b"other code"))


def acts_of(member: Member) -> Acts:
    likenesses = [Likeness(number, "", (), (), 1000, b"", 0, (), b"") for number in range(2)]
    acts = Acts(cast("Reactor", None), lambda _run, _outcomes: None, lambda _problem: None, likenesses)
    acts.crew = cast("Crew", SimpleNamespace(members={WORKER: member}))
    return acts


def task(number: int, function: Function = FIRST, likeness: int = 0, *references: tuple[int, ValueId]) -> Task:
    return Task(
        TaskId(number), function, Payload(b"%d" % number), references, Site("f.py", 3, "main"), likeness=likeness
    )


def told(*tasks: Task, tells_sites: bool = False) -> list[Message]:
    member = Member(WORKER, cast("Launcher", None))
    member.definitions = 1 << 30
    acts = acts_of(member)
    acts.tells_sites = tells_sites
    acts._assign(commands.Assign(WORKER, list(tasks)))
    return [message for message in member.outbox if not isinstance(message, Likeness | Code)]


def test_tasks_of_one_function_go_together() -> None:
    assert told(task(1), task(2)) == [RunMany(b"first", 0, [(1, b"1"), (2, b"2")])]


def test_what_a_task_needs_comes_before_it() -> None:
    assert told(task(1), task(2, SECOND), task(3, SECOND, 1), task(4, SECOND, 0), task(5)) == [
        RunMany(b"first", 0, [(1, b"1")]),
        RunMany(b"second", 0, [(2, b"2")]),
        RunMany(b"second", 1, [(3, b"3")]),
        RunMany(b"second", 0, [(4, b"4")]),
        RunMany(b"first", 0, [(5, b"5")]),
    ]


def test_a_task_that_refers_to_a_value_says_more() -> None:
    reference = (0, ValueId(9))
    assert told(task(1), task(2, FIRST, 0, reference), task(3)) == [
        RunMany(b"first", 0, [(1, b"1")]),
        Run(2, b"first", b"2", (reference,), False, 0),
        RunMany(b"first", 0, [(3, b"3")]),
    ]


def test_where_calls_stand_is_told_if_contracts_are_checked() -> None:
    assert told(task(1), tells_sites=True) == [Run(1, b"first", b"1", (), False, 0, ("f.py", 3))]


def test_many_results_in_a_message_are_as_many_outcomes() -> None:
    member = Member(WORKER, cast("Launcher", None))
    happened = acts_of(member)._events(
        member, [DoneMany([(1, b"a", 1, 0.5), (2, None, 7, 0.25)]), Done(3, b"c", 1, 0.5, ())]
    )
    assert happened == [
        events.TasksEnded(
            WORKER,
            [
                Outcome(TaskId(1), Payload(b"a"), size=1, seconds=0.5, worker=WORKER),
                Outcome(TaskId(2), size=7, seconds=0.25, worker=WORKER),
                Outcome(TaskId(3), Payload(b"c"), size=1, seconds=0.5, worker=WORKER),
            ],
        )
    ]
