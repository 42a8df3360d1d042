"""Classes, sentinels and context variables that travel by value: shipped once, known by a key, with one identity.

A class of ``__main__`` or of a function body cannot be imported by a worker. The driver *defines* it: gives it a key
and pickles its content once. In every other pickle it is a reference to that key, so what comes back from a worker
refers to the driver's own class, and `isinstance` and ``is`` hold. The same goes for ``MISSING = object()``.

Definitions must reach a worker before a payload that refers to them; `outgoing` lists them in order for that purpose.
They are loaded when first needed, which lets classes refer to each other in circles.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from contextvars import Context, ContextVar
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DEFINITIONS", "Definitions", "is_by_value", "module_attribute", "module_holding", "shipped"]


def is_by_value(module: str | None, qualname: str) -> bool:
    """Tell whether something that claims to live there cannot be imported by a worker."""
    if module is None or module in {"__main__", "__mp_main__"} or "<locals>" in qualname:
        return True
    found = sys.modules.get(module)
    return found is None or (getattr(found, "__spec__", None) is None and not hasattr(found, "__file__"))


def module_attribute(module: str, name: str) -> object:
    """Return the value of a name in a module (the far end of a pickled sentinel)."""
    __import__(module)
    return getattr(sys.modules[module], name)


def shipped(key: bytes) -> object:
    """Return the object that a key stands for (the far end of a pickled reference)."""
    return DEFINITIONS.load(key)


def _sentinel(key: bytes) -> object:
    return DEFINITIONS.made(key, object())


def _variable(key: bytes, name: str, *default: object) -> object:
    made: ContextVar[object] = ContextVar(name, default=default[0]) if default else ContextVar(name)
    return DEFINITIONS.made(key, made)


def _build(key: bytes, make: object, arguments: tuple[object, ...]) -> object:
    """Make the empty class of a definition, or return the one there is, which is then updated."""
    known = DEFINITIONS.known(key)
    return DEFINITIONS.made(key, make(*arguments)) if known is None else known  # type: ignore[operator]


class Definitions:
    """All that this process has shipped or received by value.

    Every method may be called from any thread.
    """

    def __init__(self) -> None:
        self.origin = True
        """Whether this process defines things of its own; workers send theirs whole instead."""
        self.outgoing: list[tuple[bytes, bytes]] = []
        self._objects: dict[bytes, object] = {}
        self._keys: dict[int, bytes] = {}
        self._marks: dict[bytes, tuple[int, ...]] = {}
        self._pending: dict[bytes, bytes] = {}
        self._lock = threading.RLock()

    def key_of_class(self, cls: type) -> bytes | None:
        """Return the key of a class that travels by value, None for one that a worker can import."""
        key = self._keys.get(id(cls))
        if key is None:
            if not self.origin or not is_by_value(cls.__module__, cls.__qualname__) or cls.__module__ == "builtins":
                return None
            return self._define_class(cls)
        if self.origin and key in self._marks and self._marks[key] != _mark(cls):
            return self._define_class(cls)
        return key

    def reduce_sentinel(self, value: object) -> tuple[object, tuple[object, ...]] | None:
        """Return how to pickle a bare ``object()`` so that it stays itself, None if no module holds it."""
        key = self._keys.get(id(value))
        if key is not None:
            return shipped, (key,)
        place = module_holding(value)
        if place is None:
            return None
        if not is_by_value(*place):
            return module_attribute, place
        return (shipped, (self._define(value, _sentinel),)) if self.origin else None

    def reduce_variable(self, variable: ContextVar[object]) -> tuple[object, tuple[object, ...]] | None:
        """Return how to pickle a context variable, which is the same one in all calls on a worker."""
        key = self._keys.get(id(variable))
        if key is not None:
            return shipped, (key,)
        place = module_holding(variable)
        if place is not None and not is_by_value(*place):
            return module_attribute, place
        if not self.origin:
            return None
        try:
            default: tuple[object, ...] = (Context().run(variable.get),)
        except LookupError:
            default = ()
        return shipped, (self._define(variable, _variable, variable.name, *default),)

    def receive(self, key: bytes, payload: bytes) -> None:
        """Take a definition; it is loaded when needed, or at once if it changes one that is in use."""
        with self._lock:
            if key in self._objects and not self.origin:
                pickle.loads(payload)
            elif key not in self._objects:
                self._pending[key] = payload

    def load(self, key: bytes) -> object:
        """Return the object behind a key.

        Raises:
            LookupError: the definition has not arrived.
        """
        with self._lock:
            if key not in self._objects:
                # A base class may refer to the class that is being built on it: then that is built within, on what
                # there is of the base already, and the outer attempt finds it done.
                pickle.loads(self._pending[key])
                self._pending.pop(key, None)
            return self._objects[key]

    def known(self, key: bytes) -> object | None:
        """Return the object behind a key if it has been made."""
        return self._objects.get(key)

    def made(self, key: bytes, value: object) -> object:
        """Register an object under its key."""
        with self._lock:
            self._objects[key] = value
            self._keys[id(value)] = key
        return value

    def _define(self, value: object, make: Callable[..., object], *arguments: object) -> bytes:
        from pydron.transport.codec import pickle_whole

        with self._lock:
            key = os.urandom(16)
            payload = pickle_whole(_Call(make, (key, *arguments)))
            self.made(key, value)
            self.outgoing.append((key, payload))
            return key

    def _define_class(self, cls: type) -> bytes:
        from pydron.transport.codec import pickle_class

        with self._lock:
            key = self._keys.get(id(cls))
            fresh = key is None
            if key is None:
                key = os.urandom(16)
                self.made(key, cls)
            self._marks[key] = _mark(cls)
            try:
                payload = pickle_class(cls, lambda make, arguments: (_build, (key, make, arguments)))
            except BaseException:
                if fresh:
                    del self._objects[key], self._keys[id(cls)], self._marks[key]
                raise
            self.outgoing.append((key, payload))
            return key


class _Call:
    """Pickles as a call."""

    def __init__(self, function: object, arguments: tuple[object, ...]) -> None:
        self._reduced = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self._reduced


def _mark(cls: type) -> tuple[int, ...]:
    """Return a cheap fingerprint of a class: it changes when an attribute is rebound."""
    return tuple([id(value) for name, value in vars(cls).items() if name not in _VOLATILE])


_VOLATILE = frozenset({"__abstractmethods__", "__dict__", "__doc__", "__slotnames__", "__weakref__", "_abc_impl"})


def module_holding(value: object) -> tuple[str, str] | None:
    """Return module and name of a global variable that holds this very object."""
    for module_name, module in sys.modules.copy().items():
        if isinstance(module, ModuleType):
            for name, held in list(vars(module).items()):
                if held is value:
                    return module_name, name
    return None


DEFINITIONS = Definitions()
