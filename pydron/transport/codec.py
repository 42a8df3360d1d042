"""Turns objects into payloads and back.

Three ways, the first that serves: plain `pickle` for arguments that are all numbers and text; a C pickler that knows
what travels by value; cloudpickle, imported only when a function of ``__main__``, a closure or the like is met.
Buffers of some size stay out of the stream. They are copied by the sender, because a payload is a snapshot.
"""

from __future__ import annotations

import enum
import functools
import io
import pickle
import sys
import types
import typing
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from pydron.interrupts import is_interrupt
from pydron.tasks import Payload, make_payload
from pydron.transport.definitions import DEFINITIONS, is_by_value, shipped
from pydron.transport.wrappers import reduce_dispatcher, reduce_wrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pydron.tasks import Buffer, Kept

    Keep = Callable[[memoryview], Kept | None]

__all__ = [
    "LARGE_BYTES",
    "Refusal",
    "dumps",
    "dumps_call",
    "dumps_function",
    "is_plain",
    "loads",
    "pickle_class",
    "pickle_whole",
]

Reduced = tuple[object, ...]
BUFFER_LIMIT = 16 * 1024
"""Smaller buffers stay in the stream: a piece of their own costs more than it saves."""

_ATOMS = frozenset(map(id, (type(None), bool, int, float, complex, str, bytes)))
"""Ids of types; asking for the hash of a user's class may run code."""
_SHORT_ATOMS = _ATOMS - {id(bytes)}

LARGE_BYTES = 256 * 1024
"""Shorter bytes are pickled into the stream."""


class Refusal(TypeError):
    """An object that pickle would take but that must not travel; the argument says why."""


class _ByValue(Exception):
    """The quick pickler met something that only cloudpickle can ship."""


_STATEFUL: tuple[type, ...] = (
    types.GeneratorType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    io.IOBase,
    *(type(iter(kind())) for kind in (list, tuple, dict, set, str, bytes, bytearray)),
    *(type(iter(getattr({}, view)())) for view in ("values", "items")),
    type(iter(range(0))),
    type(reversed([])),
    type(iter(int, 0)),
    map,
    filter,
    zip,
    enumerate,
    reversed,
)
"""Consumed by whoever reads them: a copy on a worker would leave the driver's where it stands."""


def _refuse(value: object) -> None:
    if isinstance(value, io.BytesIO | io.StringIO):
        return
    kind = type(value).__name__
    if isinstance(value, io.IOBase):
        raise Refusal("an open file stays in the process that opened it; its name can be sent")
    if isinstance(value, types.CoroutineType | types.AsyncGeneratorType):
        raise Refusal(f"a {kind} belongs to its event loop; what it produces can be sent")
    raise Refusal(f"a {kind} is used up by whoever reads it; a list(...) of it can be sent")


def _reduce_class(cls: type) -> Reduced | None:
    key = DEFINITIONS.key_of_class(cls)
    return None if key is None else (shipped, (key,))


def _reduce_special(value: object, kind: type) -> Reduced | None:
    if kind is object:
        return DEFINITIONS.reduce_sentinel(value)
    if kind is ContextVar:
        return DEFINITIONS.reduce_variable(cast("ContextVar[object]", value))
    if issubclass(kind, _STATEFUL):
        _refuse(value)
    mixins = sys.modules.get("asyncio.mixins")
    if mixins is not None and issubclass(kind, mixins._LoopBoundMixin):
        raise Refusal(f"an asyncio.{kind.__name__} belongs to its event loop; a copy of it would keep nobody waiting")
    return reduce_wrapper(value, kind)


class _Quick(pickle.Pickler):
    """The C pickler, stopped where a plain pickle would be of no use to the reader."""

    def reducer_override(self, value: object) -> Any:
        kind = type(value)
        if kind is types.FunctionType:
            if is_by_value(value.__module__, value.__qualname__):  # type: ignore[attr-defined]
                raise _ByValue
            return NotImplemented
        if isinstance(value, type):
            reduced = _reduce_class(value)
            if reduced is None and kind is type and is_by_value(value.__module__, value.__qualname__):
                raise _ByValue
        else:
            reduced = _reduce_special(value, kind)
        return NotImplemented if reduced is None else reduced


