"""Trust, memory, reach and attributes, each against objects that try to look harmless."""

from __future__ import annotations

import dataclasses
import enum
import functools
import ipaddress
import mmap
import random
import re
import types
import uuid
from array import array
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self, cast

import numpy as np
import pytest

from pydron.mappings import PrivateMemory
from pydron.runtime.effects import (
    ATOMS,
    is_immutable,
    is_trusted,
    memory_key,
    plain_attribute,
    plain_setattr,
    reaches,
)
from pydron.runtime.effects.trust import has_plain_keys
from tests.unit.runtime import hostile

if TYPE_CHECKING:
    from collections.abc import Callable

Point = namedtuple("Point", "x y")  # noqa: PYI024  # the old form is the one that hides its fields best


class Plain:
    shared = 1

    def __init__(self, value: object = None) -> None:
        self.value = value

    def method(self) -> int:
        return 1

    @property
    def computed(self) -> int:
        return 1

    @functools.cached_property
    def cached(self) -> int:
        return 1

    @staticmethod
    def static() -> int:
        return 1

    @classmethod
    def of_class(cls) -> int:
        return 1


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


@dataclasses.dataclass(frozen=True)
class Frozen:
    value: object


@dataclasses.dataclass(frozen=True, slots=True)
class FrozenSlotted:
    value: object


class Colour(enum.Enum):
    RED = 1


class Watched:
    def __getattribute__(self, name: str) -> object:
        hostile.ran.append(name)
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        hostile.ran.append(name)


class Fallback:
    __slots__ = ("value",)

    def __getattr__(self, name: str) -> object:
        hostile.ran.append(name)
        return 1


class Descriptor:
    def __get__(self, instance: object, owner: type | None = None) -> int:
        hostile.ran.append("__get__")
        return 1

    def __set__(self, instance: object, value: object) -> None:
        hostile.ran.append("__set__")


class Described:
    field = Descriptor()


class DescribedBelow(Described):
    pass


class Meta(type):
    @property
    def label(cls) -> str:
        hostile.ran.append("label")
        return "label"


class WithMeta(metaclass=Meta):
    plain = 1


@pytest.fixture(autouse=True)
def _quiet_afterwards() -> None:
    hostile.ran.clear()


def test_atoms_hash_compare_and_show_without_user_code() -> None:
    assert {int, float, str, bool, type(None)} <= ATOMS
    assert not {list, object, type(NotImplemented)} & ATOMS


@pytest.mark.parametrize(
    "value", [1, "a", [1, [2]], {"a": (1, {2})}, np.zeros(3), [np.float64(1)], deque([1])], ids=repr
)
def test_plain_values_are_trusted(value: object) -> None:
    assert is_trusted(value)


@pytest.mark.parametrize(
    "make",
    [
        hostile.Hostile,
        lambda: [hostile.Hostile()],
        lambda: {"a": [(hostile.Hostile(),)]},
        lambda: hostile.HostileInt(1),
        hostile.HostileList,
        lambda: np.array([hostile.HostileElement()], dtype=object),
        hostile.hostile_array,
        lambda: np.zeros(2).view(np.recarray),
        lambda: slice(hostile.Hostile()),
        lambda: [0] * 65,
        lambda: Point(1, 2),
        lambda: hostile.Hostile,
    ],
    ids=count(),
)
def test_others_are_not(make: Callable[[], object]) -> None:
    value = make()
    hostile.ran.clear()
    assert not is_trusted(value)
    assert not is_immutable(value) or value is hostile.Hostile
    assert not hostile.ran


def test_a_container_that_holds_itself_is_looked_at_once() -> None:
    loop: list[object] = [1]
    loop.append(loop)
    assert is_trusted(loop)
    assert not is_immutable(loop)


def test_immutable_means_all_the_way_down() -> None:
    assert is_immutable((1, ("a", frozenset({2}))))
    assert is_immutable((len, np.float64(1), Plain.method))
    assert not is_immutable((1, []))
    assert not is_immutable(np.zeros(1))


@pytest.mark.parametrize("size", [0, 1, 5, 6, 100, 5000])
def test_keys_that_are_text_are_seen_whatever_the_size(size: int) -> None:
    table: dict[object, object] = {str(number): number for number in range(size)}
    assert has_plain_keys(table)
    assert has_plain_keys(dict(table))
    table[hostile.LikeText("key")] = 1
    assert not has_plain_keys(table)


def test_a_key_that_only_looks_like_text_is_noticed_after_others_went() -> None:
    table: dict[object, object] = {hostile.LikeText("key"): 1}
    table.update({str(number): number for number in range(50)})
    for number in range(50):
        del table[str(number)]
    hostile.ran.clear()
    assert not has_plain_keys(table)
    assert not hostile.ran


