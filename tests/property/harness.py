"""Run a program in several ways and compare what a user can see.

The ways are: undecorated (the decorators do nothing), sequential (Pydron's debugging mode), and parallel on the
simulated pool under a given order of completion.
"""

from __future__ import annotations

import ast
import functools
import inspect
import io
import linecache
import logging
import math
import pickle
import re
import signal
import sys
import types
import warnings
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING

import pydron
from pydron.errors import PydronWarning
from pydron.testing import simulate
from tests.property.laws import enforced
from tests.property.observe import Observation, Tokenizer, frames, globals_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from random import Random

    from pydron.tasks import Task
    from tests.property.programs import Program

Key = tuple[object, object]
Failures = dict[Key, str]

PRELUDE = Path(__file__).with_name("prelude.py")
KINDS = ("value", "key", "index", "type", "zero", "assert", "odd", "boom", "caused", "context", "quiet", "group")
RARE_KINDS = ("stop", "generator", "exit", "interrupt")
MOST_CALLS = 400
"""A program that makes more calls than this is not worth its time."""


class OverrunError(BaseException):
    """A run takes too long to be of use."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run a program: a name for reports, and what surrounds the run."""

    name: str
    around: Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Divergence:
    """A program that means something else when run another way."""

    program: Program
    failures: Failures
    way: Way
    part: str
    expected: Observation
    actual: Observation

    def __str__(self) -> str:
        expected, actual = getattr(self.expected, self.part), getattr(self.actual, self.part)
        return (
            f"{self.program.name}, {self.way.name}, failures {self.failures}: {self.part} differs\n"
            f"  expected {expected}\n  actual   {actual}\n  error    {self.actual.error[:8]}\n{self.program.source}"
        )


class Calls(Failures):
    """Which calls fail; keeps in mind which were made."""

    def __init__(self, failures: Failures) -> None:
        super().__init__(failures)
        self.made: list[Key] = []

    def get(self, key: Key, default: object = None) -> str | None:  # type: ignore[override]
        kind = super().get(key)
        self.made.append(key)
        if len(self.made) > MOST_CALLS:
            raise OverrunError
        return kind


def identity(*args: object, **options: object) -> object:
    """Stand in for a decorator, with or without arguments."""
    if len(args) == 1 and callable(args[0]):
        return args[0]
    return lambda function: function


def ordered(function: object = None, /, **_resources: object) -> object:
    """Stand in for `pydron.ordered`."""
    return identity if function is None else function


def plain_functional(*args: object, **options: object) -> object:
    """Stand in for the decorator: a call of a coroutine function in code that cannot await is run to its end."""
    if len(args) == 1 and inspect.iscoroutinefunction(args[0]):
        return at_once_or_awaited(args[0])
    return identity(*args, **options)


def at_once_or_awaited(function: Callable[..., Coroutine[object, None, object]]) -> Callable[..., object]:
    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        coroutine = function(*args, **kwargs)
        if sys._getframe(1).f_code.co_flags & inspect.CO_COROUTINE:
            return coroutine
        while True:
            try:
                coroutine.send(None)
            except StopIteration as stop:
                return stop.value

    return call


UNDECORATED = types.SimpleNamespace(schedule=identity, functional=plain_functional, ordered=ordered)


@contextmanager
def undecorated() -> Iterator[None]:
    """Take the decorators away."""
    real = sys.modules["pydron"]
    sys.modules["pydron"] = UNDECORATED  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules["pydron"] = real


@contextmanager
def sequential() -> Iterator[None]:
    """Run in Pydron's debugging mode."""
    with pydron.session(mode="sequential"):
        yield


def simulated(seed: int, order: str = "random", workers: int = 3, **options: object) -> Way:
    """Return a parallel way."""
    text = "".join(f" {name}={value}" for name, value in options.items())

    @contextmanager
    def around() -> Iterator[None]:
        with enforced(), simulate(seed=seed, order=order, workers=workers, **options):  # type: ignore[arg-type]
            yield

    return Way(f"{order} seed={seed} workers={workers}{text}", around)


PLAIN = Way("undecorated", undecorated)
SEQUENTIAL = Way("sequential", sequential)
ORDERS = ("program", "reverse", "random", "slowest-first")


def is_fixed(value: object) -> bool:
    """Say whether a part of a key will be told the same way after the run: an object might have changed since."""
    return all(map(is_fixed, value)) if type(value) is tuple else type(value) in {int, str}