@functools.cache
def _thorough() -> type[pickle.Pickler]:
    """Make the pickler for everything else; cloudpickle is slow to import and often not needed."""
    import cloudpickle

    class Thorough(cloudpickle.Pickler):  # type: ignore[misc]
        """Cloudpickle, with classes by definition, and an eye on the functions that it takes apart."""

        root: type | None = None
        wrap: Callable[[object, object], Reduced] | None = None

        def __init__(self, file: io.BytesIO, protocol: int, buffer_callback: object = None) -> None:
            super().__init__(file, protocol, buffer_callback)
            self.functions: list[types.FunctionType] = []

        def reducer_override(self, value: object) -> Reduced:
            kind = type(value)
            if isinstance(value, type):
                if value is self.root:
                    return self._define(value)
                reduced = _reduce_class(value)
            else:
                reduced = _reduce_special(value, kind)
            if reduced is None and kind is types.FunctionType:
                reduced = reduce_dispatcher(value)  # type: ignore[arg-type]
            if reduced is not None:
                return reduced
            if kind is types.FunctionType and is_by_value(value.__module__, value.__qualname__):  # type: ignore[attr-defined]
                # Cloudpickle takes a module that it finds here for one that can be imported: `__mp_main__`, for one.
                taken: Reduced = self._dynamic_function_reduce(value)
            else:
                taken = super().reducer_override(value)
            if kind is types.FunctionType and taken is not NotImplemented:
                self.functions.append(value)  # type: ignore[arg-type]
            return _completed(value, taken) if isinstance(value, type) and taken is not NotImplemented else taken

        def _define(self, cls: type) -> Reduced:
            reduced = super().reducer_override(cls)
            if reduced is NotImplemented:
                reduced = cloudpickle.cloudpickle._dynamic_class_reduce(cls)
            assert self.wrap is not None
            reduced = _completed(cls, reduced)
            return (*self.wrap(reduced[0], reduced[1]), *reduced[2:])

    return Thorough


def _completed(cls: type, reduced: tuple[Any, ...]) -> Reduced:
    """Return how to pickle a class such that its copy has all that cloudpickle leaves out."""
    return _with_slots(cls, _with_repeated(cls, reduced))


