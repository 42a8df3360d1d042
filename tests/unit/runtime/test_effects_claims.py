"""Every claim of the effects database is put to the test: operations it calls known are carried out and watched."""

from __future__ import annotations

import builtins
import datetime as dt
import io
import operator
import sys
import warnings
from collections import OrderedDict, defaultdict, deque
from contextlib import contextmanager
from fractions import Fraction
from functools import cmp_to_key
from itertools import count
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pydron.runtime.effects import (
    ALL,
    RECEIVER,
    Effect,
    MustWait,
    Verdict,
    classify_binary,
    classify_call,
    classify_delitem,
    classify_inplace,
    classify_method,
    classify_setitem,
    classify_subscript,
    classify_truth,
    classify_unary,
    iteration_is_plain,
    memory_key,
    run_quietly,
)
from pydron.runtime.effects import methods as methods_module
from pydron.runtime.effects import numpy as numpy_module
from pydron.runtime.effects.memory import instance_dict
from pydron.runtime.effects.stdlib import STDLIB_CALLS
from tests.unit.runtime import hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

thorough = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))

# Values are built by functions, so that no two operands share memory unless one is drawn on purpose.

ATOM_MAKERS: list[Callable[[], object]] = [
    lambda value=value: value  # type: ignore[misc]
    for value in (
        0, 1, 2, 5, -1, 0.0, 1.5, -2.5, float("nan"), float("inf"), 1e300, 1j, True, False, None, ..., "", "a", "abc",
        "{0}", "%s", "utf-8", b"", b"ab", range(3), range(0), dt.date(2020, 1, 2), dt.timedelta(1),
        dt.UTC,
    )
]  # fmt: skip

NUMPY_MAKERS: list[Callable[[], object]] = [
    lambda: np.arange(3.0),
    lambda: np.arange(4).reshape(2, 2),
    lambda: np.array([True, False]),
    lambda: np.array([]),
    lambda: np.array(3.0),
    lambda: np.array([1e300, -1e300, np.nan]),
    lambda: np.array([1j, 2]),
    lambda: np.array([1, 250], dtype=np.uint8),
    lambda: np.array([1.5, 2], dtype=np.float16),
    lambda: np.array(["a", "b"]),
    lambda: np.zeros(2, dtype=[("a", int)]),
    lambda: np.array(["2020-01-01"], dtype="M8[D]"),
    lambda: np.float64(0.0),
    lambda: np.float64(1e308),
    lambda: np.float32(2.5),
    lambda: np.int8(-128),
    lambda: np.int64(1),
    lambda: np.uint8(255),
    lambda: np.bool_(True),
    lambda: np.complex128(1j),
    lambda: np.float64,
    lambda: np.dtype("i4"),
    lambda: np.array([hostile.HostileElement(), hostile.HostileElement()], dtype=object),
    hostile.hostile_array,
]

HOSTILE_MAKERS: list[Callable[[], object]] = [
    hostile.Hostile,
    lambda: hostile.HostileList([1, 2]),
    lambda: hostile.HostileDict(a=1),
    lambda: hostile.HostileSet([1]),
    lambda: hostile.HostileText("a"),
    lambda: hostile.HostileInt(1),
    lambda: hostile.HostileFloat(1),
    lambda: hostile.HostileTuple((1, 2)),
    lambda: hostile.LikeText("a"),
    lambda: hostile.Hostile,
    hostile.hostile_iterator,
    lambda: hostile.hostile_function,
    lambda: dt.datetime(2020, 1, 1, tzinfo=hostile.HostileZone()),
    lambda: dt.time(1, tzinfo=hostile.HostileZone()),
]

OTHER_MAKERS: list[Callable[[], object]] = [
    lambda: dt.datetime(2020, 1, 1),  # noqa: DTZ001
    lambda: dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    lambda: Fraction(1, 3),
    lambda: slice(0, 2),
    lambda: slice(None, None, hostile.HostileInt(1)),
    lambda: bytearray(b"ab"),
    lambda: iter([1, 2]),
    lambda: enumerate([1]),
    count,
    lambda: defaultdict(hostile.hostile_function),
    lambda: OrderedDict(a=1),
    lambda: deque([1, 2], maxlen=2),
    lambda: deque([hostile.Hostile()]),
    lambda: memoryview(b"ab"),
    lambda: str.lower,
    lambda: len,
    lambda: operator.itemgetter(0),
    lambda: int,
    lambda: ValueError("a"),
    lambda: dict.keys({"a": 1}),
    lambda: dict.items({"a": hostile.Hostile()}),
    io.StringIO,
]

