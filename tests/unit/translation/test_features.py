"""What shows the variables or the frame of a function to somebody keeps it as it is written."""

from __future__ import annotations

import ast

import pytest

from pydron.translation.features import native_reason


def reason(body: str) -> str | None:
    (tree,) = ast.parse(f"def f(x):\n    {body}").body
    assert isinstance(tree, ast.FunctionDef)
    return native_reason(tree)


@pytest.mark.parametrize(
    "body",
    [
        "return locals()", "return vars()", "print(dir())", "exec('x = 1')", "return eval('x')", "globals()['y'] = x",
        "breakpoint()", "pdb.set_trace()", "set_trace()", "return sys._getframe().f_locals", "return _getframe(1)",
        "inspect.currentframe().f_back", "return inspect.stack()[1]", "traceback.print_stack()", "sys.settrace(x)",
        "threading.setprofile(x)", "builtins.eval(x)", "show = locals\n    show()", "return [eval(y) for y in x]",
        "return [lambda: x for x in x]", "return [(x for y in z) for x in x]",
        "return [lambda z: lambda: x for x in x]",
    ],
)  # fmt: skip
def test_is_recognised(body: str) -> None:
    found = reason(body)
    assert found is not None
    assert found.startswith("line ")


@pytest.mark.parametrize(
    "body",
    [
        "return numpy.stack(x)", "return table.eval('x')", "x.trace()", "def g():\n        return locals()", "x.exec()",
        "return [y for x in z if all(y for y in x)]", "return [max(y, key=lambda x: -x) for x in z]",
        "return [(x for x in z) for x in z]", "return [lambda: y for y in x]",
    ],
)  # fmt: skip
def test_is_not_mistaken(body: str) -> None:
    assert reason(body) is None
