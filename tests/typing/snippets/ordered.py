"""`pydron.ordered` keeps the type of whatever it is applied to."""

import io
from typing import assert_type

import pydron


@pydron.ordered
def bare(text: str, *, end: str = "") -> None: ...


@pydron.ordered(writes="store")
def put(key: str, value: int) -> bool:
    return True


@pydron.ordered(reads=("store", "other"), commutes=["total"])
def get(key: str) -> int:
    return 1


class Plot:
    @pydron.ordered
    def add(self, x: float) -> list[float]:
        return [x]

    @staticmethod
    @pydron.ordered(writes="figure")
    def clear(everything: bool) -> int:
        return 1


assert_type(put("a", 1), bool)
assert_type(get("a"), int)
assert_type(Plot().add(1.0), list[float])
assert_type(Plot.clear(True), int)
bare(1)  # type: ignore[arg-type]
put("a")  # type: ignore[call-arg]
Plot().add("x")  # type: ignore[arg-type]

write = pydron.ordered(io.StringIO().write)
assert_type(write("a"), int)
assert_type(pydron.ordered(bare, writes="file")("a"), None)
pydron.ordered(bare, writes=1)  # type: ignore[call-overload]
pydron.ordered(5)  # type: ignore[call-overload]
