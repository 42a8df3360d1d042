"""The effects database: what an operation on concrete values may do.

Every answer errs on the side of `Effect.UNKNOWN`: a wrong "pure" is a wrong program.
"""

from pydron.runtime.effects.attributes import plain_attribute, plain_setattr
from pydron.runtime.effects.calls import classify_call, is_known_call
from pydron.runtime.effects.functional import FunctionalNames, declare_functional, is_declared_functional
from pydron.runtime.effects.listeners import heard_by, listeners
from pydron.runtime.effects.memory import memory_key
from pydron.runtime.effects.methods import classify_method
from pydron.runtime.effects.operators import (
    binary_is_pure,
    classify_binary,
    classify_delitem,
    classify_inplace,
    classify_setitem,
    classify_subscript,
    classify_truth,
    classify_unary,
    iteration_is_plain,
    subscript_is_pure,
    truth_is_pure,
)
from pydron.runtime.effects.quiet import MustWait, quiet, run_quietly
from pydron.runtime.effects.reach import reaches, touches
from pydron.runtime.effects.trust import ATOM_IDS, ATOMS, is_immutable, is_trusted
from pydron.runtime.effects.verdict import ALL, PENDING, RECEIVER, Effect, Operand, Verdict

__all__ = [
    "ALL",
    "ATOMS",
    "ATOM_IDS",
    "PENDING",
    "RECEIVER",
    "Effect",
    "FunctionalNames",
    "MustWait",
    "Operand",
    "Verdict",
    "binary_is_pure",
    "classify_binary",
    "classify_call",
    "classify_delitem",
    "classify_inplace",
    "classify_method",
    "classify_setitem",
    "classify_subscript",
    "classify_truth",
    "classify_unary",
    "declare_functional",
    "heard_by",
    "is_declared_functional",
    "is_immutable",
    "is_known_call",
    "is_trusted",
    "iteration_is_plain",
    "listeners",
    "memory_key",
    "plain_attribute",
    "plain_setattr",
    "quiet",
    "reaches",
    "run_quietly",
    "subscript_is_pure",
    "touches",
    "truth_is_pure",
]
