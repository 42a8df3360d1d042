"""Write what takes the elements of a generator expression, `map` or `filter` at once as a loop.

::

    total = sum(f(x) for x in xs)     →     .callee1 = sum
                                            .items2 = xs
                                            .loops3 = .consumes(.callee1, 'sum')
                                            if .loops3:
                                                .state4 = .Total(0)
                                                for .x5 in .items2: .state4 = .state4 + f(.x5)
                                                .all6 = .sum(.state4)
                                            else:
                                                .all6 = .callee1(f(x) for x in .items2)
                                            total = .all6

A loop does with each element what the builtin does, before the next element is evaluated. If the name does not mean the
builtin, the call is made as it stands; and where there is nothing to run in parallel, the loop gives way to it. A
generator expression without calls is a loop only while what it goes over is still to be filled.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydron.translation.lowering.comprehensions import (
    ask_to_come,
    can_unroll,
    goes_over_own,
    holds_calls,
    nest,
    rename,
    span_of,
)
from pydron.translation.lowering.context import Unrolled
from pydron.translation.lowering.loops import kept_head, write_loop
from pydron.translation.lowering.sources import CONSUMES, GIVEN, NOWHERE, called, is_source, passes
from pydron.translation.lowering.wrappers import ZIP
from pydron.translation.quote import at, load, quote, quote_expression, store
from pydron.translation.scope import names_bound, set_consumed
from pydron.translation.trees import copy_tree

if TYPE_CHECKING:
    from pydron.translation.lowering.calls import Flattener

__all__ = ["EMPTY", "SORT", "SUM", "TOTAL", "consume", "is_consumer"]

TOTAL = ".Total"
"""Makes what adds up elements as `sum` does."""
SUM = ".sum"
"""Gives the sum of what was added up."""
SORT = ".sort"
"""Sorts items by keys that are known."""
EMPTY = ".empty"
"""An iterator that is at its end."""

_KEYWORDS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("list", "tuple", "set", "dict", "any", "all", "next", "join", "extend", "update"), frozenset()),
    "sum": frozenset(("start",)),
    "sorted": frozenset(("key", "reverse")),
    "min": frozenset(("key", "default")),
    "max": frozenset(("key", "default")),
}
"""What takes elements at once, with the keywords that it may have."""
_METHODS = frozenset(("join", "extend", "update"))
_WRAPPERS = frozenset(("zip", "enumerate", "reversed"))
"""What gives the elements of what it goes over, perhaps in tuples."""
_STOPPING = frozenset(("any", "all", "next"))
"""What may be done before the last element."""
_SECOND = frozenset(("sum", "next"))
"""What has a second positional argument."""


def is_consumer(node: ast.Call, fast: frozenset[str]) -> bool:
    """Say whether a call may be a loop over the elements of its first argument."""
    kind = _kind(node, fast)
    if kind is None or not node.args or len(node.args) > 1 + (kind in _SECOND):
        return False
    if not all(keyword.arg in _KEYWORDS[kind] for keyword in node.keywords):
        return False
    first = node.args[0]
    plain = not isinstance(first, (ast.GeneratorExp, ast.Call))  # nothing asks it for an iterator before the call
    others = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
    if not (plain or all(map(_runs_no_code, others))):
        return False
    if _wraps(first, fast):
        return kind not in {"dict", "update"} or _width(first) == 2
    if kind in {"dict", "update"} and not _has_pairs(first):
        return False
    if isinstance(first, ast.GeneratorExp):
        many = len(first.generators) > 1
        return (
            can_unroll(first, lambda call: is_consumer(call, fast))
            and (holds_calls(first) or goes_over_own(first))
            and not (many and kind in _STOPPING)
        )
    if is_source(first, fast):
        return True
    return kind in {"sorted", "min", "max"} and _key(node) is not None and not isinstance(first, ast.Starred)


def _kind(node: ast.Call, fast: frozenset[str]) -> str | None:
    match node.func:
        case ast.Name(id=name) if name in _KEYWORDS and name not in _METHODS and name not in fast:
            return name
        case ast.Attribute(attr=name) if name in _METHODS:
            return name
        case _:
            return None


def _runs_no_code(node: ast.expr) -> bool:
    """Say whether evaluating an argument runs no code."""
    return isinstance(node, (ast.Name, ast.Constant)) or (
        isinstance(node, ast.Lambda) and not node.args.defaults and not node.args.kw_defaults
    )


def _has_pairs(node: ast.expr) -> bool:
    if not isinstance(node, ast.GeneratorExp) or not isinstance(node.elt, ast.Tuple) or len(node.elt.elts) != 2:
        return False
    return not any(isinstance(element, ast.Starred) for element in node.elt.elts)


def _wraps(node: ast.expr, fast: frozenset[str]) -> bool:
    """Say whether an expression may be a call of `zip`, `enumerate` or `reversed`."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[_, *others]) if name in _WRAPPERS and name not in fast:
            plain = not any(isinstance(argument, ast.Starred) for argument in node.args)
            constant = all(word.arg == "strict" and isinstance(word.value, ast.Constant) for word in node.keywords)
            return plain and constant and (name == "zip" or len(others) <= (name == "enumerate"))
        case _:
            return False