leaves = st.sampled_from(ATOM_MAKERS) | st.sampled_from([*NUMPY_MAKERS, *HOSTILE_MAKERS, *OTHER_MAKERS])
peaceful = st.sampled_from([*ATOM_MAKERS, *NUMPY_MAKERS[:4], *NUMPY_MAKERS[12:18]])


def _containers(inner: st.SearchStrategy[Callable[[], object]]) -> st.SearchStrategy[Callable[[], object]]:
    def make(kind: str, makers: Sequence[Callable[[], object]]) -> Callable[[], object]:
        def build() -> object:
            values = [maker() for maker in makers]
            match kind:
                case "list":
                    return values
                case "tuple":
                    return tuple(values)
                case "deque":
                    return deque(values)
                case "pairs":
                    return [(value, value) for value in values]
            keys = [value for value in values if _is_hashable(value)]
            match kind:
                case "set":
                    return set(keys)
                case "frozenset":
                    return frozenset(keys)
                case "names":
                    return {f"name{number}": value for number, value in enumerate(values)}
            return dict.fromkeys(keys, values[0])

        return lambda: _if_possible(build)

    kinds = st.sampled_from(["list", "tuple", "dict", "set", "frozenset", "deque", "names", "pairs"])
    return st.builds(make, kinds, st.lists(inner, max_size=4))


def _if_possible(build: Callable[[], object]) -> object:
    try:
        return build()
    except Exception:  # keys that cannot be compared with each other
        return []


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except Exception:
        return False
    return True


tame = peaceful | st.sampled_from(
    [
        lambda: [3.0, 1.0, 2.0],
        lambda: ["b", "a"],
        lambda: [0, 1],
        lambda: (1, 0),
        lambda: {"a": 1},
        lambda: {1, 2},
        lambda: [[1], [0]],
        lambda: [(1, 2), (0, 1)],
        lambda: [np.arange(3.0), np.arange(3.0)],
        lambda: pd.Series([1.0, 2.0, 0.5], index=["name0", "b", "c"]),
        lambda: pd.DataFrame({"name0": [1, 2], "b": ["x", "y"]}),
        lambda: pd.DataFrame({"name0": [1.0, 2.0]}).loc,
        lambda: [hostile.Hostile(), hostile.Hostile()],
        lambda: [Fraction(1, 2)],
        lambda: int,
        lambda: len,
        lambda: operator.add,
    ]
)
values = st.recursive(leaves, _containers, max_leaves=6) | _containers(peaceful) | peaceful
arguments = st.lists(tame, min_size=1, max_size=2) | st.lists(values, max_size=3)
keywords: st.SearchStrategy[dict[str, Callable[[], object]]] = st.just({}) | st.dictionaries(
    st.sampled_from(
        ["axis", "default", "dtype", "end", "errors", "file", "initial", "key", "keepdims", "maxlen", "out", "reverse",
         "sep", "start", "strict", "where"]
    ),
    values | st.just(lambda: str.lower),
    max_size=1,
)  # fmt: skip


@contextmanager
def _watching() -> Iterator[list[warnings.WarningMessage]]:
    stdout, sys.stdout = sys.stdout, io.StringIO()
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            yield heard
    finally:
        sys.stdout = stdout


def _picture(value: object, seen: dict[int, int] | None = None) -> object:
    """Return a deep description that changes when the value does; runs no code of it."""
    seen = {} if seen is None else seen
    if id(value) in seen:
        return ("seen", seen[id(value)])
    seen[id(value)] = len(seen)
    kind = type(value)
    if kind in {list, tuple, deque}:
        return (kind.__name__, id(value), [_picture(item, seen) for item in cast("list[object]", value)])
    if kind in {set, frozenset}:
        return (kind.__name__, id(value), sorted(map(id, cast("set[object]", value))))
    if kind in {dict, defaultdict, OrderedDict}:
        table = cast("dict[object, object]", value)
        return (kind.__name__, id(value), [(id(key), _picture(item, seen)) for key, item in table.items()])
    if kind is np.ndarray:
        array = cast("np.ndarray[tuple[int, ...], np.dtype[np.generic]]", value)
        return ("array", id(value), array.dtype.str, array.shape, array.tobytes())
    if kind is bytearray:
        return ("bytearray", bytes(cast("bytearray", value)))
    if kind is io.StringIO:
        return ("text", cast("io.StringIO", value).getvalue())
    return (id(value), repr(value) if kind in {type(iter([])), enumerate} else "")


def _picture_safely(value: object) -> object:
    picture = _picture(value)
    hostile.ran.clear()
    return picture