def test_views_share_the_key_of_their_memory() -> None:
    array = np.zeros((4, 4))
    table = {"a": 1}
    text = bytearray(8)
    owner = Plain()
    windows = np.lib.stride_tricks.sliding_window_view(array, (2, 2))
    assert {memory_key(view) for view in (array, array[1:], array.T, array[1:].reshape(-1)[2:], windows)} == {id(array)}
    assert {memory_key(view) for view in (table, table.keys(), table.items(), types.MappingProxyType(table))} == {
        id(table)
    }
    assert {memory_key(view) for view in (text, memoryview(text), np.frombuffer(text, dtype=np.uint8))} == {id(text)}
    assert memory_key(owner) == memory_key(vars(owner))
    assert memory_key(owner) != memory_key(Plain())
    mapping = PrivateMemory(-1, 64)
    assert {memory_key(view) for view in (memoryview(mapping), np.frombuffer(mapping), np.frombuffer(mapping)[1:])} == {
        id(mapping)
    }


def test_memory_of_unknown_owners_has_no_key() -> None:
    class Exporter:
        def __init__(self) -> None:
            self.array = np.zeros(4)
            self.__array_interface__ = self.array.__array_interface__

    assert memory_key(np.asarray(Exporter())) is None
    assert memory_key(np.frombuffer(mmap.mmap(-1, 64))) is None, "the same memory may be mapped elsewhere too"
    assert memory_key(hostile.hostile_array()) is None


def test_memory_is_found_without_running_code() -> None:
    value = Watched()
    hostile.ran.clear()
    assert memory_key(value) is not None
    assert not hostile.ran


TARGET: list[object] = []


def _refers_to_target() -> object:
    return TARGET


def _has_an_attribute_of_its_name(value: types.SimpleNamespace) -> object:
    return value.TARGET


def _refers_to_target_inside() -> object:
    class Inside:
        held = TARGET

    return Inside


def _as_main(function: types.FunctionType) -> types.FunctionType:
    copied = types.FunctionType(function.__code__, function.__globals__, function.__name__)
    copied.__module__ = "__main__"
    return copied


def _holding(held: object) -> object:
    return lambda: held


class OwnPath(type(Path())):  # type: ignore[misc]
    pass


class ReducedPath(OwnPath):
    def __new__(cls) -> Self:
        return cast("Self", super().__new__(cls, "a"))

    def __reduce__(self) -> tuple[object, ...]:
        return (list, (TARGET,))


class Reduced:
    def __reduce__(self) -> tuple[object, ...]:
        return (list, (TARGET,))


@pytest.mark.parametrize(
    "make",
    [
        lambda: TARGET,
        lambda: {"a": (1, [TARGET])},
        lambda: Plain(TARGET),
        lambda: Slotted([TARGET]),
        lambda: FrozenSlotted(TARGET),
        lambda: Point(1, TARGET),
        lambda: Plain(TARGET).method,
        lambda: TARGET.append,
        lambda: functools.partial(len, TARGET),
        lambda: ValueError(TARGET),
        lambda: lambda held=TARGET: held,
        lambda: _holding(TARGET),
        lambda: _as_main(cast("types.FunctionType", _refers_to_target)),
        lambda: _as_main(cast("types.FunctionType", _refers_to_target_inside)),
        Reduced,
        lambda: (item for item in [TARGET]),
        lambda: iter(TARGET),
        lambda: np.array([TARGET, None], dtype=object),
        lambda: [Plain() for _ in range(2000)],
        lambda: hostile.HostileList([TARGET]),
        lambda: Plain(type("Local", (), {"held": TARGET})()),
        lambda: Counter({"a": TARGET}),
        lambda: OrderedDict(a=TARGET),
        lambda: defaultdict(list, {"a": TARGET}),
        lambda: defaultdict(lambda: TARGET),
        lambda: ChainMap({}, {"a": TARGET}),
        lambda: types.SimpleNamespace(a=TARGET),
        {"a": TARGET}.values,
        ReducedPath,
    ],
    ids=count(),
)
def test_what_leads_to_the_target_reaches_it(make: Callable[[], object]) -> None:
    value = make()
    hostile.ran.clear()
    assert reaches(value, {id(TARGET)})
    assert not hostile.ran


