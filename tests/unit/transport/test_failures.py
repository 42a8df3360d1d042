"""Exceptions come back as they were."""

from __future__ import annotations

import threading
import traceback

import pytest

from pydron.errors import RemoteError
from pydron.tasks import Failure, Payload
from pydron.transport.pickling import dump_failure, load_failure


class Plain(Exception):
    pass


class Demanding(Exception):
    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")
        self.one = one


class Keyword(ValueError):
    def __init__(self, *, code: int) -> None:
        super().__init__()
        self.code = code


class Slotted(Exception):
    __slots__ = ("extra",)
    extra: int


class Wordy(OSError):
    def __str__(self) -> str:
        return f"wordy {self.errno}"


class Broken(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def slotted() -> Slotted:
    error = Slotted("s")
    error.extra = 5
    return error


KINDS = {
    "plain": Plain("a", 1),
    "demanding": Demanding(1, 2),
    "keyword": Keyword(code=4),
    "slotted": slotted(),
    "os": FileNotFoundError(2, "No such file", "name"),
    "os-subclass": Wordy(13, "x"),
    "unicode": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
    "key": KeyError("k"),
    "syntax": SyntaxError("bad", ("file", 3, 4, "text")),
    "import": ModuleNotFoundError("no module", name="m", path="p"),
    "exit": SystemExit(3),
    "interrupt": KeyboardInterrupt(),
    "stop": StopIteration(7),
    "broken": Broken(1),
    "assertion": AssertionError(),
}


def round_trip(error: BaseException) -> BaseException:
    return load_failure(dump_failure(error))


@pytest.mark.parametrize("error", KINDS.values(), ids=KINDS)
def test_kinds(error: BaseException) -> None:
    back = round_trip(error)
    assert type(back) is type(error)
    assert back.args == error.args
    assert vars(back) == vars(error)
    for name in ("errno", "filename", "extra", "code", "value", "name", "path", "lineno", "reason"):
        assert getattr(back, name, None) == getattr(error, name, None)


def test_notes_come_once() -> None:
    error = Plain("a")
    error.add_note("one")
    error.add_note("two")
    assert round_trip(error).__notes__ == ["one", "two"]


def raise_inner() -> None:
    raise KeyError("inner")


def raise_outer(*, explicit: bool) -> None:
    try:
        raise_inner()
    except KeyError as error:
        if explicit:
            raise Demanding(1, 2) from error
        raise Demanding(3, 4)  # noqa: B904


@pytest.mark.parametrize("explicit", [True, False])
def test_chains_and_tracebacks_print_the_same(explicit: bool) -> None:
    with pytest.raises(Demanding) as caught:
        raise_outer(explicit=explicit)
    back = round_trip(caught.value)
    assert "".join(traceback.format_exception(back)) == "".join(traceback.format_exception(caught.value))
    assert isinstance(back.__context__, KeyError)
    assert (back.__cause__ is back.__context__) == explicit


def test_from_none() -> None:
    try:
        try:
            raise_inner()
        except KeyError:
            raise Plain("x") from None
    except Plain as error:
        back = round_trip(error)
    assert back.__suppress_context__
    assert isinstance(back.__context__, KeyError)


def test_circles() -> None:
    one, other = Plain(1), Plain(2)
    one.__cause__, other.__cause__ = other, one
    back = round_trip(one)
    assert back.__cause__ is not None
    assert back.__cause__.__cause__ is back


def test_groups() -> None:
    member = ValueError(1)
    member.__cause__ = KeyError("why")
    group = ExceptionGroup("several", [member, ExceptionGroup("nested", [Demanding(1, 2)])])
    group.add_note("note")
    back = round_trip(group)
    assert isinstance(back, ExceptionGroup)
    assert back.message == "several"
    assert back.__notes__ == ["note"]
    assert isinstance(back.exceptions[0].__cause__, KeyError)
    nested = back.exceptions[1]
    assert isinstance(nested, ExceptionGroup)
    assert isinstance(nested.exceptions[0], Demanding)


def test_what_cannot_travel_is_told() -> None:
    error = Plain(threading.Lock(), 5)
    error.lock = threading.Lock()  # type: ignore[attr-defined]
    back = round_trip(error)
    assert type(back) is Plain
    assert back.args[1] == 5
    assert "lock" in back.args[0]
    assert "args[0], .lock" in back.__notes__[0]


def test_a_class_that_is_not_here() -> None:
    failure = Failure(Payload(b"not a pickle"), "Traceback …\nmodule.Lost: it was lost\n")
    back = load_failure(failure)
    assert isinstance(back, RemoteError)
    assert (back.type_name, back.message) == ("module.Lost", "it was lost")
    assert "Traceback" in str(back)


def test_deep_recursion() -> None:
    def recurse(depth: int) -> None:
        recurse(depth + 1)

    with pytest.raises(RecursionError) as caught:
        recurse(0)
    back = round_trip(caught.value)
    assert len(traceback.extract_tb(back.__traceback__)) == len(traceback.extract_tb(caught.value.__traceback__))
