"""``PYDRON_CHECK=1``: makes a call, and proves that it kept the promise of a functional callable, or says how not."""

from __future__ import annotations

import inspect
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from pydron.errors import ContractError
from pydron.transport.codec import loads
from pydron.worker.aliases import shared, use_of_identity
from pydron.worker.retrace import line_that
from pydron.worker.suspects import plain_function, suspects
from pydron.worker.watched import Watched, same, snapshot, surroundings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["Witness", "check_code"]


def check_code(name: str, callee: object) -> None:
    """Look for breaches of the promise that can be seen without a call.

    Raises:
        ContractError: there is one.
    """
    function = plain_function(callee)
    if function is not None:
        for suspect in suspects(function):
            raise ContractError(name, str(suspect))


class Witness:
    """One call: what it must leave alone as it was before, and what is needed to make it again."""

    def __init__(
        self, name: str, function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> None:
        self._name = name
        self._function = function
        self._arguments = list(_named(function, args, kwargs))
        self._watched = [*map(_argument, self._arguments), *surroundings_of(function)]
        self._before = [snapshot(watched.get()) for watched in self._watched]
        owner = getattr(function, "__self__", None)
        self._owner = None if isinstance(owner, type) or not inspect.ismethod(function) else owner
        self._call = snapshot((self._owner, tuple(args), dict(kwargs)))

    def compare(self) -> None:
        """Compare with what is there now.

        Raises:
            ContractError: the call has changed something.
        """
        for number, (watched, before) in enumerate(zip(self._watched, self._before, strict=True)):
            if before is None:
                continue
            value = watched.get()
            after = snapshot(value)
            if after is None or not same(before, after):
                part = _difference(loads(before, copy=True), value, 0) if watched.has_parts else ""
                breach = watched.breach.replace(watched.name, watched.name + part, 1) if part else watched.breach
                raise ContractError(self._name, f"{breach}{self._where(number)}: {watched.advice}")

    def _where(self, number: int) -> str:
        """Return the place in the code that changes what is watched, empty if it cannot be told."""
        watched = self._watched[number]
        function = plain_function(self._function)
        if number >= len(self._arguments) and function is not None:
            for suspect in suspects(function):
                if suspect.name == watched.name:
                    return f" at {suspect.filename}:{suspect.line}"
        made = self._made_again()
        if made is None:
            return ""
        call, arguments = made
        if number < len(self._arguments):
            watched = replace(watched, get=lambda: arguments[number][1])
        begins = snapshot(watched.get())
        place = line_that(call, lambda: begins is None or not _is(begins, watched.get()))
        return "" if place is None else f" at {place[0]}:{place[1]}"

    def _made_again(self) -> tuple[Callable[[], object], list[tuple[str, object]]] | None:
        """Return the same call, on copies of the arguments, and these by name; None if they cannot be copied."""
        if self._call is None or inspect.iscoroutinefunction(self._function):  # an event loop runs already
            return None
        call = cast("tuple[object, tuple[object, ...], dict[str, object]]", loads(self._call, copy=True))
        owner, args, kwargs = call
        function = self._function
        if self._owner is not None:
            function = getattr(owner, function.__name__)
        return partial(function, *args, **kwargs), list(_named(function, args, kwargs))

    def repeat(self, result: object) -> None:
        """Make the call again and compare the results.

        Raises:
            ContractError: they differ.
        """
        made = self._made_again()
        if made is None or snapshot(result) is None:
            return
        try:
            again = made[0]()
        except Exception as error:
            outcome = f"raises {type(error).__name__}"
        else:
            part = _unlike(result, again, 0)
            if part is None:
                return
            outcome = f"gives another result{f' (in {part})' if part else ''}"
        raise ContractError(
            self._name,
            f"{outcome} when it is called again with the same arguments{self._defined()}: let it depend on them alone, "
            "not on a clock, a counter, random numbers without a seed or the order of a set",
        )

    def find_alias(self, result: object, site: tuple[str, int] | None) -> None:
        """Find out whether the result is an argument, and the program does something that tells it from a copy.

        Raises:
            ContractError: that is so.
        """
        name = shared(result, self._arguments)
        use = None if name is None or site is None else use_of_identity(*site)
        if use is not None and site is not None:
            raise ContractError(
                self._name,
                f"returns its argument {name}, or part of it{self._defined()}, which comes back as a copy, and "
                f"{site[0]}:{use.line} can tell ({use.text}): return a copy, or take the decorator off",
            )

    def _defined(self) -> str:
        function = plain_function(self._function)
        if function is None:
            return ""
        return f" ({function.__code__.co_filename}:{function.__code__.co_firstlineno})"


def _is(before: object, value: object) -> bool:
    after = snapshot(value)
    return after is not None and same(before, after)  # type: ignore[arg-type]


def _argument(named: tuple[str, object]) -> Watched:
    name, value = named
    return Watched(
        f"has changed its argument {name}", f"argument {name}", lambda: value, "work on a copy of it, and return that"
    )


def _named(
    function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
) -> Iterable[tuple[str, object]]:
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return [*((str(number), value) for number, value in enumerate(args, 1)), *kwargs.items()]
    named = list(bound.arguments.items())
    owner = getattr(function, "__self__", None)
    return named if owner is None or isinstance(owner, type) else [("self", owner), *named]


def _difference(old: object, new: object, depth: int) -> str:
    """Return the way to the first part that differs, empty if it cannot be told."""
    if type(old) is not type(new) or depth > 20:
        return ""
    for step, one, other in _pairs(old, new):
        first, second = snapshot(one), snapshot(other)
        if first is not None and (second is None or not same(first, second)):
            return step + _difference(one, other, depth + 1)
    return ""


def _pairs(old: object, new: object) -> Iterable[tuple[str, object, object]]:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in old if key in new]
        return [(f"[{key!r}]", old[key], new[key]) for key in keys]
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return [(f"[{index}]", one, other) for index, (one, other) in enumerate(zip(old, new, strict=False))]
    first, second = getattr(old, "__dict__", {}), getattr(new, "__dict__", {})
    return [(f".{name}", first[name], second[name]) for name in first if name in second]


def _unlike(one: object, other: object, depth: int) -> str | None:
    """Return the way to the first part in which two results differ, empty for the whole; None if they are alike.

    Values with equal pickles are alike. Others may be: a pickle shows the order of a set, and what is one object.
    """
    first, second = snapshot(one), snapshot(other)
    if first is None or second is None or same(first, second):
        return None
    if type(one) is not type(other):
        return ""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(one, numpy.ndarray):
        return None if one.shape == other.shape and one.tobytes() == other.tobytes() else ""  # type: ignore[attr-defined]
    try:
        if bool(one == other):
            return None
    except Exception:
        return ""
    pairs = list(_pairs(one, other)) if depth < 20 else []
    sizes = [len(value) for value in (one, other) if isinstance(value, list | tuple | dict)]
    if not pairs or len(set(sizes)) > 1:
        return ""
    for step, left, right in pairs:
        part = _unlike(left, right, depth + 1)
        if part is not None:
            return step + part
    return None
