"""What decorated callables are known by, and that nothing of them is kept once they are gone."""

from __future__ import annotations

import gc
import linecache
import sys
import weakref
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

import pydron
from pydron import compiled
from pydron.runtime import marks
from pydron.testing import simulate
from pydron.traces import is_ours

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    import pytest

Gone = TypeVar("Gone")


def module_of(source: str) -> ModuleType:
    """Return a module that only its own functions refer to, as a cell or a script that was run again leaves it."""
    module = ModuleType("written")
    module.__dict__["pydron"] = pydron
    exec(source, module.__dict__)
    return module


def assert_gone(reference: weakref.ref[Gone]) -> None:
    gc.collect()
    assert reference() is None


def marked() -> set[int]:
    """Return what all marked callables are known by, to whoever looks for one."""
    marks.functional_of(None)
    return {*marks._functional, *marks._scheduled, *marks._kept}


MODULE = """
@pydron.functional
def call(x):
    return x

@pydron.schedule
def top(x):
    return call(x)
"""


def test_a_module_of_decorated_functions_can_go() -> None:
    module = module_of(MODULE)
    reference = weakref.ref(module.top)
    keys = {id(module.top), id(module.call)}
    assert keys <= marks._functional.keys() | marks._scheduled.keys()
    del module
    assert_gone(reference)
    assert not keys & marked()


def test_a_recursive_function_of_a_function_can_go() -> None:
    def make() -> Callable[[int], int]:
        @pydron.schedule
        def down(n: int) -> int:
            return down(n - 1) if n else 0

        return down

    assert_gone(weakref.ref(make()))


def test_a_class_whose_method_calls_super_can_go() -> None:
    def make() -> type:
        class Kept:
            @pydron.schedule
            def __repr__(self) -> str:
                return super().__repr__()

        return Kept

    assert_gone(weakref.ref(make()))


def test_every_mark_of_a_callable_goes_with_it() -> None:
    def make() -> Callable[[int], int]:
        return pydron.functional(pydron.schedule(lambda x: x))

    made = make()
    key = id(made)
    assert marks.functional_of(made) is not None
    assert marks.scheduled_of(made) is not None
    reference = weakref.ref(made)
    del made
    assert_gone(reference)
    # The next object at this address is another one.
    assert key not in marked()


def test_nothing_that_could_be_interrupted_runs_when_a_marked_callable_goes() -> None:
    def call(x: int) -> int:
        return x

    pydron.functional(pydron.schedule(call))
    called: list[str] = []

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and is_ours(frame.f_code.co_filename):
            called.append(frame.f_code.co_name)

    sys.setprofile(look)
    try:
        del call
        gc.collect()
    finally:
        sys.setprofile(None)
    assert not called
    assert marks._gone
    marked()
    assert not marks._gone


def test_a_mark_made_twice_is_the_last_one() -> None:
    def call(x: int) -> int:
        return x

    pydron.functional(cores=2)(pydron.functional(call))
    found = marks.functional_of(call)
    assert found is not None
    assert found.requirements.cores == 2


def test_a_callable_without_weak_references_is_kept_as_long_as_its_mark() -> None:
    class Slotted:
        __slots__ = ()

        def __call__(self) -> int:
            return 1

    made = pydron.functional(Slotted())
    key = id(made)
    del made
    assert type(marks._kept[key]) is Slotted


def test_a_translation_goes_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    filename = "/written/translated.py"
    monkeypatch.setitem(linecache.cache, filename, (len(MODULE), None, MODULE.splitlines(keepends=True), filename))

    gc.collect()
    before = set(compiled._TRANSLATIONS)
    namespace: dict[str, object] = {"pydron": pydron}
    exec(compile(MODULE, filename, "exec"), namespace)
    with simulate():
        assert namespace["top"](3) == 3  # type: ignore[operator]
        assert len(set(compiled._TRANSLATIONS) - before) == 1
    del namespace
    gc.collect()
    assert set(compiled._TRANSLATIONS) == before


def test_marks_may_go_while_a_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = [module_of("@pydron.functional\ndef disappearing():\n    pass\n") for _ in range(3)]

    class Table(dict[int, marks.Functional]):
        def __contains__(self, key: object) -> bool:
            modules.clear()
            gc.collect()
            return False

    known = marks._functional
    table = Table(known)
    monkeypatch.setattr(marks, "_functional", table)
    assert not marks.named_functional("disappearing")
    assert not marks.named_scheduled("disappearing")
    for key in known.keys() - table.keys():
        del known[key]  # it went meanwhile


class Gauge:
    def read(self, x: int, *, scale: int = 1) -> int:
        return x * scale


def test_a_bound_method_that_is_functional_is_dispatched() -> None:
    read = pydron.functional(Gauge().read)

    @pydron.schedule
    def main() -> list[int]:
        return [read(x, scale=2) for x in range(3)] + [read(x) for x in range(3)]

    with simulate(seed=1) as pool:
        assert main() == [0, 2, 4, 0, 1, 2]
        assert pool.new_task_id() > 6
    assert {verdict.kind.value for verdict in pydron.explain(main).verdicts} <= {"parallel", "ordered"}
