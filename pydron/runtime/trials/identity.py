"""Whether code asks which object it has, not only what is in it: a copy would not do for it."""

from __future__ import annotations

from functools import lru_cache
from types import CodeType

__all__ = ["asks_identity"]


@lru_cache(maxsize=1024)
def asks_identity(code: CodeType) -> bool:
    """Say whether a function uses ``is`` on anything but constants, or `id`, itself or in a function inside it."""
    # Imported late: few programs need it.
    from dis import get_instructions

    if "id" in code.co_names:
        return True
    constant = False
    for instruction in get_instructions(code):
        if instruction.opname == "IS_OP" and not constant:
            return True
        constant = instruction.opname == "LOAD_CONST"
    return any(asks_identity(inner) for inner in code.co_consts if type(inner) is CodeType)