def _width(wrapper: ast.expr) -> int:
    """Return how many values an element of a wrapper is a tuple of; 0 if it is an item as it is."""
    assert isinstance(wrapper, ast.Call)
    assert isinstance(wrapper.func, ast.Name)
    return {"zip": len(wrapper.args), "enumerate": 2, "reversed": 0}[wrapper.func.id]


def _key(node: ast.Call) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == "key" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None):
            return keyword.value
    return None


@dataclass(slots=True)
class _Elements:
    """Where elements come from: loops, and the expression of each."""

    generators: list[ast.comprehension]
    element: ast.expr


def consume(flattener: Flattener, node: ast.Call) -> ast.expr:
    """Append the loop and return the variable that holds the result."""
    return _Consumption(flattener, node).write()


class _Consumption:
    """One call that takes all elements of its first argument."""

    def __init__(self, flattener: Flattener, node: ast.Call) -> None:
        self._flattener = flattener
        self._node = node
        kind = _kind(node, frozenset())
        assert kind is not None
        self._kind = kind
        self._names = flattener.names
        self._result = self._names.fresh("all")
        self._asked: list[ast.expr] = []
        """Callables, each with the name of the builtin that it should be."""

    def write(self) -> ast.expr:
        node, flattener = self._node, self._flattener
        if isinstance(node.func, ast.Attribute):
            node.func.value = flattener.spill(flattener.value(node.func.value))
            self._ask(node.func.value, self._kind)
        else:
            node.func = flattener.spill(node.func)
            self._ask(node.func, self._kind)
        first = node.args[0]
        wraps = _wraps(first, frozenset()) and _key(node) is None
        always = not wraps and (not isinstance(first, ast.GeneratorExp) or holds_calls(first))
        elements = self._elements(first)
        # into variables of their own: one without a value complains here, not where its value is wanted, if at all
        given = flattener.kept_atoms([*node.args[1:], *(keyword.value for keyword in node.keywords)])
        node.args[1:] = given[: len(node.args) - 1]
        for keyword, value in zip(node.keywords, given[len(node.args) - 1 :], strict=True):
            keyword.value = value
        key = _key(node)
        if key is not None:
            self._ask_given(key)
        loops = self._names.fresh("loops")
        whole = at(ast.Assign([store(self._result, node)], copy_tree(node)), node)
        if always:
            ask: ast.expr = at(ast.Call(load(CONSUMES, node), self._asked, []), node)
        else:
            sources = first.args if isinstance(first, ast.Call) else [elements.generators[0].iter]
            ask = ask_to_come(sources, node, self._asked)
        flattener.out.append(at(ast.Assign([store(loops, node)], ask), node))
        unrolled = flattener.within(lambda: self._loop(elements))
        native = flattener.within(lambda: self._call(node))
        flattener.either(at(ast.If(load(loops, node), unrolled, native), node), whole)
        return load(self._result, node)

    def _ask(self, callee: ast.expr, kind: str) -> None:
        self._asked += [copy_tree(callee), at(ast.Constant(kind), self._node)]

    def _ask_given(self, function: ast.expr) -> None:
        if not isinstance(function, (ast.Lambda, ast.Constant)):
            self._ask(function, GIVEN)

    def _call(self, node: ast.Call) -> None:
        value = self._flattener.plain_call(node)
        self._flattener.out.append(at(ast.Assign([store(self._result, node)], value), node))

    # elements

    def _elements(self, first: ast.expr) -> _Elements:
        """Evaluate what is evaluated at once, in place; return copies of what is evaluated for each element."""
        if isinstance(first, ast.GeneratorExp):
            return self._generated(first)
        if is_source(first, frozenset()):
            assert isinstance(first, ast.Call)
            return self._mapped(first)
        if _wraps(first, frozenset()):
            assert isinstance(first, ast.Call)
            return self._wrapped(first)
        self._node.args[0] = self._flattener.spill(self._flattener.value(first))
        return self._plain(self._node.args[0])

    def _plain(self, iterable: ast.expr) -> _Elements:
        item = self._names.fresh("item")
        return _Elements([_for(store(item, self._node), copy_tree(iterable))], load(item, self._node))

    def _generated(self, first: ast.GeneratorExp) -> _Elements:
        node, flattener = self._node, self._flattener
        iterable = first.generators[0].iter
        flattener.unrolled.append(
            Unrolled(span_of(first), span_of(iterable), "<genexpr>", span_of(node), is_generator=True)
        )
        set_consumed(first)
        first.generators[0].iter = kept_head(flattener, iterable)
        looped = copy_tree(first)
        bound = {name for generator in looped.generators for name in names_bound(generator.target)}
        rename(looped, {name: self._names.fresh(name) for name in sorted(bound)})
        return _Elements(looped.generators, looped.elt)

    def _mapped(self, first: ast.Call) -> _Elements:
        node, flattener = self._node, self._flattener
        assert isinstance(first.func, ast.Name)
        kind = first.func.id
        flattener.unrolled.append(Unrolled(span_of(first), NOWHERE, kind, span_of(node), is_call=True))
        first.func = flattener.spill(first.func)
        self._ask(first.func, kind)
        if kind == "map" and len(first.args) == 2 and is_source(first.args[1], flattener.fast):
            first.args[0] = flattener.kept_atoms(first.args[:1])[0]
            assert isinstance(first.args[1], ast.Call)
            inner = self._mapped(first.args[1])
            return _Elements(inner.generators, called(copy_tree(first.args[0]), [inner.element], first))
        first.args = flattener.kept_atoms(first.args)
        if kind == "filter":
            self._ask_given(first.args[0])
        function, *iterables = [copy_tree(value) for value in first.args]
        if len(iterables) == 1:
            source = self._plain(iterables[0])
            (generator,) = source.generators
            items = [source.element]
        else:
            names = [self._names.fresh("item") for _ in iterables]
            items = [load(name, node) for name in names]
            target = at(ast.Tuple([store(name, node) for name in names], ast.Store()), node)
            generator = _for(target, at(ast.Call(load(ZIP, node), iterables, []), node))
        if kind == "map":
            return _Elements([generator], called(function, items, first))
        generator.ifs.append(passes(function, items[0], first))
        return _Elements([generator], copy_tree(items[0]))

    def _wrapped(self, first: ast.Call) -> _Elements:
        node = self._node
        assert isinstance(first.func, ast.Name)
        self._ask(first.func, first.func.id)
        first.args = self._flattener.kept_atoms(first.args)
        width = _width(first)
        if not width:
            return self._plain(first)
        names = [self._names.fresh("item") for _ in range(width)]
        target = at(ast.Tuple([store(name, node) for name in names], ast.Store()), node)
        taken = at(ast.Tuple([load(name, node) for name in names], ast.Load()), node)
        return _Elements([_for(target, copy_tree(first))], taken)

    # the loop

    def _loop(self, elements: _Elements) -> None:
        flattener = self._flattener
        before, each, after = getattr(self, f"_{self._kind}")(elements.element)
        for statement in [*self._quote("_Result = None"), *before]:
            flattener.statement(statement)
        (loop,) = nest(self._names, elements.generators, each)
        assert isinstance(loop, ast.For)
        if self._kind in _STOPPING:
            loop.orelse, after = after, []
            flattener.bets.update(part for part in loop.body if isinstance(part, ast.If))
        write_loop(flattener, loop, copy_tree(loop))
        for statement in after:
            flattener.statement(statement)

    def _quote(self, text: str, **holes: str | ast.expr | list[ast.stmt] | list[ast.expr]) -> list[ast.stmt]:
        return quote(text, self._node, _Result=self._result, **holes)

    def _gathered(self, element: ast.expr, finish: str, **holes: ast.expr) -> _Written:
        every = self._names.fresh("every")
        append = at(ast.Attribute(load(every, self._node), "append", ast.Load()), self._node)
        add = at(ast.Expr(at(ast.Call(append, [element], []), element)), element)
        return self._quote("_Every = []", _Every=every), [add], self._quote(finish, _Every=every, **holes)

    def _list(self, element: ast.expr) -> _Written:
        return self._gathered(element, "_Result = _Every")

    def _tuple(self, element: ast.expr) -> _Written:
        return self._gathered(element, "_Result = _Tuple(_Every)", _Tuple=self._callee())

    def _join(self, element: ast.expr) -> _Written:
        assert isinstance(self._node.func, ast.Attribute)
        return self._gathered(element, "_Result = _Owner.join(_Every)", _Owner=copy_tree(self._node.func.value))

    def _callee(self) -> ast.expr:
        return copy_tree(self._node.func)

    def _added(self, element: ast.expr, owner: ast.expr, method: str) -> ast.stmt:
        values = [element]
        if method == "__setitem__":
            assert isinstance(element, ast.Tuple)
            values = element.elts
        called = at(ast.Attribute(owner, method, ast.Load()), self._node)
        return at(ast.Expr(at(ast.Call(called, values, []), element)), element)

    def _set(self, element: ast.expr) -> _Written:
        every = load(self._names.fresh("every"), self._node)
        return (
            self._quote("_Every = {*()}", _Every=every.id),
            [self._added(element, every, "add")],
            self._quote("_Result = _Every", _Every=every.id),
        )

    def _dict(self, element: ast.expr) -> _Written:
        every = load(self._names.fresh("every"), self._node)
        return (
            self._quote("_Every = {}", _Every=every.id),
            [self._added(element, every, "__setitem__")],
            self._quote("_Result = _Every", _Every=every.id),
        )

    def _extend(self, element: ast.expr) -> _Written:
        return self._into(element, "append")

    def _update(self, element: ast.expr) -> _Written:
        return self._into(element, "__setitem__")

    def _into(self, element: ast.expr, method: str) -> _Written:
        assert isinstance(self._node.func, ast.Attribute)
        add = self._added(element, copy_tree(self._node.func.value), method)
        return [], [add], self._quote("_Result = None")

    def _sum(self, element: ast.expr) -> _Written:
        state, item = self._names.fresh("state"), self._names.fresh("element")
        given = [*self._node.args[1:], *(keyword.value for keyword in self._node.keywords)]
        start = copy_tree(given[0]) if given else at(ast.Constant(0), self._node)
        return (
            self._quote("_State = _Total(_Start)", _State=state, _Total=TOTAL, _Start=start),
            [_set_to(item, element), *self._quote("_State = _State + _Item", _State=state, _Item=item)],
            self._quote("_Result = _Sum(_State)", _Sum=SUM, _State=state),
        )

    def _any(self, element: ast.expr) -> _Written:
        return self._tested(element, stops_at=True)

    def _all(self, element: ast.expr) -> _Written:
        return self._tested(element, stops_at=False)

    def _tested(self, element: ast.expr, *, stops_at: bool) -> _Written:
        item = self._names.fresh("element")
        stop = self._quote(f"_Result = {stops_at}\nbreak")
        body, orelse = (stop, []) if stops_at else (self._quote("pass"), stop)
        test = at(ast.If(load(item, self._node), body, orelse), self._node)
        self._flattener.bets.add(test)
        return self._quote(f"_Result = {not stops_at}"), [_set_to(item, element), test], []

    def _next(self, element: ast.expr) -> _Written:
        found = [_set_to(self._result, element), *self._quote("break")]
        if len(self._node.args) > 1:
            return self._quote("_Result = _Default", _Default=copy_tree(self._node.args[1])), found, []
        return [], found, self._quote("_Next(_Empty)", _Next=self._callee(), _Empty=EMPTY)

    def _min(self, element: ast.expr) -> _Written:
        return self._extreme(element, "<")

    def _max(self, element: ast.expr) -> _Written:
        return self._extreme(element, ">")

    def _extreme(self, element: ast.expr, sign: str) -> _Written:
        first, best, item = (self._names.fresh(stem) for stem in ("first", "best", "element"))
        key, most, value = _key(self._node), best, item
        taken = [_set_to(item, element)]
        keep = self._quote("_Best = _Item", _Best=best, _Item=item)
        if key is not None:
            most, value = self._names.fresh("most"), self._names.fresh("value")
            taken += self._quote("_Value = _Key(_Item)", _Value=value, _Key=copy_tree(key), _Item=item)
            keep += self._quote("_Most = _Value", _Most=most, _Value=value)
        each = self._quote(
            f"if _First:\n    _First = False\n    _Keep\nelse:\n    if _Value {sign} _Most:\n        _KeepAgain",
            _First=first, _Keep=keep, _Value=value, _Most=most, _KeepAgain=[copy_tree(each) for each in keep],
        )  # fmt: skip
        default = next((word.value for word in self._node.keywords if word.arg == "default"), None)
        nothing = (
            copy_tree(default)
            if default is not None
            else quote_expression("_Callee(())", self._node, _Callee=self._callee())
        )
        done = self._quote(
            "if _First:\n    _Result = _Nothing\nelse:\n    _Result = _Best",
            _First=first, _Best=best, _Nothing=nothing,
        )  # fmt: skip
        begin = self._quote("_First = True\n_Best = None\n_Most = None", _First=first, _Best=best, _Most=most)
        return begin, [*taken, *each], done

    def _sorted(self, element: ast.expr) -> _Written:
        key = _key(self._node)
        reverse = next((word for word in self._node.keywords if word.arg == "reverse"), None)
        options = [copy_tree(reverse)] if reverse is not None else []
        if key is None:
            before, each, _ = self._gathered(element, "pass")
            target = before[0].targets[0]  # type: ignore[attr-defined]
            call = at(ast.Call(self._callee(), [load(target.id, self._node)], options), self._node)
            return before, each, [_set_to(self._result, call)]
        items, keys, item = (self._names.fresh(stem) for stem in ("every", "keys", "item"))
        order = quote(
            "_Keys = []\nfor _Item in _Items:\n    _Keys.append(_Key(_Item))",
            self._node, _Keys=keys, _Item=item, _Items=items, _Key=copy_tree(key),
        )  # fmt: skip
        call = at(
            ast.Call(load(SORT, self._node), [load(items, self._node), load(keys, self._node)], options), self._node
        )
        append = self._added(element, load(items, self._node), "append")
        return self._quote("_Items = []", _Items=items), [append], [*order, _set_to(self._result, call)]


_Written = tuple[list[ast.stmt], list[ast.stmt], list[ast.stmt]]
"""What comes before the loop, what is done with each element, what comes after the last one."""


def _for(target: ast.expr, iterable: ast.expr) -> ast.comprehension:
    return ast.comprehension(target, iterable, [], 0)


def _set_to(name: str, value: ast.expr) -> ast.stmt:
    return at(ast.Assign([store(name, value)], value), value)
