"""Exceptions in parts: what pickle loses of them is shipped beside them, and put back together in the driver.

An exception is a node with its class, arguments and attributes; cause, context and the members of a group are nodes
too, referred to by number because they may go in circles. Tracebacks become lists of places; the driver builds real
traceback objects from them that show the user's lines, with the carets where they were.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydron.errors import RemoteError
from pydron.tasks import Failure
from pydron.traces import Place, build_traceback, places_of
from pydron.transport.codec import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydron.tasks import Payload

__all__ = ["dump_failure", "load_failure"]

_DEEPEST = 500
"""Exceptions in one failure; a chain that is longer is cut."""

_FIELDS: tuple[tuple[type[BaseException], tuple[str, ...]], ...] = (
    (OSError, ("errno", "strerror", "filename", "filename2")),
    (SyntaxError, ("msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset", "print_file_and_line")),
    (ImportError, ("msg", "name", "path", "name_from")),
    (UnicodeError, ("encoding", "object", "start", "end", "reason")),
    (SystemExit, ("code",)),
    (StopIteration, ("value",)),
    (NameError, ("name",)),
    (AttributeError, ("name", "obj")),
)
"""What builtin exceptions keep outside their `__dict__`."""


@dataclass(slots=True)
class _Node:
    """One exception in parts. Each payload is pickled on its own, so that one bad part spoils only itself."""

    type_name: str
    text: str
    cls: Payload | None
    whole: Payload | None
    """The exception as pickle has it, if that is known to come back the same."""
    args: list[Payload] = field(default_factory=list)
    state: dict[str, Payload] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    members: list[int] | None = None
    cause: int | None = None
    context: int | None = None
    suppress: bool = False
    places: list[Place] = field(default_factory=list)


def dump_failure(error: BaseException) -> Failure:
    """Take an exception apart."""
    order: list[BaseException] = []
    numbers: dict[int, int] = {}
    _collect(error, order, numbers)
    nodes = [_take_apart(each, numbers) for each in order]
    return Failure(dumps(nodes), _text(error))


def load_failure(failure: Failure) -> BaseException:
    """Put an exception together; `RemoteError` if its class cannot be had here."""
    try:
        nodes = loads(failure.payload)
        assert isinstance(nodes, list)
    except Exception:
        last = failure.text.strip().rpartition("\n")[2]
        name, _, message = last.partition(": ")
        return RemoteError(name, message, failure.text)
    made: dict[int, BaseException] = {}
    for number in reversed(range(len(nodes))):
        made[number] = _put_together(nodes, number, made, failure.text)
    for number, node in enumerate(nodes):
        _link(made[number], node, made)
    return made[0]


def _collect(error: BaseException, order: list[BaseException], numbers: dict[int, int]) -> None:
    """Number an exception and all that it refers to; members of a group come after the group."""
    todo = [error]
    while todo and len(order) < _DEEPEST:
        each = todo.pop()
        if id(each) in numbers:
            continue
        numbers[id(each)] = len(order)
        order.append(each)
        more = [each.__context__, each.__cause__]
        if isinstance(each, BaseExceptionGroup):
            more += each.exceptions
        todo += [one for one in more if one is not None]


def _take_apart(error: BaseException, numbers: dict[int, int]) -> _Node:
    cls = type(error)
    node = _Node(f"{cls.__module__}.{cls.__qualname__}".removeprefix("builtins."), _str(error), _try_dumps(cls), None)
    group = isinstance(error, BaseExceptionGroup)
    node.whole = None if group else _whole(error)
    node.args = [_part(value, f"args[{index}]", node) for index, value in enumerate(error.args) if not group]
    for name, value in _state(error):
        payload = _try_dumps(value)
        if payload is None:
            node.dropped.append(f".{name}")
        else:
            node.state[name] = payload
    node.notes = [str(note) for note in getattr(error, "__notes__", ())]
    node.cause = numbers.get(id(error.__cause__))
    node.context = numbers.get(id(error.__context__))
    node.suppress = error.__suppress_context__
    if isinstance(error, BaseExceptionGroup):
        node.args = [_part(error.message, "message", node)]
        node.members = [numbers[id(each)] for each in error.exceptions if id(each) in numbers]
    node.places = places_of(error.__traceback__)
    return node


def _whole(error: BaseException) -> Payload | None:
    """Pickle an exception if what comes back has the same type, arguments and attributes."""
    try:
        reduced = error.__reduce_ex__(5)
        if isinstance(reduced, tuple) and len(reduced) > 2 and isinstance(reduced[2], dict):
            # Notes are added by hand, and must not come twice.
            reduced = (*reduced[:2], {k: v for k, v in reduced[2].items() if k != "__notes__"}, *reduced[3:])
        payload = dumps(_Reduced(reduced))
        back = loads(payload)
        same = type(back) is type(error) and _str(back) == _str(error) and len(back.args) == len(error.args)
        same = same and dict(_state(error)).keys() == dict(_state(back)).keys()  # type: ignore[arg-type]
    except Exception:
        return None
    return payload if same else None


class _Reduced:
    """Pickles as the given reduction."""

    def __init__(self, reduced: str | tuple[Any, ...]) -> None:
        self._reduced = reduced

    def __reduce_ex__(self, protocol: object) -> str | tuple[Any, ...]:
        return self._reduced


def _state(error: BaseException) -> Iterable[tuple[str, object]]:
    for name, value in vars(error).items():
        if name != "__notes__":
            yield name, value
    for kind, names in _FIELDS:
        if isinstance(error, kind):
            for name in names:
                value = getattr(error, name, None)
                if value is not None:
                    yield name, value
    for cls in type(error).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(error, name):
                yield name, getattr(error, name)


def _part(value: object, name: str, node: _Node) -> Payload:
    payload = _try_dumps(value)
    if payload is None:
        node.dropped.append(name)
        payload = dumps(_repr(value))
    return payload


def _try_dumps(value: object) -> Payload | None:
    try:
        return dumps(value)
    except Exception:
        return None


def _put_together(nodes: list[_Node], number: int, made: dict[int, BaseException], text: str) -> BaseException:
    node = nodes[number]
    error = _rebuild(node, [made[member] for member in node.members or () if member in made])
    if error is None:
        error = RemoteError(node.type_name, node.text, text)
    for note in node.notes:
        error.add_note(note)
    if node.dropped:
        error.add_note(f"(lost on the way here, because it cannot be pickled: {', '.join(node.dropped)})")
    return error.with_traceback(build_traceback(node.places))


def _rebuild(node: _Node, members: list[BaseException]) -> BaseException | None:
    if node.whole is not None:
        try:
            whole = loads(node.whole)
        except Exception:
            whole = None
        if isinstance(whole, BaseException):
            return whole
    try:
        cls = loads(node.cls) if node.cls is not None else None
        args = [loads(each) for each in node.args]
        if not (isinstance(cls, type) and issubclass(cls, BaseException)):
            return None
        if node.members is not None:
            args.append(members)
        error: BaseException = cls.__new__(cls, *args)
        if node.members is None:
            error.args = tuple(args)
    except Exception:
        return None
    for name, payload in node.state.items():
        try:
            setattr(error, name, loads(payload))
        except Exception:
            node.dropped.append(f".{name}")
    return error


def _link(error: BaseException, node: _Node, made: dict[int, BaseException]) -> None:
    if node.cause is not None:
        error.__cause__ = made.get(node.cause)
    if node.context is not None:
        error.__context__ = made.get(node.context)
    error.__suppress_context__ = node.suppress


def _text(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except Exception:
        return f"{type(error).__qualname__}: {_str(error)}"


def _str(error: object) -> str:
    try:
        return str(error)
    except Exception:
        return "<str() failed>"


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception:
        return f"<{type(value).__qualname__} object>"