def _contents(value: object) -> list[object]:
    if type(value) in {list, tuple, set, frozenset, deque}:
        return list(cast("list[object]", value))
    if type(value) is dict:
        return [*value.keys(), *value.values()]
    return []


def _reachable(value: object, into: dict[int, object]) -> None:
    if id(value) not in into:
        into[id(value)] = value
        for item in _contents(value):
            _reachable(item, into)


MUTABLE = (list, dict, set, deque, np.ndarray, bytearray)
_BLIND = set(
    map(
        id,
        (callable, id, object, dict, defaultdict, operator.is_, operator.is_not, operator.itemgetter,
         operator.methodcaller, cmp_to_key),
    )
)  # fmt: skip
"""What does not look at an operand's memory although it takes it."""


def check(
    verdict: Verdict, operands: Mapping[int | str, object], run: Callable[[], object], *, looks: bool = True
) -> None:
    """Carry out an operation and compare what it did with what was claimed."""
    if not verdict.is_known:
        return
    before = {name: _picture_safely(value) for name, value in operands.items()}
    old: dict[int, object] = {}
    for value in operands.values():
        _reachable(value, old)
    held = {name: set(map(id, _contents(value))) for name, value in operands.items()}
    hostile.ran.clear()
    raised, result, heard = _carry_out(run)
    noted = list(hostile.ran)
    hostile.ran.clear()
    assert not noted, f"{verdict} ran {noted}"
    if not verdict.warns and verdict.effect is not Effect.OUTPUT:
        assert not heard, f"{verdict} warned {[str(warning.message) for warning in heard]}"
    for name, value in operands.items():
        if verdict.effect is Effect.OUTPUT and type(value) is io.StringIO:
            continue
        if name not in verdict.writes:
            assert _picture_safely(value) == before[name], f"{verdict} changed operand {name}"
    for name in verdict.writes:
        _check_stores(verdict, operands, name, held[name])
    if raised:
        return
    if verdict.effect in {Effect.PURE, Effect.READS} and looks:
        _check_reads(verdict, operands)
    if verdict.none_result:
        assert result is None
    if verdict.fresh:
        _check_fresh(result, old)


def _carry_out(run: Callable[[], object]) -> tuple[bool, object, list[warnings.WarningMessage]]:
    with _watching() as heard:
        try:
            return False, run(), heard
        except Exception:
            return True, None, heard


def _check_reads(verdict: Verdict, operands: Mapping[int | str, object]) -> None:
    named = {*verdict.shallow, *verdict.deep}
    for name, value in operands.items():
        covered = name in named or (ALL in named and name != RECEIVER)
        assert covered or type(value) not in MUTABLE, f"{verdict} does not name operand {name}"


def _check_stores(verdict: Verdict, operands: Mapping[int | str, object], name: int | str, before: set[int]) -> None:
    now = {id(item): item for item in _contents(operands[name])}
    for other, value in operands.items():
        if other == name or other in verdict.stores or ALL in verdict.stores:
            continue
        candidates = {id(value), *map(id, _contents(value))}
        stored = [item for key, item in now.items() if key in candidates and key not in before]
        assert all(isinstance(item, (int, float, str, bytes, type(None))) for item in stored), f"{verdict} kept {other}"


def _check_fresh(result: object, old: dict[int, object]) -> None:
    if type(result) in MUTABLE:
        assert id(result) not in old
        assert memory_key(result) not in {memory_key(value) for value in old.values()}


CALLS = [callee for callee in (*vars(builtins).values(), *STDLIB_CALLS) if callable(callee)]
CALLS = [callee for callee in CALLS if getattr(callee, "__module__", "") != "logging"]


def _numpy_calls() -> list[object]:
    numpy_module.numpy_call(np.sum)
    numpy_module.numpy_call(np.fft.fft)
    return [callee for callee in numpy_module._TABLES.alive if id(callee) in numpy_module._TABLES.calls]


@thorough
@given(st.sampled_from(CALLS), arguments, keywords)
def test_calls_do_what_they_are_said_to_do(
    callee: Callable[..., object], makers: list[Callable[[], object]], options: dict[str, Callable[[], object]]
) -> None:
    _try_call(callee, makers, options)


@thorough
@given(st.sampled_from(_numpy_calls()), arguments, keywords)
def test_numpy_does_what_it_is_said_to_do(
    callee: Callable[..., object], makers: list[Callable[[], object]], options: dict[str, Callable[[], object]]
) -> None:
    _try_call(callee, makers, options)


