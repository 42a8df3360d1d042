"""`classify_call`: what calling a concrete callable with concrete arguments may do."""

from __future__ import annotations

from operator import itemgetter
from types import BuiltinMethodType, MethodDescriptorType, ModuleType
from typing import TYPE_CHECKING

from pydron.runtime.effects.builtins import BUILTIN_CALLS
from pydron.runtime.effects.chance import classify_random, random_class
from pydron.runtime.effects.methods import classify_method
from pydron.runtime.effects.numpy import numpy_call
from pydron.runtime.effects.stdlib import STDLIB_CALLS, classify_getter
from pydron.runtime.effects.verdict import UNKNOWN, Verdict, as_function

if TYPE_CHECKING:
    from pydron.runtime.effects.rules import Arguments, CallRule, Keywords

__all__ = ["classify_call", "is_known_call"]

# Callables are looked up by identity: hashing them may run a user's code. The tables keep them alive.
_CALLS: dict[int, CallRule] = {id(callee): rule for callee, rule in (*BUILTIN_CALLS.items(), *STDLIB_CALLS.items())}


def is_known_call(callee: object) -> bool:
    """Tell whether anything is known of a function, for some arguments at least."""
    return id(callee) in _CALLS or numpy_call(callee) is not None


def classify_call(callee: object, args: Arguments, kwargs: Keywords) -> Verdict:
    """Tell what ``callee(*args, **kwargs)`` may do.

    The receiver of a bound method is operand `RECEIVER`; that of ``str.lower(text)`` is operand 0.
    """
    rule = _CALLS.get(id(callee))
    if rule is not None:
        return rule(args, kwargs)
    if type(callee) is BuiltinMethodType and type(callee.__self__) is not ModuleType:
        return classify_method(callee.__self__, callee.__name__, args, kwargs)
    if type(callee) is MethodDescriptorType and args and type(args[0]) is callee.__objclass__:
        return as_function(classify_method(args[0], callee.__name__, args[1:], kwargs))
    if type(callee) is itemgetter:
        return classify_getter(callee, args, kwargs)
    if callee is random_class():
        return classify_random(args, kwargs)
    rule = numpy_call(callee)
    return UNKNOWN if rule is None else rule(args, kwargs)
