"""Calls in a trial: functions by their twins, classes by what they run, others as the effects database knows them."""

from __future__ import annotations

import builtins
import dataclasses
import operator
from functools import partial
from types import (
    BuiltinMethodType,
    CellType,
    CodeType,
    FunctionType,
    GeneratorType,
    MethodType,
)
from typing import TYPE_CHECKING, cast

from pydron.runtime.effects import Effect, classify_call, classify_method
from pydron.runtime.effects.builtins import BUILTIN_CALLS
from pydron.runtime.effects.chance import classify_draw, random_class
from pydron.runtime.effects.memory import class_mro, is_class
from pydron.runtime.effects.stdlib import STDLIB_CALLS
from pydron.runtime.marks import functional_of, ordered_of, scheduled_of
from pydron.runtime.trials.attributes import Late
from pydron.runtime.trials.generated import constructed_fields, makes_namedtuple
from pydron.runtime.trials.identity import asks_identity
from pydron.runtime.trials.lookup import MISSING, find, has_finalizer, is_users, name_of
from pydron.runtime.trials.sequences import Sequences
from pydron.runtime.trials.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydron.runtime.effects import Verdict

__all__ = ["Calls"]

_BUILTIN = frozenset(map(id, (*BUILTIN_CALLS, *STDLIB_CALLS)))
_COROUTINE = 0x80 | 0x200
"""The flags of code that makes coroutines and asynchronous generators."""
_NEW = vars(object)["__new__"]
_INIT = vars(object)["__init__"]
_PLAIN_ERRORS = [
    kind
    for kind in vars(builtins).values()
    if type(kind) is type and issubclass(kind, BaseException) and kind.__basicsize__ == BaseException.__basicsize__
]
_NEW_ERROR = frozenset(id(vars(kind).get("__new__", kind)) for kind in _PLAIN_ERRORS)
_INIT_ERROR = frozenset(id(vars(kind).get("__init__", kind)) for kind in _PLAIN_ERRORS)
"""How exceptions are made that keep their arguments and nothing else."""
_SETATTR = vars(object)["__setattr__"]
_TYPE_CALL = vars(type)["__call__"]
_FACTORY = vars(dataclasses)["_HAS_DEFAULT_FACTORY"]


