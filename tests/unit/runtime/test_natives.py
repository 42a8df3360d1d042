"""What runs as it was written, and what does not."""

from __future__ import annotations

import gc
import math
import pickle
import types
import weakref
from typing import TYPE_CHECKING

import cloudpickle
import pytest

import pydron
from pydron.testing import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Machine:
    """Receives attributes named like functional callables."""

    def __init__(self) -> None:
        self.notches = 0

    def notch(self, x: int) -> None:
        self.notches += x

    @pydron.functional
    def functional_method(self, x: int) -> int:
        return x + 1


@pydron.functional
def functional_one(x: int) -> int:
    return x * x


def plain_one(x: int) -> int:
    return x * x


def is_native(function: Callable[..., object], *args: object) -> bool:
    """Call a scheduled function; say whether from then on it is the function itself."""
    with simulate(seed=1):
        function(*args)
    return function.__code__ is function.__wrapped__.__code__  # type: ignore[attr-defined]


def scheduled(text: str, namespace: dict[str, object] | None = None) -> Callable[..., object]:
    """Return the scheduled function ``main`` of a program."""
    import linecache

    source = text + "\n"
    name = f"<native {len(linecache.cache)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    given = {"pydron": pydron, "f": functional_one, "g": plain_one, "math": math, "Machine": Machine}
    module = types.SimpleNamespace(**given, **(namespace or {}))
    exec(compile(source, name, "exec"), module.__dict__)
    return pydron.schedule(module.main)


@pytest.mark.parametrize(
    "body",
    [
        "return x",
        "return [g(i) for i in range(x)]",
        "return sum(math.sqrt(i) for i in range(x))",
        "m = Machine()\n    for i in range(x):\n        m.notch(i)\n    return m.notches",
        "def inner(k):\n        return g(k)\n    return inner(x)",
        "def inner(k):\n        yield f(k)\n    return inner(x)",
        "inner = lambda k: g(k)\n    return inner(x)",
        "try:\n        return g(x)\n    finally:\n        x = 2",
    ],
)
def test_nothing_to_run_in_parallel(body: str) -> None:
    assert is_native(scheduled(f"def main(x):\n    {body}"), 3)


@pytest.mark.parametrize(
    "body",
    [
        "return f(x)",
        "return [f(i) for i in range(x)]",
        "return [s(x) for s in (g, g)]",
        "return {1: g}[1](x)",
        "return Machine().functional_method(x)",
        "s = f\n    return s(x)",
        "def inner(k):\n        return f(k)\n    return inner(x)",
        "def inner(k):\n        return deep(k)\n    def deep(k):\n        return f(k)\n    return inner(x)",
        "inner = lambda k: f(k)\n    return inner(x)",
        "return max([x, 1], key=lambda k: f(k))",
        "return (lambda y: y)(f)(x)",
        "import operator\n    return operator.methodcaller('functional_method', x)(Machine())",
    ],
)
def test_something_to_run_in_parallel(body: str) -> None:
    assert not is_native(scheduled(f"def main(x):\n    {body}"), 3)


def test_a_parameter_that_is_called() -> None:
    main = scheduled("def main(x, s):\n    return [s(i) for i in range(x)]")
    with simulate(seed=1) as pool:
        assert main(3, plain_one) == [0, 1, 4]
        assert pool.new_task_id() == 1
        assert main(3, functional_one) == [0, 1, 4]
        assert pool.new_task_id() == 5


def test_a_name_that_becomes_functional_later() -> None:
    namespace: dict[str, object] = {"h": lambda x: x + 1}
    main = scheduled("def main(x):\n    return [h(i) for i in range(x)]", namespace)
    assert is_native(main, 3)
    main.__globals__["h"] = pydron.functional(lambda x: x + 1)
    with simulate(seed=1) as pool:
        assert main(3) == [1, 2, 3]
        assert pool.new_task_id() == 4


def test_functions_that_call_each_other() -> None:
    even = scheduled("def main(x):\n    return x == 0 or odd(x - 1)")
    odd = scheduled("def main(x):\n    return x != 0 and even(x - 1)")
    even.__globals__["odd"] = odd
    odd.__globals__["even"] = even
    assert is_native(even, 10)
    assert is_native(odd, 10)
    with simulate(seed=1):
        assert even(600)  # no frame of ours stands between those of the user


def test_a_function_that_calls_one_with_something_to_run_in_parallel() -> None:
    inner = scheduled("def main(x):\n    return f(x)")
    outer = scheduled("def main(x):\n    return inner(x)")
    outer.__globals__["inner"] = inner
    assert not is_native(outer, 3)


@pytest.mark.parametrize("last", ["x", "f(x)"])
def test_more_functions_that_call_each_other_than_the_stack_has_room_for(last: str) -> None:
    count = 250
    steps = [f"@pydron.schedule\ndef step{n}(x):\n    return step{n + 1}(x) + 1" for n in range(count)]
    text = "\n".join([*steps, f"@pydron.schedule\ndef step{count}(x):\n    return {last}"])
    main = scheduled(f"{text}\n@pydron.schedule\ndef main(x):\n    return step0(x) if x > 5 else {count}")
    assert is_native(main, 2) is (last == "x")


def test_defaults_are_those_of_the_function() -> None:
    main = scheduled("def main(x, y=[1], *, z=3):\n    return x, y, z")
    assert main.__defaults__ == ([1],)
    assert main.__kwdefaults__ == {"z": 3}
    with simulate(seed=1):
        assert main(0) == main(0) == (0, [1], 3)


def test_a_loop_leaves_the_variables_it_may_not_have_bound_unbound() -> None:
    main = scheduled(
        "def main(x):\n"
        "    y = f(x)\n"
        "    for i in range(x):\n"
        "        k = i\n"
        "    try:\n"
        "        return y, k\n"
        "    except UnboundLocalError as error:\n"
        "        return str(error)\n"
    )
    with simulate(seed=1):
        assert main(0) == "cannot access local variable 'k' where it is not associated with a value"
        assert main(2) == (4, 1)


def test_a_loop_that_raises_tells_the_handler_what_it_has_bound() -> None:
    main = scheduled(
        "def main(x):\n"
        "    done = None\n"
        "    try:\n"
        "        y = f(x)\n"
        "        y + 1\n"
        "        for i in range(x):\n"
        "            done = i\n"
        "            1 / (i - 2)\n"
        "    except ZeroDivisionError:\n"
        "        return done, f(done)\n"
    )
    for natives in (False, True):
        with simulate(seed=1, natives=natives):
            assert main(5) == (2, 4)


def test_a_scheduled_function_can_be_pickled_by_value() -> None:
    main = scheduled("def main(x):\n    return [g(i) for i in range(x)]")
    for _ in range(2):
        copy = pickle.loads(cloudpickle.dumps(main))
        assert copy(3) == [0, 1, 4]
        assert is_native(main, 3)


def test_nothing_holds_a_scheduled_function() -> None:
    main = scheduled("def main(x):\n    return x")
    main.__globals__["main"] = main
    is_native(main, 1)
    reference = weakref.ref(main)
    del main
    gc.collect()
    assert reference() is None


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    gc.collect()
