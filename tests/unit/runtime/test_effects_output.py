"""Printing, logging and warning; names declared functional; running ahead without a word."""

from __future__ import annotations

import builtins
import io
import logging
import math
import sys
import types
import warnings
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, TextIO

import numpy as np
import pytest

import pydron
from pydron.runtime.effects import (
    Effect,
    FunctionalNames,
    MustWait,
    classify_binary,
    classify_call,
    classify_method,
    declare_functional,
    is_declared_functional,
    run_quietly,
)
from pydron.runtime.effects.output import classify_print, is_plain_stream
from pydron.testing import simulate
from pydron.worker import diversion
from tests.unit.runtime import hostile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Tee(io.TextIOWrapper):
    """A stream with code of its own."""


class Raw(io.RawIOBase):
    """A device with code of its own."""

    def writable(self) -> bool:
        return True


def _effect(*args: object, **kwargs: object) -> Effect:
    return classify_call(print, args, kwargs).effect


def test_printing_plain_values_is_output() -> None:
    assert _effect("a", 1, [2.5], {"a": None}) is Effect.OUTPUT
    assert _effect("a", sep="", end="", file=None, flush=True) is Effect.OUTPUT
    assert _effect("a", file=io.StringIO()) is Effect.OUTPUT
    assert _effect(np.zeros(3)) is Effect.OUTPUT


def test_printing_what_shows_itself_is_unknown() -> None:
    assert _effect(hostile.Hostile()) is Effect.UNKNOWN
    assert _effect([hostile.HostileText("a")]) is Effect.UNKNOWN
    assert _effect("a", sep=hostile.HostileText(",")) is Effect.UNKNOWN


def test_arrays_are_shown_as_the_program_says() -> None:
    with np.printoptions(formatter={"float": str}):
        assert _effect(np.zeros(3)) is Effect.UNKNOWN
        assert not classify_binary("%", "%s", np.zeros(3)).is_known
        assert not classify_call(str, ([np.zeros(3)],), {}).is_known


def test_streams_with_code_of_their_own_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _effect("a", file=Tee(io.BytesIO())) is Effect.UNKNOWN
    assert _effect("a", file=io.TextIOWrapper(io.BufferedWriter(Raw()))) is Effect.UNKNOWN
    assert _effect("a", file=hostile.Hostile()) is Effect.UNKNOWN
    monkeypatch.setattr(sys, "stdout", Tee(io.BytesIO()))
    assert _effect("a") is Effect.UNKNOWN


def test_a_stream_with_a_replaced_method_is_unknown() -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    assert is_plain_stream(stream)
    stream.write = hostile.hostile_function  # type: ignore[method-assign,assignment]
    assert not is_plain_stream(stream)


def test_files_are_plain_streams(tmp_path: Path) -> None:
    stream: TextIO
    with (tmp_path / "out.txt").open("w") as stream:
        assert is_plain_stream(stream)
        assert classify_method(stream, "write", ("a",), {}).effect is Effect.OUTPUT
        assert classify_method(stream, "flush", (), {}).none_result
        assert not classify_method(stream, "seek", (0,), {}).is_known
        assert not classify_method(stream, "write", (hostile.HostileText("a"),), {}).is_known


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    made = logging.getLogger("pydron.test.effects")
    made.propagate = False
    handler = logging.StreamHandler(io.StringIO())
    made.addHandler(handler)
    yield made
    made.removeHandler(handler)
    handler.close()


def test_logging_plain_values_is_output(logger: logging.Logger) -> None:
    assert classify_method(logger, "info", ("%s of %s", 1, [2]), {}) == classify_method(logger, "error", ("a",), {})
    judged = classify_method(logger, "warning", ("a",), {})
    assert judged.effect is Effect.OUTPUT
    assert judged.reads_frame


def test_logging_that_reaches_other_code_is_unknown(logger: logging.Logger) -> None:
    def effect(*args: object, **kwargs: object) -> Effect:
        return classify_method(logger, "info", args, kwargs).effect

    assert effect("a", hostile.Hostile()) is Effect.UNKNOWN
    assert effect("a", exc_info=True) is Effect.UNKNOWN
    logger.addFilter(lambda _record: True)
    assert effect("a") is Effect.UNKNOWN
    logger.filters.clear()
    assert effect("a") is Effect.OUTPUT
    logger.handlers[0].addFilter(lambda _record: True)
    assert effect("a") is Effect.UNKNOWN
    logger.handlers[0].filters.clear()
    logger.handlers[0].emit = hostile.hostile_function  # type: ignore[method-assign,assignment]
    assert effect("a") is Effect.UNKNOWN


def test_a_handler_of_the_users_makes_logging_unknown(logger: logging.Logger) -> None:
    class Handler(logging.Handler):
        pass

    handler = Handler()
    logger.addHandler(handler)
    assert not classify_method(logger, "info", ("a",), {}).is_known
    logger.removeHandler(handler)
    handler.close()