def _try_call(
    callee: Callable[..., object], makers: list[Callable[[], object]], options: dict[str, Callable[[], object]]
) -> None:
    args = [maker() for maker in makers]
    kwargs: dict[str, object] = {name: maker() for name, maker in options.items()}
    hostile.ran.clear()
    verdict = _asked(lambda: classify_call(callee, args, kwargs))
    operands: dict[int | str, object] = dict((*enumerate(args), *kwargs.items()))
    looks = id(callee) not in _BLIND and not (isinstance(callee, type) and issubclass(callee, BaseException))
    check(verdict, operands, lambda: callee(*args, **kwargs), looks=looks)


FOUND: list[tuple[Callable[..., object], list[Callable[[], object]], dict[str, Callable[[], object]]]] = [
    (BlockingIOError, [lambda: 1, lambda: 2, hostile.Hostile], {}),
    (SyntaxError, [lambda: "a", hostile.Hostile], {}),
    (BaseExceptionGroup, [lambda: "a", hostile.Hostile], {}),
    (warnings.warn, [lambda: "a"], {"source": hostile.Hostile}),
    (max, [lambda: [[1], [0]]], {}),
    (sum, [list, list], {}),
    (np.diff, [lambda: np.arange(3.0)], {"n": lambda: 0}),
    (np.sum, [lambda: [{"a": 1}]], {}),
    (np.fft.ifftn, [lambda: np.array(3.0)], {}),
    (np.arange, [lambda: 3], {"dtype": lambda: "a"}),
    (np.eye, [lambda: 1.5], {}),
    (np.bincount, [lambda: np.arange(3.0)], {}),
    (np.take, [lambda: [1, 2], lambda: [float("nan")]], {}),
    (np.greater, [lambda: np.array([np.nan] * 9), lambda: 1.0], {}),
    (operator.gt, [lambda: np.array([1.5], dtype=np.float16), lambda: 1e300], {}),
]


@pytest.mark.parametrize("callee, makers, options", FOUND, ids=count())
def test_what_was_once_judged_wrongly(
    callee: Callable[..., object], makers: list[Callable[[], object]], options: dict[str, Callable[[], object]]
) -> None:
    _try_call(callee, makers, options)


def _asked(question: Callable[[], Verdict]) -> Verdict:
    hostile.ran.clear()
    with _watching() as heard:
        verdict = question()
    assert not hostile.ran, f"asking ran {hostile.ran}"
    assert not heard, f"asking warned {[str(warning.message) for warning in heard]}"
    return verdict


METHODS = sorted(
    {name for rules in methods_module._METHODS.values() for name in rules} | set(numpy_module._ARRAY_METHODS)
    | numpy_module._SCALAR_METHODS
)  # fmt: skip


@thorough
@given(tame | values, st.data())
def test_methods_do_what_they_are_said_to_do(maker: Callable[[], object], data: st.DataObject) -> None:
    receiver = maker()
    names = [name for name in METHODS if name in dir(type(receiver))]
    if not names:
        return
    name = data.draw(st.sampled_from(names))
    args = [make() for make in data.draw(arguments)]
    kwargs: dict[str, object] = {key: make() for key, make in data.draw(keywords).items()}
    hostile.ran.clear()
    verdict = _asked(lambda: classify_method(receiver, name, args, kwargs))
    operands: dict[int | str, object] = dict(((RECEIVER, receiver), *enumerate(args), *kwargs.items()))
    # The default of `dict.get` is handed back unseen, and a view is made without a look into its dictionary.
    blind = {"get", "items", "keys", "values"}
    check(verdict, operands, lambda: getattr(receiver, name)(*args, **kwargs), looks=name not in blind)


_Binary: TypeAlias = "Callable[[object, object], object]"
_Unary: TypeAlias = "Callable[[object], object]"
OPERATORS = cast(
    "dict[str, _Binary]",
    {
        "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
        "%": operator.mod, "**": operator.pow, "@": operator.matmul, "<<": operator.lshift, ">>": operator.rshift,
        "&": operator.and_, "|": operator.or_, "^": operator.xor, "==": operator.eq, "!=": operator.ne,
        "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "is": operator.is_,
        "is not": operator.is_not, "in": lambda left, right: left in right,
        "not in": lambda left, right: left not in right,
    },
)  # fmt: skip
INPLACE = cast(
    "dict[str, _Binary]",
    {
    "+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv, "//": operator.ifloordiv,
    "%": operator.imod, "**": operator.ipow, "&": operator.iand, "|": operator.ior, "^": operator.ixor,
    "<<": operator.ilshift, ">>": operator.irshift, "@": operator.imatmul,
    },
)  # fmt: skip


