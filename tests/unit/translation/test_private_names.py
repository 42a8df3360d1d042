"""Private names of a class are written out, as CPython does while it compiles the class."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import TYPE_CHECKING, cast

import pytest

import pydron
from pydron.testing import simulate
from pydron.translation.features import native_reason
from pydron.translation.source import find_source
from tests.written import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType

METHODS = {
    "attributes, variables, parameters, keywords": (
        """
        class C:
            def f(self, __x):
                __y = self.__table[__x]
                self.__count += 1
                return g(__y, __key=self.__class__.__name__)
        """,
        """
        def f(self, _C__x):
            _C__y = self._C__table[_C__x]
            self._C__count += 1
            return g(_C__y, _C__key=self.__class__.__name__)
        """,
    ),
    "the underscores of the class are not part of it": (
        """
        class __C:
            def f(self):
                return self.__x
        C = __C
        """,
        """
        def f(self):
            return self._C__x
        """,
    ),
    "names that are declared": (
        """
        class C:
            def f(self):
                global __x
                __x = 1
        """,
        """
        def f(self):
            global _C__x
            _C__x = 1
        """,
    ),
    "a class inside has its own, what stands in its head is of the class around": (
        """
        class C:
            def f(self):
                class D(self.__base):
                    def g(self):
                        self.__x = 1
                return self.__x, D
        """,
        """
        def f(self):
            class D(self._C__base):
                def g(self):
                    self.__x = 1
            return self._C__x, D
        """,
    ),
    "a class of underscores has none": (
        """
        class __:
            def f(self):
                return self.__x
        C = __
        """,
        """
        def f(self):
            return self.__x
        """,
    ),
}


@pytest.mark.parametrize("name", METHODS)
def test_is_written_out(name: str) -> None:
    text, expected = METHODS[name]
    with written(text) as names:
        source = find_source(cast("FunctionType", vars(cast("type", names["C"]))["f"]))
    assert ast.unparse(source.tree) == ast.unparse(ast.parse(dedent(expected)))


def test_there_is_none_outside_of_a_class() -> None:
    with written("def f(self):\n    return self.__x") as names:
        assert "self.__x" in ast.unparse(find_source(cast("FunctionType", names["f"])).tree)


@pytest.mark.parametrize("definition", ["def __g(): pass", "class __D: pass", "async def __g(): pass"])
def test_what_is_defined_privately_keeps_its_name(definition: str) -> None:
    tree = ast.parse(f"def f():\n    {definition}").body[0]
    assert isinstance(tree, ast.FunctionDef)
    assert native_reason(tree) is None
    reason = native_reason(tree, "C")
    assert reason is not None
    assert reason.startswith("line 2: __")


VARIABLES = """
class C:
    @schedule
    def m(self, x):
        __y = f(x)
        for __z in range(3):
            __y += __z

        def g():
            nonlocal __y
            __y += 5
            return __y

        return __y, g(), __z, __y

    @schedule
    def n(self, x):
        global __count
        __count = 0
        for __each in range(3):
            __count += f(__each)
        return __count

    @schedule
    def o(self, x):
        __y = f(x)
        del __y
        return __y
"""


@pytest.mark.parametrize("method", ["m", "n", "o"])
def test_variables_of_a_method_may_be_private(method: str) -> None:
    def outcome(schedule: Callable[..., object]) -> object:
        with written(VARIABLES, f=pydron.functional(lambda x: x), schedule=schedule) as names:
            try:
                return getattr(cast("Callable[[], object]", names["C"])(), method)(2), names.get("_C__count")
            except UnboundLocalError as error:
                return str(error)

    with simulate(seed=1, workers=2, natives=False):
        assert outcome(pydron.schedule) == outcome(lambda function: function)
