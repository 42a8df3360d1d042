"""Templates become code at the user's position, with names that no user can spell."""

from __future__ import annotations

import ast

import pytest

from pydron.translation.quote import Names, at, define, load, quote, quote_expression, store

ORIGIN = ast.parse("\n\n    \nx = (1 +\n  2)").body[0]


def text(statements: list[ast.stmt]) -> str:
    return ast.unparse(ast.Module(statements, []))


def test_names_of_the_runtime_begin_with_a_dot() -> None:
    assert text(quote("_Ans = _S.may_call(_Other, __x, _y, y)", ORIGIN)) == ".Ans = .S.may_call(.Other, __x, _y, y)"


@pytest.mark.parametrize(
    "template,holes,expected",
    [
        ("_Name = _Value", {"_Name": "x", "_Value": ast.Constant(3)}, "x = 3"),
        ("if _Test:\n    _Body\n    _After", {"_Test": "t", "_Body": []}, "if t:\n    .After"),
        ("if t:\n    _Body", {"_Body": ast.parse("a\nb = 1").body}, "if t:\n    a\n    b = 1"),
        ("f(*_All, *_Some)", {"_All": [ast.Constant(1), ast.Name("a")], "_Some": ast.Name("b")}, "f(1, a, *b)"),
        ("_All", {"_All": ast.parse("a").body}, "a"),
        ("del _Name", {"_Name": ".t1"}, "del .t1"),
        ("x.y[_Place] += _Value", {"_Place": "i", "_Value": ast.Constant("v")}, "x.y[i] += 'v'"),
    ],
)
def test_holes_are_filled(template: str, holes: dict[str, object], expected: str) -> None:
    assert text(quote(template, ORIGIN, **holes)) == expected  # type: ignore[arg-type]


def test_a_hole_keeps_its_context_and_an_expression_its_place() -> None:
    value = ast.parse("deep").body[0].value  # type: ignore[attr-defined]
    (assign,) = quote("_Name = _Value", ORIGIN, _Name="x", _Value=value)
    assert isinstance(assign, ast.Assign)
    assert isinstance(assign.targets[0].ctx, ast.Store)  # type: ignore[attr-defined]
    assert assign.value is value
    assert assign.value.lineno == 1


def test_everything_new_stands_at_the_line_of_the_origin() -> None:
    (statement,) = quote("if a:\n    b.c(d)\nelse:\n    e = f'{g}'", ORIGIN)
    for node in ast.walk(statement):
        if "lineno" in node._attributes:
            # the end of something over several lines would be taken for its line
            assert (node.lineno, node.end_lineno, node.col_offset) == (4, 4, 0), ast.dump(node)  # type: ignore[attr-defined]


def test_a_template_is_not_used_up() -> None:
    for value in (1, 2):
        (first,) = quote("x = [_Value]", ORIGIN, _Value=ast.Constant(value))
        first.value.elts.append(ast.Constant(3))  # type: ignore[attr-defined]
        assert ast.unparse(first) == f"x = [{value}, 3]"


def test_an_expression() -> None:
    found = quote_expression("_Type(_Name) is _P", ORIGIN, _Name="x")
    assert ast.unparse(found) == ".Type(x) is .P"


def test_reads_and_targets_have_a_place() -> None:
    assert (load("a", ORIGIN).lineno, store("a", ORIGIN).end_lineno) == (4, 5)
    assert at(ast.Pass(), ast.Load()).lineno == 1


def test_fresh_names_differ_and_cannot_be_spelt() -> None:
    names = Names()
    made = [names.fresh(), names.fresh("go"), names.fresh()]
    assert made == [".t1", ".go2", ".t3"]
    assert not any(name.isidentifier() for name in made)


def test_fresh_names_differ_whatever_they_are_made_of() -> None:
    names = Names()
    made = [names.fresh(stem) for _ in range(50) for stem in ("e", "e1", "e12")]
    assert len(set(made)) == len(made)


def test_a_definition_compiles_in_every_version() -> None:
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    made = at(define(".frame", nothing, quote("return 3", ORIGIN)), ORIGIN)
    names: dict[str, object] = {}
    exec(compile(ast.Module([made], []), "", "exec"), names)
    assert names[".frame"]() == 3  # type: ignore[operator]
