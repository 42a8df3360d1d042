"""Objects travel, keep their identity where Python's users count on it, and say what is wrong where they cannot."""

from __future__ import annotations

import dataclasses
import enum
import functools
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydron.errors import UnpicklableError
from pydron.transport.pickling import Functions, Refusal, dumps, loads, refused_argument

if TYPE_CHECKING:
    from collections.abc import Callable

MISSING = object()
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        2.5,
        "text",
        b"bytes",
        (1, "a"),
        ((1, 2), {"a": None}),
        [1, [2]],
        {"a": {1, 2}},
        ((), {}),
        ((1,), {"b": [2]}),
    ],
)
def test_values(value: object) -> None:
    back = loads(dumps(value))
    assert back == value
    assert type(back) is type(value)


def test_module_sentinels_stay_themselves() -> None:
    assert loads(dumps([MISSING]))[0] is MISSING  # type: ignore[index]


def test_large_buffers_are_snapshots_and_writable() -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(100_000)
    payload = dumps(array)
    assert len(payload.data) < 1000
    array[0] = 99
    back = loads(payload, copy=True)
    assert back[0] == 0  # type: ignore[index]
    back[1] = 99  # type: ignore[index]
    assert loads(payload)[1] == 1  # type: ignore[index]


@pytest.mark.parametrize(
    "value",
    [
        iter([1]),
        (n for n in (1,)),
        map(str, [1]),
        zip([1], [2], strict=True),
        enumerate([1]),
        iter(range(3)),
        reversed([1]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_iterators_are_refused(value: object) -> None:
    with pytest.raises(Refusal, match="used up by whoever reads it"):
        dumps(((value,), {}))


def test_open_files_are_refused() -> None:
    with Path(__file__).open() as file, pytest.raises(Refusal, match="its name can be sent"):
        dumps(file)


class Holder:
    def __init__(self, frames: list[object]) -> None:
        self.frames = frames


@dataclasses.dataclass(slots=True)
class Slotted:
    item: object


def process(image: object, *rest: object, option: object = None) -> object:
    return image, rest, option


LOCK = threading.Lock()


@pytest.mark.parametrize(
    "args,kwargs,what,path",
    [
        ((Holder([1, 2, Holder([LOCK])]),), {}, "argument 'image'", ".frames[2].frames[0]"),
        ((1,), {"option": {"a": (LOCK,)}}, "argument 'option'", "['a'][0]"),
        ((1, 2, Slotted(LOCK)), {}, "argument 'rest'", "[1].item"),
        ((LOCK,), {}, "argument 'image'", ""),
    ],
)
def test_the_culprit_is_named(args: tuple[object, ...], kwargs: dict[str, object], what: str, path: str) -> None:
    with pytest.raises(TypeError) as caught:
        dumps((args, kwargs))
    error = refused_argument(process, "process", args, kwargs, caught.value)
    assert (error.what, error.path, error.culprit) == (what, path, "_thread.lock")


def test_a_function_that_closes_over_a_lock() -> None:
    held = threading.Lock()

    def use() -> object:
        return held

    with pytest.raises(UnpicklableError, match=r"the callable of functional use .* at variable held around it"):
        Functions().ship(use, "use")


FACTOR = 2
TABLE = [1, 2]


def make(namespace: dict[str, object]) -> Callable[[int], object]:
    """Make a function that cannot be imported."""
    exec("def scaled(x): return x * FACTOR, TABLE, helper()\ndef helper(): return DEEP", namespace)
    return namespace["scaled"]  # type: ignore[return-value]


@pytest.mark.parametrize(
    "change",
    [
        lambda names: names.update(FACTOR=3),
        lambda names: names["TABLE"].append(3),
        lambda names: names.update(DEEP=5),
        lambda names: names.update(helper=lambda: 0),
    ],
    ids=["rebound", "mutated", "rebound deeper", "function rebound"],
)
def test_what_a_function_reads_is_watched(change: Callable[[dict[str, object]], None]) -> None:
    names: dict[str, object] = {"FACTOR": 2, "TABLE": [1], "DEEP": 4, "__name__": "__main__"}
    function, functions = make(names), Functions()
    before = functions.ship(function, "scaled")
    assert functions.ship(function, "scaled") is before
    change(names)
    after = functions.ship(function, "scaled")
    assert after.key != before.key
    assert loads(after.payload)(2) == function(2)  # type: ignore[operator]
    assert loads(before.payload)(2) == (4, [1], 4)  # type: ignore[operator]


def test_equal_functions_have_equal_keys() -> None:
    keys = {Functions().ship(functools.partial(process, 1), "p").key for _ in range(3)}
    assert len(keys) == 1


class Kind(enum.Enum):
    ONE = 1


SCRIPT = '''
import dataclasses, enum, pickle, subprocess, sys
from pydron.transport.pickling import DEFINITIONS, Functions, dumps, loads

MISSING = object()

class Color(enum.Enum):
    RED = 1

class Base:
    def other(self):
        return Derived(self.value + 1)

@dataclasses.dataclass
class Derived(Base):
    value: int
    def again(self):
        return [self, Base, Base.other(self)]

class Failed(Exception):
    pass

def work(item, color, sentinel):
    assert isinstance(item, Derived) and color is Color.RED and sentinel is MISSING
    return item.again(), color, sentinel, Derived, Failed("x")

FAR = """
import pickle, sys
from pydron.transport.pickling import DEFINITIONS, dumps, loads
DEFINITIONS.origin = False
definitions, function, arguments = pickle.load(sys.stdin.buffer)
for each in definitions:
    DEFINITIONS.receive(*each)
pickle.dump(dumps(loads(function)(*loads(arguments))), sys.stdout.buffer)
"""

function = Functions().ship(work, "work")
for _ in range(2):
    arguments = dumps((Derived(1), Color.RED, MISSING))
message = pickle.dumps((DEFINITIONS.outgoing, function.payload, arguments))
found = subprocess.run([sys.executable, "-c", FAR], input=message, stdout=subprocess.PIPE, check=True).stdout
items, color, sentinel, cls, error = loads(pickle.loads(found))
assert items == [Derived(1), Base, Derived(2)], items
assert type(items[0]) is Derived and items[1] is Base and isinstance(items[2], Base)
assert color is Color.RED and sentinel is MISSING and cls is Derived and type(error) is Failed
print("identical", len(DEFINITIONS.outgoing))
'''


def test_classes_of_main_keep_one_identity_on_the_way_out_and_back() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "identical 5\n"


def test_plain_pickle_is_enough_for_what_can_be_imported() -> None:
    assert pickle.loads(dumps(Kind.ONE).data) is Kind.ONE