@pytest.mark.parametrize(
    "make",
    [
        lambda: 1,
        lambda: [[], {}, ()],
        lambda: Plain([1]),
        lambda: Slotted([1]),
        lambda: FrozenSlotted(1),
        lambda: Point(1, 2),
        lambda: Colour.RED,
        lambda: np.zeros(4)[1:],
        lambda: np.float64(1),
        lambda: np.sum,
        lambda: ValueError("a"),
        lambda: len,
        lambda: Plain,
        lambda: functools.partial(len, [1]),
        lambda: _refers_to_target,
        lambda: _as_main(cast("types.FunctionType", _has_an_attribute_of_its_name)),
        lambda: lambda: 1,
        lambda: np.dtype("f4"),
        lambda: Counter("aab"),
        lambda: OrderedDict(a=1),
        lambda: defaultdict(list),
        {"a": 1}.items,
        lambda: [Path("a"), PurePosixPath("b")],
        lambda: OwnPath("a"),
        lambda: Decimal(1),
        lambda: re.compile("a"),
        lambda: random.Random(1),
        lambda: np.random.default_rng(1),
        lambda: np.random.RandomState(1),
        lambda: np.array([[1], None], dtype=object),
        lambda: array("d", [1]),
        lambda: types.SimpleNamespace(a=[1]),
        lambda: uuid.UUID(int=1),
        lambda: ipaddress.ip_address("127.0.0.1"),
        lambda: datetime.now(UTC),
    ],
    ids=count(),
)
def test_what_does_not_lead_there_does_not_reach_it(make: Callable[[], object]) -> None:
    assert not reaches(make(), {id(TARGET)})


def test_an_object_is_reached_by_its_dictionary_too() -> None:
    owner = Plain(1)
    assert reaches([owner], {cast("int", memory_key(owner))})
    array = np.zeros(4)
    assert reaches([array[1:]], {cast("int", memory_key(array))})


PLAIN_READS: list[tuple[object, str]] = [
    (Plain(1), "value"), (Plain(1), "shared"), (Plain(1), "method"), (Plain(1), "static"), (Plain(1), "of_class"),
    (Plain(1), "missing"), (Slotted(1), "value"), (Frozen(1), "value"), (FrozenSlotted(1), "value"),
    (Point(1, 2), "x"), (np.zeros(2), "shape"), (np.zeros(2), "T"), (Plain, "shared"), (Plain, "method"),
    (Plain, "computed"), (WithMeta, "plain"), (types, "FunctionType"), ("a", "upper"), ([], "append"), (1, "real"),
    (ValueError(1), "args"),
]  # fmt: skip


@pytest.mark.parametrize("value, name", PLAIN_READS, ids=count())
def test_plain_reads_are_recognised(value: object, name: str) -> None:
    assert plain_attribute(value, name)


def _evil_keys() -> object:
    owner = Plain(1)
    names = cast("dict[object, object]", vars(owner))
    names[hostile.LikeText("other")] = 1
    return owner


OTHER_READS: list[tuple[Callable[[], object], str]] = [
    (Plain, "computed"), (Plain, "cached"), (Plain, "__dict__"), (Watched, "value"), (Fallback, "value"),
    (Fallback, "other"), (Described, "field"), (DescribedBelow, "field"), (lambda: WithMeta, "label"),
    (lambda: Described, "field"), (lambda: types, "no_such_name"), (lambda: np.zeros(2), "base"),
    (lambda: np.zeros(2), "flat"), (_evil_keys, "value"),
]  # fmt: skip


@pytest.mark.parametrize("make, name", OTHER_READS, ids=count())
def test_reads_that_run_code_or_share_memory_are_not_plain(make: Callable[[], object], name: str) -> None:
    value = make()
    hostile.ran.clear()
    assert not plain_attribute(value, name)
    assert not hostile.ran


def test_a_stored_value_hides_a_cached_property() -> None:
    owner = Plain()
    assert owner.cached == 1
    assert plain_attribute(owner, "cached")


class Tied(Plain):
    value: object = Descriptor()


def test_plain_stores_are_recognised() -> None:
    assert plain_setattr(Plain(), "value")
    assert plain_setattr(Plain(), "new")
    assert plain_setattr(Slotted(1), "value")


@pytest.mark.parametrize(
    "make, name",
    [
        (Watched, "value"), (Described, "field"), (Tied, "value"), (Plain, "computed"), (lambda: Frozen(1), "value"),
        (lambda: FrozenSlotted(1), "value"), (lambda: Plain, "shared"), (lambda: types, "value"), (Plain, "__dict__"),
        (Plain, "__class__"), (lambda: Plain(hostile.Finalized()), "value"), (lambda: WithMeta, "plain"),
    ],
    ids=count(),
)  # fmt: skip
def test_stores_that_run_code_or_are_seen_elsewhere_are_not_plain(make: Callable[[], object], name: str) -> None:
    value = make()
    hostile.ran.clear()
    assert not plain_setattr(value, name)
    assert not hostile.ran
