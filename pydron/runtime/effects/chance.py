"""Generators of random numbers that begin with a seed: what they give depends on the seed and on what was drawn before.

So a helper that makes one and draws from it always gives the same for the same arguments.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from pydron.runtime.effects.arrays import numpy_types
from pydron.runtime.effects.operators import numeric_kind
from pydron.runtime.effects.rules import is_plain_iterable
from pydron.runtime.effects.trust import are_atoms, is_atom
from pydron.runtime.effects.verdict import ALL, PURE, RECEIVER, UNKNOWN, Effect, Verdict

if TYPE_CHECKING:
    from pydron.runtime.effects.rules import Arguments, Keywords

__all__ = ["classify_draw", "classify_random", "classify_seed", "random_class"]

# fmt: off
_OF_NUMPY = frozenset(
    {"beta", "binomial", "bytes", "chisquare", "choice", "dirichlet", "exponential", "f", "gamma", "geometric",
     "gumbel", "hypergeometric", "integers", "laplace", "logistic", "lognormal", "logseries", "multinomial",
     "negative_binomial", "normal", "pareto", "permutation", "permuted", "poisson", "power", "random", "rayleigh",
     "standard_cauchy", "standard_exponential", "standard_gamma", "standard_normal", "standard_t", "triangular",
     "uniform", "vonmises", "wald", "weibull", "zipf"}
)
_OF_PYTHON = frozenset(
    {"betavariate", "choice", "choices", "expovariate", "gammavariate", "gauss", "getrandbits", "lognormvariate",
     "normalvariate", "paretovariate", "randbytes", "randint", "random", "randrange", "sample", "triangular",
     "uniform", "vonmisesvariate", "weibullvariate"}
)
# fmt: on
_TYPES = frozenset(map(id, (int, float, bool)))
_DRAW = Verdict(Effect.WRITES, shallow=(ALL,), writes=(RECEIVER,), fresh=True)
_PICK = Verdict(Effect.WRITES, shallow=(ALL,), writes=(RECEIVER,), stores=(ALL,))


def random_class() -> type | None:
    """Return `random.Random`; None while the program has not imported its module."""
    module = sys.modules.get("random")
    found = module.__dict__.get("Random") if type(module) is ModuleType else None
    return found if type(found) is type else None


def classify_seed(args: Arguments, kwargs: Keywords) -> Verdict:
    """Tell what ``numpy.random.default_rng(seed)`` may do: without a seed it asks the system."""
    seeds = (*args, *kwargs.values())
    if len(seeds) != 1 or not kwargs.keys() <= {"seed"}:
        return UNKNOWN
    numbers = seeds[0] if type(seeds[0]) is tuple or type(seeds[0]) is list else seeds
    return PURE if numbers and all(numeric_kind(number) in {"u", "i"} for number in numbers) else UNKNOWN


def classify_random(args: Arguments, kwargs: Keywords) -> Verdict:
    """Tell what ``random.Random(seed)`` may do."""
    return PURE if len(args) == 1 and not kwargs and is_atom(args[0]) and args[0] is not None else UNKNOWN


def classify_draw(generator: object, name: str, args: Arguments, kwargs: Keywords) -> Verdict:
    """Tell what a method of a generator may do, of which nobody knows but who has made it from a seed."""
    if type(generator) is random_class():
        return _PICK if name in _OF_PYTHON and _is_plain_draw(name, args, kwargs) else UNKNOWN
    module = sys.modules.get("numpy.random")
    if type(module) is not ModuleType or type(generator) is not module.__dict__.get("Generator"):
        return UNKNOWN
    known = name in _OF_NUMPY and "out" not in kwargs
    plain = known and all(map(_is_number, args)) and all(map(_is_option, kwargs.values()))
    return _DRAW if plain else UNKNOWN


def _is_plain_draw(name: str, args: Arguments, kwargs: Keywords) -> bool:
    first, *more = (*args, *kwargs.values()) or (0,)
    if name in {"randrange", "randint"}:  # warn about other numbers than whole ones
        return all(type(value) is int for value in (first, *more))
    return (is_atom(first) or is_plain_iterable(first)) and all(is_atom(value) or _is_row(value) for value in more)


def _is_number(value: object) -> bool:
    return is_atom(value) or numeric_kind(value) is not None or _is_row(value)


def _is_row(value: object) -> bool:
    return (type(value) is tuple or type(value) is list) and are_atoms(value)


def _is_option(value: object) -> bool:
    if _is_number(value) or id(value) in _TYPES:
        return True
    known = numpy_types()
    return known is not None and id(value) in known.scalars
