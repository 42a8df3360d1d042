"""A scheduled function is to tools what the plain function is: signature, source, help, pickling, doctest, mocks."""

from __future__ import annotations

import copy
import doctest
import functools
import gc
import inspect
import pickle
import pydoc
import typing
from typing import cast
from unittest import mock

import cloudpickle
import pytest

import pydron
from pydron.testing import simulate

if typing.TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import GeneratorType


@pydron.functional
def double(x: int) -> int:
    """Return twice as much."""
    return x * 2


def add_one(x: int) -> int:
    return x + 1


def plain(a: int, /, b: int = 2, *more: int, c: str = "x", **named: int) -> list[int]:
    """Do both.

    >>> plain(1)
    [2, 3]
    """
    # a comment
    out = [double(a)]
    out.append(add_one(b))
    return out


scheduled = pydron.schedule(plain)


@pydron.schedule
def decorated(x: int) -> int:
    """Call another.

    >>> decorated(2)
    5
    """
    return double(x) + 1


class Camera:
    """Has scheduled methods."""

    @pydron.schedule
    def expose(self, x: int) -> int:
        """Return a picture."""
        return self.develop(x)

    def develop(self, x: int) -> int:
        return double(x)

    @staticmethod
    @pydron.schedule
    def dark(x: int) -> int:
        return double(x)


@pytest.fixture(autouse=True)
def pool() -> Iterator[None]:
    with simulate(seed=1, order="reverse"):
        yield


@pytest.mark.parametrize(
    "look",
    [
        inspect.signature, inspect.getsource, inspect.getsourcelines, inspect.getdoc, inspect.getmodule,
        pydoc.render_doc, typing.get_type_hints, inspect.isfunction, inspect.isroutine, inspect.iscoroutinefunction,
        inspect.isgeneratorfunction, inspect.unwrap,
    ],
    ids=lambda look: look.__name__,
)  # fmt: skip
def test_looks_the_same(look: typing.Callable[[object], object]) -> None:
    assert look(scheduled) == look(plain)


@pytest.mark.parametrize(
    "name",
    ["__name__", "__qualname__", "__module__", "__doc__", "__annotations__", "__defaults__", "__kwdefaults__",
     "__closure__", "__globals__"],
)  # fmt: skip
def test_has_the_same_attributes(name: str) -> None:
    assert getattr(scheduled, name) == getattr(plain, name)


def test_repr_is_that_of_the_function() -> None:
    assert repr(scheduled).partition(" at ")[0] == "<function plain"


@pytest.mark.parametrize("args,named", [((), {}), ((1,), {"a": 1, "b": 2, "c": 3}), ((1, 2), {"b": 3})])
def test_arguments_are_refused_in_the_same_words(args: tuple[int, ...], named: dict[str, int]) -> None:
    said = []
    for function in (scheduled, plain):
        try:
            said.append(str(function(*args, **named)))  # type: ignore[arg-type]
        except TypeError as error:
            said.append(str(error))
    assert said[0] == said[1]


def test_copies_and_pickles_are_the_function() -> None:
    assert copy.copy(decorated) is decorated
    assert copy.deepcopy([decorated]) == [decorated]
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    method = pickle.loads(pickle.dumps(Camera().expose))
    assert method(3) == 6


def test_a_pickle_by_value_is_scheduled_too() -> None:
    def make(n: int) -> typing.Callable[[int], int]:
        @pydron.schedule
        def inner(x: int) -> int:
            return double(x) + n

        return inner

    inner = make(3)
    again = cloudpickle.loads(cloudpickle.dumps(inner))
    assert again(1) == 5
    assert inspect.signature(again) == inspect.signature(inner)


def test_may_be_wrapped_bound_and_cached() -> None:
    @functools.wraps(decorated)
    def wrapped(x: int) -> int:
        return decorated(x)

    assert wrapped(2) == 5
    assert inspect.signature(wrapped) == inspect.signature(decorated)
    assert functools.partial(scheduled, 1)(b=4) == [2, 5]
    assert functools.lru_cache(decorated)(2) == 5


@pytest.mark.parametrize("function", [decorated, scheduled])
def test_its_doctests_are_found_and_run(function: typing.Callable[..., object]) -> None:
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    (found,) = finder.find(function, globs=dict(globals()))
    assert len(found.examples) == 1
    assert runner.run(found) == doctest.TestResults(0, 1)
    assert found.filename == __file__


