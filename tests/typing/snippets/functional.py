"""`pydron.functional` keeps the type of whatever it is applied to."""

import math
from functools import partial
from typing import assert_type

import pydron


@pydron.functional
def bare(image: bytes, radius: int, *, mode: str = "wrap") -> str:
    return mode


@pydron.functional()
def called(image: bytes, radius: int, *, mode: str = "wrap") -> str:
    return mode


class Camera:
    @pydron.functional
    def expose(self, seconds: float) -> list[int]:
        return []

    @classmethod
    @pydron.functional
    def of(cls, name: str) -> dict[str, int]:
        return {}

    @staticmethod
    @pydron.functional
    def dark(temperature: float) -> tuple[int, int]:
        return (0, 0)


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


assert_type(bare(b"", 3), str)
assert_type(bare(b"", radius=3, mode="nearest"), str)
assert_type(called(b"", 3), str)
bare(b"")  # type: ignore[call-arg]
bare("", 3)  # type: ignore[arg-type]
bare(b"", 3, mode=4)  # type: ignore[arg-type]
called(b"", 3, model="x")  # type: ignore[call-arg]

assert_type(Camera().expose(1.0), list[int])
assert_type(Camera.of("a"), dict[str, int])
assert_type(Camera().of("a"), dict[str, int])
assert_type(Camera.dark(-20.0), tuple[int, int])
Camera().expose("long")  # type: ignore[arg-type]

root = pydron.functional(math.sqrt)
assert_type(root(2.0), float)
root("two")  # type: ignore[arg-type]

assert_type(pydron.functional(Point)(1), Point)
pydron.functional(Point)("one")  # type: ignore[arg-type]

assert_type(pydron.functional(partial(bare, b""))(3), str)
assert_type(pydron.functional(Camera().expose)(1.0), list[int])
assert_type(pydron.functional(str.upper)("a"), str)


@pydron.functional(at_once=3)
async def ask(question: str) -> int:
    return len(question)


async def asking() -> int:
    return await ask("what")
