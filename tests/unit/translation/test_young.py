"""Which fresh objects only one variable can see."""

from __future__ import annotations

import pytest

from pydron.translation.build import build
from pydron.translation.lowering import lower
from pydron.translation.young import young_variables
from tests.written import lowered

USES = {
    "nothing": "",
    "stores and reads": "a['k'] = x; y = a['k']; a.z = y; y = f'{a}' + str(a['k']) if a['k'] < 1 else -a['l']",
    "methods": "a.update(x); x.append(3)",
    "a call that the runtime watches": "g(a); x = h(k=a)",
    "a return": "return a",
    "a store of it that the runtime watches": "x.y = a; x[0] = a",
    "an error": "raise g(a)",
    "a loop over it": "for y in a: g(y)",
}
HANDED_ON = {
    "a second name": "b = a",
    "a display": "b = [x, a]",
    "a tuple": "return x, a",
    "an operand": "b = x + a",
    "a choice": "b = x and a",
    "unpacking": "b, c = a",
    "a walrus": "g(b := a)",
    "a subject": "match a:\n        case [b]: pass",
    "a manager": "with a: pass",
}


def young(text: str) -> bool:
    function = lowered(f"def f(x):\n    a = {{}}\n    {text}\n")
    lower(function)
    graph = build(function)
    return young_variables(graph) >= {1}


@pytest.mark.parametrize("name", USES)
def test_only_the_variable_sees_it(name: str) -> None:
    assert young(USES[name])


@pytest.mark.parametrize("name", HANDED_ON)
def test_something_else_may_see_it(name: str) -> None:
    assert not young(HANDED_ON[name])


@pytest.mark.parametrize(
    "value,fresh",
    [
        ("[]", True),
        ("[x]", True),
        ("{1, 2}", True),
        ("{'k': x}", True),
        ("x", False),
        ("(x,)", False),
        ("list(x)", False),
    ],
)
def test_displays_are_fresh(value: str, fresh: bool) -> None:
    function = lowered(f"def f(x):\n    a = {value}\n    a.z = 1\n")
    lower(function)
    assert (young_variables(build(function)) == {1}) is fresh


def test_what_inner_functions_see_is_no_variable_of_the_graph() -> None:
    function = lowered("def f(x):\n    a = []\n    a.append(x)\n    return lambda: a\n")
    lower(function)
    graph = build(function)
    assert not [tick for tick in young_variables(graph) if graph.by_tick[tick].binds == {"a"}]