def test_a_module_has_them_too() -> None:
    import sys

    found = doctest.DocTestFinder().find(sys.modules[__name__])
    assert {f"{__name__}.decorated", f"{__name__}.plain"} <= {each.name for each in found if each.examples}


def test_debuggers_may_look_at_the_variables_of_its_frames() -> None:
    kept = "kept"

    @pydron.schedule
    def closure(x: int) -> str:
        raise LookupError(double(x), kept)

    with simulate(seed=1), pytest.raises(LookupError) as caught:
        closure(1)
    assert [frame.locals.get("kept") for frame in caught.traceback if frame.name == "closure"] == ["kept"]


def test_a_functional_function_may_be_mocked() -> None:
    with mock.patch(f"{__name__}.double", side_effect=lambda x: -x) as mocked:
        assert scheduled(1) == [-1, 3]
        assert mocked.call_args_list == [mock.call(1)]
    with mock.patch(f"{__name__}.double", new=lambda x: -x):
        assert scheduled(1) == [-1, 3]
    with mock.patch(f"{__name__}.double", autospec=True) as mocked:
        mocked.return_value = 5
        assert scheduled(1) == [5, 3]
        mocked.assert_called_once_with(1)
    assert scheduled(1) == [2, 3]


def test_a_helper_may_be_mocked_also_meanwhile() -> None:
    @pydron.schedule
    def main() -> list[int]:
        out = []
        for k in range(3):
            out.append(double(k))
            with mock.patch(f"{__name__}.add_one", return_value=100 + k) as mocked:
                out.append(add_one(out[-1]))
                mocked.assert_called_once_with(2 * k)
            out.append(add_one(double(k)))
        return out

    assert main() == [0, 100, 1, 2, 101, 3, 4, 102, 5]


def test_a_scheduled_function_may_be_mocked() -> None:
    with mock.patch(f"{__name__}.decorated", autospec=True) as mocked:
        mocked.return_value = 9
        assert decorated(2) == 9
        with pytest.raises(TypeError):
            decorated()  # type: ignore[call-arg]
    with mock.patch.object(Camera, "develop", return_value=7):
        assert Camera().expose(3) == 7
    camera = Camera()
    with mock.patch.object(camera, "develop", lambda x: x + 1):
        assert camera.expose(3) == 4
    assert (camera.expose(3), Camera.dark(1)) == (6, 2)


@pytest.mark.parametrize("natives", [False, True])
def test_a_finalizer_that_is_collected_with_its_class(natives: bool) -> None:
    told = []

    def make() -> None:
        class Link:
            name = "gone"

            @pydron.schedule
            def __del__(self) -> None:
                told.append(self.name)

        link = Link()
        link.__dict__["own"] = link

    with simulate(natives=natives):
        make()
        gc.collect()
    assert told == ["gone"]


@pytest.mark.parametrize("natives", [False, True])
def test_it_goes_by_the_name_that_it_was_given(natives: bool) -> None:
    @pydron.schedule
    def made(x: int) -> Generator[int]:
        yield double(x)

    wrong: Callable[..., object] = made
    with simulate(natives=natives):
        assert list(made(1)) == [2]
        made.__name__, made.__qualname__ = "steps", "Walk.steps"
        generator = cast("GeneratorType[int, None, None]", made(1))
        assert (generator.__name__, generator.__qualname__) == ("steps", "Walk.steps")
        with pytest.raises(TypeError, match=r"^Walk\.steps\(\) missing 1 required positional argument: 'x'$"):
            wrong()


class Shown:
    def __str__(self) -> str:
        return "as it is"


class Told(Shown):
    @pydron.schedule
    def tell(self) -> str:
        return f"{super().__str__()}, {double(2)}"


def test_super_means_what_it_means_in_the_module() -> None:
    told = Told()
    with simulate(natives=False):
        assert told.tell() == "as it is, 4"
        with mock.patch(f"{__name__}.super", return_value="other", create=True):
            assert told.tell() == "other, 4"
        assert told.tell() == "as it is, 4"


def test_scheduled_twice_is_scheduled() -> None:
    once = pydron.schedule(add_one)
    assert pydron.schedule(once) is once
    with simulate(natives=False):
        assert once(1) == 2


def test_one_of_two_decorators_may_be_strict() -> None:
    @pydron.schedule(strict=True)
    @pydron.schedule
    def shown(x: int) -> list[str]:
        return sorted(locals())

    with simulate(), pytest.raises(pydron.TranslationError, match="locals"):
        shown(1)