class Endless:
    """Durations of calls: one that the sequential run never makes does not end, so nothing may wait for it."""

    def __init__(self, made: list[Key]) -> None:
        self.made = {repr(key) for key in made}

    def __call__(self, task: Task, rng: Random) -> float:
        if task.function.name.startswith("f_"):
            args, _ = pickle.loads(task.arguments.data, buffers=task.arguments.buffers)
            referred = {place for place, _ in task.references}
            told = len(args) > 1 and not referred & {0, 1}
            if told and is_fixed(args[1]) and repr((args[0], args[1])) not in self.made:
                return math.inf
        return rng.random()

    def __repr__(self) -> str:
        return "endless"


ADDRESS = re.compile(r"0x[0-9a-f]+")
"""Of an object that was printed: another one in each run."""
NESTED = re.compile(r"^ +(@pydron\.functional|\w+ = pydron\.functional)", re.MULTILINE)


ENDED_BY_STOP = re.compile(r"\b(map|filter)\(")
"""Iterators that `StopIteration` from their function ends; in place of their loops it is an error that says so."""


def is_refused(program: Program, failures: Failures) -> bool:
    """Say whether a program may be one that is documented as refused."""
    return "stop" in failures.values() and bool(ENDED_BY_STOP.search(program.source))


def has_state(program: Program) -> bool:
    """Tell whether functional callables of a program hold variables: those have to be shipped to be what they were."""
    return bool(NESTED.search(program.source))


def some_ways(rng: Random, number: int, program: Program, made: list[Key]) -> list[Way]:
    """Return parallel ways, different in all that may matter; `made` are the calls of the undecorated run."""
    shipped: dict[str, object] = {"ship": True} if has_state(program) else {}
    ways = []
    for _ in range(number):
        options = dict(shipped)
        if rng.random() < 0.15:
            options["deaths"] = 0.1
        if rng.random() < 0.25:
            options["remote_values"] = rng.choice((0, 40))
        if rng.random() < 0.25:
            options["durations"] = Endless(made)
        if rng.random() < 0.5:
            options["eager"] = rng.choice((0.3, 0.7, 0.9))
        if rng.random() < 0.5:
            options["natives"] = False
        if rng.random() < 0.25:
            options["inline"] = rng.choice((0.5, 1.0))
        ways.append(simulated(rng.randrange(10_000), rng.choice(ORDERS), rng.choice((1, 2, 3, 8)), **options))
    return ways


@lru_cache(maxsize=1)
def prelude_code() -> types.CodeType:
    return compile(PRELUDE.read_text(encoding="utf-8"), str(PRELUDE), "exec", dont_inherit=True)


@dataclass(slots=True)
class Loaded:
    """A compiled program, known to `linecache` and as a module while it is in use."""

    program: Program
    code: types.CodeType
    filename: str
    calls: list[Key] = field(default_factory=list)
    """The calls that the last undecorated run made."""

    def run(self, way: Way, failures: Failures, seconds: float = 10.0) -> Observation:
        """Run once, in a new module."""
        output = io.StringIO()
        module = types.ModuleType(self.program.name)
        module.__file__ = self.filename
        namespace = module.__dict__
        sys.modules[module.__name__] = module
        calls = Calls(failures) if way is PLAIN else dict(failures)
        try:
            with captured(output), watchdog(seconds), way.around():
                exec(prelude_code(), namespace)
                namespace["FAIL"] = calls
                exec(self.code, namespace)
                arguments = namespace["arguments"]()
                error: BaseException | None = None
                result: object = None
                try:
                    result = namespace["drive"](*arguments)
                except OverrunError:
                    raise
                except BaseException as raised:
                    error = raised
            return observation(namespace, arguments, result, error, output, self.filename)
        finally:
            if isinstance(calls, Calls):
                self.calls = calls.made
            sys.modules.pop(module.__name__, None)


def observation(
    namespace: dict[str, object],
    arguments: object,
    result: object,
    error: BaseException | None,
    output: io.StringIO,
    filename: str,
) -> Observation:
    text = ADDRESS.sub("0x", output.getvalue())
    log = namespace["LOG"]
    before = len(log)  # type: ignore[arg-type]
    tokens = Tokenizer()
    seen = Observation(
        result=tokens.of(result),
        error=tokens.of(error),
        trace=frames(error, filename) if error is not None else (),
        output=text,
        effects=tokens.of(globals_of(namespace)),
        arguments=tokens.of(arguments),
    )
    assert len(log) == before, "looking at the state must not change it"  # type: ignore[arg-type]
    return seen