@thorough
@given(st.sampled_from(sorted(OPERATORS)), tame | values, tame | values)
def test_operators_do_what_they_are_said_to_do(
    op: str, make_left: Callable[[], object], make_right: Callable[[], object]
) -> None:
    left, right = make_left(), make_right()
    hostile.ran.clear()
    verdict = _asked(lambda: classify_binary(op, left, right))
    # `5 in xs` is the one whose left operand is compared only.
    check(
        verdict,
        {0: left, 1: right},
        lambda: OPERATORS[op](left, right),
        looks=op not in {"is", "is not", "in", "not in"},
    )


@thorough
@given(st.sampled_from(sorted(INPLACE)), tame | values, tame | values)
def test_augmented_assignments_do_what_they_are_said_to_do(
    op: str, make_left: Callable[[], object], make_right: Callable[[], object]
) -> None:
    left, right = make_left(), make_right()
    hostile.ran.clear()
    verdict = _asked(lambda: classify_inplace(op, left, right))
    check(verdict, {0: left, 1: right}, lambda: INPLACE[op](left, right))


@thorough
@given(st.sampled_from(["-", "+", "~", "not"]), values)
def test_unary_operators_do_what_they_are_said_to_do(op: str, make: Callable[[], object]) -> None:
    value = make()
    hostile.ran.clear()
    functions: dict[str, _Unary] = {
        "-": cast("_Unary", operator.neg),
        "+": cast("_Unary", operator.pos),
        "~": cast("_Unary", operator.invert),
        "not": operator.not_,
    }
    check(_asked(lambda: classify_unary(op, value)), {0: value}, lambda: functions[op](value), looks=False)
    check(_asked(lambda: classify_truth(value)), {0: value}, lambda: bool(value), looks=False)


@thorough
@given(tame | values, tame | values, tame | values)
def test_subscripts_do_what_they_are_said_to_do(
    make_container: Callable[[], object], make_index: Callable[[], object], make_value: Callable[[], object]
) -> None:
    container, index, value = make_container(), make_index(), make_value()
    operands: dict[int | str, object] = {0: container, 1: index, 2: value}
    hostile.ran.clear()
    verdict = _asked(lambda: classify_subscript(container, index))
    check(verdict, {0: container}, lambda: operator.getitem(container, index))  # type: ignore[call-overload]
    verdict = _asked(lambda: classify_setitem(container, index, value))
    check(verdict, operands, lambda: operator.setitem(container, index, value))  # type: ignore[call-overload]
    verdict = _asked(lambda: classify_delitem(container, index))
    check(verdict, operands, lambda: operator.delitem(container, index))  # type: ignore[call-overload]


def test_an_index_that_cannot_be_hashed_is_nothing_that_is_known() -> None:
    assert not classify_subscript(defaultdict(list), [1]).is_known


@thorough
@given(values)
def test_plain_iteration_runs_nothing(make: Callable[[], object]) -> None:
    value = make()
    hostile.ran.clear()
    before = _picture_safely(value)
    if iteration_is_plain(value):
        with _watching() as heard:
            for _ in cast("list[object]", value):
                pass
        assert not hostile.ran
        assert not heard
        assert _picture_safely(value) == before


@thorough
@given(
    st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), st.sampled_from(NUMPY_MAKERS), st.sampled_from(NUMPY_MAKERS)
)
def test_what_runs_quietly_says_nothing(
    op: str, make_left: Callable[[], object], make_right: Callable[[], object]
) -> None:
    left, right = make_left(), make_right()
    hostile.ran.clear()
    verdict = classify_binary(op, left, right)
    if not verdict.warns:
        return
    with _watching() as heard:
        try:
            run_quietly(lambda: OPERATORS[op](left, right))
        except MustWait:
            assert not heard
            try:
                OPERATORS[op](left, right)
            except Exception:
                return
            assert heard
        except Exception:
            assert not heard
        else:
            assert not heard


def test_the_watch_sees_hostile_code() -> None:
    hostile.ran.clear()
    value = hostile.Hostile()
    with pytest.raises(AssertionError, match="ran"):
        check(Verdict(Effect.PURE), {0: value}, lambda: value == 1)
    hostile.ran.clear()


def test_the_watch_sees_changes() -> None:
    xs = [1]
    with pytest.raises(AssertionError, match="changed operand 0"):
        check(Verdict(Effect.READS, shallow=(0,)), {0: xs}, lambda: xs.append(2))


def test_the_watch_sees_warnings() -> None:
    with pytest.raises(AssertionError, match="warned"):
        check(Verdict(Effect.PURE), {}, lambda: warnings.warn("heard", stacklevel=1))


def test_instance_dictionaries_are_found_without_running_code() -> None:
    value = hostile.Hostile()
    hostile.ran.clear()
    assert instance_dict(value) == {}
    assert not hostile.ran
