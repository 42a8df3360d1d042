"""`pydron.schedule` keeps the type of a function or method."""

from collections.abc import Callable, Iterable
from typing import assert_type

import pydron


@pydron.schedule
def bare(images: Iterable[bytes], limit: float = 0.5) -> list[str]:
    return []


@pydron.schedule()
def called(images: Iterable[bytes], limit: float = 0.5) -> list[str]:
    return []


@pydron.schedule(strict=True)
def strict(first: int, *rest: int, **named: str) -> int:
    return first


class Night:
    @pydron.schedule
    def reduce(self, count: int) -> list[float]:
        return []

    @classmethod
    @pydron.schedule
    def tonight(cls) -> "Night":
        return cls()

    @staticmethod
    @pydron.schedule
    def plan(hours: float) -> int:
        return 1


@pydron.functional
@pydron.schedule
def both(number: int) -> int:
    return number


assert_type(bare([b""]), list[str])
assert_type(bare([b""], limit=1.0), list[str])
assert_type(called([b""]), list[str])
assert_type(strict(1, 2, 3, a="b"), int)
assert_type(both(1), int)
bare([""])  # type: ignore[list-item]
called()  # type: ignore[call-arg]
strict("1")  # type: ignore[arg-type]

assert_type(Night().reduce(3), list[float])
assert_type(Night.tonight(), Night)
assert_type(Night.plan(8.0), int)
Night().reduce()  # type: ignore[call-arg]

passed: Callable[[int], int] = both