class Calls(Sequences, Texts):
    """The calls; mixed into the trial."""

    __slots__ = ()

    def call(self, callee: object, /, *args: object, **kwargs: object) -> object:
        """``callee(*args, **kwargs)``."""
        self.step()
        kind = type(callee)
        if kind is FunctionType:
            return self._function(cast("FunctionType", callee), args, kwargs)
        if kind is Late:
            return self._late(cast("Late", callee), args, kwargs)
        if ordered_of(callee) is not None:
            self.stop(f"it calls {name_of(callee)}, which is ordered, outside of a scheduled function")
        if kind is MethodType:
            method = cast("MethodType", callee)
            return self.call(method.__func__, method.__self__, *args, **kwargs)
        special = _SPECIAL.get(id(callee))
        if special is not None:
            return special(self, args, kwargs)
        if id(callee) in _INIT_ERROR:
            return self._init_error(callee, args, kwargs)
        if is_class(callee) and id(callee) not in _BUILTIN and callee is not random_class():
            return self._construct(cast("type", callee), args, kwargs)
        if kind is BuiltinMethodType and id(type(cast("BuiltinMethodType", callee).__self__)) in _METHOD_OWNERS:
            method_of = cast("BuiltinMethodType", callee)
            return self._late(Late(method_of.__self__, method_of.__name__), args, kwargs)
        if kind is partial:
            bound = cast("partial[object]", callee)
            return self.call(bound.func, *bound.args, *args, **{**bound.keywords, **kwargs})
        if kind is operator.attrgetter:
            return self._get_attributes(cast("operator.attrgetter[object]", callee), args, kwargs)
        return self._known(callee, args, kwargs)

    def _known(self, callee: object, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        verdict = classify_call(callee, args, kwargs)
        if verdict.is_known:
            return self._run(verdict, callee, args, kwargs)
        fallback = self.fallback(callee)
        if fallback is not None:
            return fallback(args, kwargs)
        method = find(type(callee), "__call__")
        if type(method) is FunctionType and is_users(type(callee)):
            return self.call(method, callee, *args, **kwargs)
        self.stop(f"{name_of(callee)}() is not known to be pure")

    def _run(
        self,
        verdict: Verdict,
        callee: object,
        args: Sequence[object],
        kwargs: Mapping[str, object],
        receiver: object = None,
    ) -> object:
        """Run an operation that the database knows, if it only reads."""
        if verdict.effect is Effect.OUTPUT:
            self.stop(f"{name_of(callee)}() writes")
        if verdict.effect is Effect.WRITES:
            self.stop(f"{name_of(callee)}() is not known to be pure")
        self.permit(verdict, args, kwargs, receiver)
        result = self.do(callee, *args, **kwargs)  # type: ignore[arg-type]
        if verdict.fresh or id(callee) in _ITERATOR_MAKERS:
            self.born(result)
        return result

    def _again(self, function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        return self._run(classify_call(function, args, kwargs), function, args, kwargs)

    # functions

    def _function(self, function: FunctionType, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if self.is_own(function):  # it was made by a twin, so it is one
            return self._entered(function, args, kwargs)
        if functional_of(function) is not None:
            self.stop(f"it calls {function.__qualname__}, which is functional, outside of a scheduled function")
        if ordered_of(function) is not None:
            self.stop(f"it calls {function.__qualname__}, which is ordered, outside of a scheduled function")
        if scheduled_of(function) is not None:
            self.stop(f"it calls {function.__qualname__}, which is scheduled")
        if function.__code__.co_flags & _COROUTINE:
            self.stop(f"{function.__qualname__}() makes a coroutine")
        self.read(function.__globals__)
        return self._entered(self._twin(function), args, kwargs)

    def _entered(self, function: FunctionType, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        result = self.enter(function, args, kwargs)
        if type(result) is GeneratorType and result.gi_code is function.__code__:
            self.born(result)
        return result

    def _twin(self, function: FunctionType) -> FunctionType:
        code = self.twin(function)
        if not isinstance(code, CodeType):
            self.stop(f"{function.__qualname__}, line {code[1]}: {code[0]}")
        self.asks_identity = self.asks_identity or asks_identity(function.__code__)
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        cells[".O"] = CellType(self)
        closure = tuple([cells[name] for name in code.co_freevars])
        made = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)
        made.__kwdefaults__ = function.__kwdefaults__
        made.__qualname__ = function.__qualname__
        return made

    # classes

    def _construct(self, cls: type, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if find(type(cls), "__call__") is not _TYPE_CALL:
            self.stop(f"the metaclass of {name_of(cls)} makes its instances")
        if has_finalizer(cls):
            self.stop(f"{name_of(cls)} has a finalizer")
        new, init = find(cls, "__new__"), find(cls, "__init__")
        if new is _NEW and init is _INIT:
            return self.born(self.do(cls, *args, **kwargs))
        made = self._make(cls, new, args, kwargs)
        if not any(parent is cls for parent in class_mro(type(made))):
            return made
        if init is _INIT:
            return made
        if id(init) in _INIT_ERROR:
            self.do(init, made, *args, **kwargs)  # type: ignore[arg-type]
        elif type(init) is not FunctionType:
            self.stop(f"{name_of(cls)}() is not known to be pure")
        elif self._fill_fields(cls, init, made, args, kwargs) is not None:
            self.stop(f"__init__ of {name_of(cls)} gives a value")
        return made

    def _make(self, cls: type, new: object, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if new is _NEW:
            return self.born(self.do(object.__new__, cls))
        if id(new) in _NEW_ERROR:
            return self.born(self.do(cast("Callable[..., object]", new), cls, *args, **kwargs))
        function = new.__func__ if type(new) is staticmethod else new
        if type(function) is not FunctionType:
            self.stop(f"{name_of(cls)}() is not known to be pure")
        if makes_namedtuple(new, cls):
            return self.do(function, cls, *args, **kwargs)
        return self.call(function, cls, *args, **kwargs)

    def _fill_fields(
        self, cls: type, init: FunctionType, made: object, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> object:
        """Run an ``__init__``; of one that `dataclasses` wrote there is no source, but what it does is known."""
        fields = constructed_fields(cls, init)
        if fields is None:
            return self.call(init, made, *args, **kwargs)
        if find(cls, "__setattr__") is not _SETATTR and "__setattr__" not in init.__code__.co_names:
            self.stop(f"__setattr__ of {name_of(cls)} is not known to be harmless")
        values = self._bound(init, args, kwargs)
        for field in fields:
            value = values.get(field.name, MISSING)
            if value is _FACTORY or (value is MISSING and field.default_factory is not dataclasses.MISSING):
                value = self.call(field.default_factory)
            if value is MISSING:
                value = field.default
            if value is not dataclasses.MISSING:
                self.force_attribute(made, field.name, value)
        if "__post_init__" in init.__code__.co_names:
            self.call(self.method(made, "__post_init__"))
        return None

    def _bound(self, init: FunctionType, args: Sequence[object], kwargs: Mapping[str, object]) -> dict[str, object]:
        """Return the arguments of a generated ``__init__`` by name."""
        code = init.__code__
        names = code.co_varnames[1 : code.co_argcount]
        keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        defaults = init.__defaults__ or ()
        values: dict[str, object] = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        values.update(init.__kwdefaults__ or {})
        values.update(zip(names, args, strict=False))
        given = set(names[: len(args)])
        wrong = len(args) > len(names) or any(name in given or name not in {*names, *keywords} for name in kwargs)
        values.update(kwargs)
        if wrong or not {*names, *keywords} <= values.keys():
            self.stop(f"the arguments of {init.__qualname__} do not fit")
        return values

    # methods of builtin objects

    def _late(self, late: Late, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        owner, name = late.owner, late.name
        if type(owner) is list and self.is_own(owner) and name in {"sort", "extend"}:
            self.change_list(owner, name, args, kwargs)
            return None
        if type(owner) is str and name == "join" and len(args) == 1 and not kwargs:
            args = (self.gathered(args[0]),)
        verdict = classify_method(owner, name, args, kwargs)
        if not verdict.is_known and self.is_own(owner):
            verdict = classify_draw(owner, name, args, kwargs)
        if verdict.effect is not Effect.WRITES:
            if not verdict.is_known:
                self.stop(f"{name}() of {name_of(type(owner))} is not known to be pure")
            return self._run(verdict, getattr(owner, name), args, kwargs, owner)
        if not self.is_own(owner):
            self.stop(f"{name}() changes a {name_of(type(owner))} that it has not made")
        if verdict.writes != (-1,):
            self.stop(f"{name}() of {name_of(type(owner))} is not known to be harmless")
        for value in (*args, *kwargs.values()):
            self.read(value)
        result = self.do(getattr(owner, name), *args, **kwargs)
        return self.born(result) if verdict.fresh else result

    def _get_attributes(
        self, getter: operator.attrgetter[object], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> object:
        if len(args) != 1 or kwargs:
            return self.do(getter, *args, **kwargs)
        names = cast("tuple[str, ...]", getter.__reduce__()[1])
        found: list[object] = []
        for name in names:
            value = args[0]
            for part in name.split("."):
                value = self.attribute(value, part)
            found.append(value)
        return found[0] if len(found) == 1 else tuple(found)

    # methods that classes in Python inherit from `object`

    def _new_object(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        cls = args[0] if args else None
        if kwargs or len(args) != 1 or not is_class(cls) or not is_users(cast("type", cls)):
            self.stop("object.__new__() is used in a way that is not known")
        if has_finalizer(cast("type", cls)):
            self.stop(f"{name_of(cls)} has a finalizer")
        return self.born(self.do(object.__new__, cls))

    def _init_object(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        return self.do(_INIT, *args, **kwargs)

    def _init_error(self, init: object, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if not args or not self.is_own(args[0]):
            self.stop("it initialises an exception that it has not made")
        return self.do(init, *args, **kwargs)  # type: ignore[arg-type]

    def _set_attribute(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if len(args) != 3 or kwargs:
            self.stop("object.__setattr__() is used in a way that is not known")
        self.force_attribute(args[0], args[1], args[2])
        return None

    def _super(self, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        if len(args) != 2 or kwargs:
            self.stop("super() is used in a way that is not known")
        return self.make_super(args[0], args[1])

    def _id(self, _args: Sequence[object], _kwargs: Mapping[str, object]) -> object:
        self.stop("id() differs from run to run")


_ITERATOR_MAKERS = frozenset(map(id, (enumerate, zip, reversed, iter)))
_METHOD_OWNERS = frozenset(map(id, (list, dict, set, str, bytes, tuple, frozenset, int, float, complex)))
_SPECIAL = {
    id(_NEW): Calls._new_object,
    id(_INIT): Calls._init_object,
    id(_SETATTR): Calls._set_attribute,
    id(super): Calls._super,
    id(id): Calls._id,
    id(map): Calls._map,  # the iterator that the database knows calls the function itself
    id(filter): Calls._filter,
}
