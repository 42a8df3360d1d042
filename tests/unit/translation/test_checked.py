"""Checked expressions do what the expressions do, in order, and ask before each step that may run user code."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from pydron.translation.checked import CheckedExpression, symbol
from pydron.translation.quote import Names, at, define

if TYPE_CHECKING:
    from collections.abc import Generator

MISSING = object()
UNBOUND = object()


class Spy:
    """An operand that notes everything that is done with it."""

    def __init__(self, log: list[str], name: str, truth: bool = True) -> None:
        self.__dict__.update(_log=log, _name=name, _truth=truth)

    def _note(self, what: str) -> Spy:
        log: list[str] = self.__dict__["_log"]
        log.append(f"{self.__dict__['_name']} {what}")
        return Spy(log, f"({self.__dict__['_name']} {what})", self.__dict__["_truth"])

    def __getattr__(self, name: str) -> Spy:
        return self._note(f".{name}")

    def __bool__(self) -> bool:
        self._note("bool")
        return bool(self.__dict__["_truth"])

    def __iter__(self) -> Generator[int]:
        self._note("iter")
        yield from (1, 2)

    def __format__(self, spec: str) -> str:
        self._note(f"format {spec}")
        return f"<{self.__dict__['_name']}>"

    def __repr__(self) -> str:
        self._note("repr")
        return f"<<{self.__dict__['_name']}>>"

    def __hash__(self) -> int:
        self._note("hash")
        return 1

    def __eq__(self, other: object) -> bool:
        self._note("==")
        return self is other

    def __contains__(self, item: object) -> bool:
        self._note("in")
        return True


def _binary(name: str) -> None:
    setattr(Spy, f"__{name}__", lambda self, *_: self._note(name))


for each in ("add", "radd", "mul", "lt", "gt", "le", "neg", "invert", "getitem", "mod", "pow", "matmul"):
    _binary(each)


class Runtime:
    """Answers every question with yes, and notes it."""

    MISSING = MISSING
    NAME_ERROR = NameError
    slice = slice

    def __init__(self, log: list[str], answer: object = None) -> None:
        self.log = log
        self.answer = answer

    def known_subscript(self, _owner: object, _index: object) -> object:
        return MISSING

    known_attribute = known_subscript

    def content(self, operand: object) -> object:
        return operand

    def unbound(self, name: str) -> None:
        raise UnboundLocalError(name)

    def __getattr__(self, question: str) -> object:
        def ask(*operands: object) -> object:
            self.log.append(f"? {question} {' '.join(each for each in operands if isinstance(each, str))}".strip())
            return self.answer

        return ask


EXPRESSIONS = [
    "a + b * c",
    "-a + ~b",
    "not a",
    "a < b",
    "a < b < c",
    "a < b < c < a",
    "a in b",
    "a is b",
    "a.x.y",
    "a[b]",
    "a[b:c]",
    "a[b:c, d, ::b]",
    "a[1][b.x]",
    "a and b",
    "a or b",
    "a and b or c",
    "(a or b) and (c or d)",
    "not (a and b) or not c",
    "not (a < b < c)",
    "(a < b < c) or d",
    "(a < b < c) and not (c or d)",
    "(a and not (b and c)) or d",
    "a if not (b or c) else d",
    "a if not (a < b < c) and d else b",
    "a if (not (b and c)) or (a < b < c) else d",
    "a < b and c < d or a",
    "a if b else c",
    "a if b and not c else c if d else b",
    "a.x if (a < b < c) else d",
    "[a, *b, c.x]",
    "[a, *b, c]",
    "(*a, b.x, *c)",
    "{*a, b.x}",
    "{a, *b, c}",
    "(a, b + c)",
    "{a, b.x}",
    "{a: b, c: d.x}",
    "{**a_dict, a: b}",
    "f'{a}{b!r:>3}{c:{d}}'",
    "f'{a.x + b}'",
    "a % b ** c @ d",
    "(lambda x=a.y: x) and b",
    "[x for x in a]",
    "(x for x in a.y)",
    "1 < 2",
    "'text'",
    "a",
]


def code_of(expression: str, loose: frozenset[str] = frozenset()) -> ast.FunctionDef:
    node = ast.parse(expression, mode="eval").body
    fast = frozenset({"a", "b", "c", "d", "a_dict"})
    checked = CheckedExpression(Names(), fast, loose)
    result = checked.write(node)
    names = [".S", ".U", ".P", ".Type", *sorted(fast)]
    arguments = ast.arguments(
        posonlyargs=[], args=[ast.arg(name) for name in names], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    body = [*ast.parse("if False: yield").body, *checked.out, ast.Return(result)]
    return define(".frame", arguments, body)


def run(frame: ast.FunctionDef, runtime: Runtime, operands: dict[str, object]) -> tuple[list[object], object]:
    """Run a frame to its end; return what it waited for and its result."""
    names: dict[str, object] = {}
    module = ast.fix_missing_locations(ast.Module([at(frame, ast.Pass())], []))
    exec(compile(module, "", "exec"), names)
    values = (
        runtime,
        UNBOUND,
        Spy,
        lambda _: None,
        *(operands[name] for name in sorted(operands)),
    )
    generator = names[".frame"](*values)  # type: ignore[operator]
    waited = []
    while True:
        try:
            waited.append(next(generator))
        except StopIteration as stop:
            return waited, stop.value


def operands(log: list[str], truths: int) -> dict[str, object]:
    spies: dict[str, object] = {name: Spy(log, name, bool(truths >> at & 1)) for at, name in enumerate("abcd")}
    return {**spies, "a_dict": {1: 2}}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_same_is_done_in_the_same_order(expression: str) -> None:
    for truths in range(16):
        plain: list[str] = []
        expected = eval(expression, operands(plain, truths))
        log: list[str] = []
        _, result = run(code_of(expression), Runtime(log), operands(log, truths))
        done = [each for each in log if not each.startswith("?")]
        assert done == plain
        assert shown(result) == shown(expected)


def shown(value: object) -> str:
    """Return a value as text without touching it."""
    match value:
        case Spy():
            return str(value.__dict__["_name"])
        case list() | tuple():
            return f"{type(value).__name__}{[shown(each) for each in value]}"
        case set():
            return f"set {sorted(shown(each) for each in value)}"
        case dict():
            return str([(shown(key), shown(each)) for key, each in value.items()])
        case str() | int() | bool() | None:
            return repr(value)
        case _:
            return type(value).__name__


ONCE_ASKED = [each for each in EXPRESSIONS if "lambda" not in each and " for " not in each]


@pytest.mark.parametrize("expression", ONCE_ASKED)
def test_every_step_that_may_run_user_code_is_asked_for(expression: str) -> None:
    for truths in range(16):
        log: list[str] = []
        run(code_of(expression), Runtime(log), operands(log, truths))
        asked = False
        for each in log:
            if each.startswith("?"):
                asked = True
                operation = each
            elif not asked:
                # one question covers what building a set or a text does with its parts
                assert operation.startswith(("? may_hash", "? may_format", "? may_compare", "? may_opaque")), log
            else:
                asked = operation.startswith(("? may_hash", "? may_iterate", "? may_opaque"))


@pytest.mark.parametrize(
    "expression,questions",
    [
        ("a + b", ["may_binary +"]),
        ("-a", ["may_unary -"]),
        ("a < b in c", ["may_compare <", "may_truth", "may_compare in"]),
        ("a is not b", []),
        ("a.x", ["may_attribute x"]),
        ("a[b]", ["may_subscript"]),
        ("not a", ["may_truth"]),
        ("a or b", ["may_truth"]),
        ("{a, b}", ["may_hash", "may_hash"]),
        ("{a: b}", ["may_hash"]),
        ("[*a]", ["may_iterate"]),
        ("f'{a}{1}'", ["may_format", "may_format"]),
        ("(x for x in a)", ["may_iterate"]),
        ("[x for x in a]", ["may_opaque"]),
        ("[x for x in a if G]", ["may_anything"]),
        ("a", []),
        ("(a, b)", []),
    ],
)
def test_the_questions(expression: str, questions: list[str]) -> None:
    log: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.G", True, raising=False)
        run(code_of(expression), Runtime(log), operands(log, 15))
    assert [each.removeprefix("? ") for each in log if each.startswith("?")] == questions


def test_an_answer_is_waited_for() -> None:
    log: list[str] = []
    wait = object()
    waited, _ = run(code_of("a.x + b"), Runtime(log, wait), operands(log, 15))
    assert waited == [wait, wait]


def test_a_variable_without_a_value_is_told_when_it_is_read() -> None:
    loose = frozenset("bd")
    given = {**operands([], 15), "b": UNBOUND}
    with pytest.raises(UnboundLocalError, match="b"):
        run(code_of("a and b", loose), Runtime([]), given)
    _, result = run(code_of("a or b", loose), Runtime([]), given)
    assert shown(result) == "a"


@pytest.mark.parametrize("expression", ["a and [x for x in b]", "a and {**a_dict, 'k': b}", "a and [*c, *b, c.x]"])
def test_a_variable_without_a_value_is_told_by_what_is_evaluated_whole(expression: str) -> None:
    loose = frozenset("bd")
    with pytest.raises(UnboundLocalError, match="'b'"):
        run(code_of(expression, loose), Runtime([]), {**operands([], 15), "b": UNBOUND})
    _, result = run(code_of(expression, loose), Runtime([]), {**operands([], 14), "b": UNBOUND})
    assert shown(result) == "a"


@pytest.mark.parametrize(
    "operator", [*ast.operator.__subclasses__(), *ast.unaryop.__subclasses__(), *ast.cmpop.__subclasses__()]
)
def test_every_operator_has_a_symbol(operator: type[ast.AST]) -> None:
    assert symbol(operator()) in {
        "+", "-", "*", "@", "/", "//", "%", "**", "<<", ">>", "|", "^", "&", "~", "not",
        "==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in",
    }  # fmt: skip