def show_warning(message: warnings.WarningMessage) -> None:
    text = str(message.message)
    sys.stderr.write(warnings.formatwarning(text, message.category, message.filename, message.lineno, message.line))


@contextmanager
def captured(output: io.StringIO) -> Iterator[None]:
    """Send all that a program writes to one stream, in the order in which it comes."""
    logger = logging.getLogger("program")
    handler = logging.StreamHandler(output)
    handler.setFormatter(logging.Formatter("%(levelname)s %(funcName)s:%(lineno)d %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        with redirect_stdout(output), redirect_stderr(output), warnings.catch_warnings():
            # A test runner has put its own in the place of both.
            warnings.showwarning = warnings._showwarning_orig  # type: ignore[attr-defined]
            warnings._showwarnmsg_impl = show_warning  # type: ignore[attr-defined]
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", PydronWarning)
            yield
    finally:
        logger.removeHandler(handler)


@contextmanager
def watchdog(seconds: float) -> Iterator[None]:
    """Stop what never ends."""

    def ring(number: int, frame: object) -> None:
        raise OverrunError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


numbers = count()


@contextmanager
def loaded(program: Program, rewrite: Callable[[ast.Module], ast.Module] | None = None) -> Iterator[Loaded]:
    """Compile a program, perhaps after changing its meaning, and let its source be found."""
    filename = f"/programs/{next(numbers)}/{program.name}.py"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        tree = ast.parse(program.source)
        if rewrite is not None:
            tree = ast.fix_missing_locations(rewrite(tree))
        code = compile(tree, filename, "exec", dont_inherit=True)
    lines = program.source.splitlines(keepends=True)
    linecache.cache[filename] = (len(program.source), None, lines, filename)
    try:
        yield Loaded(program, code, filename)
    finally:
        linecache.cache.pop(filename, None)


@dataclass(slots=True)
class Tally:
    """What was done so far."""

    programs: int = 0
    runs: int = 0
    failures: int = 0
    useless: int = 0
    """Programs that do not compile or run too long."""


def failure_plans(calls: list[Key], rng: Random, most: int) -> list[Failures]:
    """Return a failure at each call in turn, or at a sample of them, and a few double failures."""
    positions = list(dict.fromkeys(calls))
    if len(positions) > most:
        positions = rng.sample(positions, most)
    plans: list[Failures] = [{key: some_kind(rng)} for key in positions]
    doubles = (rng.sample(positions, 2) for _ in range(min(len(positions) // 3, 3)))
    return [*plans, *({key: some_kind(rng) for key in pair} for pair in doubles)]


def some_kind(rng: Random) -> str:
    return rng.choice(RARE_KINDS if rng.random() < 0.15 else KINDS)


def run_caught(it: Loaded, way: Way, failures: Failures, seconds: float = 10.0) -> Observation:
    """Run once; what goes wrong outside the program, hangs included, is observed too."""
    try:
        return it.run(way, failures, seconds)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        text = (type(error).__name__, str(error)[:2000])
        trace = tuple((frame.filename, frame.name, frame.lineno or 0) for frame in extract_tb(error.__traceback__)[-6:])
        return Observation((), text, trace, "", (), ())


def check(program: Program, rng: Random, tally: Tally, most_failures: int = 12, orders: int = 1) -> Divergence | None:
    """Try one program: as it is, then with a failure at each call, under so many orders each, as it is under one more.

    What a program costs is its translation, most of it, so the runs of many orders cost little more than those of one.
    """
    tally.programs += 1
    try:
        with loaded(program) as it:
            plans: list[Failures] = [{}]
            first = True
            while plans:
                failures = plans.pop(0)
                if is_refused(program, failures):
                    continue
                expected = it.run(PLAIN, failures)
                if first:
                    plans = failure_plans(it.calls, rng, most_failures)
                ways = some_ways(rng, orders + first, program, it.calls)
                if first:
                    ways.append(SEQUENTIAL)
                for way in ways:
                    tally.runs += 1
                    tally.failures += bool(failures)
                    actual = run_caught(it, way, failures)
                    if part := expected.difference(actual):
                        return Divergence(program, failures, way, part, expected, actual)
                first = False
    except (SyntaxError, OverrunError):
        tally.useless += 1
    return None
