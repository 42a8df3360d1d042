"""All that pickling offers to the rest of Pydron, in one place."""

from pydron.transport.codec import Refusal, dumps, loads
from pydron.transport.culprits import refused_argument, refused_result
from pydron.transport.definitions import DEFINITIONS
from pydron.transport.failures import dump_failure, load_failure
from pydron.transport.functions import Functions

__all__ = [
    "DEFINITIONS",
    "Functions",
    "Refusal",
    "dump_failure",
    "dumps",
    "load_failure",
    "loads",
    "refused_argument",
    "refused_result",
]
