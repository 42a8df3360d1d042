"""Fibers and the frames that they execute."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from pydron.runtime.fiber import Fiber

if TYPE_CHECKING:
    from collections.abc import Generator


class Token:
    """Something that a weak reference can point to."""


def test_looking_at_the_variables_of_a_frame_keeps_none_of_them() -> None:
    def frame() -> Generator[object, object, None]:
        kept, token = Token(), Token()
        yield weakref.ref(token)
        del token
        yield kept

    fiber = Fiber.__new__(Fiber)
    fiber.frame = frame()
    token = next(fiber.frame)
    assert isinstance(token, weakref.ref)
    (kept,) = fiber._variables(("kept",))
    assert token() is not None
    assert next(fiber.frame) is kept
    assert token() is None