def test_a_record_factory_of_the_users_makes_logging_unknown(logger: logging.Logger) -> None:
    class Record(logging.LogRecord):
        pass

    logging.setLogRecordFactory(Record)
    try:
        assert not classify_method(logger, "info", ("a",), {}).is_known
    finally:
        logging.setLogRecordFactory(logging.LogRecord)


def test_warnings_are_output_with_a_place_in_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    verdict = classify_call(warnings.warn, ("a", UserWarning), {})
    assert verdict.effect is Effect.OUTPUT
    assert verdict.reads_frame
    assert not classify_call(warnings.warn, (UserWarning("a"),), {}).is_known
    assert not classify_call(warnings.warn, ("a",), {"stacklevel": 2}).is_known
    monkeypatch.setattr(warnings, "showwarning", hostile.hostile_function)
    assert not classify_call(warnings.warn, ("a",), {}).is_known


def test_declared_functions_are_known_by_identity() -> None:
    def function() -> None: ...

    assert not is_declared_functional(function)
    declare_functional(function)
    assert is_declared_functional(function)
    assert not is_declared_functional(types.FunctionType(function.__code__, {}))


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    made = types.ModuleType("lately.imported")
    exec("def public(): ...\ndef _private(): ...\nclass Thing:\n    def method(self): ...\nvalue = 1", made.__dict__)
    return made


def test_patterns_name_public_functions_of_modules(monkeypatch: pytest.MonkeyPatch, module: types.ModuleType) -> None:
    names = FunctionalNames(["lately.imported.*", "lately.imported.Thing.method", "math.sqrt", "no.such.thing"])
    assert math.sqrt in names
    assert math.sin not in names
    assert module.public not in names
    monkeypatch.setitem(sys.modules, "lately.imported", module)
    assert module.public in names
    assert module._private not in names
    assert module.Thing not in names
    assert module.Thing.method in names
    assert hostile.Hostile() not in names


def test_running_quietly_says_nothing_and_asks_to_wait() -> None:
    zero = np.zeros(2)
    assert classify_binary("/", zero, zero).warns
    with pytest.raises(MustWait):
        run_quietly(lambda: zero / zero)
    with np.errstate(all="ignore"):
        assert np.isnan(run_quietly(lambda: zero / zero)).all()
    assert run_quietly(lambda: zero + 1).tolist() == [1, 1]
    with pytest.raises(ValueError, match="broadcast"):
        run_quietly(lambda: zero + np.zeros(3))


def test_what_depends_on_more_than_its_arguments_is_unknown() -> None:
    import random
    import time

    for callee in (random.random, random.Random(1).random, time.time, time.sleep, builtins.open, builtins.input, next):
        assert not classify_call(callee, (), {}).is_known
    for numeric in (np.random.rand, np.random.default_rng(1).normal, np.frompyfunc(hostile.hostile_function, 1, 1)):
        assert not classify_call(numeric, (1,), {}).is_known
    assert not classify_call(np.add, (np.zeros(1), np.zeros(1), np.zeros(1)), {}).is_known
    assert not classify_call(np.add, (np.zeros(1), np.zeros(1)), {"out": np.zeros(1)}).is_known


def test_what_stands_in_for_streams_loggers_and_warnings_is_looked_through() -> None:
    logger = logging.getLogger("stands alone")
    logger.propagate = False
    logger.addHandler(logging.StreamHandler(io.StringIO()))
    diversion.enter()
    try:
        assert classify_print(("a", 1), {}).effect is Effect.OUTPUT
        assert classify_method(sys.stdout, "write", ("a",), {}).effect is Effect.OUTPUT
        assert classify_method(logger, "warning", ("a",), {}).effect is Effect.OUTPUT
        assert classify_call(warnings.warn, ("a",), {}).effect is Effect.OUTPUT
    finally:
        diversion.leave()
        logger.handlers.clear()


def test_what_is_behind_a_stand_in_counts() -> None:
    class Loud(io.StringIO):
        def write(self, text: str) -> int:
            raise AssertionError

    diversion.enter()
    try:
        with redirect_stdout(Loud()):
            diversion.renew()
            assert classify_print(("a",), {}).effect is Effect.UNKNOWN
    finally:
        diversion.leave()


@pydron.functional
def ask(number: int) -> int:
    return number + 1


@pydron.schedule
def tell(numbers: list[int]) -> list[int]:
    told = []
    for number in numbers:
        answer = ask(number)
        if answer > 0:
            print(number, answer)
        told.append(ask(answer))
    return told


def test_printing_while_streams_are_diverted_holds_up_no_call(capsys: pytest.CaptureFixture[str]) -> None:
    diversion.enter()
    try:
        with simulate(workers=8, order="time", durations=lambda *_: 1.0) as pool:
            assert tell(list(range(8))) == list(range(2, 10))
    finally:
        diversion.leave()
    assert pool.clock.now == 2
    assert capsys.readouterr().out == "".join(f"{number} {number + 1}\n" for number in range(8))
