"""When a run gives back the values of its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydron
from pydron.testing import simulate

if TYPE_CHECKING:
    import pytest


def test_a_value_that_has_arrived_is_given_back_though_a_variable_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    seen: list[list[int]] = []

    def look() -> None:
        seen.append(given.copy())

    @pydron.functional
    def double(x: int) -> int:
        return 2 * x

    @pydron.schedule
    def main() -> int:
        a = double(1)
        look()
        b = double(2)
        look()
        return a + b

    with simulate(seed=1) as pool:
        monkeypatch.setattr(pool, "release", given.extend)
        assert main() == 6
    assert seen[1] == given[:1]
    assert len(given) == 2