def _with_repeated(cls: type, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """Add what a class says just as one of its bases does: the base may come to say something else."""
    if len(reduced) < 3:
        return reduced  # it is found by its name
    make, empty, (attributes, state), *rest = reduced
    repeated = {
        name: value
        for name, value in vars(cls).items()
        if name not in attributes
        and (name == "__static_attributes__" or not (name.startswith("__") or issubclass(cls, enum.Enum)))
        and any(name in vars(base) and vars(base)[name] is value for base in cls.__mro__[1:])
    }
    return make, empty, ({**attributes, **repeated}, state), *rest


def _with_slots(cls: type, reduced: tuple[Any, ...]) -> Reduced:
    """Return how to pickle a class such that its copy has slots where it has them."""
    content = vars(cls)
    if "__slots__" not in content or issubclass(cls, enum.Enum):
        return reduced
    make, (kind, name, bases, first, *others), (attributes, state), *rest = reduced
    if typing.NamedTuple in bases:
        return reduced  # it gives its classes no instance dictionary, and lets nobody say so
    members = [each for each, value in content.items() if isinstance(value, types.MemberDescriptorType)]
    slots = (*members, *(each for each in ("__dict__", "__weakref__") if each in content))
    kept = {each: value for each, value in attributes.items() if each not in members}
    return make, (kind, name, bases, {**first, "__slots__": slots}, *others), (kept, state), *rest


def pickle_whole(value: object) -> bytes:
    """Pickle anything into one stream."""
    file = io.BytesIO()
    _thorough()(file, 5).dump(value)
    return file.getvalue()


def pickle_class(cls: type, wrap: Callable[[object, object], Reduced]) -> bytes:
    """Pickle the content of a class; `wrap` gets the maker of the empty class and its arguments."""
    file = io.BytesIO()
    pickler = _thorough()(file, 5)
    pickler.root, pickler.wrap = cls, wrap  # type: ignore[attr-defined]
    pickler.dump(cls)
    return file.getvalue()


def is_plain(value: object) -> bool:
    """Tell whether an object, or a call's ``(args, kwargs)``, is made of numbers and text only."""
    if type(value) is not tuple:
        return id(type(value)) in _ATOMS
    if len(value) == 2 and type(value[0]) is tuple and type(value[1]) is dict:
        args, kwargs = value
        return _ATOMS.issuperset(map(id, map(type, args))) and (
            not kwargs or _ATOMS.issuperset(map(id, map(type, kwargs.values())))
        )
    return _ATOMS.issuperset(map(id, map(type, value)))


def dumps(value: object, *, copy: bool = True, keep: Keep | None = None) -> Payload:
    """Pickle a snapshot of an object.

    Args:
        value: anything.
        copy: whether buffers are copied; without it the payload changes with the object.
        keep: puts large buffers where others find them; returns None for those that are to stay here.

    Raises:
        Exception: whatever pickle, or the object itself, has to say against it.
    """
    if keep is not None:
        value = _bytes_apart(value)
    if is_plain(value):
        return Payload(pickle.dumps(value, 5))
    return _dumps(value, copy, keep)[0]


def dumps_call(args: tuple[object, ...], kwargs: Mapping[str, object], keep: Keep | None = None) -> Payload:
    """Pickle a snapshot of the arguments of a call: as `dumps` of both, in less time."""
    if not kwargs and _SHORT_ATOMS.issuperset(map(id, map(type, args))):
        return make_payload((pickle.dumps((args, kwargs), 5), ()))
    if keep is not None:
        args = tuple([_bytes_apart(value) for value in args])
        kwargs = {name: _bytes_apart(value) for name, value in kwargs.items()}
    return dumps((args, kwargs), keep=keep)


class _Apart:
    """Bytes that are pickled as a buffer. Pickle itself puts them into the stream, whatever their size."""

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __reduce_ex__(self, protocol: object) -> Reduced:
        return bytes, (pickle.PickleBuffer(self._content),)


def _bytes_apart(value: object) -> object:
    # Not those inside other objects: a copy of a container would not be the one that others refer to.
    return _Apart(value) if type(value) is bytes and len(value) >= LARGE_BYTES else value


def dumps_function(value: object) -> tuple[Payload, list[types.FunctionType]]:
    """Pickle a callable; return with it the functions that were taken apart, because they cannot be imported."""
    return _dumps(value, copy=True)


class _Buffers:
    """Collects the out-of-band buffers of one pickle."""

    def __init__(self) -> None:
        self.found: list[memoryview] = []

    def __call__(self, buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < BUFFER_LIMIT:
            return True
        self.found.append(raw)
        return False


def _dumps(value: object, copy: bool, keep: Keep | None = None) -> tuple[Payload, list[types.FunctionType]]:
    functions: list[types.FunctionType] = []
    file, buffers = io.BytesIO(), _Buffers()
    try:
        _Quick(file, 5, buffer_callback=buffers).dump(value)
    except (Refusal, MemoryError):
        raise
    except Exception as error:
        if is_interrupt(error):
            raise
        file, buffers = io.BytesIO(), _Buffers()
        pickler = _thorough()(file, 5, buffer_callback=buffers)
        pickler.dump(value)
        functions = pickler.functions  # type: ignore[attr-defined]
    found = tuple([_put(raw, copy, keep) for raw in buffers.found])
    return Payload(file.getvalue(), found), functions


def _put(raw: memoryview, copy: bool, keep: Keep | None) -> Buffer:
    kept = None if keep is None else keep(raw)
    if kept is not None:
        return kept
    return raw if not copy or type(raw.obj) is bytes else bytearray(raw)


def loads(payload: Payload, *, copy: bool = False) -> object:
    """Rebuild an object.

    Args:
        payload: what `dumps` made.
        copy: leave the buffers of the payload alone; without it the object lives on top of them.
    """
    if not payload.buffers:
        return pickle.loads(payload.data)
    return pickle.loads(payload.data, buffers=_opened(payload.buffers, copy))


def _opened(buffers: Iterable[Buffer], copy: bool) -> Iterator[bytes | bytearray | memoryview]:
    for buffer in buffers:
        if not isinstance(buffer, bytes | bytearray | memoryview):
            yield buffer.map()
        else:
            yield bytearray(buffer) if copy else buffer
